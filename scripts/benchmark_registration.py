"""Measure how exactly pages of a drawn form are aligned with its blank page.

    python scripts/benchmark_registration.py [--draws 200] [--seed 0]

Each draw fills in the form, looks at it through a known homography (any orientation,
75 to 300 dpi against a reference of 200, a camera's slant), darkens it by a shadow,
covers or cuts off a part, and adds blur and noise; some are negatives. Printed are the
distances of the corners of the page, in reference pixels, from where they should be.
"""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.forms.registration.registration import register
from formreader.forms.registration.views import FormPage, Reference
from formreader.geometry import transform_points

WIDTH, HEIGHT, DPI = 1654, 2339, 200  # A4
SILENT_PX = 5.0
_LABELS = ("Customer", "Meter", "Previous", "Present", "Date", "Signature")
_DESK = 70

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]


def draw_form() -> Pixels:
    """Draw a blank form: a heading, rows of boxes, a table of equal rows, small print.

    Returns:
        (2339, 1654) uint8, 0 = black.
    """
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    _print(page, "Meter reading 2026", (150, 200), 2.2, 4)
    for index, label in enumerate(_LABELS[:4]):
        top = 300 + 130 * index
        _print(page, label, (150, top + 50), 1.2, 2)
        for cell in range(9 - index):
            left = 520 + 70 * cell
            cv2.rectangle(page, (left, top), (left + 70, top + 80), 30, 3)
    for row in range(10):
        top = 900 + 80 * row
        _print(page, f"{row + 1}", (170, top + 55), 1.1, 2)
        for left, right in ((150, 300), (300, 900), (900, 1500)):
            cv2.rectangle(page, (left, top), (right, top + 80), 30, 3)
    for row in range(12):
        words = " ".join(_LABELS[(row + step) % 6] for step in range(5))
        _print(page, f"{words} {row * 37}.", (150, 1800 + 35 * row), 0.8, 2)
    return page


def fill_in(blank: Pixels, rng: np.random.Generator) -> Pixels:
    """Write numbers into about half of the boxes and rows."""
    page = blank.copy()
    for top in (*range(355, 800, 130), *range(955, 1700, 80)):
        if rng.random() < 0.6:
            text = str(rng.integers(10**6, 10**7))
            cv2.putText(
                page, text, (540, top), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.7, 60, 4
            )
    return page


def photograph(page: Pixels, rng: np.random.Generator) -> tuple[Pixels, Matrix]:
    """Look at a page as a scanner or a phone would.

    Returns:
        (H, W) uint8 and the (3, 3) homography from `page` to it.
    """
    matrix, size = _draw_view(rng)
    seen = cv2.warpPerspective(
        _shrink_blur(page, matrix),
        matrix,
        size,
        borderValue=_DESK,
        flags=cv2.INTER_LINEAR,
    ).astype(np.float32)
    seen *= _draw_shadow(size, rng)
    if rng.random() < 0.3:
        _cover(seen, rng)
    seen += rng.normal(0, rng.uniform(0, 8), seen.shape)
    noisy = np.clip(seen, 0, 255).astype(np.uint8)
    return (~noisy if rng.random() < 0.15 else noisy), matrix


def _draw_view(rng: np.random.Generator) -> tuple[Matrix, tuple[int, int]]:
    """Draw a homography and the (width, height) of the picture."""
    scale = np.exp(rng.uniform(np.log(75 / DPI), np.log(300 / DPI)))
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float64)
    slant = rng.choice([0, 0.02, 0.08])
    there = corners + rng.normal(0, 1, (4, 2)) * slant * WIDTH / 2
    angle = np.deg2rad(90 * rng.integers(4) + rng.normal(0, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    there = scale * there @ turn.T
    low, high = there.min(axis=0), there.max(axis=0)
    margin = rng.uniform(-0.04, 0.08) * (high - low)
    size = high - low + 2 * margin
    matrix = cv2.getPerspectiveTransform(
        corners.astype(np.float32), (there - low + margin).astype(np.float32)
    )
    return np.asarray(matrix, np.float64), (int(size[0]), int(size[1]))


def _shrink_blur(page: Pixels, matrix: Matrix) -> Pixels:
    """Blur a page as much as it will be shrunk, so that lines do not vanish."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    sigma = max(0.4, 0.5 / max(scale, 0.1) - 0.2)
    return np.asarray(cv2.GaussianBlur(page, (0, 0), sigma), np.uint8)


def _draw_shadow(
    size: tuple[int, int], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Draw light that falls off over the page, with a soft edge half the time."""
    x, y = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.5, 0.5)
    light = 1 - rng.uniform(0, 0.2) * (along + 1) / 2
    if rng.random() < 0.5:
        light = light * (1 - rng.uniform(0.1, 0.5) / (1 + np.exp(-along / 0.03)))
    return np.asarray(light, np.float32)


def _cover(seen: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Lay something over part of the picture."""
    height, width = seen.shape
    side = (int(width * rng.uniform(0.1, 0.4)), int(height * rng.uniform(0.1, 0.3)))
    left, top = rng.integers(width - side[0]), rng.integers(height - side[1])
    seen[top : top + side[1], left : left + side[0]] = rng.uniform(0, 255)


def _print(
    page: Pixels, text: str, place: tuple[int, int], size: float, pen: int
) -> None:
    cv2.putText(page, text, place, cv2.FONT_HERSHEY_DUPLEX, size, 30, pen)


def measure_corners(found: Matrix, true: Matrix) -> float:
    """Find how far a page corner is from its place at most, in reference pixels."""
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float64)
    back = transform_points(transform_points(corners, found), _invert(true))
    return float(np.hypot(*(back - corners).T).max())


def _invert(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def main() -> None:
    """Run the draws and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    blank = draw_form()
    reference = Reference(blank)
    errors, seconds, refused = [], [], 0
    for draw in range(arguments.draws):
        rng = np.random.default_rng([arguments.seed, draw])
        picture, true = photograph(fill_in(blank, rng), rng)
        start = time.process_time()
        try:
            found = register(FormPage(picture), reference)
        except RegistrationError:
            refused += 1
            print(f"draw {draw}: refused, {picture.shape}")
            continue
        finally:
            seconds.append(time.process_time() - start)
        errors.append(measure_corners(found.to_page, true))
        if errors[-1] > SILENT_PX:
            print(f"draw {draw}: {errors[-1]:.1f} px off, {found.agreement:.2f} found")
    median, most = np.percentile(errors, [50, 95]) if errors else (np.nan, np.nan)
    silent = sum(error > SILENT_PX for error in errors)
    print(f"draws {arguments.draws}, refused {refused}")
    print(f"corner error: median {median:.2f} px, 95 % {most:.2f} px")
    print(f"above {SILENT_PX:g} px and not refused: {silent}")
    print(f"processor time: median {np.median(seconds):.2f} s")


if __name__ == "__main__":
    main()
