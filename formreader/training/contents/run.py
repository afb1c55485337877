"""A whole training run of the network of contents, from drawn pages to its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from formreader.contents.classifier import ContentClassifier
from formreader.contents.model import CONTENT_MODEL_NAME
from formreader.digits.model import checksum
from formreader.digits.networks import NetworkManifest
from formreader.digits.runtime import open_network
from formreader.training.contents.drawing import cut_items
from formreader.training.contents.fit import (
    ContentFitOptions,
    Pictures,
    fit_contents,
    measure_contents,
)
from formreader.training.digits.convert import check_parity, convert
from formreader.training.ink.drawing import DrawnPages
from formreader.training.ink.pages.page import WritingStock, draw_ink_page
from formreader.training.loop import EpochReport

__all__ = ["ContentPlan", "draw_pictures", "run_content_training"]

_WORDY = (0.0, 0.3, 0.6, 0.8, 0.95)  # words are fewer on forms, and harder to tell
_PAGE_PX = 512
_CONTENTS = 77  # tells these draws from all others
_HELD_OUT = 78
_PARITY = 2000  # pictures
_LARGEST_DIFFERENCE = 0.03  # few are as clear as digits are


@dataclass(frozen=True)
class ContentPlan:
    """What to train.

    Attributes:
        options: Length, rates and seed.
        pages: How many pages are drawn to fit.
        held_out: How many pages to measure with, written by hands of their own.
    """

    options: ContentFitOptions = field(default_factory=ContentFitOptions)
    pages: int = 1600
    held_out: int = 60


def run_content_training(
    plan: ContentPlan,
    drawn: DrawnPages,
    folder: Path,
    *,
    resume: bool = False,
    report: EpochReport | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NetworkManifest:
    """Train a network of contents and write its files.

    Args:
        plan: Length, rates and seed.
        drawn: What pages are drawn with.
        folder: Takes the model, the pictures drawn so far, checkpoints and a log.
        resume: Go on from the checkpoint in `folder`, if there is one.
        report: Told after each epoch.
        progress: Told how many pages have been drawn, and of how many.

    Returns:
        The manifest as written.

    Raises:
        ModelError: If the converted network does not say what the original says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seed = plan.options.seed
    others = replace(drawn, held_out=True)
    watched = _draw_once(
        folder / "watched.npz", others, plan.held_out, [seed, _HELD_OUT], progress
    )
    pictures = _draw_once(
        folder / "pictures.npz", drawn, plan.pages, [seed, _CONTENTS], progress
    )
    network = fit_contents(
        pictures, plan.options, folder, watched=watched, resume=resume, report=report
    )
    litert_path = folder / CONTENT_MODEL_NAME
    keras_path = litert_path.with_suffix(".keras")
    convert(network, keras_path, litert_path)
    shown = watched.pixels[:_PARITY].astype(np.float32) / np.float32(255)
    answers = [
        open_network(path, input_shape=shown.shape[1:])[0](shown)
        for path in (keras_path, litert_path)
    ]
    check_parity(answers[0], answers[1], litert_path, most=_LARGEST_DIFFERENCE)
    files = [*drawn.digits, *drawn.letters, *drawn.strokes]
    manifest = NetworkManifest(
        network=str(network.name),
        training={
            "handwriting": ", ".join(file.name.split(".")[0] for file in files),
            "pages drawn": plan.pages,
            "pictures": len(pictures.pixels),
            "epochs": plan.options.epochs,
            "seed": seed,
        },
        accuracy=measure_contents(network, watched),
        sha256={path.name: checksum(path) for path in (keras_path, litert_path)},
    )
    path = litert_path.with_suffix(".json")
    path.write_text(manifest.to_json(), encoding="utf-8")
    ContentClassifier.load(folder)  # what cannot be loaded is no model
    return manifest


def draw_pictures(
    stock: WritingStock,
    pages: int,
    seed: Sequence[int],
    progress: Callable[[int, int], None] | None = None,
) -> Pictures:
    """Draw pages and cut what stands on them out.

    Args:
        stock: Handwriting to draw from.
        pages: How many.
        seed: The same seed gives the same pictures.
        progress: Told how many pages have been drawn, and of how many.
    """
    pixels, contents = [], []
    for number in range(pages):
        rng = np.random.default_rng([*seed, number])
        wordy = float(rng.choice(_WORDY))
        while True:
            page = draw_ink_page(rng, stock, _PAGE_PX, wordy=wordy)
            if page.is_level:
                break
        for picture, content in cut_items(page, rng):
            pixels.append(picture)
            contents.append(content)
        if progress is not None:
            progress(number + 1, pages)
    return Pictures(np.stack(pixels), np.array(contents, np.int64))


def _draw_once(
    path: Path,
    drawn: DrawnPages,
    pages: int,
    seed: Sequence[int],
    progress: Callable[[int, int], None] | None,
) -> Pictures:
    """Draw pictures, or take those that an earlier run has drawn."""
    if path.is_file():
        with np.load(path, allow_pickle=False) as kept:
            return Pictures(kept["pixels"], kept["contents"])
    pictures = draw_pictures(drawn.load_stock(), pages, seed, progress)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, pixels=pictures.pixels, contents=pictures.contents)
    partial.replace(path)
    return pictures
