"""Reads what was drawn on the pad, and shows how it was read.

It needs no process with limits of its own, as pages do: a request is at most 1 MB, the
PNG in it at most 4 million pixels, known before they are decoded, and what is read of
it has 160 x 2000 at most, which takes about two seconds whatever is drawn there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.digits.normalization import to_mnist
from formreader.errors import UnreadableFileError
from formreader.pipeline import FormReader
from formreader.readings import DigitReading

__all__ = ["DrawnDigit", "Recognition", "decode_drawing", "recognize"]

_MOST_PIXELS = 4_000_000
_PAPER = 250  # grey levels; what is darker was drawn
_HEIGHT_PX = 160  # larger drawings are shrunk
_WIDEST_PX = 2000  # after that; the sheet in the browser is 960 wide
_MARGIN = 0.25  # of the writing's height, above and below it
_SPACE = 1.5  # of its width, on either side: a stroke that fills a strip is a line


@dataclass(frozen=True, eq=False)
class DrawnDigit:
    """One digit of a drawing.

    Attributes:
        character: As in `DigitReading`.
        confidence: The same.
        image: (28, 28) float32 in [0, 1], 1 = ink: what the model saw; or None.
        probabilities: (12,) float32, calibrated, in the order of `CLASSES`; or None.
    """

    character: str
    confidence: float
    image: npt.NDArray[np.float32] | None
    probabilities: npt.NDArray[np.float32] | None


@dataclass(frozen=True)
class Recognition:
    """What was read on the pad.

    Attributes:
        value: The number; empty if there is none.
        confidence: Probability in [0, 1] that `value` is right as a whole.
        is_sure: Whether it can be used without a second look.
        is_blank: Whether nothing was drawn.
        digits: From left to right.
        flags: What is to be known about it, as in `FieldReading`.
    """

    value: str = ""
    confidence: float = 1.0
    is_sure: bool = False
    is_blank: bool = False
    digits: tuple[DrawnDigit, ...] = ()
    flags: tuple[str, ...] = ()


def decode_drawing(content: bytes) -> npt.NDArray[np.uint8]:
    """Open the PNG that a browser sends.

    Args:
        content: The file; anything may be in it.

    Returns:
        (H, W) uint8, 0 = black, transparent parts white.

    Raises:
        UnreadableFileError: If it is no PNG, is damaged or has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise UnreadableFileError("the drawing has too many pixels")
            drawn = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableFileError("the drawing is no PNG, or damaged") from error
    paper = Image.new("RGBA", drawn.size, "white")
    return np.array(Image.alpha_composite(paper, drawn).convert("L"))


def recognize(reader: FormReader, pixels: npt.NDArray[np.uint8]) -> Recognition:
    """Read a drawing as one number.

    Args:
        reader: Its threshold decides what is sure.
        pixels: (H, W) uint8, 0 = black.

    Raises:
        UnreadableFileError: If the drawing is too wide.
    """
    strip = _cut_writing(pixels)
    if strip is None:
        return Recognition(is_blank=True)
    reading = reader.read_strip(strip, "drawing")
    shown = [_show(reader, digit) for digit in reading.digits]
    return Recognition(
        value=reading.value,
        confidence=reading.confidence,
        is_sure=bool(reading.value) and not reading.needs_review,
        digits=tuple(shown),
        flags=tuple(str(flag) for flag in reading.flags),
    )


def _cut_writing(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
    """Cut out what was drawn and lay it on a strip of paper; None if nothing was."""
    left, top, width, height = cv2.boundingRect((pixels < _PAPER).astype(np.uint8))
    if width == 0:
        return None
    writing = pixels[top : top + height, left : left + width]
    scale = _HEIGHT_PX / height
    if scale < 1:
        size = (max(1, round(width * scale)), _HEIGHT_PX)
        shrunk = cv2.resize(writing, size, interpolation=cv2.INTER_AREA)
        writing = shrunk.astype(np.uint8)
    if writing.shape[1] > _WIDEST_PX:
        raise UnreadableFileError("the drawing is too wide for one number")
    above = max(1, round(_MARGIN * writing.shape[0]))
    beside = max(above, round(_SPACE * writing.shape[1]))
    return np.pad(writing, ((above, above), (beside, beside)), constant_values=255)


def _show(reader: FormReader, digit: DigitReading) -> DrawnDigit:
    """Add to a digit what the model saw and said."""
    image = probabilities = None
    if digit.ink is not None:
        image = to_mnist(digit.ink)
        probabilities = reader.classifier.predict(image[np.newaxis])[0]
    return DrawnDigit(digit.character, digit.confidence, image, probabilities)
