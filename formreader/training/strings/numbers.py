"""Whole numbers as people wrote them with a pen, to be written again with another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import ALPHABET
from formreader.training.drawing.pens import Nib, choose_nib, draw_stroke
from formreader.training.strings.composition import Composition, with_margins
from formreader.training.strokes import Stroke, load_strokes, scale_strokes
from formreader.training.writers import Writers, is_held_out

__all__ = ["PennedNumbers", "clean_truth", "load_numbers", "write_number"]

Rng = np.random.Generator

_PASSED_OVER = " $'"  # of what truths say, all that no string is read as
_SUPERSAMPLING = 2
_SIZES_PX = (14, 46)  # of what is written, from top to bottom


@dataclass(frozen=True)
class PennedNumbers:
    """Numbers as strokes of a pen, with their marks.

    Attributes:
        strokes: (N, 2) points a stroke, for each number; its height is 1.
        texts: What each says, in digits and marks.
        writers: (D,) who wrote each.
    """

    strokes: Sequence[Sequence[Stroke]]
    texts: Sequence[str]
    writers: Writers

    def __len__(self) -> int:
        """Count the numbers."""
        return len(self.texts)

    def select(self, chosen: npt.NDArray[np.bool_]) -> PennedNumbers:
        """Take some numbers, by a mask."""
        places = np.flatnonzero(chosen).tolist()
        return PennedNumbers(
            [self.strokes[place] for place in places],
            [self.texts[place] for place in places],
            self.writers[chosen],
        )

    def split(self) -> tuple[PennedNumbers, PennedNumbers]:
        """Keep one writer in ten; gives what to fit, then what is held out."""
        kept = is_held_out(self.writers)
        return self.select(~kept), self.select(kept)


def load_numbers(
    path: Path, without: Mapping[str, Collection[int]] | None = None
) -> PennedNumbers:
    """Load whole numbers from a file of pen strokes; what else it holds is left out.

    Args:
        path: As `load_strokes` takes it.
        without: Writers to leave out, by the file's name up to its first dot.

    Raises:
        UnreadableFileError: If it is not what it should be.
    """
    file = load_strokes(path)
    texts = [clean_truth(label) for label in file.labels]
    gone = (without or {}).get(path.name.split(".")[0], ())
    kept = [
        place
        for place, text in enumerate(texts)
        if text and file.writers[place] not in gone
    ]
    strokes = [scale_strokes(file.rows[place]) for place in kept]
    found = PennedNumbers(strokes, [texts[at] for at in kept], file.writers[kept])
    return found.select(np.array([bool(one) for one in strokes], dtype=np.bool_))


def clean_truth(label: str) -> str:
    """Give the digits and marks of a truth; nothing, if it says anything else.

    Example:
        >>> clean_truth("$ 6,862"), clean_truth("12 May")
        ('6,862', '')
    """
    text = "".join(character for character in label if character not in _PASSED_OVER)
    return text if set(text) <= set(ALPHABET) else ""


def write_number(numbers: PennedNumbers, rng: Rng) -> Composition:
    """Write one of the numbers with another pen, size and slant.

    Args:
        numbers: At least one.
        rng: Source of the random draws.
    """
    place = int(rng.integers(len(numbers)))
    nib = choose_nib(rng)
    size_px = float(np.exp(rng.uniform(*np.log(_SIZES_PX))))
    lean = np.array([[np.exp(rng.normal(0, 0.12)), 0.0], [-rng.normal(0, 0.14), 1.0]])
    strokes = [stroke @ lean for stroke in numbers.strokes[place]]
    ink = with_margins(_write(strokes, size_px, nib, rng), size_px, rng)
    return Composition(ink, numbers.texts[place], size_px)


def _write(
    strokes: Sequence[Stroke], size_px: float, nib: Nib, rng: Rng
) -> npt.NDArray[np.uint8]:
    """Write strokes of height 1 at a size; gives (H, W) uint8, 255 = ink."""
    scale = size_px * _SUPERSAMPLING
    width = max(1.0, nib.width * scale)
    points = np.vstack(strokes)
    origin = points.min(axis=0)
    wide, tall = np.ceil(np.ptp(points, axis=0) * scale + width + 2).astype(int)
    canvas = np.zeros((int(tall), int(wide)), np.uint8)
    for stroke in strokes:
        draw_stroke((stroke - origin) * scale + width / 2 + 1, width, nib, rng, canvas)
    size = (max(3, int(wide) // _SUPERSAMPLING), max(3, int(tall) // _SUPERSAMPLING))
    return cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
