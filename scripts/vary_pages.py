"""Turn and scale pages with known truth, or lose spots of their ink, as copies do.

Writes each page once for each angle and resolution, and a truth file whose boxes have
been moved along.

Example:
    python scripts/vary_pages.py FORMS/rin/truth.csv varied --dpi 200
    formreader scan varied -o varied.csv
    python scripts/vary_pages.py FORMS/rin/truth.csv lost --lost 0.02 --angle 0
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import click
import cv2
import numpy as np
import numpy.typing as npt

from formreader.geometry import Box, bounding_box, transform_points
from formreader.pages.loading import load_pages

_SPOT_MM = 0.5


@click.command()
@click.argument("truth", type=click.Path(exists=True, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--dpi", default=200, show_default=True, help="Resolution of the pages.")
@click.option(
    "--angle",
    "angles",
    multiple=True,
    type=float,
    default=(-6, -3, -1, 0, 1, 3, 6),
    show_default=True,
)
@click.option(
    "--to-dpi", "targets", multiple=True, default=(150, 200, 300), show_default=True
)
@click.option(
    "--lost",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    show_default=True,
    help="Share of the page whose ink is lost, in spots of half a millimetre.",
)
def main(
    truth: Path,
    folder: Path,
    dpi: int,
    angles: tuple[float, ...],
    targets: tuple[int, ...],
    lost: float,
) -> None:
    """Write varied copies of the pages in TRUTH, and truth.csv, to FOLDER."""
    with truth.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    folder.mkdir(parents=True, exist_ok=True)
    varied: list[dict[str, str]] = []
    random = np.random.default_rng(1)
    for name in dict.fromkeys(row["file"] for row in rows):
        page = next(load_pages(truth.parent / name))
        for angle, target in itertools.product(angles, targets):
            matrix, size = turn_and_scale(page.pixels.shape, angle, target / dpi)
            copy = f"{Path(name).stem}_{angle:+g}deg_{target}dpi.png"
            pixels = _warp(page.pixels, matrix, size)
            spot_px = _SPOT_MM / 25.4 * target
            cv2.imwrite(str(folder / copy), lose_ink(pixels, lost, spot_px, random))
            varied += [
                row | {"file": copy} | _move_box(row, matrix)
                for row in rows
                if row["file"] == name
            ]
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(varied)


def lose_ink(
    pixels: npt.NDArray[np.uint8],
    share: float,
    spot_px: float,
    random: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """Turn round spots of a page into paper.

    Args:
        pixels: (H, W) uint8, 0 = black.
        share: Of the page.
        spot_px: About how large the spots are.
        random: Where they are.
    """
    if not share:
        return pixels
    noise = random.normal(size=pixels.shape).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), spot_px / 2)
    spots = (smooth > np.quantile(smooth[::7, ::7], 1 - share)).astype(np.float32)
    soft = cv2.GaussianBlur(spots, (0, 0), 1.0)
    paper = float(np.percentile(pixels, 90))
    return np.asarray(pixels * (1 - soft) + paper * soft, dtype=np.uint8)


def turn_and_scale(
    shape: tuple[int, ...], angle_deg: float, scale: float
) -> tuple[npt.NDArray[np.float64], tuple[int, int]]:
    """Find the (3, 3) matrix and the size (width, height) of the page afterwards."""
    radians = np.deg2rad(angle_deg)
    cos, sin = scale * np.cos(radians), scale * np.sin(radians)
    matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    page = Box(0, 0, shape[1], shape[0])
    around = bounding_box(transform_points(page.corners, matrix))
    matrix[:2, 2] = -around.left, -around.top
    return matrix, (around.width, around.height)


def _warp(
    pixels: npt.NDArray[np.uint8],
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
) -> npt.NDArray[np.uint8]:
    """Warp a page, new corners white; smoothed first where it shrinks."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale).astype(np.uint8)
    warped = cv2.warpAffine(pixels, matrix[:2], size, borderValue=255)
    return warped.astype(np.uint8)


def _move_box(row: dict[str, str], matrix: npt.NDArray[np.float64]) -> dict[str, str]:
    """Move a truth box; a row without one stays as it is."""
    if not row["left"]:
        return {}
    left, top, width, height = (
        int(row[key]) for key in ("left", "top", "width", "height")
    )
    box = Box(left, top, left + width, top + height)
    moved = bounding_box(transform_points(box.corners, matrix))
    return {
        "left": str(moved.left),
        "top": str(moved.top),
        "width": str(moved.width),
        "height": str(moved.height),
    }


if __name__ == "__main__":
    main()
