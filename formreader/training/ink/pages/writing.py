"""Real handwriting to fill pages with: digits, letters, numbers, of many writers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import UnreadableFileError
from formreader.training.drawing.digit_shapes import VARIANTS, digit_shape, parse_shape
from formreader.training.drawing.handwriting import Writer, draw_strokes, draw_writer
from formreader.training.drawing.letter_shapes import LETTERS
from formreader.training.ink.pages.tracing import trace_strokes
from formreader.training.strokes import load_strokes, scale_strokes
from formreader.training.writers import HELD_OUT_WRITERS, is_held_out

__all__ = ["Glyph", "WritingStock"]

Gray = npt.NDArray[np.uint8]
Stroke = npt.NDArray[np.float64]
Rng = np.random.Generator

_MOST_OF_A_FILE = 12_000


@dataclass(frozen=True)
class Glyph:
    """Something written; its height is 1 unless it is flat.

    Attributes:
        strokes: (N, 2) arrays, x and y downwards.
        width: Width in the same measure.
        image: (h, w) uint8 of the real ink, 255 = ink, where it came as an image.
    """

    strokes: tuple[Stroke, ...]
    width: float
    image: Gray | None = None


@dataclass
class _Pile:
    """Glyphs of one file, apart by writer.

    Attributes:
        items: Images (h, w) uint8 or lists of strokes.
        labels: What each says.
        writers: Whose each is.
    """

    items: Sequence[object]
    labels: Sequence[str]
    writers: Sequence[int]
    made: dict[tuple[int, bool], Glyph] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[int, dict[str, list[int]]]:
        """Positions by writer and label."""
        found: dict[int, dict[str, list[int]]] = {}
        for place, (label, writer) in enumerate(
            zip(self.labels, self.writers, strict=True)
        ):
            found.setdefault(writer, {}).setdefault(label, []).append(place)
        return found

    @cached_property
    def by_label(self) -> dict[str, list[int]]:
        """Positions by label alone."""
        found: dict[str, list[int]] = {}
        for place, label in enumerate(self.labels):
            found.setdefault(label, []).append(place)
        return found

    @cached_property
    def hands(self) -> list[int]:
        """All writers, in order."""
        return sorted(self.places)

    def glyph(self, place: int, image: bool = False) -> Glyph | None:
        """Give an item as strokes, or as an image if it is one; None if it is empty."""
        key = place, image
        if key not in self.made:
            self.made[key] = _make_glyph(self.items[place], image)
        glyph = self.made[key]
        return glyph if glyph.width > 0 else None

    def pick(
        self, label: str, writer: int, rng: Rng, image: bool = False
    ) -> Glyph | None:
        """Pick a glyph with this label, of this writer if there is one."""
        own = self.places[writer].get(label) or self.by_label.get(label)
        return self.glyph(own[int(rng.integers(len(own)))], image) if own else None


class WritingStock:
    """All handwriting that pages are filled with.

    Attributes:
        digits: Piles of digits, at least one.
        letters: Piles of letters, at least one.
        numbers: Piles of whole numbers as they were written; may be empty.
    """

    def __init__(
        self, digits: list[_Pile], letters: list[_Pile], numbers: list[_Pile]
    ) -> None:
        """Keep what was loaded."""
        self.digits, self.letters, self.numbers = digits, letters, numbers

    @classmethod
    def load(
        cls,
        digits: Sequence[str | Path],
        letters: Sequence[str | Path],
        strokes: Sequence[str | Path],
        *,
        held_out: bool = False,
        without: Mapping[str, Collection[int]] | None = None,
        seed: int = 0,
    ) -> WritingStock:
        """Load handwriting.

        Args:
            digits: Files .npz with `x` (N, H, W) uint8, 255 = ink, `y`, 0 to 9, and
                perhaps `w`, a number for each writer.
            letters: Such files whose `y` is the code of a character.
            strokes: Files .json.gz, lists of `[text, writer, .., [[[x, y], ..], ..]]`.
            held_out: Take the writers that are kept for measuring instead of the
                others: one in ten, or the last tenth of a file that names none.
            without: Writers to leave out, by the file's name up to its first dot, as
                `{"pendigits": [24], "pendigits_strokes": [24]}`.
            seed: Seed of the digits and letters that are drawn from shapes, as one
                more file of each would have them.

        Returns:
            The stock.

        Raises:
            UnreadableFileError: If a file is not what it should be.
        """
        left_out = without or {}

        def keep(path: Path) -> _Filter:
            gone = frozenset(left_out.get(path.name.split(".")[0], ()))
            return _Filter(held_out, gone)

        piles = [_load_images(Path(p), keep(Path(p)), digits=True) for p in digits]
        alphabets = [
            _load_images(Path(p), keep(Path(p)), digits=False) for p in letters
        ]
        numbers: list[_Pile] = []
        for path in map(Path, strokes):
            pile = _load_strokes(path, keep(path))
            long = any(len(label) > 1 for label in pile.labels)
            (numbers if long else piles).append(pile)
        rng = np.random.default_rng([seed, 5])
        piles = [pile for pile in piles if len(pile.labels)]
        alphabets = [pile for pile in alphabets if len(pile.labels)]
        return cls(
            [*piles, _drawn_digits(rng)],
            [*alphabets, _drawn_letters(rng)],
            [pile for pile in numbers if len(pile.labels)],
        )


@dataclass(frozen=True)
class _Filter:
    """Which writers of a file are taken."""

    held_out: bool
    without: frozenset[int]

    def takes(
        self, writers: npt.NDArray[np.int64], named: bool
    ) -> npt.NDArray[np.bool_]:
        """Tell for each item whether it is taken; unnamed ones go by their order."""
        if not named:
            edge = round(len(writers) * (1 - 1 / HELD_OUT_WRITERS))
            last = np.arange(len(writers)) >= edge
            return np.asarray(last == self.held_out)
        gone = np.isin(writers, list(self.without))
        return np.asarray((is_held_out(writers) == self.held_out) & ~gone)


def _load_images(path: Path, chosen: _Filter, *, digits: bool) -> _Pile:
    """Load an npz file; unnamed writers are taken to follow one another."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, codes = arrays["x"], arrays["y"].astype(np.int64)
            named = "w" in arrays.files
            order = np.arange(len(codes), dtype=np.int64) // 40
            writers = arrays["w"].astype(np.int64) if named else order
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise UnreadableFileError(
            f"cannot read handwriting ({error}); expected is an npz file with the "
            "arrays x and y",
            path=path,
        ) from error
    places = np.flatnonzero(chosen.takes(writers, named))
    if len(places) > _MOST_OF_A_FILE:
        places = places[:_MOST_OF_A_FILE]
    labels = [str(codes[p]) if digits else chr(int(codes[p])) for p in places]
    return _Pile([images[p] for p in places], labels, [int(writers[p]) for p in places])


