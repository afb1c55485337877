from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_digits import make_digits, make_source

from formreader.errors import ModelError
from formreader.training.datasets import DigitSet
from formreader.training.digits.architectures import (
    build_default_network,
    build_report_network,
    find_architecture,
)
from formreader.training.digits.fit import CHECKPOINTS, FitOptions, fit_network
from formreader.training.digits.mixture import Recipe
from formreader.training.digits.stream import BatchStream

pytestmark = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)

if TYPE_CHECKING:
    import keras

HELD_OUT = make_digits(40, seed=2)
OPTIONS = FitOptions(
    epochs=2, epoch_size=160, batch_size=32, learning_rate=0.01, average=0.8
)
RECIPE = Recipe(classes=10, drawn=0)


@pytest.fixture(scope="module")
def stream() -> BatchStream:
    source = make_source(160, seed=1)
    return BatchStream([source], RECIPE, seed=1, size=32, background=False)


def build_small_network(classes: int = 10) -> keras.Model:
    """Build a network that learns drawn digits within seconds."""
    import keras

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


def weights_of(model: keras.Model) -> np.ndarray:
    return np.concatenate([part.ravel() for part in model.get_weights()])


def test_the_report_network_has_its_size_and_output() -> None:
    model = build_report_network()
    assert model.output_shape == (None, 10)
    assert round(model.count_params() / 1e6, 2) == 0.82
    assert build_report_network(12).output_shape == (None, 12)


def test_the_default_network_is_small() -> None:
    model = build_default_network()
    assert model.output_shape == (None, 12)
    assert model.count_params() < 1e6


def test_an_unknown_network_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(ModelError, match="no network 'lenet'; there are default, rep"):
        find_architecture("lenet")


def test_the_default_network_learns_in_a_few_steps(
    stream: BatchStream, tmp_path: Path
) -> None:
    losses: list[float] = []
    options = FitOptions(epochs=2, epoch_size=320, batch_size=32, average=0.8)
    fit_network(
        lambda: build_default_network(10),
        stream,
        HELD_OUT,
        tmp_path,
        options,
        report=lambda _, logs: losses.append(logs["loss"]),
    )
    assert losses[1] < 0.9 * losses[0]


def test_a_short_training_learns(stream: BatchStream, tmp_path: Path) -> None:
    lines: list[tuple[int, float]] = []
    steps: list[tuple[int, int]] = []
    options = FitOptions(
        epochs=6, epoch_size=320, batch_size=32, learning_rate=0.02, average=0.8
    )
    fit_network(
        build_small_network,
        stream,
        HELD_OUT,
        tmp_path,
        options,
        report=lambda done, logs: lines.append((done, logs["val_accuracy"])),
        progress=lambda done, of: steps.append((done, of)),
    )
    assert [done for done, _ in lines] == list(range(1, 7))
    assert lines[-1][1] > 0.4  # guessing gives 0.1
    assert steps[:2] == [(1, 10), (2, 10)]
    assert {path.name for path in tmp_path.iterdir()} == {*CHECKPOINTS, "log.csv"}


def test_the_same_seed_gives_the_same_weights(
    stream: BatchStream, tmp_path: Path
) -> None:
    once, again = (
        fit_network(build_small_network, stream, HELD_OUT, tmp_path / name, OPTIONS)
        for name in ("once", "again")
    )
    np.testing.assert_allclose(weights_of(once), weights_of(again), atol=1e-5)


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(
    stream: BatchStream, tmp_path: Path
) -> None:
    def stop(done: int, logs: dict[str, float]) -> None:
        raise KeyboardInterrupt

    whole = fit_network(
        build_small_network, stream, HELD_OUT, tmp_path / "whole", OPTIONS
    )
    parts = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        fit_network(build_small_network, stream, HELD_OUT, parts, OPTIONS, report=stop)
    epochs: list[int] = []
    resumed = fit_network(
        build_small_network,
        stream,
        HELD_OUT,
        parts,
        OPTIONS,
        resume=True,
        report=lambda done, logs: epochs.append(done),
    )
    assert epochs == [2]
    np.testing.assert_allclose(weights_of(resumed), weights_of(whole), atol=1e-5)


def test_training_ends_when_nothing_is_gained_and_keeps_the_best(
    stream: BatchStream, tmp_path: Path
) -> None:
    epochs: list[float] = []
    options = FitOptions(
        epochs=9, epoch_size=32, batch_size=32, learning_rate=0, patience=2
    )
    fit_network(
        build_small_network,
        stream,
        HELD_OUT,
        tmp_path,
        options,
        report=lambda done, logs: epochs.append(logs["val_loss"]),
    )
    assert len(epochs) == 3


def test_a_damaged_checkpoint_is_named_with_the_remedy(
    stream: BatchStream, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint.keras").write_bytes(b"text")
    with pytest.raises(ModelError, match=r"checkpoint\.keras: .*remove it"):
        fit_network(
            build_small_network, stream, HELD_OUT, tmp_path, OPTIONS, resume=True
        )


def test_labels_and_images_must_belong_together() -> None:
    with pytest.raises(ValueError, match="not \\(3, 28, 28\\)"):
        DigitSet(HELD_OUT.images[:2], HELD_OUT.labels[:3])
