"""Reads fields that were cut out of a page: cut, classify, read as a whole, decode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import numpy.typing as npt

from formreader.contents.classifier import ContentClassifier
from formreader.digits.classification import DigitClassifier
from formreader.digits.decoding import decode_field, is_printed_text
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.marks import LiftedField, lift_marks
from formreader.digits.model import DIGITS
from formreader.digits.oversegmentation import find_broad
from formreader.digits.seen_pictures import SeenPicture
from formreader.digits.segmentation import segment_field
from formreader.digits.segments import SegmentClassifier
from formreader.digits.settings import SETTINGS
from formreader.digits.signs import UnsignedField, lift_signs
from formreader.digits.strikes import Strike, find_strike, heed_strike
from formreader.digits.strings import StringReader
from formreader.digits.typed_views import is_intact
from formreader.digits.whole_fields import read_digits, read_marks
from formreader.digits.words import may_be_number
from formreader.field_pictures import PictureLooks, Seen
from formreader.loose_pieces import doubt_pieces
from formreader.readings import DigitReading, FieldReading
from formreader.reconciliation import Views, reconcile, settle_page
from formreader.records import (
    CROSSED,
    ClassifiedField,
    FieldImage,
    FieldSegments,
    Flag,
)
from formreader.row_numbers import find_row_numbers
from formreader.unread_ink import gather_unread
from formreader.written_numbers import heed_chance, is_line, judge_fields

__all__ = ["FieldReader"]


_Gray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class FieldReader:
    """Reads the fields of a page together.

    Attributes:
        classifier: The digit classifier.
        string_reader: Reads fields as a whole, beside the classifier; or None.
        mark_reader: Reads them with their marks, beside the looks of these; or None.
        threshold: Fields less certain than this are cut in more ways, in [0, 1].
        ignore_marks: Points, commas and dashes between digits are no reason for doubt.
        picture_reader: Reads them as the page shows them, to have a vote; or None.
        content_classifier: Says what the page shows where fields were found; or None.
    """

    classifier: DigitClassifier
    string_reader: StringReader | None
    threshold: float
    ignore_marks: bool = False
    mark_reader: StringReader | None = None
    picture_reader: StringReader | None = None
    content_classifier: ContentClassifier | None = None

    @property
    def options(self) -> DecodingOptions:
        """How fields are decoded where no template says otherwise."""
        return DecodingOptions(
            ignore_marks=self.ignore_marks, knows_other=self.classifier.knows_letters
        )

    def read(
        self,
        fields: Sequence[FieldImage],
        options: Mapping[str, DecodingOptions] | None = None,
        page: npt.NDArray[np.uint8] | None = None,
    ) -> tuple[FieldReading, ...]:
        """Classify whole components, then the cuts of doubtful fields, and decode.

        Args:
            fields: The fields.
            options: How to decode those that differ, by name.
            page: (H, W) uint8, 0 = black, dark on light, that they were cut from, for
                the reader of pictures.

        Returns:
            Their readings in the same order; nobody has decided about them. Boxes that
            hold printed words, or the printed number of a row, are left out.
        """
        by_name = options or {}
        segments = SegmentClassifier(self.classifier)
        seen = self._read_once(fields, by_name, segments)
        again = self._read_again(fields, seen, by_name, segments)
        again = self._looks.drop_remains(seen, again, page)
        seen, pictures = self._looks.look(seen, page)
        views = self._join_views(seen, again, pictures, by_name)
        joined = [None if one is None else reconcile(one) for one in views]
        if not self.ignore_marks:
            joined = settle_page(joined, views)
        numbers = find_row_numbers(fields, joined)
        heeded = self._heed_strikes(fields, joined, by_name)
        chances = judge_fields(seen, pictures)
        judged = [
            reading
            if seen_as is None or _is_struck_box(whole, reading)
            else heed_chance(reading, seen_as.weigh(chances.get(place)))
            for place, (whole, reading, seen_as) in enumerate(
                zip(joined, heeded, views, strict=True)
            )
        ]
        kept = [
            reading
            for place, reading in enumerate(judged)
            if reading is not None and place not in numbers
        ]
        return gather_unread(doubt_pieces(kept))

    def see(
        self, fields: Sequence[FieldImage], page: npt.NDArray[np.uint8]
    ) -> list[Views | None]:
        """Say of fields what each view shows, before they are weighed.

        Args:
            fields: The fields.
            page: (H, W) uint8, 0 = black, dark on light, that they were cut from.

        Returns:
            Of each field its views; None where there are words.
        """
        segments = SegmentClassifier(self.classifier)
        seen = self._read_once(fields, {}, segments)
        again = self._read_again(fields, seen, {}, segments)
        return self._join_views(seen, again, self._looks.look(seen, page)[1], {})

    def look(
        self, fields: Sequence[FieldImage], page: npt.NDArray[np.uint8]
    ) -> tuple[list[Seen | None], list[SeenPicture | None]]:
        """Say what stands in fields, before it is judged whether that is a number.

        Args:
            fields: The fields.
            page: (H, W) uint8, 0 = black, dark on light, that they were cut from.

        Returns:
            Of each field what the readers and its picture show, and what was made of
            it; None where there are words. And what is read in the picture of each.
        """
        seen = self._read_once(fields, {}, SegmentClassifier(self.classifier))
        return self._looks.look(seen, page)

    @property
    def _looks(self) -> PictureLooks:
        """What looks at the pictures of fields."""
        return PictureLooks(self.picture_reader, self.content_classifier)

    def _read_again(
        self,
        fields: Sequence[FieldImage],
        seen: Sequence[Seen | None],
        by_name: Mapping[str, DecodingOptions],
        segments: SegmentClassifier,
    ) -> list[Seen | None]:
        """Read those fields again that were cleaned in two ways."""
        others = [
            None if one is None else field.by_geometry
            for field, one in zip(fields, seen, strict=True)
        ]
        asked = [other for other in others if other is not None]
        answers = iter(self._read_once(asked, by_name, segments))
        return [None if other is None else next(answers) for other in others]

    def _join_views(
        self,
        seen: Sequence[Seen | None],
        again: Sequence[Seen | None],
        pictures: Sequence[SeenPicture | None],
        by_name: Mapping[str, DecodingOptions],
    ) -> list[Views | None]:
        """Join what is seen of each field; None where there are words."""
        return [
            None
            if one is None
            else Views(
                one[1],
                None if other is None else other[1],
                picture,
                by_name.get(one[1].name, self.options).type_,
                is_found=one[0].image.was_found,
            )
            for one, other, picture in zip(seen, again, pictures, strict=True)
        ]

    def _heed_strikes(
        self,
        fields: Sequence[FieldImage],
        readings: Sequence[FieldReading | None],
        by_name: Mapping[str, DecodingOptions],
    ) -> list[FieldReading | None]:
        """Read again without it what is struck out, and say so."""
        strikes = [
            None if reading is None or reading.stands_for_page else find_strike(one)
            for one, reading in zip(fields, readings, strict=True)
        ]
        left = [s.rest for s in strikes if s is not None and s.rest is not None]
        rests = (reading for _, reading in self.decode(left, by_name))

        def heed(reading: FieldReading, strike: Strike) -> FieldReading:
            rest = next(rests) if strike.rest else None
            type_ = by_name.get(reading.name, self.options).type_
            if strike.is_void and is_intact(reading, rest, type_):
                return reading.flagged(Flag.STRUCK_OUT)
            return heed_strike(reading, strike, rest)

        return [
            reading if strike is None or reading is None else heed(reading, strike)
            for reading, strike in zip(readings, strikes, strict=True)
        ]

    def _read_once(
        self,
        fields: Sequence[FieldImage],
        by_name: Mapping[str, DecodingOptions],
        segments: SegmentClassifier,
    ) -> list[Seen | None]:
        """Read fields as they were cleaned; None where there are words."""
        unsigned = lift_signs(fields)
        bare = [one.image for one in unsigned]
        lifted = self._lift(bare, by_name)
        found = self._classify(lifted, segments)
        is_number = [not self._is_text(one) for one in found]
        answers = self._decode(
            list(compress(bare, is_number)),
            list(compress(lifted, is_number)),
            list(compress(found, is_number)),
            by_name,
            segments,
        )
        noted = (
            (one, _note_ends(reading, ends))
            for (one, reading), ends in zip(
                answers, compress(unsigned, is_number), strict=True
            )
        )
        kept = (
            None
            if is_line(reading) and not may_be_number(one, reading)
            else (one, reading)
            for one, reading in noted
        )
        return [next(kept) if one else None for one in is_number]

    def decode(
        self,
        fields: Sequence[FieldImage],
        by_name: Mapping[str, DecodingOptions] | None = None,
    ) -> list[tuple[ClassifiedField, FieldReading]]:
        """Say of fields what the readers see in them and what they are read as.

        Args:
            fields: The fields.
            by_name: How to decode those that differ, by name.

        Returns:
            Of each field its whole components as classified, and its reading.
        """
        options = by_name or {}
        segments = SegmentClassifier(self.classifier)
        unsigned = lift_signs(fields)
        bare = [one.image for one in unsigned]
        lifted = self._lift(bare, options)
        found = self._classify(lifted, segments)
        answers = self._decode(bare, lifted, found, options, segments)
        return [
            (one, _note_ends(reading, ends))
            for (one, reading), ends in zip(answers, unsigned, strict=True)
        ]

    def _lift(
        self, fields: Sequence[FieldImage], by_name: Mapping[str, DecodingOptions]
    ) -> list[LiftedField]:
        """Lift the marks out of fields."""
        return [
            lift_marks(field, expected=by_name.get(field.name, self.options).expected)
            for field in fields
        ]

    def _decode(
        self,
        fields: Sequence[FieldImage],
        lifted: Sequence[LiftedField],
        classified: Sequence[ClassifiedField],
        by_name: Mapping[str, DecodingOptions],
        segments: SegmentClassifier,
    ) -> list[tuple[ClassifiedField, FieldReading]]:
        """Read fields of which whole components were classified."""
        found = self._read_whole(fields, classified)

        def decode(one: ClassifiedField) -> FieldReading:
            return decode_field(one, by_name.get(one.image.name, self.options))

        readings = [decode(one) for one in found]
        doubtful = self._cut_doubtful(lifted, found, readings)
        for index, again in self._classify_again(found, doubtful, segments).items():
            readings[index] = decode(again)
        return list(zip(found, readings, strict=True))

    def _is_text(self, one: ClassifiedField) -> bool:
        """Tell whether a box holds printed words."""
        return is_printed_text(one, knows_other=self.classifier.knows_letters)

    def _classify(
        self, lifted: Sequence[LiftedField], segments: SegmentClassifier
    ) -> list[ClassifiedField]:
        """Cut fields between components and classify all segments in one batch."""
        cuts = [segment_field(one.image, (), one.found) for one in lifted]
        rows = segments.predict(cuts)
        return [
            ClassifiedField(
                one.image, cut, row, marks=one.marks, marks_unsure=one.is_unsure
            )
            for one, cut, row in zip(lifted, cuts, rows, strict=True)
        ]

    def _read_whole(
        self, fields: Sequence[FieldImage], found: Sequence[ClassifiedField]
    ) -> list[ClassifiedField]:
        """Ask the string reader about fields, then about those with marks shown."""
        read = read_digits(self.string_reader, found)
        return read if self.ignore_marks else read_marks(self.mark_reader, fields, read)

    def _cut_doubtful(
        self,
        lifted: Sequence[LiftedField],
        found: Sequence[ClassifiedField],
        readings: Sequence[FieldReading],
    ) -> dict[int, FieldSegments]:
        """Cut broad components where the reading of whole ones is not certain enough.

        Returns:
            The new segments, by place in the sequences.
        """
        doubtful: dict[int, FieldSegments] = {}
        for index, (one, reading) in enumerate(zip(found, readings, strict=True)):
            certainty = one.probabilities[:, : len(DIGITS)].max(axis=1, initial=0)
            broad = find_broad(one.cut.segments, certainty)
            is_settled = reading.value and reading.confidence >= self.threshold
            if broad and not is_settled:
                known = lifted[index].found
                doubtful[index] = segment_field(one.image, broad, known)
        return doubtful

    def _classify_again(
        self,
        found: Sequence[ClassifiedField],
        cuts: Mapping[int, FieldSegments],
        segments: SegmentClassifier,
    ) -> dict[int, ClassifiedField]:
        """Classify fields that were cut anew; what the string reader said stays."""
        rows = segments.predict(list(cuts.values()))
        return {
            index: replace(found[index], cut=cut, probabilities=row)
            for (index, cut), row in zip(cuts.items(), rows, strict=True)
        }


def _note_ends(reading: FieldReading, ends: UnsignedField) -> FieldReading:
    """Say of a reading what was, or may be, none of the number at its ends."""
    if ends.is_unsure:
        reading = reading.flagged(Flag.NOT_A_DIGIT)
    if not (ends.struck_before or ends.struck_after):
        return reading
    out = (DigitReading(CROSSED, SETTINGS.decoding.doubt),)
    digits = out * ends.struck_before + reading.digits + out * ends.struck_after
    flagged = reading.flagged(Flag.STRUCK_OUT).flagged(Flag.CROSSED_OUT)
    return replace(flagged, digits=digits)


def _is_struck_box(whole: FieldReading | None, reading: FieldReading | None) -> bool:
    """Tell whether something is struck out where a form asks for a number."""
    return reading is not whole and reading is not None and not is_line(reading)
