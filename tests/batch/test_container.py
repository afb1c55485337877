from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import run_cluster
import yaml
from distributed.cli.dask_scheduler import main as dask_scheduler
from distributed.cli.dask_worker import main as dask_worker
from postgresql_server import find_programs

from formreader.cli import main as formreader

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(
    (ROOT / "compose.yaml").read_text(encoding="utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: one for name, one in SERVICES.items() if "command" in one}


def parse(words: list[str]) -> None:
    """Let click parse a command; it raises a UsageError if there is none such."""
    if words[0] == "formreader":
        group = click.Context(formreader, **formreader.context_settings)
        command = formreader.get_command(group, words[1])
    else:
        assert words[0] == "dask"
        command = {"scheduler": dask_scheduler, "worker": dask_worker}[words[1]]
    assert command is not None, words
    # A command keeps the help option of the first context that it is used in.
    command.make_context(words[1], list(words[2:]), **formreader.context_settings)


def test_the_services_are_those_that_are_spoken_of() -> None:
    assert set(SERVICES) == {
        *("db", "scheduler", "worker", "batch"),
        *("station", "serve"),
    }
    assert SERVICES["worker"]["deploy"]["replicas"] == run_cluster.WORKERS == 2


@pytest.mark.parametrize("name", OWN)
def test_the_command_of_a_service_exists_with_its_options(name: str) -> None:
    parse(run_cluster.read_commands()[name])


@pytest.mark.parametrize("name", OWN)
def test_a_service_of_ours_may_do_little(name: str) -> None:
    service = OWN[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(
        volume.endswith(":ro")
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    )


def test_only_what_people_use_has_a_port_outside() -> None:
    found = [name for name, one in SERVICES.items() if "ports" in one]
    assert found == ["station", "serve"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("db", "scheduler", "worker", "batch"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_no_secret_is_baked_in() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key:
                assert re.fullmatch(r"\$\{\w+:\?[^}]*\}", value), f"{name}: {key}"
        assert not re.search(r"://\w+:[^@/]*@", " ".join(service.get("command", [])))
    assert not re.search(
        r"(?im)^(ARG|ENV|COPY).*(password|secret|\.pem|\.env)", DOCKERFILE
    )


def test_the_image_has_the_extras_of_a_cluster_and_no_tensorflow() -> None:
    extras = set(re.findall(r"\[([a-z,]+)\]", DOCKERFILE))
    assert extras == {"cluster,export,postgresql"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    wanted = [
        need for extra in extras for name in extra.split(",") for need in optional[name]
    ]
    assert not [need for need in wanted if "tensorflow" in need or "keras" in need]


def test_the_image_does_not_run_as_root() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\w+)$", last, re.MULTILINE) == ["formreader"]
    assert last.index("USER") < last.index("CMD")
    assert all("slim" in line for line in re.findall(r"^FROM .*$", DOCKERFILE, re.M))


def test_what_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert f"!{name}" in ignored


@pytest.mark.model
@pytest.mark.skipif(os.name == "nt", reason="kills process groups")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate")
def test_the_services_run_by_hand_read_the_same_and_let_a_person_decide(
    tmp_path: Path,
) -> None:
    if find_programs() is None:
        assert "FORMREADER_GATE" not in os.environ, "PostgreSQL is not installed"
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    assert run_cluster.exercise(tmp_path, pages=12, kills=1) == []
