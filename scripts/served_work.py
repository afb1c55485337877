"""A `formreader serve` of this computer, and a client that was let in."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

__all__ = ["ServedWork", "ask"]

_ADDRESS = re.compile(r"http\S+token=\S+")


class ServedWork:
    """A server over a folder of work; it can be killed and started again.

    Args:
        work: The folder.

    Attributes:
        address: Lets in the next browser.
        origin: Of its pages.
    """

    def __init__(self, work: Path) -> None:
        """Start it."""
        self.work = work
        self.start()

    def start(self) -> None:
        """Start it, and wait until it can be asked."""
        command = [sys.executable, "-m", "formreader", "serve", str(self.work)]
        self._process = subprocess.Popen(
            [*command, "--no-browser"], stderr=subprocess.PIPE, text=True
        )
        self.read_address()

    def read_address(self) -> None:
        """Wait for the next address that it prints."""
        assert self._process.stderr is not None
        while (found := _ADDRESS.search(self._process.stderr.readline())) is None:
            assert self._process.poll() is None, "the server does not start"
        self.address = found[0]
        parts = urlsplit(self.address)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def kill(self) -> None:
        """End it without a chance to tidy up; what reads runs goes on."""
        self._process.kill()
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def end(self) -> None:
        """End it, and all that it has started."""
        children = psutil.Process(self.pid).children(recursive=True)
        self.kill()
        for child in children:
            child.kill()

    @contextmanager
    def come_in(self) -> Iterator[httpx.Client]:
        """Give a client with a session, whose posts are as those of a page."""
        with httpx.Client(base_url=self.origin, trust_env=False, timeout=60) as client:
            client.get(self.address).raise_for_status()
            self.read_address()  # each lets in one browser
            client.headers["Origin"] = self.origin
            client.headers["X-CSRF-Token"] = ask(client, "/session")["csrf"]
            yield client


def ask(client: httpx.Client, path: str, body: Any = None) -> Any:
    """Get JSON, or post some; bytes are sent as they are."""
    if body is None:
        answer = client.get(path)
    elif isinstance(body, bytes):
        answer = client.post(path, content=body)
    else:
        answer = client.post(path, json=body)
    answer.raise_for_status()
    return answer.json()
