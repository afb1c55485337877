"""Make a field reading out of the probabilities of its segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import dropwhile

import numpy as np

from formreader.digits.composition import (
    extract_value,
    insert_marks,
    place_point,
)
from formreader.digits.consensus import weigh_values
from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.lattice import (
    MARK,
    Edge,
    Path,
    best_paths,
    build_edges,
    total_score,
)
from formreader.digits.looks import Looks
from formreader.digits.mark_consensus import MarkedText
from formreader.digits.mark_judgement import judge_marks
from formreader.digits.model import DIGITS
from formreader.digits.placement import (
    align_with,
    place_digits,
    place_marks,
)
from formreader.digits.settings import (
    IN_CELLS,
    ON_PAPER,
    SETTINGS,
    WITHOUT_OTHER,
)
from formreader.digits.typed_reading import read_as_type
from formreader.readings import Alternative, DigitReading, FieldReading, order_flags
from formreader.records import (
    BLANK,
    CROSSED,
    UNREADABLE,
    ClassifiedField,
    FieldImage,
    FieldKind,
    FieldSegments,
    Flag,
    Print,
    Segment,
)

_DECODING = SETTINGS.decoding
_LOOKS = SETTINGS.looks
_CONSENSUS = {FieldKind.CELLS: IN_CELLS, FieldKind.STRIP: ON_PAPER}


def decode_field(
    classified: ClassifiedField, options: DecodingOptions | None = None
) -> FieldReading:
    """Read one field.

    Args:
        classified: The field, its segments, and what the readers say of them.
        options: How to decode.

    Returns:
        The reading, about which nobody has decided; its boxes are in pixels of the
        page. It has the flag `low_confidence` where the confidence does not hold all
        the doubt there is.
    """
    options = options or DecodingOptions()
    field, cut = classified.image, classified.cut
    readings = _list_readings(classified, options)
    best = readings[0]
    digits, by_looks = _write(best, classified, readings)
    seen = judge_marks(classified, by_looks, options)
    written = seen.written
    point = place_point(written, best.value, options.decimals)
    keeps = options.keeps_marks
    kept = written if keeps else digits
    by_digits = _field_confidence(field, cut, readings)
    confidence = by_digits * (seen.confidence if keeps else 1.0)
    raw = "".join(digit.character for digit in kept)
    flags = _find_flags(field, cut, best, options)
    if seen.is_doubtful:
        flags.add(Flag.SEPARATOR)
    if options.decimals and best.value:
        # A number without its point, or with one elsewhere, is not settled.
        flags.discard(Flag.SEPARATOR)
        if not point:
            flags.add(Flag.SEPARATOR)
    reading = FieldReading(
        name=field.name,
        value=point or extract_value(raw),
        confidence=confidence,
        flags=order_flags(flags),
        digits=kept,
        box=field.box,
        outline=field.outline,
        kind=field.kind,
        alternatives=_offer_all(
            [
                _offer(one, classified, readings, keeps=keeps)
                for one in readings[1 : _DECODING.alternatives]
            ],
            [_offer_marked(one, by_digits) for one in seen.others] if keeps else [],
        ),
    )
    log_probs = classified.marked_reading
    if options.type_ is None or log_probs is None:
        return reading
    return read_as_type(reading, log_probs, options.type_)


def _offer_marked(marked: MarkedText, confidence: float) -> Alternative:
    """Offer other marks for the digits of a reading."""
    value = extract_value(marked.text)
    return Alternative(value, marked.text, confidence * marked.share)


def _offer_all(
    others: Sequence[Alternative], marked: Sequence[Alternative]
) -> tuple[Alternative, ...]:
    """Put other digits and other marks together, the most probable first."""
    every = sorted([*marked, *others], key=lambda one: -one.probability)
    return tuple(every[: _DECODING.alternatives - 1])


def _write(
    reading: _Reading,
    classified: ClassifiedField,
    readings: Sequence[_Reading],
) -> tuple[tuple[DigitReading, ...], tuple[DigitReading, ...]]:
    """Write a reading out: its digits, and these with the marks of the field.

    Where it cannot be told between which digits the marks stand, they are left out.
    """
    field, cut = classified.image, classified.cut
    marks = place_marks(classified)
    if reading.path is not None:
        placed = place_digits(field, cut, reading.edges)
        return tuple(one.digit for one in placed), insert_marks(placed, marks)
    digits = tuple(DigitReading(name, reading.probability) for name in reading.raw)
    others = [one for one in readings if one.edges]
    if not others or not marks:
        return digits, digits
    likeliest = max(others, key=lambda one: one.probability)
    known = place_digits(field, cut, likeliest.edges)
    return digits, align_with(digits, marks, known) or digits


def _offer(
    reading: _Reading,
    classified: ClassifiedField,
    readings: Sequence[_Reading],
    *,
    keeps: bool,
) -> Alternative:
    """Offer another reading, with the marks between its digits where they are kept."""
    raw = reading.raw
    if keeps and classified.marks and raw.strip(BLANK):
        _, written = _write(reading, classified, readings)
        raw = "".join(digit.character for digit in written)
    return Alternative(extract_value(raw), raw, reading.probability)


@dataclass(frozen=True)
class _Reading:
    """A reading, and the best of the paths that read so; none if no path does."""

    raw: str
    probability: float
    path: Path | None

    @cached_property
    def value(self) -> str:
        return extract_value(self.raw)

    @property
    def edges(self) -> tuple[Edge, ...]:
        return () if self.path is None else self.path.edges


def _list_readings(
    classified: ClassifiedField, options: DecodingOptions
) -> list[_Reading]:
    """List what a field may say, by both readers, the most probable reading first."""
    cut = classified.cut
    weights = SETTINGS.weights if options.knows_other else WITHOUT_OTHER
    edges = build_edges(cut, classified.probabilities, weights)
    readings = _weigh(best_paths(edges, cut.steps), total_score(edges, cut.steps))
    if not classified.string_looks:
        return readings
    seen = Looks(classified.string_looks, _LOOKS.unseen)
    if not cut.steps:
        return _doubt_blank(cut.blank_confidence, seen)
    return _consult(classified.image, readings, seen, options)


def _weigh(paths: Sequence[Path], total: float) -> list[_Reading]:
    """Put paths that read the same together, the most probable reading first."""
    alike: dict[str, list[Path]] = {}
    for path in paths:
        alike.setdefault(path.raw, []).append(path)
    readings = [
        _Reading(raw, sum(float(np.exp(path.score - total)) for path in same), same[0])
        for raw, same in alike.items()
    ]
    return sorted(readings, key=lambda reading: -reading.probability)


def _consult(
    field: FieldImage,
    readings: list[_Reading],
    seen: Looks,
    options: DecodingOptions,
) -> list[_Reading]:
    """Weigh the readings of the lattice against those of the string reader.

    The string reader knows nothing but digits and passes over whatever is none, so what
    the lattice calls unreadable stays so, unless marks are to be passed over anyway.
    Where cells are printed it may doubt, but not tell of digits that no cell holds.
    """
    has_cells = field.kind is FieldKind.CELLS
    none = [reading for reading in readings if not reading.value]
    refused = min(1.0, sum(reading.probability for reading in none))
    if options.ignore_marks and not has_cells:
        none, refused = [], 0.0
    known: dict[str, _Reading] = {}
    chances: dict[str, float] = {}
    for reading in readings:
        if reading.value:
            known.setdefault(reading.value, reading)
            chance = chances.get(reading.value, 0.0) + reading.probability
            chances[reading.value] = chance
    weights = _CONSENSUS.get(field.kind, SETTINGS.consensus)
    weighed = weigh_values(chances, seen, weights, closed=has_cells)
    by_both = [
        replace(
            known.get(value) or _Reading(value, 0.0, None),
            probability=(1 - refused) * probability,
        )
        for value, probability in weighed.items()
        if value
    ]
    return sorted([*by_both, *none], key=lambda reading: -reading.probability)


def _doubt_blank(blank_confidence: float, seen: Looks) -> list[_Reading]:
    """List what a strip may say in which no ink was told from the paper."""
    blank = min(blank_confidence, float(np.exp(seen.weigh([""])[0])))
    by_string = [
        _Reading(value, float(np.exp(chance)), None)
        for value, chance in seen.find(_DECODING.alternatives).items()
        if value
    ]
    readings = [_Reading("", blank, Path((), 0.0)), *by_string]
    return sorted(readings, key=lambda reading: -reading.probability)


def _find_flags(
    field: FieldImage, cut: FieldSegments, best: _Reading, options: DecodingOptions
) -> set[Flag]:
    """Say what is to be known about a reading."""
    flags = set(cut.flags) | _flags_of_raw(best.raw, best.value)
    if field.writing_beside:
        flags.add(Flag.CLIPPED)
    if _is_cut_apart(cut, best):
        flags.add(Flag.TOUCHING)
    characters = [edge.character for edge in best.edges]
    before_last_digit = list(dropwhile(lambda c: c == MARK, reversed(characters)))
    if MARK in (before_last_digit or characters):
        flags.add(Flag.SEPARATOR)
        if not best.raw:  # a dash in an empty box may well say something
            flags.discard(Flag.BLANK)
    if options.ignore_marks:
        flags.discard(Flag.SEPARATOR)
    only_string = not cut.steps and bool(best.raw)  # only the string reader saw ink
    is_unproved = field.kind.is_open and not options.knows_other
    is_unproved &= Flag.TOUCHING in flags
    is_unproved |= _may_not_be_blank(field, best)
    # Where nothing stands, there is nothing that may be print.
    may_be_print = field.print_like is not Print.NO and bool(best.raw.strip(BLANK))
    if only_string or is_unproved or may_be_print:
        flags.add(Flag.LOW_CONFIDENCE)
    return flags


def _may_not_be_blank(field: FieldImage, reading: _Reading) -> bool:
    """Tell whether a field reads blank in which the pen left something."""
    return field.pen_seen and not reading.raw.strip(BLANK)


def _is_cut_apart(cut: FieldSegments, reading: _Reading) -> bool:
    """Tell whether a reading stands on a cut through ink."""
    shapes = (
        cut.segments[edge.segment].shape
        for edge in reading.edges
        if edge.segment is not None
    )
    return any(shape is not None and shape.cut > 0 for shape in shapes)


def _flags_of_raw(raw: str, value: str) -> set[Flag]:
    """Say what the characters mean for the field."""
    flags = set()
    if raw.strip(BLANK) == "":
        flags.add(Flag.BLANK)
    if UNREADABLE in raw:
        flags.add(Flag.NOT_A_DIGIT)
    if CROSSED in raw:
        flags.add(Flag.CROSSED_OUT)
    has_gap = not value and any(character.isdigit() for character in raw)
    if has_gap and UNREADABLE not in raw:
        flags.add(Flag.WRONG_LENGTH)
    return flags


def is_printed_text(classified: ClassifiedField, *, knows_other: bool) -> bool:
    """Tell whether a box that looks like printed words also reads like letters.

    One unreadable character may be a slip of the pen; two in characters that stand like
    print are letters. What is print by its ink is so unless all of it is clear digits.

    Args:
        classified: The field, its segments, and what the classifier says of them.
        knows_other: Whether the classifier has a class for what is no digit; if not,
            the looks alone decide.
    """
    if classified.image.print_like is Print.LIKELY:
        return not _reads_clean(classified)
    if classified.image.print_like is not Print.WORDS:
        return False
    if not knows_other:
        return True
    rows = zip(classified.cut.segments, classified.probabilities, strict=True)
    letters = [
        segment
        for segment, row in rows
        if row.argmax() >= len(DIGITS) and _is_whole(segment)
    ]
    return len(letters) >= _DECODING.least_letters


def _reads_clean(classified: ClassifiedField) -> bool:
    """Tell whether all that stands in a box is clearly digits."""
    digits = classified.probabilities[:, : len(DIGITS)]
    return len(digits) > 0 and bool(digits.max(axis=1).min() >= _DECODING.clean)


def _is_whole(segment: Segment) -> bool:
    """Tell whether a segment is a whole character: no fragment, no part of one."""
    shape = segment.shape
    if shape is None:
        return True
    return shape.cut == shape.gap == 0 and shape.height > _DECODING.low


def _field_confidence(
    field: FieldImage, cut: FieldSegments, readings: Sequence[_Reading]
) -> float:
    """Add up the probabilities of the readings that give the same number."""
    best = readings[0]
    if not cut.steps and len(readings) == 1:
        blank = min(cut.blank_confidence, best.probability)
        return blank * (_DECODING.doubt if field.pen_seen else 1.0)
    confidence = sum(
        other.probability
        for other in readings
        if other is best or (best.value and other.value == best.value)
    )
    spans_cells = field.kind is FieldKind.CELLS and Flag.TOUCHING in cut.flags
    doubtful = field.print_like is not Print.NO or spans_cells
    doubtful |= _may_not_be_blank(field, best)
    return min(1.0, confidence) * (_DECODING.doubt if doubtful else 1.0)
