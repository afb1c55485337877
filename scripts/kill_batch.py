"""Kill a batch at random moments, over and over, and compare what comes out.

The long form of the test in tests/cli/test_cli_batch.py:

    python scripts/kill_batch.py --kills 200
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from benchmark_batch import fill

TABLES = ("fields.csv", "flagged.csv", "failures.csv", "skipped.csv")


@click.command()
@click.option("--kills", default=200, show_default=True, help="How often to kill it.")
@click.option("--pages", default=600, show_default=True, help="Pages to draw.")
@click.option("--longest", default=3.0, show_default=True, help="Seconds to a kill.")
@click.option("--seed", default=1, show_default=True, help="Of pages and moments.")
def main(kills: int, pages: int, longest: float, seed: int) -> None:
    """Compare a run that was killed many times with one that was not."""
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder, calm, killed = (Path(name) / part for part in ("scans", "calm", "run"))
        fill(folder, pages, seed)
        finish(folder, calm)
        ended_early = 0
        for number in range(kills):
            batch = start(folder, killed)
            try:
                batch.wait(moments.uniform(0.1, longest))
            except subprocess.TimeoutExpired:
                batch.kill()
                batch.wait()
            else:
                ended_early += 1
            print(f"\rkill {number + 1} of {kills}", end="", file=sys.stderr)
            time.sleep(0.05)
        finish(folder, killed)
        different = [
            table
            for table in TABLES
            if (calm / table).read_bytes() != (killed / table).read_bytes()
        ]
    print(f"\n{kills - ended_early} kills, {ended_early} times it was done before")
    print(f"different tables: {', '.join(different) or 'none'}")
    sys.exit(bool(different))


def start(folder: Path, run: Path) -> subprocess.Popen[bytes]:
    """Start a batch."""
    command = [sys.executable, "-m", "formreader", "batch", str(folder)]
    return subprocess.Popen(
        [*command, "-o", str(run), "--quiet"], stderr=subprocess.DEVNULL
    )


def finish(folder: Path, run: Path) -> None:
    """Run a batch to its end.

    Raises:
        RuntimeError: If it does not end well.
    """
    code = start(folder, run).wait()
    if code:
        raise RuntimeError(f"formreader batch ended with {code}")


if __name__ == "__main__":
    main()
