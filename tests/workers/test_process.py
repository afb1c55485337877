from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from page_limits import make_hoarder, make_sleeper

from formreader.errors import OutputError
from formreader.workers import process
from formreader.workers.limits import (
    Loss,
    PageLimits,
    WorkerLostError,
    is_out_of_memory,
)
from formreader.workers.process import WorkerProcess

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory")


def test_a_task_that_takes_too_long_is_lost_and_the_next_is_carried_out() -> None:
    with WorkerProcess(make_sleeper, PageLimits(0.5)) as worker:
        with pytest.raises(WorkerLostError, match=r"longer than 0\.5 s") as lost:
            worker.ask(60)
        assert "--page-timeout" in lost.value.remedy
        assert worker.ask(0) is None


class NoLimit:
    """Lets a block take as long as it likes."""

    is_over = False

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def test_a_worker_ends_by_itself_when_nobody_ends_it_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "_Limit", NoLimit)
    with WorkerProcess(make_sleeper, PageLimits(0.2)) as worker:
        began = time.monotonic()
        with pytest.raises(WorkerLostError, match="died"):
            worker.ask(60)
        assert time.monotonic() - began < 30


@needs_linux
def test_memory_is_limited_for_each_task_and_above_what_was_there() -> None:
    with WorkerProcess(make_hoarder, PageLimits(30, 200)) as worker:
        for _ in range(3):
            assert worker.ask(150) == 150 * 2**20
        with pytest.raises(WorkerLostError):
            worker.ask(250)
        assert worker.ask(150) == 150 * 2**20


@pytest.mark.skipif(os.name != "posix", reason="has no such signals")
@pytest.mark.parametrize(
    ("ending", "loss"),
    [
        (-signal.SIGABRT, Loss.MEMORY),
        (-signal.SIGSEGV, Loss.DEATH),
        (-signal.SIGKILL, Loss.DEATH),
        (1, Loss.DEATH),
    ],
)
def test_what_libraries_do_without_memory_is_told_from_other_ends(
    ending: int, loss: Loss
) -> None:
    lost = WorkerLostError.of_exit(ending, PageLimits(memory_mb=700))
    is_memory = "needs more than 700 MB" in str(lost.as_error(Path("a.pdf"), 2))
    assert is_memory == (loss is Loss.MEMORY)


def test_a_lack_of_memory_is_known_behind_what_was_made_of_it() -> None:
    made = ValueError("cannot decode")
    assert not is_out_of_memory(made)
    made.__cause__ = MemoryError()
    assert is_out_of_memory(made)


def test_a_worker_that_died_while_nobody_asked_costs_no_task() -> None:
    with WorkerProcess(make_sleeper, PageLimits(30)) as worker:
        worker.ask(0)
        worker.kill()
        time.sleep(0.2)
        assert worker.ask(0) is None


def test_a_worker_that_is_ended_while_it_starts_carries_out_no_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = WorkerProcess(make_sleeper, PageLimits(30))
    began = time.monotonic()

    @contextmanager
    def end_before_it_starts() -> Iterator[None]:
        worker.end()
        yield

    monkeypatch.setattr(process, "_sigint_blocked", end_before_it_starts)
    with pytest.raises(OutputError):
        worker.ask(20)
    assert time.monotonic() - began < 15
    assert not worker.is_running


def test_a_worker_that_was_ended_is_not_started_again() -> None:
    worker = WorkerProcess(make_sleeper, PageLimits(30))
    worker.ask(0)
    worker.end()
    time.sleep(0.2)
    with pytest.raises(OutputError):
        worker.ask(0)
