"""Time the separation of inks against the bare decoding of the same page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2

from formreader.ink.resolution import choose_scale
from formreader.ink.separation import InkSeparator
from formreader.pages.loading import load_pages

YARDSTICK = "cv2.imread, grey"


def time_ink(separator: InkSeparator, path: Path, repeats: int) -> dict[str, float]:
    """Time the steps on one page, in turns, on one core.

    Args:
        separator: With the model to use.
        path: The page.
        repeats: Rounds; the fastest of each step counts.

    Returns:
        Seconds of processor time by name.
    """
    page = next(load_pages(path))
    pixels = page.pixels if page.colour is None else page.colour
    scale = choose_scale(page.pixels, page.dpi)
    calls: dict[str, Callable[[], object]] = {
        YARDSTICK: lambda: cv2.imread(str(path), cv2.IMREAD_GRAYSCALE),
        "choose the scale": lambda: choose_scale(page.pixels, page.dpi),
        "separate the inks": lambda: separator.separate(pixels, scale),
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            started = time.process_time()
            call()
            seconds[name].append(time.process_time() - started)
    return {name: min(of) for name, of in seconds.items()}
