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
    edges = []
    for index, (segment, row) in enumerate(zip(cut.segments, logs, strict=True)):
        span = segment.first, segment.last
        if segment.shape is None:
            scored = [*zip(CHARACTERS, map(float, row), strict=True)]
        else:
            scored = _score(segment.shape, row, weights)
        other = probabilities[index, _OTHER] if weights.knows_other else 1.0
        row_of = (*probabilities[index], other)
        edges += [
            Edge(*span, character, score, float(probability), index)
            for (character, score), probability in zip(scored, row_of, strict=False)
            if probability > _DECODING.negligible
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
    shape: SegmentShape, row: npt.NDArray[np.float64], weights: Weights
) -> list[tuple[str, float]]:
    """Score one segment of an open box as each character and as a mark."""
    w = weights
    common = -w.segment - w.gap * shape.gap - 0.5 * w.cut * shape.cut
    common -= w.wide * max(0.0, shape.width - 1.0)
    low = w.low * max(0.0, 0.6 - shape.height)
    narrow = w.narrow * max(0.0, 0.35 - shape.width)
    costs = [low + (0.0 if name == "1" else narrow) for name in DIGITS]
    costs += [w.unreadable, w.unreadable]
    size = max(shape.height, 0.7 * shape.width)
    other = row[_OTHER] if w.knows_other else _UNKNOWN_OTHER
    mark = other - w.mark - w.tall_mark * max(0.0, size - 0.4)
    scores = [*(row - costs), mark]
    return [
        (character, w.scale * float(score + common))
        for character, score in zip((*CHARACTERS, MARK), scores, strict=True)
    ]


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
    kept: list[list[Path]] = [[] for _ in range(steps + 1)]
    kept[0] = [Path((), 0.0)]
    scores = [np.array([path.score for path in paths]) for paths in kept]
    for step in range(1, steps + 1):
        grown = [scores[edge.first] + edge.score for edge in ending[step]]
        every = np.concatenate([*grown, np.empty(0)])
        best = np.argsort(-every, kind="stable")[:count]
        ends = np.cumsum([len(of_edge) for of_edge in grown])
        for index, place in zip(
            best.tolist(), np.searchsorted(ends, best, "right").tolist(), strict=True
        ):
            edge = ending[step][place]
            path = kept[edge.first][index - int(ends[place])]  # from the end
            kept[step].append(Path((*path.edges, edge), path.score + edge.score))
        scores[step] = every[best]
    return kept[steps]


def total_score(edges: Sequence[Edge], steps: int) -> float:
    """Sum over all paths: the logarithm of the weight of the whole lattice."""
    totals = [0.0] + [-math.inf] * steps
    for edge in sorted(edges, key=lambda edge: edge.last):
        more, most = sorted((totals[edge.last], totals[edge.first] + edge.score))
        if most > -math.inf:
            totals[edge.last] = most + math.log1p(math.exp(more - most))
    return totals[steps]
