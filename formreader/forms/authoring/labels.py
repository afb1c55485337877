"""The labels of fields: the words printed in, beside, above and below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from formreader.geometry import Box
from formreader.pages.printed_content import PrintedWord

__all__ = ["Phrase", "find_heading", "find_labels", "find_tick_label", "join_phrases"]

_LEVEL = 0.45  # of a line's height, by which words of it may lie off
_SPACE = 0.9  # of its height: the widest space between words
_LEADING = 0.7  # of a line's height: the widest space between lines of a label
_MOST_LINES = 7
_FARTHEST_LEFT = 12.0  # heights of a line
_FARTHEST_ABOVE = 1.6
_FARTHEST_BELOW = 0.8
_SLACK = 0.5  # of a line's height, by which a label may reach into a field
_WIDEST_ABOVE, _WIDEST_HIGHER, _WIDEST_BELOW = 3.0, 1.5, 1.5  # times the field's width
_SIDE = 0.3  # of a phrase or field that the other covers, to be above or below it


@dataclass(frozen=True)
class Phrase:
    """Words that stand together on a line.

    Attributes:
        text: The words.
        box: Where they are printed.
    """

    text: str
    box: Box


def join_phrases(words: Sequence[PrintedWord]) -> list[Phrase]:
    """Join words to what stands together on one line, from top to bottom."""
    lines: list[list[PrintedWord]] = []
    for word in sorted(words, key=lambda one: one.box.centre[1]):
        line = next((one for one in lines[-3:] if _is_level(one[-1], word)), None)
        if line is None:
            lines.append([word])
        else:
            line.append(word)
    return [phrase for line in lines for phrase in _part_line(line)]


def _is_level(one: PrintedWord, other: PrintedWord) -> bool:
    height = min(one.box.height, other.box.height)
    return abs(one.box.centre[1] - other.box.centre[1]) <= _LEVEL * height


def _part_line(line: list[PrintedWord]) -> list[Phrase]:
    phrases: list[Phrase] = []
    for word in sorted(line, key=lambda one: one.box.left):
        last = phrases[-1] if phrases else None
        reach = _SPACE * word.box.height
        if last is not None and word.box.left - last.box.right <= reach:
            joined = Phrase(f"{last.text} {word.text}", last.box.union(word.box))
            phrases[-1] = joined
        else:
            phrases.append(Phrase(word.text, word.box))
    return phrases


def find_labels(
    box: Box, phrases: Sequence[Phrase], others: Sequence[Box]
) -> list[str]:
    """Find the labels of a field, the most telling first.

    What stands in it comes first, then what is nearest: to its left, above, or below.

    Args:
        box: The field.
        phrases: What is printed on the page.
        others: The other fields; no label is looked for beyond one.
    """
    inside = [one.text for one in phrases if _holds(box, one.box.centre)]
    found = [(0.0, " ".join(inside))] if inside else []
    outside = [one for one in phrases if not _holds(box, one.box.centre)]
    found += _find_left(box, outside, others)
    above = find_heading(box, outside)
    if above is not None:  # what stands right beside a field goes first
        found.append((above[0] + _SLACK, above[1]))
    found += _find_below(box, outside)
    return [text for _, text in sorted(found, key=lambda one: one[0])]


def find_tick_label(box: Box, phrases: Sequence[Phrase]) -> str:
    """Find what is printed to the right of a box to tick; empty if nothing is."""
    near = [
        phrase
        for phrase in phrases
        if box.top <= phrase.box.centre[1] <= box.bottom
        and 0 <= phrase.box.left - box.right + _SLACK * box.width <= 3 * box.width
    ]
    return min(near, key=lambda one: one.box.left).text if near else ""


def _holds(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    return box.left <= x < box.right and box.top <= y < box.bottom


def _find_left(
    box: Box, phrases: Sequence[Phrase], others: Sequence[Box]
) -> list[tuple[float, str]]:
    near = []
    for phrase in phrases:
        height = phrase.box.height
        gap = box.left - phrase.box.right
        is_level = box.top - _SLACK * height <= phrase.box.centre[1]
        is_level &= phrase.box.centre[1] <= box.bottom + _SLACK * height
        if not is_level or not -_SLACK * height <= gap <= _FARTHEST_LEFT * height:
            continue
        between = Box(
            phrase.box.right,
            phrase.box.top,
            max(box.left, phrase.box.right),
            phrase.box.bottom,
        )
        if not any(between.intersection_area(other) for other in others):
            near.append((max(gap, 0) / height, phrase))
    if not near:
        return []
    distance, first = min(near, key=lambda one: one[0])
    lines = [first, *_list_stacked(first, [phrase for _, phrase in near])]
    lines.sort(key=lambda one: one.box.top)
    return [(distance, " ".join(line.text for line in lines))]


def _list_stacked(first: Phrase, phrases: Sequence[Phrase]) -> list[Phrase]:
    """List the other lines of a label that begin below each other."""
    return [
        one
        for one in phrases
        if one is not first
        and abs(one.box.left - first.box.left) <= 2 * first.box.height
        and abs(one.box.centre[1] - first.box.centre[1]) <= 3 * first.box.height
    ]


def find_heading(
    box: Box, phrases: Sequence[Phrase], farthest: float = _FARTHEST_ABOVE
) -> tuple[float, str] | None:
    """Find the label above a field, one or several lines.

    Args:
        box: The field, or the first of a column.
        phrases: What is printed on the page, in reading order.
        farthest: How far above it may stand, in heights of a line.

    Returns:
        Its distance in heights of a line, and its text; None if there is none.
    """
    lines: list[Phrase] = []
    bottom, most, distance = box.top, farthest, 0.0
    for phrase in sorted(phrases, key=lambda one: -one.box.bottom):
        height = phrase.box.height
        gap = bottom - phrase.box.bottom
        if phrase.box.centre[1] >= bottom or not _covers(box, phrase.box):
            continue
        widest = _WIDEST_HIGHER if lines else _WIDEST_ABOVE
        if phrase.box.height > box.height:
            break  # a title
        if phrase.box.width > widest * box.width:
            break  # a sentence, or the heading of several columns
        if lines and abs(phrase.box.centre[1] - lines[-1].box.centre[1]) < height / 2:
            lines.append(phrase)
            continue
        if gap > most * height or len(lines) >= _MOST_LINES:
            break
        if not lines:
            distance = max(gap, 0) / height
        lines.append(phrase)
        bottom, most = phrase.box.top, _LEADING
    if not lines:
        return None
    return distance, " ".join(one.text for one in phrases if one in lines)


def _find_below(box: Box, phrases: Sequence[Phrase]) -> list[tuple[float, str]]:
    found = []
    for phrase in phrases:
        height = phrase.box.height
        gap = phrase.box.top - box.bottom
        is_below = -_SLACK * height <= gap <= _FARTHEST_BELOW * height
        is_below &= phrase.box.width <= _WIDEST_BELOW * box.width
        if is_below and _covers(box, phrase.box):
            found.append((max(gap, 0) / height + 2 * _SLACK, phrase.text))
    return found[:1]


def _covers(box: Box, label: Box) -> bool:
    """Tell whether a label stands above or below a field, and not beside it."""
    shared = min(box.right, label.right) - max(box.left, label.left)
    return shared >= _SIDE * min(box.width, label.width)
