"""Label the candidates of a page, and judge by the labels which take numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from formreader.forms.authoring.candidates import (
    LEAST_CONFIDENCE,
    Candidate,
    Content,
)
from formreader.forms.authoring.labels import (
    Phrase,
    find_heading,
    find_labels,
    find_tick_label,
    join_phrases,
)
from formreader.forms.authoring.vocabulary import judge_label
from formreader.geometry import Box
from formreader.pages.printed_content import PrintedWord

__all__ = ["judge_by_labels"]

_FEWEST_ROWS = 3  # of a column whose heading speaks for all of it
_FEWEST_TOLD = 0.3  # of the fields: the form is in a language that is known
_ALIGNED = 0.3  # of a box's height, by which the sides of a column differ
_APART = 3.0  # of a box's height, between two of a column
_HIGHEST_HEADING = 4.0  # heights of a line: headings stand in the middle of their box
_PRINTED = 0.35  # of a box's height that words in it take: they are its content


def judge_by_labels(
    candidates: Sequence[Candidate], words: Sequence[PrintedWord]
) -> list[Candidate]:
    """Label candidates by the words of the page, and judge them by these.

    A box that is full of words is left out: it is a heading or a label.

    Args:
        candidates: What may be a field.
        words: What is printed on the page.
    """
    phrases = join_phrases(words)
    kept = [one for one in candidates if not _is_printed_full(one, phrases)]
    boxes = [one.box for one in kept]
    headed = _head_columns(kept, phrases)
    labelled = []
    for place, candidate in enumerate(headed):
        others = [*boxes[:place], *boxes[place + 1 :]]
        labels = find_labels(candidate.box, phrases, others)
        label = candidate.label or (labels[0] if labels else "")
        if candidate.content in (Content.TICK, Content.CHOICE):
            label = find_tick_label(candidate.box, phrases) or label
        told = [*labels, candidate.heading]
        labelled.append((replace(candidate, label=label), told))
    return _judge(labelled)


def _judge(labelled: Sequence[tuple[Candidate, list[str]]]) -> list[Candidate]:
    known = [_find_verdict(told) for _, told in labelled]
    is_understood = sum(one is not None for one in known) >= _FEWEST_TOLD * len(known)
    judged = []
    for (candidate, _), verdict in zip(labelled, known, strict=True):
        if not _is_open(candidate) or _is_settled(candidate):
            judged.append(candidate)
        elif verdict is None:
            least = candidate.confidence if is_understood else LEAST_CONFIDENCE
            judged.append(
                replace(candidate, confidence=max(candidate.confidence, least))
            )
        elif verdict >= LEAST_CONFIDENCE:
            judged.append(replace(candidate, confidence=verdict))
        else:
            judged.append(
                replace(
                    candidate,
                    content=Content.TEXT,
                    confidence=verdict,
                    reason="its label says text",
                )
            )
    return judged


def _is_settled(candidate: Candidate) -> bool:
    """Tell whether the file itself says more of a field than labels can."""
    return bool(candidate.name or candidate.cells) and candidate.confidence >= 0.9


def _find_verdict(labels: Sequence[str]) -> float | None:
    """Find what the first label says that tells anything."""
    verdicts = (judge_label(label) for label in labels)
    return next((verdict for verdict in verdicts if verdict is not None), None)


def _is_printed_full(candidate: Candidate, phrases: Sequence[Phrase]) -> bool:
    """Tell whether words leave no room in a box to write in."""
    if candidate.name:
        return False
    box = candidate.box
    rows: set[int] = set()
    for phrase in phrases:
        x, y = phrase.box.centre
        if box.left <= x < box.right and box.top <= y < box.bottom:
            rows.update(range(phrase.box.top, phrase.box.bottom))
    return len(rows) >= _PRINTED * box.height


def _head_columns(
    candidates: Sequence[Candidate], phrases: Sequence[Phrase]
) -> list[Candidate]:
    """Say of each candidate in which row of a column it stands, and what heads it."""
    headed = list(candidates)
    open_ = [place for place, one in enumerate(headed) if _is_open(one)]
    columns = _list_columns([headed[place] for place in open_], phrases)
    for column in columns:
        places = [open_[index] for index in column]
        if len(places) >= _FEWEST_ROWS:
            heading = _head(headed[places[0]].box, phrases)
            for row, place in enumerate(places):
                headed[place] = replace(headed[place], heading=heading, row=row)
    return headed


def _is_open(candidate: Candidate) -> bool:
    """Tell whether it is open what belongs into a candidate."""
    return candidate.content is Content.NUMBER and not candidate.reason


def _head(box: Box, phrases: Sequence[Phrase]) -> str:
    heading = find_heading(box, phrases, _HIGHEST_HEADING)
    return "" if heading is None else heading[1]


def _list_columns(
    candidates: Sequence[Candidate], phrases: Sequence[Phrase]
) -> list[list[int]]:
    """Group candidates that stand below each other with nothing printed between."""
    columns: list[list[int]] = []
    order = sorted(range(len(candidates)), key=lambda place: candidates[place].box.top)
    for place in order:
        box = candidates[place].box
        uppers = [candidates[column[-1]].box for column in columns]
        near = [
            column
            for column, upper in zip(columns, uppers, strict=True)
            if _continues(box, upper) and not _parts(phrases, upper, box)
        ]
        if near:
            near[-1].append(place)
        else:
            columns.append([place])
    return columns


def _continues(box: Box, upper: Box) -> bool:
    slack = _ALIGNED * box.height
    is_aligned = abs(box.left - upper.left) <= slack
    is_aligned &= abs(box.right - upper.right) <= slack
    return is_aligned and -slack <= box.top - upper.bottom <= _APART * upper.height


def _parts(phrases: Sequence[Phrase], upper: Box, lower: Box) -> bool:
    """Tell whether something is printed between two boxes of a column."""
    between = [
        phrase
        for phrase in phrases
        if upper.bottom <= phrase.box.centre[1] < lower.top
        and lower.left <= phrase.box.centre[0] < lower.right
    ]
    return bool(between)
