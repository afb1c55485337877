"""How long the review station lets a reviewer wait.

Run by `benchmark.py review`. A run is made up with as many fields as asked for, of
which a share is in doubt. A scripted reviewer then does what the page in the browser
does for each field: sends the decision, asks for the next fields, and fetches their
pictures; goes from page to page; and confirms pages of digits on the carpet.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import httpx
import numpy as np
from invented_runs import add_pages, make_field

from formreader.geometry import Box
from formreader.readings import Alternative
from formreader.store.records import FieldRecord
from formreader.store.tables.connection import RunStore

FIELDS_A_PAGE = 20
PAGES_AT_ONCE = 250  # in one transaction
AHEAD = 4  # fields that the page keeps at hand
DIGITS_A_SHEET = 60
BOX = Box(100, 100, 500, 160)


@dataclass
class Waits:
    """What a reviewer waited for, in milliseconds.

    Attributes:
        fields: For each field of the queue, all requests together.
        sheets: For each page of the carpet, without its pictures.
        pages: For each page as a whole, with its fields, without its picture.
        processor: For each field, the processor time of the station, on any core; it
            tells more than the waits where the computer is busy with other things.
    """

    fields: list[float] = field(default_factory=list)
    sheets: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def describe(self) -> str:
        """Say it in a line for each."""
        lines = []
        for name, waits in (
            ("a field", self.fields),
            ("a carpet page", self.sheets),
            ("a whole page", self.pages),
            ("processor", self.processor),
        ):
            p50, p99 = np.percentile(waits, (50, 99))
            lines.append(
                f"{name:14}{len(waits):6d} times: {p50:6.1f} ms at the median, "
                f"{p99:6.1f} ms at the 99th percentile, {max(waits):6.1f} ms at most"
            )
        return "\n".join(lines)


def fill_run(run: Path, count: int, doubtful: float, seed: int) -> None:
    """Make up a run.

    Args:
        run: The run folder.
        count: How many fields.
        doubtful: Share of them that the machine doubts.
        seed: Of confidences and digits.
    """
    chance = np.random.default_rng(seed)
    noise = chance.integers(0, 255, (96, 440), np.uint8)
    digit = cv2.imencode(".png", noise[:28, :28])[1].tobytes()
    crop = cv2.imencode(".jpg", noise)[1].tobytes()
    with RunStore.create(run) as store:
        for start in range(0, count // FIELDS_A_PAGE, PAGES_AT_ONCE):
            names = [f"page-{start + n:06d}.png" for n in range(PAGES_AT_ONCE)]
            pages = [
                (name, _make_fields(chance, doubtful, (digit, crop))) for name in names
            ]
            add_pages(store, pages, 1700, 2200)


def _make_fields(
    chance: np.random.Generator, doubtful: float, images: tuple[bytes, bytes]
) -> tuple[FieldRecord, ...]:
    fields = []
    for number in range(FIELDS_A_PAGE):
        is_doubtful = bool(chance.random() < doubtful)
        confidence = float(chance.uniform(0.1, 0.9) if is_doubtful else 0.99)
        value = "".join(map(str, chance.integers(0, 10, 8)))
        fields.append(
            make_field(
                number,
                value,
                BOX,
                confidence=confidence,
                digits=[float(chance.uniform(confidence, 1)) for _ in value],
                alternatives=[
                    Alternative(value[:-1] + str(n), value, 0.01) for n in range(5)
                ],
                images=images,
            )
        )
    return tuple(fields)


@contextmanager
def open_station(run: Path) -> Iterator[httpx.Client]:
    """Start a station, and come in."""
    with run_station(run) as (client, _):
        yield client


def read_processor_ms(pid: int) -> float:
    """Give the processor time that all threads of a process have taken (Linux)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in threads) / 1e6


@contextmanager
def run_station(run: Path) -> Iterator[tuple[httpx.Client, int]]:
    """Start a station, and come in; give its process as well."""
    command = [sys.executable, "-m", "formreader", "review", str(run), "--no-browser"]
    station = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert station.stderr is not None
    try:
        found = re.search(r"http://\S+", station.stderr.readline())
        assert found is not None, "the station does not start"
        parts = urlsplit(found[0])
        origin = f"{parts.scheme}://{parts.netloc}"
        with httpx.Client(base_url=origin, trust_env=False, timeout=60) as client:
            client.get(found[0]).raise_for_status()
            page = client.get("/queue").text
            token = re.search(r'name="csrf" content="([^"]+)"', page)
            assert token is not None
            client.headers.update({"Origin": origin, "X-CSRF-Token": token[1]})
            yield client, station.pid
    finally:
        station.send_signal(signal.SIGINT)
        station.wait(30)
        station.stderr.close()


def review(client: httpx.Client, pid: int, fields: int, sheets: int) -> Waits:
    """Review as a page in the browser does, without a pause."""
    waits = Waits()
    before = read_processor_ms(pid)
    held = _ask(client, [])
    for _ in range(fields):
        began = time.perf_counter()
        item = held.pop(0)
        verdict = {"field": item["id"], "action": "accept", "value": item["value"]}
        verdict.update(seen=item["decision_id"], place="queue")
        _post(client, "/decisions", verdict)
        if len(held) < AHEAD:
            held += _ask(client, [one["id"] for one in held])
        waits.fields.append(1000 * (time.perf_counter() - began))
        waits.processor.append((now := read_processor_ms(pid)) - before)
        before = now
    for number in range(sheets):
        began = time.perf_counter()
        wish = {"digit": str(number % 10), "count": DIGITS_A_SHEET, "without": []}
        crops = _post(client, "/carpet/next", wish)["crops"]
        right = [{"field": c["field"], "position": c["position"]} for c in crops]
        _post(client, "/carpet/confirm", {"right": right[1:], "wrong": right[:1]})
        waits.sheets.append(1000 * (time.perf_counter() - began))
    page = None
    for _ in range(sheets):
        began = time.perf_counter()
        view = _post(client, "/pages/turn", {"page": page, "step": 1})["view"]
        page = view["id"]
        waits.pages.append(1000 * (time.perf_counter() - began))
    return waits


def _ask(client: httpx.Client, without: list[int]) -> list[dict[str, Any]]:
    """Ask for fields, with their pictures."""
    wish = {"count": AHEAD, "without": without}
    items: list[dict[str, Any]] = _post(client, "/queue/next", wish)["items"]
    for item in items:
        client.get(f"/crops/{item['id']}.jpg").raise_for_status()
    return items


def _post(client: httpx.Client, path: str, body: dict[str, object]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
