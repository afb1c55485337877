from __future__ import annotations

import numpy as np
import pytest
from fake_classifier import answer

from formreader.digits.lattice import MARK, Edge, best_paths, build_edges, total_score
from formreader.digits.settings import Weights
from formreader.geometry import Box
from formreader.records import FieldSegments, Segment, SegmentShape

INK = np.full((8, 4), 255, np.uint8)
PLAIN = Weights(
    scale=1, wide=0, narrow=0, low=0, gap=0, cut=0, unreadable=3, mark=1, tall_mark=9
)


def segment(first: int, last: int, **shape: float) -> Segment:
    known = SegmentShape(**{"width": 0.6, "height": 1.0, **shape})
    return Segment(INK, Box(0, 0, 4, 8), first, last, known)


def cut(*segments: Segment, steps: int) -> FieldSegments:
    return FieldSegments(segments, steps, frozenset(), 0.999)


def random_lattice(seed: int) -> list[Edge]:
    rng = np.random.default_rng(seed)
    return [
        Edge(first, last, character, float(rng.normal()), 0.5, 0)
        for first in range(4)
        for last in range(first + 1, 5)
        for character in "12"
    ]


def enumerate_paths(edges: list[Edge], at: int, steps: int) -> list[tuple[str, float]]:
    if at == steps:
        return [("", 0.0)]
    return [
        (edge.character + rest, edge.score + score)
        for edge in edges
        if edge.first == at
        for rest, score in enumerate_paths(edges, edge.last, steps)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_paths_and_total_are_those_of_trying_every_path(seed: int) -> None:
    edges = random_lattice(seed)
    every = sorted(enumerate_paths(edges, 0, 4), key=lambda item: -item[1])
    found = best_paths(edges, 4, count=10)
    assert [path.score for path in found] == pytest.approx([s for _, s in every[:10]])
    assert found[0].raw == every[0][0]
    total = np.log(sum(np.exp(score) for _, score in every))
    assert total_score(edges, 4) == pytest.approx(total)


def test_two_halves_that_are_digits_beat_a_whole_that_is_none() -> None:
    segments = segment(0, 2, width=1.2), segment(0, 1, cut=1), segment(1, 2, cut=1)
    rows = answer(["other", "6", "1"], 0.97)
    field = cut(*segments, steps=2)
    assert best_paths(build_edges(field, rows, PLAIN), 2)[0].raw == "61"


def test_a_whole_digit_beats_halves_that_are_none() -> None:
    segments = segment(0, 2), segment(0, 1, cut=2), segment(1, 2, cut=2)
    rows = answer(["0", "other", "other"], 0.97)
    field = cut(*segments, steps=2)
    assert best_paths(build_edges(field, rows, PLAIN), 2)[0].raw == "0"


@pytest.mark.parametrize(("height", "character"), [(0.2, MARK), (1.0, "?")])
def test_small_ink_that_is_no_digit_is_a_mark(height: float, character: str) -> None:
    field = cut(segment(0, 1, height=height, width=0.2), steps=1)
    (best, *_) = best_paths(build_edges(field, answer(["other"]), PLAIN), 1)
    assert best.edges[0].character == character


def test_cells_are_independent_of_each_other() -> None:
    field = FieldSegments(
        (Segment(INK, Box(0, 0, 4, 8), 0, 1), Segment(INK, Box(20, 0, 24, 8), 2, 3)),
        3,
        frozenset(),
        0.98,
    )
    rows = np.stack([answer(["4"], 0.7)[0], answer(["2"], 0.9)[0]])
    edges = build_edges(field, rows)
    (best, *_) = best_paths(edges, 3)
    assert best.raw == "4_2"
    certainty = np.exp(best.score - total_score(edges, 3))
    assert certainty == pytest.approx(0.7 * 0.98 * 0.9, rel=1e-3)


@pytest.mark.parametrize("steps", [1, 40])
def test_there_is_a_path_whatever_the_classifier_says(steps: int) -> None:
    segments = [segment(step, step + 1) for step in range(steps)]
    rows = np.full((steps, 12), 1 / 12, np.float32)
    edges = build_edges(cut(*segments, steps=steps), rows)
    paths = best_paths(edges, steps)
    assert np.isfinite(paths[0].score)
    assert total_score(edges, steps) >= paths[0].score
