"""What a training may learn from beside crops of digits: letters, pen strokes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES, DIGITS
from formreader.errors import UnreadableFileError
from formreader.training.drawing.letter_shapes import LIKE_DIGITS
from formreader.training.sources import (
    BROKEN,
    Source,
    load_arrays,
    mix_classes,
    split_weight,
)
from formreader.training.strokes import Stroke, load_strokes, scale_strokes
from formreader.training.writers import Writers, is_held_out

__all__ = ["PennedDigits", "Supplement", "load_letters", "load_penned"]

Rng = np.random.Generator

_LIKE_CROSS = "xX"
_CROSSED, _OTHER = CLASSES.index("crossed"), CLASSES.index("other")


@dataclass(frozen=True)
class PennedDigits:
    """Digits as strokes of a pen.

    Attributes:
        name: Of the file.
        strokes: (N, 2) points a stroke, for each digit; the height is 1.
        labels: (D,) uint8, 0 to 9.
        writers: (D,) who wrote each.
    """

    name: str
    strokes: Sequence[Sequence[Stroke]]
    labels: npt.NDArray[np.uint8]
    writers: Writers

    def __len__(self) -> int:
        """Count the digits."""
        return len(self.labels)

    def select(self, chosen: npt.NDArray[np.bool_]) -> PennedDigits:
        """Take some digits, by a mask."""
        return PennedDigits(
            self.name,
            [self.strokes[place] for place in np.flatnonzero(chosen).tolist()],
            self.labels[chosen],
            self.writers[chosen],
        )


@dataclass(frozen=True)
class Supplement:
    """Letters and pen strokes that batches are made from, too.

    Attributes:
        letters: Letters and signs; labels are `crossed` and `other`.
        penned: Digits as pen strokes.
    """

    letters: Sequence[Source] = ()
    penned: Sequence[PennedDigits] = ()

    @classmethod
    def load(
        cls,
        letters: Sequence[str] = (),
        strokes: Sequence[str | Path] = (),
        without: Mapping[str, Collection[int]] | None = None,
    ) -> Supplement:
        """Load letters and strokes.

        Args:
            letters: As `load_letters` takes them.
            strokes: Files .json.gz as `load_strokes` takes them.
            without: Writers to leave out, by the file's name up to its first dot.

        Raises:
            UnreadableFileError: If a file is not what it should be.
        """
        gone = without or {}
        sources = [load_letters(text) for text in letters]
        penned = [load_penned(Path(path)) for path in strokes]
        return cls(
            [source.without(gone.get(source.name, ())) for source in sources],
            [
                found.select(~np.isin(found.writers, list(gone.get(found.name, ()))))
                for found in penned
            ],
        )

    def split(self) -> tuple[Supplement, Supplement]:
        """Keep one writer in ten, or the last part of letters that name none.

        Returns:
            What to fit, then what is held out.
        """
        letters = [source.split() for source in self.letters]
        kept = [is_held_out(found.writers) for found in self.penned]
        penned = list(zip(self.penned, kept, strict=True))
        return (
            Supplement(
                [fitted for fitted, _ in letters],
                [found.select(~mask) for found, mask in penned],
            ),
            Supplement(
                [held for _, held in letters],
                [found.select(mask) for found, mask in penned],
            ),
        )

    def of_class(self, name: str) -> list[Source]:
        """Give the letters that count as `crossed`, or as `other`."""
        chosen = [s.select(s.labels == CLASSES.index(name)) for s in self.letters]
        return [source for source in chosen if len(source)]


def load_letters(text: str) -> Source:
    """Load letters and signs; those that look like digits are left out.

    Args:
        text: Path of an npz file with the arrays `x`, (N, H, W) uint8, 255 = ink; `y`,
            the code of each character; and perhaps `w`, a number for each writer.
            `PATH*0.3` lets it count for less among others.

    Returns:
        Each x as `crossed`, all others as `other`.

    Raises:
        UnreadableFileError: If it is not that.
    """
    name, weight = split_weight(text)
    path = Path(name)
    try:
        crops, codes, writers = load_arrays(path)
        if crops.dtype != np.uint8 or crops.ndim != 3:
            raise ValueError(f"x is {crops.dtype} {crops.shape}, not uint8 (N, H, W)")
        characters = np.array([chr(code) for code in codes.tolist()])
    except (*BROKEN, OverflowError) as error:
        raise UnreadableFileError(
            f"cannot read letters ({error}); expected is an npz file with the arrays x "
            "and y, the code of each character",
            path=path,
        ) from error
    crossed = np.isin(characters, list(_LIKE_CROSS))
    labels = np.where(crossed, _CROSSED, _OTHER).astype(np.uint8)
    source = Source(path.name.split(".")[0], crops, labels, writers, weight)
    shown = crops.any(axis=(1, 2)) & ~np.isin(characters, [*LIKE_DIGITS, *DIGITS])
    places = np.flatnonzero(shown)
    if writers is None:  # the order is mostly that of the alphabet
        places = places[mix_classes(codes[places])]
    return source.select(places)


def load_penned(path: Path) -> PennedDigits:
    """Load single digits from a file of pen strokes; numbers in it are passed over.

    Raises:
        UnreadableFileError: If it is not what it should be.
    """
    file = load_strokes(path)
    places = [place for place, text in enumerate(file.labels) if text in DIGITS]
    drawn = [(place, scale_strokes(file.rows[place])) for place in places]
    kept = [(place, strokes) for place, strokes in drawn if strokes]
    at = [place for place, _ in kept]
    return PennedDigits(
        path.name.split(".")[0],
        [strokes for _, strokes in kept],
        np.array([int(file.labels[place]) for place in at], np.uint8),
        file.writers[at],
    )
