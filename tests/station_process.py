"""A station as users start it: a process of its own, known by what it prints."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/enter\?token=\S+")


class StationProcess:
    """Runs `formreader` with the arguments given; stops it at the end of its block.

    Args:
        arguments: Of the command.
        descriptors: How many files it may have open.
    """

    def __init__(self, *arguments: str | Path, descriptors: int | None = None) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "formreader", *map(str, arguments)]
        self.process = subprocess.Popen(
            [*command, "--no-browser"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=None if descriptors is None else lambda: _allow(descriptors),
        )
        self.printed: list[str] = []
        self._addresses: queue.Queue[str | None] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self._listener.join(PATIENCE_S)

    def next_address(self) -> str:
        """Wait for the next address that it prints."""
        address = self._addresses.get(timeout=PATIENCE_S)
        assert address is not None, "".join(self.printed)
        return address

    def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Wait until it prints something."""
        give_up = time.monotonic() + PATIENCE_S
        while (found := pattern.search("".join(self.printed))) is None:
            assert time.monotonic() < give_up, "".join(self.printed)
            assert self.process.poll() is None, "".join(self.printed)
            time.sleep(0.05)
        return found

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.printed.append(line)
                if found := _ADDRESS.search(line):
                    self._addresses.put(found[0])
        self._addresses.put(None)


def _allow(descriptors: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
