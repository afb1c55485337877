"""Compare LiteRT and Keras in one run: speed and, given digits, what they say.

python scripts/benchmark.py digits
python scripts/benchmark.py digits --data mnist_test.npz --data usps_test.npz
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.model import MANIFEST_NAME, shipped_folder
from formreader.digits.runtime import Network, open_network
from formreader.training.datasets import join
from formreader.training.sources import load_sources

_CHOSEN = {"LiteRT": ".tflite", "Keras": ".keras"}


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    digits = commands.add_parser("digits", help="digits a second, LiteRT and Keras")
    digits.add_argument("--model", type=Path, help="folder of a model of your own")
    digits.add_argument("--count", type=int, default=1000, help="digits a call")
    digits.add_argument("--repeats", type=int, default=7)
    digits.add_argument("--data", action="append", help="digits to compare on")
    arguments = parser.parse_args()
    networks = open_both(arguments.model or shipped_folder())
    speed = measure_speed(networks, arguments.count, arguments.repeats)
    for name, rate in speed.items():
        print(f"{name:7}{rate:9,.0f} digits a second")
    print(f"LiteRT is {speed['LiteRT'] / speed['Keras']:.1f} times as fast as Keras")
    if arguments.data:
        print_agreement(networks, arguments.data)


if __name__ == "__main__":
    main()
