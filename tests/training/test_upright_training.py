from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from formreader.orientation.features import SIDES, turn_features
from formreader.orientation.sides import SideFinder
from formreader.training.upright.files import write_upright_model
from formreader.training.upright.fit import UprightFitOptions, fit_upright
from formreader.training.upright.run import describe_all, draw_windows


def draw_page(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Print a few lines of capitals that look different from every side."""
    pixels = np.full((size, size, 3), 255, np.uint8)
    for y in range(40, size, 40):
        text = "".join(rng.choice(list("FGJKLPR"), size // 30))
        cv2.putText(pixels, text, (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
    return pixels, np.zeros((size, size), np.uint8)


def test_the_same_seed_draws_the_same_windows() -> None:
    first, second = (draw_windows(draw_page, 2, [7]) for _ in range(2))
    assert len(first) > 50
    assert np.array_equal(first, second)
    assert not np.array_equal(first, draw_windows(draw_page, 2, [8]))


def test_what_was_trained_tells_the_sides_of_other_pages(tmp_path: Path) -> None:
    features = describe_all(draw_windows(draw_page, 8, [1]))
    options = UprightFitOptions(epochs=2, epoch_size=6000, batch_size=64)
    losses: list[float] = []
    network = fit_upright(features, options, lambda _, loss: losses.append(loss))
    assert losses[-1] < losses[0] < np.log(len(SIDES))
    watched = describe_all(draw_windows(draw_page, 2, [2]))
    manifest = write_upright_model(network, tmp_path, {"seed": 1}, watched)
    assert manifest.accuracy["windows"] > 0.5
    finder = SideFinder.load(tmp_path)
    assert finder.manifest == manifest
    page, _ = draw_page(np.random.default_rng(3), 512)
    for side in SIDES:
        weights = finder.weigh(side.turn(page[..., 0]))
        # Turned so, it must be turned back: mirrored pages are their own way back.
        back = -side.quarter_turns % 4 if not side.mirrored else side.quarter_turns
        best = SIDES[int(weights.argmax())]
        assert best.mirrored == side.mirrored
        assert best.mirrored or best.quarter_turns == back


def test_all_views_of_a_window_compete() -> None:
    features = np.random.default_rng(1).random((5, 512), dtype=np.float32)
    views = turn_features(features)
    assert views.shape == (5, 8, 512)
    assert np.array_equal(views[:, 0], features)
    assert np.allclose(np.sort(views, axis=2), np.sort(features)[:, None])
