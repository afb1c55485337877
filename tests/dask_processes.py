"""A Dask scheduler and workers as processes of their own on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 60.0


@dataclass
class DaskProcesses:
    """What runs.

    Attributes:
        folder: Where the processes keep what they need.
        scheduler: Its process.
        nannies: One for each worker; it starts the worker anew when that dies.
    """

    folder: Path
    scheduler: subprocess.Popen[bytes] | None = None
    nannies: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of the scheduler; waits until it has one."""
        give_up = time.monotonic() + _PATIENCE_S
        while time.monotonic() < give_up:
            with suppress(OSError, ValueError):
                text = (self.folder / "scheduler.json").read_text()
                return str(json.loads(text)["address"])
            time.sleep(0.05)
        raise TimeoutError(self.log)

    @property
    def log(self) -> str:
        """What all processes had to say."""
        return (self.folder / "log").read_text(errors="replace")

    def start_scheduler(self, port: int = 0) -> None:
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        place = ("--host", "127.0.0.1", "--port", str(port))
        self.scheduler = self._start("scheduler", "--scheduler-file", str(file), *place)

    def start_worker(self, *options: str) -> None:
        place = ("--host", "127.0.0.1", "--local-directory", str(self.folder / "space"))
        self.nannies.append(
            self._start(
                "worker",
                self.address,
                *("--nthreads", "1", "--memory-limit", "0"),
                *place,
                *options,
            )
        )

    def kill_worker(self, index: int) -> None:
        """Kill a worker, as a machine without memory would; its nanny stays."""
        for child in psutil.Process(self.nannies[index].pid).children():
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()

    def stop(self) -> None:
        """End all that was started."""
        for process in (*self.nannies, self.scheduler):
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{kind}"
        command = [sys.executable, "-m", module, "--no-dashboard", *arguments]
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            # One worker that dies of a page is enough to suspect the page.
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )


@contextmanager
def run_dask(folder: Path, workers: int = 2, *options: str) -> Iterator[DaskProcesses]:
    """Run a scheduler and workers with one thread each."""
    folder.mkdir(parents=True, exist_ok=True)
    running = DaskProcesses(folder)
    try:
        running.start_scheduler()
        for _ in range(workers):
            running.start_worker(*options)
        yield running
    finally:
        running.stop()
