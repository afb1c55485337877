from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest
from many_pages import SAMPLES, fill_folder

from formreader.batch.executors import ProcessExecutor
from formreader.options import ReadingOptions
from formreader.store.records import (
    Failed,
    Inspected,
    InspectFile,
    Outcome,
    PageRecord,
    ReadPage,
    Task,
)
from formreader.workers.limits import PageLimits

pytestmark = pytest.mark.model


def carry_out(executor: ProcessExecutor, tasks: list[Task]) -> list[Outcome]:
    for task in tasks:
        executor.submit(task)
    done: list[Outcome] = []
    while len(done) < len(tasks):
        done.extend(executor.outcomes())
    return done


def read_tasks(folder: Path, count: int) -> list[Task]:
    names = fill_folder(folder, count)
    return [ReadPage(number, folder / name, 0) for number, name in enumerate(names)]


def test_a_file_is_summed_up_and_a_page_is_read_with_its_pictures() -> None:
    page = SAMPLES / "exam-cover-1.jpg"
    with ProcessExecutor(ReadingOptions(), 1, PageLimits()) as executor:
        [opened, read] = carry_out(
            executor, [InspectFile(1, page), ReadPage(2, page, 0)]
        )
    assert isinstance(opened, Inspected)
    assert opened.page_count == 1
    assert len(opened.sha256) == 64
    assert isinstance(read, PageRecord)
    assert [field.reading.value for field in read.fields] == ["52586982", "3047"]
    image = read.fields[0].images[0]
    assert image is not None
    assert image.startswith(b"\x89PNG")
    assert read.fields[0].crop.image.startswith(b"\xff\xd8")


def test_what_cannot_be_read_is_an_answer_with_a_remedy(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jpg"
    empty.touch()
    with ProcessExecutor(ReadingOptions(), 1, PageLimits()) as executor:
        [failed] = carry_out(executor, [InspectFile(1, empty)])
    assert failed == Failed(
        InspectFile(1, empty), "the file is empty", "copy or scan it again"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize(
    ("name", "problem", "remedy"),
    [
        ("SIGKILL", "the worker process died (exit code -9)", "report the page"),
        ("SIGSTOP", "took longer than 5 s", "--page-timeout"),
    ],
)
def test_a_worker_that_dies_or_hangs_costs_the_page_it_was_at(
    tmp_path: Path, name: str, problem: str, remedy: str
) -> None:
    tasks = read_tasks(tmp_path, 12)
    with ProcessExecutor(ReadingOptions(), 1, PageLimits(5)) as executor:
        for task in tasks:
            executor.submit(task)
        done = list(executor.outcomes())
        while not done:
            done = list(executor.outcomes())
        # Of two workers one might still be loading, at which it may take minutes.
        [victim] = active_children()
        assert victim.pid is not None
        time.sleep(0.05)  # it has the next page now
        os.kill(victim.pid, getattr(signal, name))
        while len(done) < len(tasks):
            done.extend(executor.outcomes())
    failed = [outcome for outcome in done if isinstance(outcome, Failed)]
    assert len(failed) == 1
    assert failed[0].problem == problem
    assert remedy in failed[0].remedy
    assert {outcome.task for outcome in done} == set(tasks)


def test_no_worker_is_left_behind(tmp_path: Path) -> None:
    with ProcessExecutor(ReadingOptions(), 2, PageLimits()) as executor:
        carry_out(executor, read_tasks(tmp_path, 2))
        assert active_children()
    deadline = time.monotonic() + 10
    while active_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not active_children()
