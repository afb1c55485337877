"""The best reading among competing segments of a field.

The segments of a field form a lattice: each covers a run of steps, printed cells or
parts of ink, and a reading is a path of segments from the first step to the last. A
segment's score for a character is the logarithm of the classifier's probability and
what its shape says; paths are compared by the sum of their scores.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES, DIGITS
from formreader.digits.settings import SETTINGS, Weights
from formreader.records import BLANK, CROSSED, UNREADABLE, FieldSegments, SegmentShape

__all__ = [
    "CHARACTERS",
    "MARK",
    "Edge",
    "Path",
    "best_paths",
    "build_edges",
    "total_score",
]

_DECODING = SETTINGS.decoding

CHARACTERS = (*DIGITS, CROSSED, UNREADABLE)
"""What each class of the classifier stands for in `raw`."""

MARK = ""
"""The character of a mark between digits: it does not show."""

_NAMES = (*CHARACTERS, MARK)
_STROKE = DIGITS.index("1")
_OTHER = CLASSES.index("other")
_UNKNOWN_OTHER = float(np.log(_DECODING.unknown_other))


@dataclass(frozen=True)
class Edge:
    """A segment read as a character.

    Attributes:
        first: First step it covers.
        last: First step after it.
        character: One of `CHARACTERS`, `_` for an empty cell, or `MARK`.
        score: Logarithm of its weight in the lattice.
        probability: That the classifier gives the character.
        segment: Position among the field's segments; None for an empty cell.
    """

    first: int
    last: int
    character: str
    score: float
    probability: float
    segment: int | None = None


@dataclass(frozen=True)
class Path:
    """One reading of a field.

    Attributes:
        edges: From left to right.
        score: Sum of their scores.
    """

    edges: tuple[Edge, ...]
    score: float

    @property
    def raw(self) -> str:
        """The characters, marks left out."""
        return "".join(edge.character for edge in self.edges)


def build_edges(
    cut: FieldSegments,
    probabilities: npt.NDArray[np.float32],
    weights: Weights | None = None,
) -> list[Edge]:
    """Score every segment as every character.

    Args:
        cut: The segments of a field.
        probabilities: (N, 12) calibrated class probabilities, a row a segment.
        weights: What shapes count.

    Returns:
        The edges; in a field with cells an empty cell has one as well.
    """
    weights = weights or SETTINGS.weights
    least = _DECODING.least_probability
    logs = np.log(np.maximum(probabilities.astype(np.float64), least))
    others = (
        probabilities[:, _OTHER:] if weights.knows_other else np.ones((len(logs), 1))
    )
    chances: npt.NDArray[np.floating] = np.hstack([probabilities, others])
    scores = _score([segment.shape for segment in cut.segments], logs, weights)
    is_likely = (chances > _DECODING.negligible) & ~np.isnan(scores)
    edges = [
        Edge(
            cut.segments[index].first,
            cut.segments[index].last,
            _NAMES[place],
            score,
            chance,
            index,
        )
        for index, place, score, chance in zip(
            *(axis.tolist() for axis in np.nonzero(is_likely)),
            scores[is_likely].tolist(),
            chances[is_likely].tolist(),
            strict=True,
        )
    ]
    covered = {step for s in cut.segments for step in range(s.first, s.last)}
    blank = cut.blank_confidence
    for step in range(cut.steps):
        if step not in covered:
            for character, chance in ((BLANK, blank), (UNREADABLE, 1 - blank)):
                score = float(np.log(max(chance, least)))
                edges.append(Edge(step, step + 1, character, score, chance))
    return edges


def _score(
    shapes: Sequence[SegmentShape | None], logs: npt.NDArray[np.float64], w: Weights
) -> npt.NDArray[np.float64]:
    """Score each segment as each character, and in an open box as a mark.

    Args:
        shapes: Those of the N segments; None in a printed cell.
        logs: (N, 12) logarithms of the class probabilities.
        w: What shapes count.

    Returns:
        (N, 13) float64, the mark last; not a number for a mark in a printed cell.
    """
    is_open = np.array([shape is not None for shape in shapes], np.bool_)
    scores = np.hstack([logs, np.full((len(logs), 1), np.nan)])
    if not is_open.any():
        return scores
    width, height, gap, cut = np.array(
        [(one.width, one.height, one.gap, one.cut) for one in shapes if one is not None]
    ).T
    common = -w.segment - w.gap * gap - 0.5 * w.cut * cut
    common -= w.wide * np.maximum(0.0, width - 1.0)
    low = w.low * np.maximum(0.0, 0.6 - height)
    narrow = w.narrow * np.maximum(0.0, 0.35 - width)
    costs = np.full((len(width), len(CHARACTERS)), w.unreadable)
    costs[:, : len(DIGITS)] = (low + narrow)[:, None]
    costs[:, _STROKE] = low
    of_open = logs[is_open]
    other = of_open[:, _OTHER] if w.knows_other else _UNKNOWN_OTHER
    size = np.maximum(height, 0.7 * width)
    mark = other - w.mark - w.tall_mark * np.maximum(0.0, size - 0.4)
    scored = np.column_stack([of_open - costs, mark]) + common[:, None]
    scores[is_open] = w.scale * scored
    return scores


def best_paths(
    edges: Sequence[Edge], steps: int, count: int = _DECODING.paths
) -> list[Path]:
    """Find the best readings by dynamic programming.

    Args:
        edges: As `build_edges` makes them.
        steps: Steps of the field.
        count: How many paths are kept at each step.

    Returns:
        Paths of different segments or characters, the best first.
    """
    ending: list[list[Edge]] = [[] for _ in range(steps + 1)]
    for edge in edges:
        ending[edge.last].append(edge)
    scores = [np.zeros(1)]
    # For each step, what its paths end with, and which path of that edge's first step
    # they go on from.
    last_edges: list[list[tuple[Edge, int]]] = [[]]
    for into in ending[1:]:
        grown = [scores[edge.first] + edge.score for edge in into]
        every = np.concatenate([*grown, np.empty(0)])
        best = np.argsort(-every, kind="stable")[:count]
        ends = np.cumsum([len(of_edge) for of_edge in grown])
        places = np.searchsorted(ends, best, "right").tolist()
        last_edges.append(
            [
                (into[place], index - int(ends[place]))  # from the end
                for index, place in zip(best.tolist(), places, strict=True)
            ]
        )
        scores.append(every[best])
    return [
        Path(_walk_back(last_edges, steps, place), score)
        for place, score in enumerate(scores[steps].tolist())
    ]


def _walk_back(
    last_edges: Sequence[Sequence[tuple[Edge, int]]], step: int, place: int
) -> tuple[Edge, ...]:
    """List the edges of a path, from left to right.

    Args:
        last_edges: For each step, the last edge of each path and the place of the path
            before it.
        step: Where the path ends.
        place: Which of the paths that end there.
    """
    edges = []
    while step:
        edge, place = last_edges[step][place]
        edges.append(edge)
        step = edge.first
    return tuple(reversed(edges))


def total_score(edges: Sequence[Edge], steps: int) -> float:
    """Sum over all paths: the logarithm of the weight of the whole lattice."""
    totals = [0.0] + [-math.inf] * steps
    for edge in sorted(edges, key=lambda edge: edge.last):
        more, most = sorted((totals[edge.last], totals[edge.first] + edge.score))
        if most > -math.inf:
            totals[edge.last] = most + math.log1p(math.exp(more - most))
    return totals[steps]
