"""Carry out tasks on a Dask cluster, behind the same interface as worker processes.

Whoever can reach a scheduler can run any program on its workers: a cluster belongs on a
network of its own, or behind Dask's TLS, whose settings are taken from Dask's own
configuration.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from formreader.batch.remote import KitContent, ReadingKit, carry_out, check_worker
from formreader.batch.uploads import LARGEST, Uploads
from formreader.errors import FormReaderError, OutputError, UnreadableFileError
from formreader.store.records import Failed, Outcome, Task

if TYPE_CHECKING:
    from types import TracebackType

    from distributed import Client, Future

__all__ = ["DaskExecutor", "SharedFolder"]

_AHEAD = 3  # tasks under way for each thread, so that none waits for the runner
_LOOK_S = 0.5  # how long to wait for an outcome before looking whether all is well
_COUNT_EVERY_S = 3.0  # workers come and go
_PATIENCE_S = 60.0  # with no worker left, before the run gives up
_CONNECT_S = 15.0
_LARGE_TASK = "distributed.admin.large-graph-warning-threshold"


@dataclass(frozen=True)
class SharedFolder:
    """Where workers find the scans by themselves.

    Attributes:
        here: The folder as tasks name it.
        there: The same folder as the workers see it.
    """

    here: Path
    there: Path

    def translate(self, path: Path) -> Path:
        """Give the path of a file as the workers see it.

        Example:
            >>> shared = SharedFolder(Path("scans"), Path("/mnt/scans"))
            >>> shared.translate(Path("scans/a/1.jpg")).as_posix()
            '/mnt/scans/a/1.jpg'
        """
        return self.there / path.relative_to(self.here)


@dataclass(frozen=True)
class _UnderWay:
    """A task that was sent."""

    task: Task
    future: Future[Outcome]
    is_suspect: bool  # workers have died of it, or beside it


class DaskExecutor:
    """Workers of a Dask cluster; a context manager that lets go of them.

    A worker that is lost costs time: Dask gives its tasks to others. A task whose
    workers die again and again is answered with `Failed`.

    Args:
        kit: How pages are read.
        address: Of the scheduler, as `tcp://host:8786`.
        shared: Where workers find the scans; None sends them the bytes.
        kit_type: What reads there.

    Raises:
        OutputError: If Dask is not installed, the scheduler cannot be reached or has no
            workers, or a worker would not read as this machine does.
    """

    def __init__(
        self,
        kit: KitContent,
        address: str,
        shared: SharedFolder | None = None,
        kit_type: type[ReadingKit] = ReadingKit,
    ) -> None:
        """Connect, and check every worker."""
        self._kit_type = kit_type
        self._kit_content, self._address, self._shared = kit, address, shared
        self._done: SimpleQueue[Future[Outcome]] = SimpleQueue()
        self._ready: list[Outcome] = []
        self._under_way: dict[str, _UnderWay] = {}
        self._suspects: list[Task] = []
        self._threads, self._counted, self._seen = 0, 0.0, time.monotonic()
        self._client = _connect(address)
        try:
            self._check_workers()
            self._count_threads()
            self._uploads = Uploads(self._client)
            self._kit = self._send_kit()
        except BaseException:
            self._client.close(timeout=2)
            raise

    def __enter__(self) -> Self:
        """Return the executor."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give up what is under way; the cluster forgets all that it was sent."""
        self._client.close(timeout=2)

    @property
    def slots(self) -> int:
        """Tasks that keep every thread of every worker busy."""
        held = len(self._under_way) + len(self._ready) + len(self._suspects)
        return max(_AHEAD * self._threads, held, 1)

    def submit(self, task: Task) -> None:
        """Take on a task; waits while too many bytes are under way.

        Raises:
            OutputError: If the scheduler is lost, or a worker would not read as this
                machine does.
        """
        if self._shared is None:
            while self._under_way and not self._uploads.has_room(task.path):
                self._collect()
        self._send(task)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what is done; wait half a second at most for the first.

        Raises:
            OutputError: The same as for `submit`.
        """
        if not self._ready:
            self._collect()
        ready, self._ready = self._ready, []
        yield from ready

    def _send(self, task: Task, *, is_suspect: bool = False) -> None:
        arguments: list[Any] = [self._kit]
        if self._shared is not None:
            arguments += [replace(task, path=self._shared.translate(task.path))]
        else:
            try:
                arguments += [task, self._uploads.send(task)]
            except UnreadableFileError as error:
                self._ready.append(Failed.of(task, error))
                return
            except OSError as error:
                self._ready.append(Failed.of_system(task, error))
                return
        future: Future[Outcome] = self._client.submit(
            carry_out,
            *arguments,
            key=f"formreader-task-{uuid4().hex}",
            pure=False,
        )
        self._under_way[future.key] = _UnderWay(task, future, is_suspect)
        future.add_done_callback(self._done.put)

    def _send_kit(self) -> Future[ReadingKit]:
        """Send the kit, as a task that can be done again when a worker is lost."""
        kit: Future[ReadingKit] = self._client.submit(
            self._kit_type,
            self._kit_content,
            key=f"formreader-kit-{uuid4().hex}",
            pure=False,
        )
        return kit

    def _collect(self) -> None:
        """Settle all tasks that have ended; wait a little for the first."""
        ended: list[Future[Outcome]] = []
        try:
            ended.append(self._done.get(timeout=_LOOK_S))
            while True:
                ended.append(self._done.get_nowait())
        except Empty:
            pass
        if time.monotonic() - self._counted > _COUNT_EVERY_S:
            self._count_threads()
        for future, answer in zip(ended, self._fetch(ended), strict=True):
            self._settle(self._under_way.pop(future.key), answer)
        if self._suspects and not self._under_way:
            self._send(self._suspects.pop(), is_suspect=True)

    def _fetch(
        self, ended: Sequence[Future[Outcome]]
    ) -> Sequence[Outcome | BaseException]:
        """Fetch what tasks gave, or what they ended with, in one go if possible."""
        if all(future.status == "finished" for future in ended):
            try:
                answers: Sequence[Outcome] = self._client.gather(list(ended))
            except Exception:  # a worker was lost meanwhile: look at each by itself
                return [_fetch_one(future) for future in ended]
            return answers
        return [_fetch_one(future) for future in ended]

    def _settle(self, sent: _UnderWay, answer: Outcome | BaseException) -> None:
        from distributed import KilledWorker

        if self._shared is None:
            self._uploads.release(sent.task)
        if isinstance(answer, KilledWorker):
            self._suspect(sent)
        elif isinstance(answer, FormReaderError):
            raise answer
        elif isinstance(answer, CancelledError | OSError):
            raise self._lost() from answer
        elif isinstance(answer, BaseException):
            raise OutputError(
                f"a worker of {self._address} cannot do its work "
                f"({type(answer).__name__}: {answer}); see to the workers, then start "
                "the same command again"
            ) from answer
        else:
            changes: dict[str, Any] = {"task": sent.task}
            self._ready.append(replace(answer, **changes))

    def _suspect(self, sent: _UnderWay) -> None:
        """Keep a task whose workers died until it can be tried alone.

        It may have been the fault of another that was on the same workers.
        """
        if sent.is_suspect:
            problem = "the workers that read it died, time after time"
            self._ready.append(Failed.of_death(sent.task, problem))
        else:
            self._suspects.append(sent.task)
        self._uploads.forget(sent.task.path)
        if self._kit.status == "error":
            self._kit = self._send_kit()

    def _check_workers(self) -> None:
        """Make sure that every worker reads as this machine does."""
        there = None if self._shared is None else self._shared.there
        try:
            self._client.wait_for_workers(1, timeout=_CONNECT_S)
            answers = self._client.run(
                check_worker, self._kit_content.installation, there, on_error="return"
            )
        except TimeoutError as error:
            raise OutputError(
                f"the scheduler {self._address} has no workers; start some with `dask "
                f"worker {self._address} --nthreads 1`"
            ) from error
        except (CancelledError, OSError) as error:
            raise self._lost() from error
        for worker, answer in answers.items():
            if isinstance(answer, FormReaderError):
                raise OutputError(f"the worker {worker}: {answer}") from answer
            if isinstance(answer, ImportError | AttributeError):
                raise OutputError(
                    f"the worker {worker} lacks this formreader ({answer}); install "
                    "the same on all machines"
                ) from answer

    def _count_threads(self) -> None:
        """Count the threads of all workers that there are now.

        Raises:
            OutputError: If there has been none for too long.
        """
        try:
            self._threads = sum(self._client.nthreads().values())
        except (CancelledError, OSError, ValueError) as error:
            raise self._lost() from error
        self._counted = time.monotonic()
        if self._threads:
            self._seen = self._counted
        elif self._counted - self._seen > _PATIENCE_S:
            raise OutputError(
                f"the scheduler {self._address} has lost all its workers; start some, "
                "then the same command goes on from here, with or without --dask"
            )

    def _lost(self) -> OutputError:
        return OutputError(
            f"the scheduler {self._address} was lost; once it is back, the same "
            "command goes on from here, with or without --dask"
        )


def _connect(address: str) -> Client:
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise OutputError(
            "a Dask cluster needs another package; install it with `pip install "
            "'formreader[cluster]'`"
        ) from error
    try:
        # Tasks may carry files; Dask would warn of each.
        dask.config.set({_LARGE_TASK: 2 * LARGEST})
        return Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise OutputError(
            f"no scheduler answers at {address} ({error}); start one with `dask "
            "scheduler`, and check the address"
        ) from error


def _fetch_one(future: Future[Outcome]) -> Outcome | BaseException:
    try:
        outcome: Outcome = future.result()
    except (Exception, CancelledError) as error:
        return error
    return outcome
