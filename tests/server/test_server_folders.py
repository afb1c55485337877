from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from server_client import ServerClient, open_client
from station_process import PATIENCE_S, ROOT, StationProcess

from formreader.server.run_process import RunProcess
from formreader.server.run_settings import RunSettings

PAGE = ROOT / "samples" / "meter-reading-1.jpg"


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scans")
    (folder / "in" / "room 1").mkdir(parents=True)
    (folder / "in" / ".hidden").mkdir()
    (folder / "in" / "away").symlink_to("/etc")
    return folder / "in"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, allowed: Path
) -> Iterator[ServerClient]:
    work = tmp_path_factory.mktemp("serve") / "work"
    options = ("--allow-folder", allowed, "--at-once", "1")
    with (
        StationProcess("serve", work, *options) as process,
        open_client(process, work) as client,
    ):
        yield client


def test_a_run_reads_only_folders_below_those_allowed(
    server: ServerClient, allowed: Path
) -> None:
    for folder in (
        "/etc",
        f"{allowed}/..",
        f"{allowed}/away",
        f"{allowed}-2",
        f"{allowed}/nothing",
        "../..",
        "a\0b",
    ):
        answer = server.post("/api/runs", {"folder": folder})
        assert answer.status_code == 422
        assert server.get(f"/api/folders?path={quote(folder)}").status_code == 422
    for folder in (str(allowed), f"{allowed}/room 1", "room 1"):
        run = server.post("/api/runs", {"folder": folder}).json()
        assert Path(run["settings"]["folder"]).is_relative_to(allowed)
    found = server.get(f"/api/folders?path={allowed}").json()
    assert found == [str(allowed / "room 1")]
    brought = server.post(f"/api/runs/{run['name']}/scans?name=a.jpg", b"x")
    assert brought.status_code == 409
    assert server.post("/api/runs", {"watch": True}).status_code == 422


@pytest.fixture
def busy(server: ServerClient) -> Iterator[subprocess.Popen[bytes]]:
    """A run that is being read, as far as anybody can tell."""
    run = server.work / "runs" / "busy"
    run.mkdir()
    RunSettings().save(run)
    reader = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    created = psutil.Process(reader.pid).create_time()
    process = RunProcess(reader.pid, created, time.time(), 0, 0, 0)
    (run / "process.json").write_text(json.dumps(asdict(process)))
    yield reader
    reader.kill()
    reader.wait()
    shutil.rmtree(run, ignore_errors=True)


def wait_for(server: ServerClient, run: str, **wanted: Any) -> dict[str, Any]:
    give_up = time.monotonic() + 3 * PATIENCE_S
    while True:
        now: dict[str, Any] = server.get(f"/api/runs/{run}").json()
        if now.items() >= wanted.items():
            return now
        assert time.monotonic() < give_up, now
        time.sleep(0.2)


@pytest.mark.model
@pytest.mark.timeout(400)  # two cores may be shared with much else
def test_an_inbox_is_read_while_other_runs_wait_for_their_turn(
    server: ServerClient, allowed: Path, busy: subprocess.Popen[bytes]
) -> None:
    def begin(name: str, **wish: Any) -> dict[str, Any]:
        server.post("/api/runs", {"name": name, "folder": "room 1", **wish})
        started: dict[str, Any] = server.post(f"/api/runs/{name}/start", {}).json()
        return started

    assert begin("inbox", watch=True)["state"] == "watching"
    first, second = begin("first"), begin("second")
    assert [(one["state"], one["place"]) for one in (first, second)] == [
        *(("queued", 1), ("queued", 2)),
    ]
    shutil.copy(PAGE, allowed / "room 1" / "a.jpg")
    wait_for(server, "inbox", state="watching", pages=1)
    assert "Before it: 1." in server.get("/runs/second").text
    assert server.post("/api/runs/first/stop", {}).json()["state"] == "new"
    assert server.get("/api/runs/second").json()["place"] == 1
    assert server.post("/api/runs/inbox/stop", {}).json()["state"] == "stopped"
    busy.kill()
    busy.wait()
    wait_for(server, "second", state="reading", place=0)
    server.post("/api/runs/second/stop", {})
    assert server.get("/api/runs/first").json()["state"] == "new"
