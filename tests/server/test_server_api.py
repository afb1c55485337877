from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from station_process import PATIENCE_S, ROOT, StationProcess

_EXAMPLE = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def make_token(work: Path, name: str) -> str:
    command = [sys.executable, "-m", "formreader", "serve", str(work)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--add-token", name], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def run_examples(server: str, token: str, place: Path) -> list[str]:
    """Run what the page shows, one after the other, and wait for the run once."""
    (place / "samples").symlink_to(ROOT / "samples")
    environment = os.environ | {"SERVER": server, "TOKEN": token}
    printed: list[str] = []
    for example in _EXAMPLE.findall((ROOT / "docs" / "api.md").read_text("utf-8")):
        give_up = time.monotonic() + 3 * PATIENCE_S
        while True:
            done = subprocess.run(
                ["bash", "-c", example],
                cwd=place,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{example}{done.stdout}{done.stderr}"
            is_waiting = "pages_a_minute" in done.stdout and '"reading"' in done.stdout
            if "--json" in example or not is_waiting:
                break
            assert time.monotonic() < give_up
            time.sleep(0.3)
        printed.append(done.stdout)
    return printed


@pytest.mark.model
@pytest.mark.timeout(400)  # two cores may be shared with much else
def test_the_examples_of_the_api_read_a_page_and_a_run(tmp_path: Path) -> None:
    work = tmp_path / "work"
    token = make_token(work, "archive")
    with StationProcess("serve", work) as process:
        parts = urlsplit(process.next_address())
        server = f"{parts.scheme}://{parts.netloc}"
        printed = run_examples(server, token, tmp_path)
        check_guard(server, token)
    [page] = json.loads(printed[0])
    assert (page["source"], page["page"]) == ("meter.jpg", 1)
    table = json.loads(printed[-3])
    with (tmp_path / "meters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values = sorted(row["value"] for row in rows)
    assert values == sorted(row["value"] for row in table["rows"])
    assert values == sorted(field["value"] for field in page["fields"])
    assert {row["source"] for row in rows} == {"room 1/a.jpg"}
    assert values


def check_guard(server: str, token: str) -> None:
    """A token opens the API alone, and only a right one does."""
    with httpx.Client(base_url=server, trust_env=False) as client:
        for path, given, status in (
            ("/api/runs", token, 200),
            ("/api/openapi.json", token, 200),
            ("/api/runs", f"{token}x", 403),
            ("/api/runs", "guess", 403),
            ("/", token, 403),
            ("/runs/meters%202026/review/queue", token, 403),
        ):
            headers = {"Authorization": f"Bearer {given}"}
            assert client.get(path, headers=headers).status_code == status
