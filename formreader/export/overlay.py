"""Draw on a page what was read."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import OutputError
from formreader.geometry import Box
from formreader.output import write_bytes
from formreader.records import FieldReading, Flag, PageImage, PageReading

_ACCEPTED, _REVIEW, _BLANK = (0, 130, 0), (0, 60, 230), (150, 150, 150)  # BGR
_TEXT_SHARE = 0.01  # of the page's larger side: height of the labels
_LARGEST_TEXT = 0.25  # of the field's height
_SMALLEST_TEXT_PX = 8
_FONT_PX = 22  # height of OpenCV's font at scale 1


def draw_overlay(page: PageImage, reading: PageReading) -> npt.NDArray[np.uint8]:
    """Draw the boxes, values and confidences of a page.

    Accepted fields are green, fields that need review red, blank ones grey.

    Returns:
        (H, W, 3) uint8 in OpenCV's order, blue first.
    """
    if page.colour is None:
        converted = cv2.cvtColor(page.pixels, cv2.COLOR_GRAY2BGR)
    else:
        converted = cv2.cvtColor(page.colour, cv2.COLOR_RGB2BGR)
    picture = np.asarray(converted, dtype=np.uint8)
    for field in reading.fields:
        _draw_field(picture, field)
    for field in reading.fields:
        others = [other.box for other in reading.fields if other is not field]
        _write_label(picture, field, others)
    return picture


class PictureFolder:
    """A folder of pictures, one PNG a page, named after the source.

    Args:
        folder: Made when the first picture is written.
        option: The option that named it, for people.
    """

    def __init__(self, folder: Path, option: str) -> None:
        """Begin with no picture written."""
        self._folder, self._option = folder, option
        self._written: set[Path] = set()

    def write(self, page: PageImage, picture: npt.NDArray[np.uint8]) -> Path:
        """Write the picture of one page.

        Args:
            page: The page, which the file is named after.
            picture: (H, W, 3) uint8 in OpenCV's order, blue first.

        Returns:
            The file, `scan.jpg.png` for `scan.jpg`; numbered if a page of the same name
            came before.

        Raises:
            OutputError: If the folder cannot be made or the file cannot be written.
        """
        path = self._free_path(page)
        encoded = cv2.imencode(".png", picture)[1]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, encoded.tobytes())
        except OSError as error:
            raise OutputError(
                f"cannot write the picture ({error.strerror}); choose another folder "
                f"with {self._option}",
                path=path,
            ) from error
        self._written.add(path)
        return path

    def _free_path(self, page: PageImage) -> Path:
        name = Path(page.source).name
        if page.page_index:
            name += f"-page{page.page_index + 1}"
        path, count = self._folder / f"{name}.png", 1
        while path in self._written:
            count += 1
            path = self._folder / f"{name}-{count}.png"
        return path


class Overlays:
    """A folder of overlays, one a page.

    Args:
        folder: Made when the first overlay is written.
    """

    def __init__(self, folder: Path) -> None:
        """Begin with no overlay written."""
        self._pictures = PictureFolder(folder, "--overlay")

    def add(self, page: PageImage, reading: PageReading) -> Path:
        """Draw and write the overlay of one page; it returns the file.

        Raises:
            OutputError: If the folder cannot be made or the file cannot be written.
        """
        return self._pictures.write(page, draw_overlay(page, reading))


def _draw_field(picture: npt.NDArray[np.uint8], field: FieldReading) -> None:
    """Draw the outline of a field and the boxes of its digits."""
    thickness = max(1, round(_text_height(picture, field) / 10))
    outline = np.round(field.outline).astype(np.int32)
    cv2.polylines(picture, [outline], True, _colour(field), thickness, cv2.LINE_AA)
    for digit in field.digits:
        if digit.box is not None:
            low, high = digit.box.corners[0], digit.box.corners[2]
            cv2.rectangle(picture, low.astype(int), high.astype(int), _colour(field), 1)


def _write_label(
    picture: npt.NDArray[np.uint8], field: FieldReading, others: list[Box]
) -> None:
    """Write value and confidence above a field, or inside where another is above."""
    size = _text_height(picture, field)
    # Rounded down like the CSV: 1.00 is certainty.
    confidence = math.floor(field.confidence * 100) / 100
    label = f"{field.value or field.raw or '-'}  {confidence:.2f}"
    above = Box(field.box.left, field.box.top - size, field.box.right, field.box.top)
    is_free = not any(above.intersection_area(other) for other in others)
    y = field.box.top - size // 3 if is_free else field.box.top + round(1.4 * size)
    cv2.putText(
        picture,
        label,
        (field.box.left + size // 3, max(size, y)),
        cv2.FONT_HERSHEY_SIMPLEX,
        size / _FONT_PX,
        _colour(field),
        max(1, round(size / 10)),
        cv2.LINE_AA,
    )


def _colour(field: FieldReading) -> tuple[int, int, int]:
    if field.needs_review:
        return _REVIEW
    return _BLANK if Flag.BLANK in field.flags else _ACCEPTED


def _text_height(picture: npt.NDArray[np.uint8], field: FieldReading) -> int:
    """Choose the height of a label in pixels."""
    largest = _LARGEST_TEXT * field.box.height
    size = min(_TEXT_SHARE * max(picture.shape), largest)
    return max(_SMALLEST_TEXT_PX, round(float(size)))
