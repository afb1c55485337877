from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from browsing import open_page
from made_digits import make_digits
from playwright.sync_api import expect
from reviewed_runs import confirm, make_pages
from server_client import open_client
from station_process import ROOT, StationProcess
from test_server_runs import wait_for

from formreader.server.learning.jobs import (
    LearningState,
    LearningWish,
    begin_learning,
    describe_learning,
    load_wish,
)
from formreader.server.run_process import LOG, RunProcess
from formreader.server.work_folder import WorkFolder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

SHORT = {"epochs": 2, "epoch_size": 256}
STEPS = [
    {"event": "step", "epochs": 4, "steps": 16, "epoch": epoch, "step": step}
    | {"seconds": seconds}
    for epoch, step, seconds in (
        (1, 1, 90.0),
        (1, 8, 97.0),
        (2, 1, 106.0),
        (2, 8, 113.0),
    )
]
NOTE = {"event": "message", "text": "300 digits confirmed"}
WORSE = {"event": "message", "text": "error: the new model is worse; review more"}


def write_log(model: Path, *events: Mapping[str, object] | str) -> None:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in events]
    (model / LOG).write_text("\n".join(lines) + "\n")


def test_a_model_says_how_far_it_is_and_how_it_ended(tmp_path: Path) -> None:
    learner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    process = RunProcess(
        learner.pid,
        psutil.Process(learner.pid).create_time(),
        time.time() - 60,
        0,
        0,
        0,
    )
    (tmp_path / "process.json").write_text(json.dumps(asdict(process)))
    try:
        write_log(tmp_path, NOTE, "a line of a library", *STEPS[:3])
        early = describe_learning(tmp_path)
        write_log(tmp_path, NOTE, "a line of a library", *STEPS)
        now = describe_learning(tmp_path)
    finally:
        learner.kill()
        learner.wait()
    assert (now.state, now.done) == (LearningState.LEARNING, 0.375)
    assert now.seconds_left == pytest.approx(40)  # a second a step, 40 of 64 are left
    assert early.seconds_left is None
    assert now.notes == ("300 digits confirmed",)
    assert describe_learning(tmp_path).state is LearningState.STOPPED
    write_log(tmp_path, NOTE, WORSE)
    failed = describe_learning(tmp_path)
    assert failed.state is LearningState.FAILED
    assert failed.problem == "the new model is worse; review more"
    stopped = replace(process, is_stopped=True)
    (tmp_path / "process.json").write_text(json.dumps(asdict(stopped)))
    assert describe_learning(tmp_path).state is LearningState.STOPPED
    (tmp_path / "digits.json").write_text("{}")
    assert describe_learning(tmp_path).state is LearningState.READY


def test_learning_takes_the_digits_in_the_folder_of_work_and_the_model_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        "formreader.server.learning.jobs.start_process",
        lambda folder, arguments: started.append(arguments),
    )
    work = WorkFolder(tmp_path)
    wish = LearningWish(("one", "two"), "older")
    begin_learning(work, "mine", wish)
    assert load_wish(tmp_path / "models" / "mine") == wish
    assert started[0][-2:] == ["--model", str(tmp_path / "models" / "older")]
    assert started[0].count("--from-reviews") == 2
    (tmp_path / "digits").mkdir()
    for name in ("train.npz", "test.npz"):
        (tmp_path / "digits" / name).touch()
    begin_learning(work, "mine", wish)
    digits = [str(tmp_path / "digits" / name) for name in ("train.npz", "test.npz")]
    assert started[1][-4:] == ["--data", digits[0], "--test", digits[1]]


def make_work(folder: Path) -> Path:
    """Make a folder of work with a reviewed run, and few digits to mix in."""
    work = folder / "work"
    made = make_pages(folder)
    confirm(made)
    shutil.copytree(made, work / "runs" / "taught")
    (work / "digits").mkdir()
    for name, seed in (("train", 1), ("test", 2)):
        digits = make_digits(120, seed)
        path = work / "digits" / f"{name}.npz"
        np.savez(path, x=digits.images, y=digits.labels)
    return work


def learn(page: Page, name: str) -> None:
    """Press Learn; what the page asks for is made short on its way."""

    def shorten(route: Route) -> None:
        wish = route.request.post_data_json or {}
        route.continue_(post_data=wish | SHORT)

    page.route("**/api/models", shorten)
    page.get_by_role("link", name="Models").click()
    page.get_by_label("Name of the model").fill(name)
    expect(page.get_by_label("taught")).to_be_checked()
    page.get_by_role("button", name="Learn").click()


@pytest.mark.model
@pytest.mark.timeout(300)  # two cores may be shared with much else
@pytest.mark.skipif(not find_spec("tensorflow"), reason="TensorFlow is not installed")
def test_a_model_learns_in_the_browser_and_reads_a_run(
    chromium: Browser, tmp_path: Path
) -> None:
    work = make_work(tmp_path)
    worse = work / "models" / "worse"
    worse.mkdir(parents=True)
    write_log(worse, NOTE, WORSE)
    with (
        StationProcess("serve", work) as server,
        open_client(server, work) as client,
        open_page(chromium, server.next_address()) as page,
    ):
        learn(page, "mine")
        card = page.get_by_label("Model mine")
        expect(card.locator(".left")).to_contain_text("%", timeout=120_000)
        again = client.post("/api/models", {"name": "other", "runs": ["taught"]})
        assert (again.status_code, "wait for it" in again.text) == (409, True)
        expect(card.locator(".state")).to_have_text("ready", timeout=120_000)
        card.locator("summary").click()
        expect(card.locator(".said")).to_contain_text("300 digits confirmed")
        refused = page.get_by_label("Model worse")
        expect(refused).to_contain_text("The new model is worse; review more")
        card.get_by_role("link", name="New run").click()
        page.get_by_text("More", exact=True).click()
        page.locator("#model").select_option("mine")
        page.locator("#files").set_input_files(ROOT / "samples" / "meter-reading-1.jpg")
        page.locator("#name").fill("read by it")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/runs/read%20by%20it")
        now = wait_for(client, "read by it", "done")
    assert (now["pages"], now["failed"], now["settings"]["model"]) == (1, 0, "mine")
    assert now["fields"] > 0
