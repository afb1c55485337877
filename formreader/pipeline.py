"""The order of the stages, from a file to its readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from formreader.acceptance import AcceptancePolicy, accept
from formreader.contents.classifier import ContentClassifier
from formreader.digits.classification import DigitClassifier
from formreader.digits.strings import (
    MARKED_MODEL_NAME,
    PICTURE_MODEL_NAME,
    StringReader,
)
from formreader.errors import (
    InputError,
    RegistrationError,
    failed_page,
)
from formreader.field_reader import FieldReader
from formreader.ink.separation import InkSeparator
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.strips import cut_strip
from formreader.orientation.sides import UNSURE, SideFinder, decide_side
from formreader.orientation.turning import (
    read_at_scan,
    read_level,
    read_or_mirrored,
    read_turned,
)
from formreader.pages.folders import find_inputs
from formreader.pages.given import Given, load_given
from formreader.pages.loading import page_from_array, walk_pages
from formreader.pages.typed_values import compare_typed
from formreader.promises.promise import Promise, make_policy
from formreader.readings import FieldReading, PageFailure, PageReading
from formreader.records import LeftAside, PageImage

if TYPE_CHECKING:
    import pandas as pd

    from formreader.forms.matching import Form
    from formreader.forms.templates.template import FormTemplate

    Template = FormTemplate | str | Path

UNREAD_INK = (
    "there is writing outside of all fields that may be a number; the row `page` says "
    "where"
)
"""The warning about a page on which digits stand where nothing asks for them."""


class FormReader:
    """Reads the hand-written numbers of forms.

    Args:
        classifier: The digit classifier; the one that ships by default.
        threshold: Fields less certain than this need review, in [0, 1]; by default
            what the model's manifest says.
        template: The form that the pages show, or its TOML file, or a folder of such
            files, of which the one that fits a page reads it; else boxes are found.
        string_reader: Reads fields as a whole; ships with the classifier, else none.
        mark_reader: Reads them with their marks; the same.
        picture_reader: Reads them as the page shows them, lines and all; the same.
        separator: Tells pen, print and lines apart; the one that ships by default,
            loaded with the first page that needs it.
        ink_layers: Whether pages are read so; else lines are told by their place.
        ignore_marks: Points, commas and dashes between digits are no reason for doubt.
        promise: How sure fields of each kind must be, in the place of `threshold`, so
            that few enough of those accepted are wrong; what is read stays the same.
        form: Which of the templates all pages are, by its name. A page that does not
            look like it is read all the same, each field in doubt.

    Raises:
        ValueError: If `threshold` lies outside [0, 1], or there is `form` without
            `template`.
        ModelError: If the model that ships is missing or damaged.
        TemplateError: If two templates have the same name, or none that of `form`.

    Example:
        >>> reader = FormReader(threshold=0.9)
        >>> reader.threshold
        0.9
    """

    def __init__(
        self,
        classifier: DigitClassifier | None = None,
        threshold: float | None = None,
        *,
        template: Template | Sequence[Template] | None = None,
        string_reader: StringReader | None = None,
        mark_reader: StringReader | None = None,
        picture_reader: StringReader | None = None,
        separator: InkSeparator | None = None,
        ink_layers: bool = True,
        ignore_marks: bool = False,
        promise: Promise | None = None,
        form: str | None = None,
    ) -> None:
        """Load the model."""
        if form is not None and template is None:
            raise ValueError(f"form {form!r} needs the templates it is one of")
        if classifier is None:
            classifier = DigitClassifier.load()
            string_reader = string_reader or StringReader.load()
            mark_reader = mark_reader or StringReader.load(name=MARKED_MODEL_NAME)
            picture_reader = picture_reader or StringReader.load(
                name=PICTURE_MODEL_NAME
            )
        self._separator, self.ink_layers = separator, ink_layers
        self._side_finder = SideFinder.load()
        self.classifier, self.string_reader = classifier, string_reader
        manifest = self.classifier.manifest
        self._strip_threshold = manifest.strip_threshold if threshold is None else None
        if threshold is None:
            threshold = manifest.threshold
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold {threshold} is not in [0, 1]")
        self.threshold, self.promise = threshold, promise
        self.ignore_marks = ignore_marks
        readers = string_reader, threshold, ignore_marks, mark_reader, picture_reader
        self.field_reader = FieldReader(classifier, *readers, ContentClassifier.load())
        self.forms: tuple[Form, ...] = ()
        self._is_told_form = form is not None
        if template is not None:
            from formreader.forms.collection import prepare_forms

            self.forms = prepare_forms(template, form)

    def read(
        self,
        given: Given,
        pages: str | Iterable[int] | None = None,
        *,
        name: str | None = None,
    ) -> Iterator[PageReading]:
        """Read the pages of one file, or one image.

        Args:
            given: An image or PDF file: its path, its bytes, or the file open in binary
                mode; or pixels, (H, W) or (H, W, 3) RGB uint8, 0 = black; or an image
                of Pillow.
            pages: Which pages, from 1: `"1,3-5"`, or numbers; all by default.
            name: How readings call it; by default its path, or what kind of thing it
                is.

        Returns:
            The reading of each page; a page is read when it is asked for.

        Raises:
            TypeError: If it is none of these.
            ValueError: If an array has another shape or dtype, or `pages` is no
                selection.
            InputError: If the file or one of its pages cannot be read, when that page
                is asked for.
        """
        return map(self.read_page, load_given(given, name, pages))

    def read_many(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        strip: str | None = None,
        split: bool = False,
    ) -> Iterator[PageReading | PageFailure]:
        """Read many files and go on after one that cannot be read.

        Args:
            paths: A file, or a folder to search for pages; or several.
            strip: Each page is one field already, with this name.
            split: Each sheet of a file is read as two pages.

        Yields:
            A reading for each page, a failure for each page or input that cannot be
            used.
        """
        several = [paths] if isinstance(paths, str | Path) else paths
        for found in find_inputs([Path(path) for path in several]):
            if isinstance(found, LeftAside):
                continue
            if isinstance(found, InputError):
                yield PageFailure(str(found.path), None, found)
                continue
            for page in walk_pages(found, split=split):
                if isinstance(page, InputError):
                    yield PageFailure(str(found), page.page_index, page)
                else:
                    yield self._read_or_fail(page, strip)

    def _read_or_fail(
        self, page: PageImage, strip: str | None
    ) -> PageReading | PageFailure:
        try:
            if strip is not None:
                return self.read_strip_page(page, strip)
            return self.read_page(page)
        except Exception as error:  # one odd page must not cost the others
            failure = failed_page(error, Path(page.source), page.page_index)
            return PageFailure(page.source, page.page_index, failure)

    def read_page(self, page: PageImage) -> PageReading:
        """Read a page that is in memory.

        Raises:
            RegistrationError: If there are templates and the page is none of them.
            TemplateError: If a template's reference cannot be used.
        """
        reading = read_at_scan(page, self._read_pixels)
        reading = compare_typed(reading, page.typed)
        if not reading.has_no_field:
            return reading
        found_none = FieldReading.of_page(page.pixels.shape)
        # There is no value of which a confidence could say something.
        return replace(reading, fields=(accept(found_none, AcceptancePolicy(0.0)),))

    def _read_pixels(self, page: PageImage) -> PageReading:
        """Read a page by its pixels."""
        if self.forms:
            return self._read_by_form(page)
        return read_level(page, self._read_level)

    def _read_level(self, page: PageImage) -> PageReading:
        """Read a page whose lines are level and upright, from whichever side."""
        decision = decide_side(page.pixels, self._side_finder, self.classifier)
        reading = read_turned(page, decision.side, self._read_upright)
        if decision.is_sure:
            return reading
        return replace(reading, warnings=(*reading.warnings, UNSURE))

    def _read_upright(self, page: PageImage) -> PageReading:
        """Read the fields that are found by their lines on a page that is upright."""
        prepared = PreparedPage(
            page.pixels, colour=page.colour, dpi=page.dpi, separator=self.separator
        )
        fields = self.field_reader.read(
            find_fields(prepared), page=prepared.dark_pixels
        )
        accepted = tuple(accept(one, self._policy) for one in _name_fields(fields))
        warnings = page.warnings
        if any(field.stands_for_page for field in fields):
            warnings = (*warnings, UNREAD_INK)
        return PageReading(page.source, page.page_index, accepted, warnings)

    def _read_by_form(self, page: PageImage) -> PageReading:
        """Read a page by its form, which a person may have named."""
        try:
            return read_or_mirrored(page, self._read_form)
        except RegistrationError:
            if not self._is_told_form:
                raise
        return self._read_form(page, overruled=True)

    def _read_form(self, page: PageImage, *, overruled: bool = False) -> PageReading:
        """Read the fields that a template names, and apply its rules.

        Args:
            page: The page.
            overruled: As for `match_page`.
        """
        from formreader.forms.decoding import say_how_decoded
        from formreader.forms.matching import cut_fields, match_page
        from formreader.forms.registration.views import FormPage
        from formreader.forms.rules.settlement import settle_form
        from formreader.forms.unwritten import join_readings

        prepared = FormPage(
            page.pixels, colour=page.colour, dpi=page.dpi, separator=self.separator
        )
        try:
            match = match_page(prepared, self.forms, overruled=overruled)
        except RegistrationError as error:
            path, index = Path(page.source), page.page_index
            raise RegistrationError(
                error.message, path=path, page_index=index
            ) from None
        template = match.template
        fields = cut_fields(prepared, match)
        numbers = self.field_reader.read(
            fields,
            say_how_decoded(template, self.field_reader.options),
            prepared.dark_pixels,
        )
        readings = join_readings(numbers, prepared, match)
        return PageReading(
            page.source,
            page.page_index,
            settle_form(readings, template.fields, template.checks, self._policy),
            page.warnings,
            form=template.name,
            form_page=match.page,
            residual_px=match.registration.residual_px,
        )

    @cached_property
    def separator(self) -> InkSeparator | None:
        """What tells the inks of a page apart; None if nothing does.

        Raises:
            ModelError: If the model that ships is missing or damaged.
        """
        if not self.ink_layers:
            return None
        return self._separator or InkSeparator.load()

    @property
    def _policy(self) -> AcceptancePolicy:
        """What is asked of a field of which no template speaks."""
        return make_policy(self.threshold, self.promise, self._strip_threshold)

    @property
    def waits_for_batch(self) -> bool:
        """Whether readings are settled by `assign` once all pages have been read."""
        if not self.forms:
            return False
        from formreader.forms.assignment import has_assignment

        return has_assignment([form.template for form in self.forms])

    def assign(self, pages: Sequence[PageReading]) -> tuple[PageReading, ...]:
        """Match the fields that say `assign = "unique"` to their rosters.

        Args:
            pages: All readings of a batch.

        Returns:
            The readings in the same order; no two pages have the same entry.
        """
        if not self.waits_for_batch:
            return tuple(pages)
        from formreader.forms.assignment import assign_pages

        templates = [form.template for form in self.forms]
        return assign_pages(pages, templates, self._policy)

    def read_strip(
        self, pixels: npt.NDArray[np.uint8], name: str = "strip"
    ) -> FieldReading:
        """Read an image that is one field.

        Args:
            pixels: (H, W) or (H, W, 3) RGB uint8, 0 = black.
            name: The field's name.

        Raises:
            ValueError: If the shape or dtype is another.
        """
        return self._read_strip(page_from_array(pixels, name), name)

    def read_strip_page(self, page: PageImage, name: str) -> PageReading:
        """Read a page that is one field; what is said of whole sheets is left out.

        Args:
            page: The page.
            name: The field's name.
        """

        def read(page: PageImage) -> PageReading:
            field = self._read_strip(page, name)
            return PageReading(page.source, page.page_index, (field,))

        return compare_typed(read_at_scan(page, read), page.typed)

    def _read_strip(self, page: PageImage, name: str) -> FieldReading:
        (field,) = self.field_reader.read([cut_strip(page, name)])
        return accept(field, self._policy)

    def read_frame(self, *paths: str | Path) -> pd.DataFrame:
        """Read files and folders into a table with the columns of the field CSV.

        Inputs that cannot be read are left out; `read_many` says which.

        Returns:
            One row a field; values are text, so leading zeros stay.
        """
        from formreader.export import to_frame

        readings = self.read_many(paths)
        read = [page for page in readings if isinstance(page, PageReading)]
        return to_frame(self.assign(read))

    def read_tables(self, path: str | Path) -> list[list[pd.DataFrame]]:
        """Read the tables of one file.

        Tables are found with a `separator` and without a template.

        Args:
            path: An image or PDF file.

        Returns:
            For each page its tables: texts, rows and columns numbered from 1. Cells
            that a person must look at end with a question mark; printed ones are blank.

        Raises:
            InputError: If the file or one of its pages cannot be read.
        """
        from formreader.export import to_grid_frames

        return [to_grid_frames(page) for page in self.read(path)]


def _name_fields(fields: Iterable[FieldReading]) -> Iterator[FieldReading]:
    """Number the fields that have no name yet, in the order in which they come."""
    numbers = count(1)
    for field in fields:
        yield field if field.name else replace(field, name=f"field_{next(numbers):03d}")
