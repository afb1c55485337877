"""Measure where the time goes, and what it buys.

python scripts/benchmark.py pages
python scripts/benchmark.py review
python scripts/benchmark.py pages --page scan.jpg --truth truth.csv
python scripts/benchmark.py strings --strings amounts/ --truth amounts/truth.csv
python scripts/benchmark.py ink
python scripts/benchmark.py batch --count 2000
python scripts/benchmark.py scale --workers 1 --workers 32
python scripts/benchmark.py match -t form.toml -t other.toml page.png
python scripts/benchmark.py digits --data mnist_test.npz --data usps_test.npz
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click
import cv2
import numpy as np
import numpy.typing as npt
from benchmark_batch import fill, time_batch, time_decoding
from benchmark_ink import YARDSTICK as GREY
from benchmark_ink import time_ink
from benchmark_match import measure_matches
from benchmark_pages import (
    load_truth,
    print_score,
    print_times,
    save_page,
    score_page,
    time_page,
)
from benchmark_review import fill_run, run_station
from benchmark_review import review as review_fields
from benchmark_scale import measure_scale
from benchmark_strings import read_strips

from formreader import FormReader
from formreader.digits.model import MANIFEST_NAME, shipped_folder
from formreader.digits.runtime import Network, open_network
from formreader.ink.separation import InkSeparator
from formreader.training.datasets import join
from formreader.training.sources import load_sources
from formreader.training.strings.examples import load_strips
from formreader.training.strings.run import split_strips

_CHOSEN = {"LiteRT": ".tflite", "Keras": ".keras"}


@click.group()
def main() -> None:
    """Measure speed and accuracy of the stages."""


@main.command()
@click.option(
    "--workers",
    default=(1, 2, 4, 8, 16, 32),
    multiple=True,
    show_default=True,
    help="How many workers wait at once; may be given several times.",
)
@click.option("--pages", default=60, show_default=True, help="For each worker.")
@click.option(
    "--page",
    default=Path("samples/exam-cover-1.jpg"),
    type=click.Path(exists=True, path_type=Path),
    help="The file that is sent.",
)
def scale(workers: tuple[int, ...], pages: int, page: Path) -> None:
    """Measure what a Dask cluster costs a page, whose reading is a wait of 100 ms."""
    click.echo("workers   pages   pages/hour   beyond wait   cores     sender's memory")
    for count in workers:
        # Few pages would measure the start alone.
        with tempfile.TemporaryDirectory(dir=page.parent) as place:
            one = measure_scale(Path(place), page, count, max(100, pages * count))
        first, last = one.memory_mb
        hourly = one.pages / one.seconds * 3600
        click.echo(
            f"{count:7} {one.pages:7} {hourly:12,.0f} {one.overhead_ms:10.1f} ms"
            f" {one.core_ms:8.1f} ms   {first:.0f} -> {last:.0f} MB"
        )


@main.command()
@click.option("--count", default=2000, show_default=True, help="Pages to draw.")
@click.option("--jobs", default=(1, 2), multiple=True, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of the pages drawn.")
def batch(count: int, jobs: tuple[int, ...], seed: int) -> None:
    """Time `formreader batch` with one process and with several. For Linux."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "scans"
        fill(folder, count, seed)
        decoding = time_decoding(folder, count)
        print(f"{'decoding alone':15}{decoding.describe()}")
        speeds = {n: time_batch(folder, Path(name) / f"run-{n}", n) for n in jobs}
    for number, speed in speeds.items():
        print(f"{number:2d} process{'es' if number > 1 else '  '}   {speed.describe()}")
    slowest, fastest = speeds[min(jobs)], speeds[max(jobs)]
    print(
        f"{max(jobs)} processes read {slowest.seconds / fastest.seconds:.2f} times as "
        f"fast as {min(jobs)}; a page costs "
        f"{slowest.core_seconds / decoding.core_seconds:.1f} times its decoding"
    )


