"""A client of `formreader serve` that was let in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from station_process import StationProcess


class ServerClient:
    """Sends what pages send.

    Args:
        client: What lets in.
        address: The link that lets in.
        work: The folder of work.
    """

    def __init__(self, client: httpx.Client, address: str, work: Path) -> None:
        self.client, self.work = client, work
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        assert client.get(address).status_code == 200
        found = re.search(r'name="csrf" content="([^"]+)"', self.get("/").text)
        assert found is not None
        self.headers = {"Origin": self.origin, "X-CSRF-Token": found[1]}

    def get(self, path: str) -> httpx.Response:
        return self.client.get(self.origin + path)

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send bytes, or the parts of a stream, as they are, and the rest as JSON."""
        sent = self.headers | headers
        if isinstance(body, bytes | Iterator):
            return self.client.post(self.origin + path, content=body, headers=sent)
        return self.client.post(self.origin + path, json=body, headers=sent)


@contextmanager
def open_client(process: StationProcess, work: Path) -> Iterator[ServerClient]:
    """Come in by the next link that a server prints."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield ServerClient(client, process.next_address(), work)
