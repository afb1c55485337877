"""The order of the stages, from a file to its readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from formreader.digits.classification import DigitClassifier
from formreader.digits.decoding import Rules, decode_field, is_printed_text
from formreader.digits.model import DIGITS
from formreader.digits.normalization import normalize_all
from formreader.digits.oversegmentation import find_broad
from formreader.digits.segmentation import cut_writing, segment_field
from formreader.digits.strings import StringReader
from formreader.errors import (
    FormReaderError,
    InputError,
    RegistrationError,
    TemplateError,
)
from formreader.layout.binarization import binarize, measure_paper
from formreader.layout.fields import find_fields
from formreader.layout.strips import cut_strip
from formreader.orientation import read_best_side
from formreader.pages.loading import (
    find_inputs,
    load_pages,
    page_from_array,
    walk_pages,
)
from formreader.records import (
    FieldImage,
    FieldReading,
    FieldSegments,
    Flag,
    PageFailure,
    PageImage,
    PageReading,
)

if TYPE_CHECKING:
    import pandas as pd

    from formreader.forms.matching import Form
    from formreader.forms.templates.template import FormTemplate

_WEAK = 0.7  # agreement of a page with its form, below which each field is doubtful


class FormReader:
    """Reads the hand-written numbers of forms.

    Args:
        classifier: The digit classifier; the one that ships by default.
        threshold: Fields less certain than this need review, in [0, 1]; by default
            what the model's manifest says.
        template: The form that the pages show; of several, each page is read by the one
            that fits. Without one, fields are found by their printed boxes.
        string_reader: Reads fields as a whole, beside the classifier;
            with the classifier that ships its companion by default, else none.
        ignore_marks: Points, commas and dashes between digits are no reason for doubt.

    Raises:
        ValueError: If `threshold` lies outside [0, 1].
        ModelError: If the model that ships is missing or damaged.
        TemplateError: If two templates have the same name.

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
        template: FormTemplate | Sequence[FormTemplate] | None = None,
        string_reader: StringReader | None = None,
        ignore_marks: bool = False,
    ) -> None:
        """Load the model."""
        if classifier is None:
            classifier = DigitClassifier.load()
            string_reader = string_reader or StringReader.load()
        self.classifier, self.string_reader = classifier, string_reader
        if threshold is None:
            threshold = self.classifier.manifest.threshold
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold {threshold} is not in [0, 1]")
        self.threshold = threshold
        self.ignore_marks = ignore_marks
        self.forms = _prepare_forms(template)

    def read(
        self, path: str | Path, pages: str | Iterable[int] | None = None
    ) -> Iterator[PageReading]:
        """Read the pages of one file.

        Args:
            path: An image or PDF file.
            pages: Which pages, from 1: `"1,3-5"`, or numbers; all by default.

        Yields:
            The reading of each page.

        Raises:
            InputError: If the file or one of its pages cannot be read.
            ValueError: If `pages` is no selection.
        """
        for page in load_pages(Path(path), str(path), pages):
            yield self.read_page(page)

    def read_many(
        self, paths: Iterable[str | Path], *, strip: str | None = None
    ) -> Iterator[PageReading | PageFailure]:
        """Read many files and go on after one that cannot be read.

        Args:
            paths: Files, and folders to search for images.
            strip: Each page is one field already, with this name.

        Yields:
            A reading for each page, a failure for each page or input that cannot be
            used.
        """
        for found in find_inputs([Path(path) for path in paths]):
            if isinstance(found, InputError):
                yield PageFailure(str(found.path), None, found)
                continue
            for page in walk_pages(found):
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
        except FormReaderError as error:
            return PageFailure(page.source, page.page_index, error)

    def read_page(self, page: PageImage) -> PageReading:
        """Read a page that is in memory.

        Raises:
            RegistrationError: If there are templates and the page is none of them.
            TemplateError: If a template's reference cannot be used.
        """
        if page.scan is not None:
            return self._read_scan(page, page.scan)
        if self.forms:
            return self._read_form(page)
        fields, warnings = read_best_side(page, self._read_unknown)
        named = tuple(
            replace(f, name=f"field_{n:03d}") for n, f in enumerate(fields, start=1)
        )
        warnings = (*page.warnings, *warnings)
        return PageReading(page.source, page.page_index, named, warnings)

    def _read_scan(self, page: PageImage, scan: npt.NDArray[np.uint8]) -> PageReading:
        """Read a page as it was scanned, and say where fields lie on it enlarged."""
        reading = self.read_page(replace(page, pixels=scan, colour=None, scan=None))
        height, width = page.pixels.shape
        enlarged = np.diag([width / scan.shape[1], height / scan.shape[0], 1.0])
        fields = tuple(field.moved(enlarged) for field in reading.fields)
        return replace(reading, fields=fields)

    def _read_unknown(self, page: PageImage) -> tuple[FieldReading, ...]:
        """Read the fields that are found on a page by their lines."""
        paper = measure_paper(page.pixels)
        ink = binarize(page.pixels, paper=paper)
        return self._read_fields(find_fields(ink, page.pixels, paper))

    def _read_form(self, page: PageImage) -> PageReading:
        """Read the fields that a template names, and apply its rules."""
        from formreader.forms.matching import cut_fields, match_page
        from formreader.forms.rules.rules import apply_rules

        try:
            match = match_page(page.pixels, self.forms)
        except RegistrationError as error:
            path, index = Path(page.source), page.page_index
            raise RegistrationError(
                error.message, path=path, page_index=index
            ) from None
        template = match.template
        paper = measure_paper(page.pixels)
        ink = binarize(page.pixels, paper=paper)
        fields = cut_fields(page.pixels, ink, match, paper)
        rules = {
            field.name: replace(
                self._rules,
                ignore_marks=self.ignore_marks or field.marks == "ignore",
                decimals=field.decimals,
            )
            for field in template.fields_on(match.page)
        }
        readings = self._read_fields(fields, rules)
        if match.registration.agreement < _WEAK:
            readings = tuple(_doubt_place(reading) for reading in readings)
        settled = apply_rules(
            readings, template.fields, template.checks, self.threshold
        )
        return PageReading(
            page.source,
            page.page_index,
            settled,
            page.warnings,
            form=template.name,
            form_page=match.page,
            residual_px=match.registration.residual_px,
        )

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
        return assign_pages(pages, templates, self.threshold)

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
        return self._read_fields([cut_strip(page_from_array(pixels, name), name)])[0]

    def read_strip_page(self, page: PageImage, name: str) -> PageReading:
        """Read a page that is one field; what is said of whole sheets is left out.

        Args:
            page: The page.
            name: The field's name.
        """
        fields = self._read_fields([cut_strip(page, name)])
        return PageReading(page.source, page.page_index, fields)

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

    @property
    def _rules(self) -> Rules:
        """How to decide where no template says otherwise."""
        return Rules(
            self.threshold,
            ignore_marks=self.ignore_marks,
            knows_other=self.classifier.knows_letters,
        )

    def _read_fields(
        self, fields: list[FieldImage], rules: Mapping[str, Rules] | None = None
    ) -> tuple[FieldReading, ...]:
        """Classify all components, then the cuts of doubtful fields, and decode.

        Boxes that hold printed words are left out.
        """
        cuts = [segment_field(field, broad=()) for field in fields]
        rows = self._classify(cuts)
        heard = self._hear_strings(fields, cuts, rows)
        rules = rules or {}

        def decode(
            index: int, cut: FieldSegments, row: npt.NDArray[np.float32]
        ) -> FieldReading:
            field = fields[index]
            how = rules.get(field.name, self._rules)
            return decode_field(field, cut, row, how, heard[index])

        readings = {
            index: decode(index, cut, row)
            for index, (field, cut, row) in enumerate(
                zip(fields, cuts, rows, strict=True)
            )
            if not is_printed_text(
                field, cut, row, knows_other=self.classifier.knows_letters
            )
        }
        doubtful = self._cut_doubtful(fields, cuts, rows, readings)
        again = self._classify(list(doubtful.values()))
        for (index, cut), row in zip(doubtful.items(), again, strict=True):
            readings[index] = decode(index, cut, row)
        return tuple(readings.values())

    def _cut_doubtful(
        self,
        fields: list[FieldImage],
        cuts: list[FieldSegments],
        rows: list[npt.NDArray[np.float32]],
        readings: dict[int, FieldReading],
    ) -> dict[int, FieldSegments]:
        """Cut broad components where the reading of whole ones is not certain."""
        doubtful: dict[int, FieldSegments] = {}
        for index, reading in readings.items():
            certainty = rows[index][:, : len(DIGITS)].max(axis=1, initial=0)
            broad = find_broad(cuts[index].segments, certainty)
            is_settled = reading.value and reading.confidence >= self.threshold
            if broad and not is_settled:
                doubtful[index] = segment_field(fields[index], broad)
        return doubtful

    def _classify(self, cuts: list[FieldSegments]) -> list[npt.NDArray[np.float32]]:
        """Classify the segments of several fields in one batch."""
        crops = [segment.ink for cut in cuts for segment in cut.segments]
        probabilities = self.classifier.predict(normalize_all(crops))
        ends = np.cumsum([len(cut.segments) for cut in cuts])
        return np.split(probabilities, ends[:-1]) if cuts else []

    def _hear_strings(
        self,
        fields: list[FieldImage],
        cuts: list[FieldSegments],
        rows: list[npt.NDArray[np.float32]],
    ) -> list[npt.NDArray[np.float32] | None]:
        """Ask the string reader about every field with digits."""
        heard: list[npt.NDArray[np.float32] | None] = [None] * len(fields)
        if self.string_reader is None:
            return heard
        strips: dict[int, npt.NDArray[np.uint8]] = {}
        for index, (field, cut, row) in enumerate(zip(fields, cuts, rows, strict=True)):
            strip = cut_writing(field, cut, row)
            if strip is not None:
                strips[index] = strip
        answers = self.string_reader.predict(list(strips.values()))
        for index, answer in zip(strips, answers, strict=True):
            heard[index] = answer
        return heard


def _prepare_forms(
    template: FormTemplate | Sequence[FormTemplate] | None,
) -> tuple[Form, ...]:
    """Prepare templates for matching; what they need is imported only with one."""
    if template is None:
        return ()
    from formreader.forms.matching import Form
    from formreader.forms.templates.template import FormTemplate

    several = [template] if isinstance(template, FormTemplate) else template
    names = [one.name for one in several]
    for name in names:
        if names.count(name) > 1:
            raise TemplateError(
                f"two of the templates are named {name!r}; give each a name of its own"
            )
    return tuple(Form(one) for one in several)


def _doubt_place(reading: FieldReading) -> FieldReading:
    """Flag a field of a page that shows little of its form."""
    flags = {*reading.flags, Flag.REGISTRATION_WEAK}
    ordered = tuple(flag for flag in Flag if flag in flags)
    return replace(reading, flags=ordered, needs_review=True)
