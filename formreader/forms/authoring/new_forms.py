"""Make the template of a form from its blank pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import InputError
from formreader.forms.authoring.authoring import Suggestion, propose_fields
from formreader.forms.authoring.blank_pages import BlankPage
from formreader.forms.authoring.inspection import draw_template
from formreader.forms.authoring.writing import write_template
from formreader.forms.templates.entries import FieldTemplate, PageTemplate

__all__ = ["NewForm", "encode_picture", "name_picture", "propose_form"]

_MOST_PAGES = 100  # of a form
_LONGEST_NAME = 100  # characters


@dataclass(frozen=True)
class NewForm:
    """A template as it is proposed.

    Attributes:
        pages: Its pages.
        fields: Its fields; perhaps none.
        suggestions: Doubtful ones.
        references: The pictures of its pages, PNG, by the file they are to have.
        drawings: The same with the fields drawn in.
        warnings: What the author should look at, in words, each with the page.
        dpi: Resolution of the references by page, as far as the file states it.
    """

    pages: tuple[PageTemplate, ...]
    fields: tuple[FieldTemplate, ...]
    suggestions: tuple[Suggestion, ...]
    references: dict[Path, bytes]
    drawings: dict[Path, bytes]
    warnings: tuple[tuple[int, str], ...]
    dpi: dict[int, float] = dataclass_field(default_factory=dict)

    def write(self, name: str, *, in_mm: bool = False) -> str:
        """Write it as TOML; what is doubtful stands in comments.

        Args:
            name: What the form is called.
            in_mm: Places are in millimetres of the page, and not in pixels.

        Raises:
            InputError: If they are to be, and the size of a page is not known.
        """
        name = name[:_LONGEST_NAME]
        if in_mm and len(self.dpi) < len(self.pages):
            raise InputError(
                "the file does not say how large its paper is, so that nothing can be "
                "given in mm; leave --unit out, or take a PDF or a scan with its dpi"
            )
        dpi = self.dpi if in_mm else None
        return write_template(name, self.pages, self.fields, self.suggestions, dpi)


def propose_form(source: Iterable[BlankPage], path: Path, blank: Path) -> NewForm:
    """Find the fields of all pages.

    Args:
        source: The pages, not filled in.
        path: The file that the template is to have; its pictures stand beside it.
        blank: The file that the pages come from.

    Raises:
        InputError: If there are too many pages.
    """
    pages: list[PageTemplate] = []
    fields: list[FieldTemplate] = []
    suggestions: list[Suggestion] = []
    references: dict[Path, bytes] = {}
    drawings: dict[Path, bytes] = {}
    warnings: list[tuple[int, str]] = []
    dpi: dict[int, float] = {}
    for number, loaded in enumerate(source, 1):
        pixels = loaded.pixels
        if number > _MOST_PAGES:
            message = f"has more than {_MOST_PAGES} pages; choose one with --page"
            raise InputError(message, path=blank)
        if loaded.dpi is not None:
            dpi[number] = loaded.dpi
        height, width = pixels.shape
        reference = name_picture(path, ".png", number)
        pages.append(
            PageTemplate(number=number, reference=reference, width=width, height=height)
        )
        known = [*fields, *(suggestion.field for suggestion in suggestions)]
        start = 1 + sum(field.name.startswith("field_") for field in known)
        prefix = f"p{number}_" if number > 1 else ""
        draft = propose_fields(pixels, number, start, prefix, loaded.content)
        fields += draft.fields
        suggestions += draft.suggestions
        references[reference] = encode_picture(pixels)
        annotated = draw_template(pixels, draft.fields)
        drawings[name_picture(path, ".annotated.png", number)] = encode_picture(
            annotated
        )
        warnings += [(number, text) for text in (*_note_size(loaded), *draft.warnings)]
    return NewForm(
        tuple(pages),
        tuple(fields),
        tuple(suggestions),
        references,
        drawings,
        tuple(warnings),
        dpi,
    )


def name_picture(path: Path, ending: str, number: int) -> Path:
    """Name a picture after the template: form.png, form-2.png, and so on.

    Args:
        path: The template.
        ending: What the name ends in, such as `.png`.
        number: Of the page, from 1.
    """
    page = "" if number == 1 else f"-{number}"
    return path.with_name(f"{path.stem}{page}{ending}")


def encode_picture(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode (H, W) or (H, W, 3) uint8, blue first, as PNG."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def _note_size(page: BlankPage) -> tuple[str, ...]:
    """Say that a page was made smaller, if it was."""
    if not page.is_reduced:
        return ()
    (width, height), (rows, columns) = page.loaded_size, page.pixels.shape
    return (
        f"the page has {width} x {height} pixels, more than a form needs; the "
        f"reference has {columns} x {rows}",
    )
