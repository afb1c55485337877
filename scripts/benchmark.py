"""Measure speed: `python scripts/benchmark.py digits` compares LiteRT and Keras."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.model import MANIFEST_NAME, shipped_folder
from formreader.digits.runtime import Network, open_network

_CHOSEN = {"LiteRT": ".tflite", "Keras": ".keras"}


def benchmark_digits(folder: Path, count: int, repeats: int) -> dict[str, float]:
    """Measure digits a second of both forms of a model, in turns.

    Args:
        folder: A folder with `digits.tflite` and `digits.keras`.
        count: Digits a call.
        repeats: Calls of each; the median counts.

    Returns:
        Digits a second by runtime.
    """
    rng = np.random.default_rng(1)
    images = rng.random((count, 28, 28), dtype=np.float32)
    networks = {
        name: open_network(folder / MANIFEST_NAME.replace(".json", suffix))[0]
        for name, suffix in _CHOSEN.items()
    }
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    digits = commands.add_parser("digits", help="digits a second, LiteRT and Keras")
    digits.add_argument("--model", type=Path, help="folder of a model of your own")
    digits.add_argument("--count", type=int, default=1000, help="digits a call")
    digits.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    folder = arguments.model or shipped_folder()
    speed = benchmark_digits(folder, arguments.count, arguments.repeats)
    for name, rate in speed.items():
        print(f"{name:7}{rate:9,.0f} digits a second")
    print(f"LiteRT is {speed['LiteRT'] / speed['Keras']:.1f} times as fast as Keras")


if __name__ == "__main__":
    main()
