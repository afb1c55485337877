"""Pixels of any kind as grey and RGB of 8 bits, a band of the page at a time.

A page may have 89 million pixels. Converted whole, one of four channels is copied
several times on the way; by bands there is only the image and the result.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.errors import UnreadableFileError

__all__ = ["has_wide_channels", "to_arrays", "turn_upright"]

_BAND_PIXELS = 4_000_000
_WIDTHS = (1, 4, 8, 10, 12, 14, 16)  # bits of a pixel that scanners and cameras write
_DARK = 64  # grey level of white in 14 bits, of which the upper 8 of 16 are taken

Array = npt.NDArray[np.uint8]


def to_arrays(image: Image.Image) -> tuple[Array, Array | None]:
    """Turn a decoded image into grey and colour, with transparency laid on white.

    Args:
        image: An image of any mode of Pillow.

    Returns:
        (H, W) uint8, 0 = black, and (H, W, 3) uint8 RGB, None for a grey image.

    Raises:
        UnreadableFileError: If nothing says which number is white.
    """
    if image.mode == "F":
        raise UnreadableFileError(
            "the pixels are fractions; save it as PNG with 8 bits a channel"
        )
    width, height = image.size
    grey = np.empty((height, width), np.uint8)
    if image.mode.startswith("I"):
        white = _find_white(image)
        for rows, band in _cut_bands(image):
            wide = np.asarray(band).astype(np.int64)
            grey[rows] = np.clip(wide, 0, white) * 255 // white
        return grey, None
    is_grey = image.mode in {"L", "1"} and not _is_transparent(image)
    colour = None if is_grey else np.empty((height, width, 3), np.uint8)
    for rows, band in _cut_bands(image):
        opaque = _lay_on_white(band)
        grey[rows] = np.asarray(opaque.convert("L"))
        if colour is not None:
            colour[rows] = np.asarray(opaque.convert("RGB"))
    return grey, colour


def has_wide_channels(image: Image.Image) -> bool:
    """Tell whether an image, before it is decoded, has colours of 16 bits.

    Pillow takes the upper 8 of them.
    """
    return not image.mode.startswith("I") and ";16" in str(getattr(image, "tile", ""))


def check_brightness(grey: Array) -> None:
    """Refuse a page whose colours of 16 bits use but the lower ones: it came out black.

    Args:
        grey: (H, W) uint8, of the upper 8 bits.

    Raises:
        UnreadableFileError: If there is nothing bright.
    """
    if int(grey.max()) < _DARK:
        raise UnreadableFileError(
            "the colours have 16 bits, of which only the lower ones are used; save it "
            "with 8 bits a channel"
        )


def turn_upright(pixels: Array, orientation: int) -> Array:
    """Turn pixels as the EXIF orientation says.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.
        orientation: 1 to 8; others are taken for 1.

    Returns:
        Of the same kind; sides are swapped from 5 on.
    """
    if orientation in {5, 6, 7, 8}:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _cut_bands(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Cut an image into bands of whole rows, with the rows of each."""
    width, height = image.size
    step = max(1, _BAND_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        yield slice(top, bottom), image.crop((0, top, width, bottom))


def _find_white(image: Image.Image) -> int:
    """Find the number that stands for white in wide pixels, by the largest there is.

    Files do not say how many of their bits are used.
    """
    largest = max(int(np.asarray(band).max()) for _, band in _cut_bands(image))
    bits = max(1, largest).bit_length()
    width = next((width for width in _WIDTHS if width >= bits), bits)
    return (1 << width) - 1


def _is_transparent(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _lay_on_white(image: Image.Image) -> Image.Image:
    """Fill what is transparent with white, as paper would show."""
    if not _is_transparent(image):
        return image
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered).convert("RGB")
