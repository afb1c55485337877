from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
OPTIONAL = {
    *("dask", "distributed", "psycopg"),
    *("keras", "matplotlib", "tensorflow"),
    *("pyarrow", "xlsxwriter"),
}


def requirement_names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def third_party_imports() -> set[str]:
    found: set[str] = set()
    for path in (CHECKOUT / "formreader").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"formreader"}


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    by_module = packages_distributions()
    imported = third_party_imports() - OPTIONAL
    needed = {str(canonicalize_name(by_module[name][0])) for name in imported}
    assert requirement_names(PROJECT["dependencies"]) == needed | {"h11"}  # uvicorn's


def test_reading_needs_no_tensorflow() -> None:
    extras = PROJECT["optional-dependencies"]
    assert "tensorflow" in requirement_names(extras["train"])
    assert "tensorflow" not in requirement_names(PROJECT["dependencies"])


def test_every_requirement_has_a_lower_bound() -> None:
    extras = PROJECT["optional-dependencies"].values()
    for requirement in (*PROJECT["dependencies"], *(r for e in extras for r in e)):
        assert ">=" in requirement, requirement


@pytest.mark.skipif(not (CHECKOUT / "Makefile").is_file(), reason="not a checkout")
def test_tests_are_run_with_versions_that_are_written_down_and_allowed() -> None:
    groups = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())[
        "dependency-groups"
    ]
    extras = PROJECT["optional-dependencies"].values()
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    chosen = {line.partition("==")[0]: line for line in lines if "==" in line}
    for text in (
        *PROJECT["dependencies"],
        *groups["dev"],
        *(r for e in extras for r in e),
    ):
        wanted = Requirement(text)
        version = Requirement(chosen[canonicalize_name(wanted.name)]).specifier
        assert wanted.specifier.contains(str(version).removeprefix("==")), text
    assert "--constraint constraints.txt" in (CHECKOUT / "Makefile").read_text()


@pytest.mark.skipif(not (CHECKOUT / "Makefile").is_file(), reason="not a checkout")
def test_demo_installs_no_extras_and_uses_no_apt() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    recipe = makefile.partition("$(VENV)/.stamp-run:")[2].partition("\n\n")[0]
    assert "--editable .\n" in recipe
    recipes = [line for line in makefile.splitlines() if line.startswith("\t")]
    assert not [line for line in recipes if re.match(r"\t@?(sudo |apt)", line)]


def test_the_gate_can_be_executed() -> None:
    gate = CHECKOUT / ".ci" / "run"
    assert os.access(gate, os.X_OK)
    subprocess.run(["bash", "-n", gate], check=True)
