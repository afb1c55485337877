"""Make a template of the fields that a filled-in page was found to have."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.forms.authoring.flattening import erase_boxes, erase_writing
from formreader.forms.authoring.writing import write_template
from formreader.forms.templates.entries import (
    MOST_CELLS,
    FieldTemplate,
    PageTemplate,
)
from formreader.geometry import Box

__all__ = ["PlacedField", "pack_template"]

_OTHER = re.compile("[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class PlacedField:
    """A field at its place on a page.

    Attributes:
        name: Its name.
        box: In pixels of the page.
        cells: Printed boxes of one digit each; 0 for a field without.
    """

    name: str
    box: Box
    cells: int = 0


def pack_template(
    name: str, pixels: npt.NDArray[np.uint8], fields: Sequence[PlacedField]
) -> bytes:
    """Write a template and its reference picture.

    What stands in the fields is painted out of the picture, and in the other boxes that
    are seen on it; what was written elsewhere stays.

    Args:
        name: What the form is called; what a file name cannot have is replaced.
        pixels: (H, W) uint8, 0 = black, the page, upright.
        fields: In reading order.

    Returns:
        A ZIP archive with `NAME.toml` and `NAME.png`.

    Raises:
        ValueError: If a name or place is none that a template can have.
    """
    stem = _OTHER.sub("-", name).strip("-")[:64] or "form"
    height, width = pixels.shape
    clipped = [one.box.clipped(pixels.shape) for one in fields]
    page = PageTemplate(
        number=1, reference=Path(f"{stem}.png"), width=width, height=height
    )
    entries = [
        FieldTemplate(name=one.name, box=box, cells=_count_cells(one))
        for one, box in zip(fields, clipped, strict=True)
    ]
    reference = erase_boxes(erase_writing(pixels), clipped)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{stem}.toml", write_template(stem, [page], entries))
        picture = cv2.imencode(".png", reference)[1].tobytes()
        archive.writestr(f"{stem}.png", picture)
    return content.getvalue()


def _count_cells(field: PlacedField) -> int | None:
    return field.cells if 1 < field.cells <= MOST_CELLS else None
