"""Count how often the page changes in a review, in both orders of the queue.

    python scripts/count_page_changes.py run/

A scripted reviewer goes through copies of the run as the page in the browser does, and
calls each field unreadable. The run itself is left as it is.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from benchmark_review import open_station

AHEAD = 6  # fields that the page keeps at hand


def main() -> int:
    """Print a line for each order."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    run: Path = parser.parse_args().run
    for order in ("doubt", "page"):
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder) / "run"
            shutil.copytree(run, copied)
            with open_station(copied) as client:
                pages = review(client, order)
        changes = sum(a != b for a, b in pairwise(pages))
        print(
            f"order {order}: {len(pages)} fields on {len(set(pages))} pages, "
            f"{changes} changes of page"
        )
    return 0


def review(client: httpx.Client, order: str) -> list[int]:
    """Decide about all fields; give the page of each, one after the other."""
    held: list[dict[str, Any]] = []
    last: int | None = None
    pages: list[int] = []
    while True:
        without = [item["id"] for item in held]
        wish = {"count": AHEAD, "without": without, "order": order, "page": last}
        held += post(client, "/queue/next", wish)["items"] if len(held) < AHEAD else []
        if not held:
            return pages
        last, item = held[-1]["page_id"], held.pop(0)
        verdict = {"field": item["id"], "action": "unreadable", "value": ""}
        post(client, "/decisions", verdict | {"seen": None, "place": "queue"})
        pages.append(item["page_id"])


def post(client: httpx.Client, path: str, body: dict[str, object]) -> dict[str, Any]:
    """Send JSON, and give the answer."""
    answer = client.post(path, json=body)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


if __name__ == "__main__":
    raise SystemExit(main())
