"""Let reviewers work at once on one run over HTTP, and see that nothing is lost.

Each takes fields from the queue and decides about them until none is left. No field may
be given to two of them, and every decision that the station confirmed must be in the
store:

    python scripts/exercise_reviewers.py --fields 10000 --reviewers 10
    python scripts/exercise_reviewers.py --store postgresql+psycopg://ann@db/forms
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
from invented_runs import add_pages, make_doubtful_field
from sqlalchemy import func, select

from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

FIELDS_A_PAGE = 20
AT_ONCE = 5  # fields that a page of the station asks for
LIMIT_MS = 100.0


@dataclass
class Tally:
    """What all reviewers together have seen.

    Attributes:
        given: How often each field was given out, to whomever.
        decided: The value that was confirmed for each field.
        times_ms: How long each answer took.
        refused: Decisions that the station refused.
    """

    given: Counter[int] = field(default_factory=Counter)
    decided: dict[int, str] = field(default_factory=dict)
    times_ms: list[float] = field(default_factory=list)
    refused: int = 0


def fill_run(run: Path, count: int, store_url: str | None) -> None:
    """Make a run in which so many fields are in doubt."""
    fields = tuple(make_doubtful_field(n) for n in range(FIELDS_A_PAGE))
    with RunStore.create(run, store_url) as store:
        names = [f"page-{n:05d}.png" for n in range(-(-count // FIELDS_A_PAGE))]
        add_pages(store, [(name, fields) for name in names], 200, 100)


class Reviewer:
    """One browser, without the browser.

    Args:
        address: Of the station, with the secret that lets this one in.
        tally: What all see.
        lock: Guards it.
        pause_s: How long this one thinks before each decision, in seconds, on average;
            half of that to one and a half, since people do not press keys in step.
    """

    def __init__(
        self, address: str, tally: Tally, lock: threading.Lock, pause_s: float
    ) -> None:
        """Come in."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        self._client = httpx.Client(base_url=origin, trust_env=False, timeout=60)
        self._client.get(address).raise_for_status()
        found = re.search(
            r'name="csrf" content="([^"]+)"', self._client.get("/queue").text
        )
        assert found is not None
        self._headers = {"Origin": origin, "X-CSRF-Token": found[1]}
        self._tally, self._lock, self._pause_s = tally, lock, pause_s

    def work(self) -> None:
        """Decide until nothing is left."""
        while True:
            answer = self._post("/queue/next", {"count": AT_ONCE, "without": []})
            items = answer.json()["items"]
            if not items:
                return
            with self._lock:
                self._tally.given.update(item["id"] for item in items)
            for item in items:
                self._decide(item["id"])

    def _decide(self, field_id: int) -> None:
        time.sleep(self._pause_s * random.uniform(0.5, 1.5))
        value = str(field_id)
        verdict = {"field": field_id, "action": "accept", "value": value}
        answer = self._post("/decisions", verdict | {"seen": None, "place": "queue"})
        with self._lock:
            if answer.is_success:
                self._tally.decided[field_id] = value
            else:
                self._tally.refused += 1
        answer.raise_for_status()

    def _post(self, path: str, body: dict[str, object]) -> httpx.Response:
        began = time.perf_counter()
        answer = self._client.post(path, json=body, headers=self._headers)
        with self._lock:
            self._tally.times_ms.append((time.perf_counter() - began) * 1000)
        return answer


def review(run: Path, reviewers: int, pause_s: float) -> tuple[Tally, float]:
    """Let reviewers decide about everything; give what they saw, and the seconds."""
    command = [sys.executable, "-m", "formreader", "review", str(run), "--no-browser"]
    station = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    tally, lock = Tally(), threading.Lock()
    people: list[Reviewer] = []
    assert station.stderr is not None
    try:
        while len(people) < reviewers:
            found = re.search(
                r"https?://\S+/enter\?token=\S+", station.stderr.readline()
            )
            assert found or station.poll() is None, "the station does not start"
            if found:
                people.append(Reviewer(found[0], tally, lock, pause_s))
        threads = [threading.Thread(target=person.work) for person in people]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
    finally:
        station.send_signal(signal.SIGINT)
        station.wait(30)
        station.stderr.close()
    return tally, seconds


def count_lost(run: Path, tally: Tally, store_url: str | None) -> int:
    """Count confirmed decisions that are not in the store, or stand there twice."""
    query = select(decisions.c.field_id, func.max(decisions.c.value), func.count())
    with RunStore.open(run, store_url) as store, store.read() as connection:
        rows = connection.execute(query.group_by(decisions.c.field_id)).all()
    kept = {field_id: value for field_id, value, count in rows if count == 1}
    return sum(kept.get(i) != value for i, value in tally.decided.items())


def main() -> None:
    """Exercise, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fields", type=int, default=10_000)
    parser.add_argument("--reviewers", type=int, default=10)
    parser.add_argument("--pause", type=float, default=0.1, help="before a decision, s")
    parser.add_argument("--store", help="a PostgreSQL database; by default SQLite")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        run = Path(place) / "run"
        fill_run(run, arguments.fields, arguments.store)
        tally, seconds = review(run, arguments.reviewers, arguments.pause)
        lost = count_lost(run, tally, arguments.store)
    twice = sum(count > 1 for count in tally.given.values())
    p50, p99 = np.percentile(tally.times_ms, (50, 99))
    print(
        f"{len(tally.decided)} fields decided in {seconds:.0f} s, {twice} given twice, "
        f"{lost} decisions lost, {tally.refused} refused; an answer took {p50:.0f} ms "
        f"(median), {p99:.0f} ms (99 %), {max(tally.times_ms):.0f} ms at most"
    )
    is_well = len(tally.decided) >= arguments.fields and p99 <= LIMIT_MS
    sys.exit(0 if is_well and not (twice or lost or tally.refused) else 1)


if __name__ == "__main__":
    main()