def _load_strokes(path: Path, chosen: _Filter) -> _Pile:
    """Load a file of pen strokes."""
    file = load_strokes(path)
    places = np.flatnonzero(chosen.takes(file.writers, True)).tolist()
    return _Pile(
        [file.rows[p] for p in places],
        [file.labels[p] for p in places],
        [int(file.writers[p]) for p in places],
    )


def _make_glyph(item: object, as_image: bool) -> Glyph:
    """Bring an image or a list of strokes to a height of 1."""
    if isinstance(item, _Drawing):
        item = item.draw()
    if isinstance(item, np.ndarray):
        if as_image:
            image = _smooth_image(item)
            wide = 0.0 if image is None else image.shape[1] / image.shape[0]
            return Glyph((), wide, image)
        strokes = trace_strokes(item)
    else:
        assert isinstance(item, list)
        strokes = scale_strokes(item)
    if not strokes:
        return Glyph((), 0.0)
    width = max(float(stroke[:, 0].max()) for stroke in strokes)
    return Glyph(tuple(strokes), max(width, 0.01))


def _smooth_image(image: Gray) -> Gray | None:
    """Crop to the ink and enlarge it without the steps of its pixels."""
    left, top, width, height = cv2.boundingRect((image > 60).astype(np.uint8))
    if width == 0:
        return None
    crop = cv2.copyMakeBorder(
        image[top : top + height, left : left + width], 1, 1, 1, 1, cv2.BORDER_CONSTANT
    )
    scale = 80 / crop.shape[0]
    size = (max(3, round(crop.shape[1] * scale)), 80)
    large = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), 0.4 * scale).astype(np.float32)
    return np.clip((soft - 105) * 6, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class _Drawing:
    """A digit or letter to draw from its shape when it is wanted."""

    shape: Sequence[Stroke]
    hand: Writer
    seed: int

    def draw(self) -> Gray:
        """Draw it, (h, w) uint8, 255 = ink."""
        rng = np.random.default_rng(self.seed)
        return draw_strokes(self.shape, self.hand, rng, 40)


def _drawn_digits(rng: Rng) -> _Pile:
    """Draw digits from their shapes, as 20 writers would."""
    shapes = {
        str(digit): [digit_shape(digit, name) for name in names]
        for digit, names in VARIANTS.items()
    }
    return _draw_pile(shapes, rng)


def _drawn_letters(rng: Rng) -> _Pile:
    """Draw letters from their shapes, as 20 writers would."""
    shapes = {
        letter: [parse_shape(shape) for shape in variants]
        for letter, variants in LETTERS.items()
        if len(letter) == 1
    }
    return _draw_pile(shapes, rng)


def _draw_pile(shapes: Mapping[str, Sequence[Sequence[Stroke]]], rng: Rng) -> _Pile:
    """Let 20 writers draw each shape, in the variant that they prefer."""
    items: list[object] = []
    labels, writers = [], []
    for number in range(20):
        hand = draw_writer(rng)
        for label, variants in shapes.items():
            shape = variants[int(rng.integers(len(variants)))]
            items.append(_Drawing(shape, hand, int(rng.integers(2**31))))
            labels.append(label)
            writers.append(number)
    return _Pile(items, labels, writers)
