from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from formreader.server.learning.jobs import (
    LearningState,
    LearningWish,
    begin_learning,
    describe_learning,
    load_wish,
)
from formreader.server.run_process import LOG, RunProcess
from formreader.server.work_folder import WorkFolder

STEP = {"event": "step", "epoch": 2, "epochs": 4, "step": 8, "steps": 16}
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
    write_log(tmp_path, NOTE, "a line of a library", STEP)
    try:
        now = describe_learning(tmp_path)
    finally:
        learner.kill()
        learner.wait()
    assert (now.state, now.done) == (LearningState.LEARNING, 0.375)
    assert now.seconds_left == pytest.approx(100, abs=5)
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
