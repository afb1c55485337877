"""How well a network tells pen, print and rules apart, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from formreader.ink.model import CLASSES

__all__ = ["measure_classes", "to_input"]

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def to_input(pixels: Gray) -> Floats:
    """Bring pixels to what the network is given.

    Args:
        pixels: (N, H, W, 3) uint8 RGB.

    Returns:
        The same shape as float32 in [0, 1]; 0 = white.
    """
    return (255 - pixels).astype(np.float32) / np.float32(255)


def measure_classes(
    classify: Callable[[Floats], Floats], pages: Iterable[tuple[Gray, Gray]]
) -> dict[str, float]:
    """Compare the likeliest class of each pixel with the truth, edges counted.

    Args:
        classify: Turns (1, H, W, 3) inputs into (1, H, W, 4) logits or probabilities.
        pages: Pixels (H, W, 3) and classes (H, W) each.

    Returns:
        `pen_precision`, `pen_recall`, `pen_f1`, and the same of print and rule; 0 where
        there is nothing of the kind.
    """
    count = len(CLASSES)
    together = np.zeros((count, count), np.int64)  # truth, answer
    for pixels, classes in pages:
        answer = classify(to_input(pixels[None]))[0].argmax(axis=-1)
        pairs = count * classes.ravel().astype(np.int64) + answer.ravel()
        together += np.bincount(pairs, minlength=count**2).reshape(count, count)
    figures: dict[str, float] = {}
    for place, name in enumerate(CLASSES[1:], 1):
        right = int(together[place, place])
        precision = right / max(1, int(together[:, place].sum()))
        recall = right / max(1, int(together[place].sum()))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        figures |= {
            f"{name}_precision": precision,
            f"{name}_recall": recall,
            f"{name}_f1": f1,
        }
    return figures