@main.command()
@click.option("--fields", default=100_000, show_default=True, help="In the run.")
@click.option("--doubtful", default=0.1, show_default=True, help="Share of them.")
@click.option("--reviewed", default=2000, show_default=True, help="Fields to review.")
@click.option("--seed", default=1, show_default=True, help="Of the run made up.")
def review(fields: int, doubtful: float, reviewed: int, seed: int) -> None:
    """Time what a reviewer waits for, with many fields in the run."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        fill_run(run, fields, doubtful, seed)
        with run_station(run) as (client, pid):
            waits = review_fields(client, pid, reviewed, sheets=reviewed // 20)
    print(waits.describe())


@main.command()
@click.option("--page", "pages", multiple=True, type=click.Path(path_type=Path))
@click.option(
    "--truth",
    type=click.Path(exists=True, path_type=Path),
    help="CSV with file, value, left, top, width, height; needed with --page.",
)
@click.option("--repeats", default=10, show_default=True, help="The fastest counts.")
@click.option("--seed", default=1, show_default=True, help="Of the page drawn.")
def pages(pages: tuple[Path, ...], truth: Path | None, repeats: int, seed: int) -> None:
    """Time the stages of a page on one core, against `cv2.imread` of the same file.

    Without --page a full A4 page of 300 dpi is drawn.
    """
    if bool(pages) != bool(truth):
        raise click.UsageError("--page and --truth go together")
    cv2.setNumThreads(1)
    reader = FormReader()
    with tempfile.TemporaryDirectory() as folder:
        if truth is None:
            drawn = Path(folder) / "page.jpg"
            written = {drawn: save_page(drawn, seed)}
        else:
            written = {page: load_truth(truth, page.name) for page in pages}
        for page, fields in written.items():
            print(f"{page.name}, the fastest of {repeats}")
            print_times(time_page(reader, page, repeats))
            print_score(score_page(reader, page, fields))


@main.command()
@click.option("-t", "--template", "templates", multiple=True, required=True)
@click.option("--most", default=3, show_default=True, help="Templates for a page.")
@click.option("--repeats", default=3, show_default=True, help="The fastest counts.")
@click.argument("pages", nargs=-1, required=True)
def match(
    templates: tuple[str, ...], most: int, repeats: int, pages: tuple[str, ...]
) -> None:
    """Time how the form of a page is found, by its own template and among several."""
    cv2.setNumThreads(1)
    files, forms = ([Path(name) for name in names] for names in (pages, templates))
    costs = []
    for cost in measure_matches(forms, files, most, repeats):
        costs.append(cost)
        print(cost.describe())
    ratio = sum(cost.among for cost in costs) / sum(cost.alone for cost in costs)
    print(f"all pages: {ratio:.2f} times the cost of their own template alone")


@main.command()
@click.option("--page", "path", type=click.Path(exists=True, path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="Folder of ink.tflite.")
@click.option("--repeats", default=10, show_default=True, help="The fastest counts.")
def ink(path: Path | None, model: Path | None, repeats: int) -> None:
    """Time the separation of inks on one core, against `cv2.imread` of the same file.

    Without --page a full A4 page of 300 dpi is drawn.
    """
    cv2.setNumThreads(1)
    separator = InkSeparator.load(model)
    with tempfile.TemporaryDirectory() as folder:
        if path is None:
            path = Path(folder) / "page.jpg"
            save_page(path, 1)
        seconds = time_ink(separator, path, repeats)
    for name, of in seconds.items():
        print(f"{name:18}{1000 * of:8.1f} ms {of / seconds[GREY]:7.2f} x")


@main.command()
@click.option("--strings", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--truth", type=click.Path(path_type=Path), required=True)
@click.option(
    "--half",
    type=click.Choice(["unseen", "fitted"]),
    default="unseen",
    show_default=True,
    help="Of the split that scripts/train_strings.py makes.",
)
def strings(folder: Path, truth: Path, half: str) -> None:
    """Read labelled strips; accuracy of each reader, and time of each stage."""
    fitted, unseen = split_strips(load_strips(folder, truth))
    for line in read_strips(unseen if half == "unseen" else fitted):
        click.echo(line)


@main.command()
@click.option(
    "--model", type=click.Path(path_type=Path), help="Folder of a model of your own."
)
@click.option("--count", default=1000, show_default=True, help="Digits a call.")
@click.option("--repeats", default=7, show_default=True, help="The median counts.")
@click.option("--data", multiple=True, help="Digits to compare on.")
def digits(model: Path | None, count: int, repeats: int, data: tuple[str, ...]) -> None:
    """Compare LiteRT and Keras: digits a second and, given digits, what they say."""
    networks = open_both(model or shipped_folder())
    speed = measure_speed(networks, count, repeats)
    for name, rate in speed.items():
        print(f"{name:7}{rate:9,.0f} digits a second")
    print(f"LiteRT is {speed['LiteRT'] / speed['Keras']:.1f} times as fast as Keras")
    if data:
        print_agreement(networks, list(data))


def open_both(folder: Path) -> dict[str, Network]:
    """Open `digits.tflite` and `digits.keras` of a folder."""
    return {
        name: open_network(folder / MANIFEST_NAME.replace(".json", suffix))[0]
        for name, suffix in _CHOSEN.items()
    }


def measure_speed(
    networks: dict[str, Network], count: int, repeats: int
) -> dict[str, float]:
    """Measure digits a second of several networks, in turns.

    Args:
        networks: By name.
        count: Digits a call.
        repeats: Calls of each; the median counts.

    Returns:
        Digits a second by name.
    """
    rng = np.random.default_rng(1)
    images = rng.random((count, 28, 28), dtype=np.float32)
    for network in networks.values():
        network(images)  # the first call prepares
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(repeats):
        for name, network in networks.items():
            seconds[name].append(_time(network, images))
    return {name: count / statistics.median(of) for name, of in seconds.items()}


def _time(network: Network, images: npt.NDArray[np.float32]) -> float:
    started = time.perf_counter()
    network(images)
    return time.perf_counter() - started


def print_agreement(networks: dict[str, Network], data: list[str]) -> None:
    """Say on how many digits both choose the same class."""
    images = join([source.normalize() for source in load_sources(data)]).normalized
    first, second = (network(images) for network in networks.values())
    same = first.argmax(axis=1) == second.argmax(axis=1)
    print(
        f"the same class for {same.sum():,} of {len(same):,} digits ({same.mean():.3%})"
    )
    print(f"largest difference of a probability: {np.abs(first - second).max():.3f}")


if __name__ == "__main__":
    main()
