"""What the views of a number show of its marks.

The digits of a number are settled when this begins. Its two readings, of ink cleaned in
two ways, and its picture then say which marks may stand between them, and where a
stroke that was read as a 1 may be a slash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.composition import strip_unused
from formreader.digits.ctc import ALPHABET, best_strings
from formreader.digits.mark_consensus import find_slashes
from formreader.digits.mark_styles import MarkStyle, MarkUse, find_style
from formreader.digits.picture_settings import VIEWS
from formreader.digits.seen_pictures import SeenPicture
from formreader.readings import FieldReading
from formreader.records import MARKS

__all__ = ["EVIDENCE", "SeenMarks", "see_marks"]

Floats = npt.NDArray[np.float64]

_USES = tuple(use for use in MarkUse if use is not MarkUse.NONE)
EVIDENCE = (
    "picture",  # mean log-probability of the text
    *(use.name.lower() for use in _USES),  # 1 for a text whose marks are for that
    "minus",  # 1 for a text with a minus before it
)
"""What the columns of the evidence are."""


@dataclass(frozen=True, eq=False)
class SeenMarks:
    """Which marks a number may have.

    Attributes:
        texts: Its digits with marks; those that the reading has come first.
        slashes: For each the places of slashes that the digits have as a 1.
        evidence: (C, 8) what speaks for each text, columns as in `EVIDENCE`.
        is_read: For each whether some reading finds it likelier than all others.
        styles: For each how it uses its marks.
        trust: How probable the digits are.
        are_agreed: Whether all readings have the same marks.
    """

    texts: tuple[str, ...]
    slashes: tuple[tuple[int, ...], ...]
    evidence: Floats
    is_read: tuple[bool, ...]
    styles: tuple[MarkStyle, ...]
    trust: float
    are_agreed: bool


def see_marks(
    reading: FieldReading, views: Sequence[FieldReading], picture: SeenPicture
) -> SeenMarks | None:
    """Say which marks a number may have.

    Args:
        reading: The number, its digits settled.
        views: The readings of its ink, one or two.
        picture: What a reader says of its picture.

    Returns:
        The texts and what speaks for each; None for what is no number of digits and
        marks.
    """
    own = strip_unused(reading.raw)
    digits = _drop_marks(own)
    if not digits.isdecimal() or not set(reading.raw) <= set(ALPHABET):
        return None
    shares = [_share_out(view, digits) for view in views]
    read = {own, digits}.union(*shares)
    logs = _look(picture, sorted(read), digits)
    texts = tuple(sorted(logs, key=lambda text: text != own))
    slashes = tuple(find_slashes(text, digits) or () for text in texts)
    styles = tuple(find_style(text) for text in texts)
    by_reading = np.array(
        [[share.get(text, 0.0) for share in shares] for text in texts], np.float64
    )
    evidence = np.array(
        [
            [logs[text], *(style.use is use for use in _USES), style.is_negative]
            for text, style in zip(texts, styles, strict=True)
        ],
        np.float64,
    )
    is_read = tuple(bool(row.max() > 1 / 2) for row in by_reading)
    are_agreed = all(strip_unused(view.raw) == own for view in views)
    return SeenMarks(
        texts, slashes, evidence, is_read, styles, reading.confidence, are_agreed
    )


def _look(picture: SeenPicture, read: Sequence[str], digits: str) -> dict[str, float]:
    """Give the mean log-probability of each text with the digits in the picture.

    What was read counts, and what the picture itself shows, marks at the end of a
    number left out.
    """
    shown = [text for text, _ in best_strings(picture.plain, VIEWS.from_picture)]
    named = list(dict.fromkeys([*read, *shown]))
    logs: dict[str, float] = {}
    for text, log in zip(named, picture.weigh_texts(named), strict=True):
        bare = strip_unused(text)
        if find_slashes(bare, digits) is not None:
            logs[bare] = float(np.logaddexp(logs.get(bare, -np.inf), log))
    return logs


def _share_out(view: FieldReading, digits: str) -> dict[str, float]:
    """Say how a reading shares its trust among the texts that have the digits."""
    said = [(view.raw, view.confidence)]
    said += [(other.raw, other.probability) for other in view.alternatives]
    shares: dict[str, float] = {}
    for raw, chance in said:
        text = strip_unused(raw)
        if set(text) <= set(ALPHABET) and _drop_marks(text) == digits:
            shares[text] = shares.get(text, 0.0) + chance
    total = sum(shares.values())
    return {text: chance / total for text, chance in shares.items()} if total else {}


def _drop_marks(text: str) -> str:
    return "".join(each for each in text if each not in MARKS)
