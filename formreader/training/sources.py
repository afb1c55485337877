"""Labelled crops as their makers stored them, from any kind of file."""

from __future__ import annotations

import gzip
import re
import sys
import zipfile
from collections.abc import Collection, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES
from formreader.digits.normalization import INK_SIDE, SIDE, to_mnist
from formreader.errors import UnreadableFileError
from formreader.training.datasets import DigitSet
from formreader.training.writers import Writers, is_held_out

__all__ = [
    "BROKEN",
    "HELD_OUT_SHARE",
    "Source",
    "load_arrays",
    "load_keras_mnist",
    "load_source",
    "load_sources",
    "mix_classes",
    "normalize",
    "split_weight",
]

Gray = npt.NDArray[np.uint8]

HELD_OUT_SHARE = 12
"""One crop in so many is held out where nobody says who wrote them."""

_SLICE = re.compile(
    r"(?P<path>.+)@(?P<first>[01]?(?:\.\d+)?):(?P<last>[01]?(?:\.\d+)?)"
)
_TIMES = re.compile(r"(?P<rest>.+)\*(?P<weight>\d*\.?\d+)")
_IMAGES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm"}
BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)
"""What reading a damaged file raises."""

_BACKGROUND = 0.12  # of the strongest ink; fainter is paper
_FULL = 0.8  # of the crops fill their frame: they were stretched to it


@dataclass(frozen=True)
class Source:
    """Crops of one origin, in the order in which they came.

    Attributes:
        name: What to call it.
        crops: (N, H, W) uint8, 255 = ink, of any size.
        labels: (N,) uint8, positions in `CLASSES`.
        writers: (N,) who wrote each, where that is known.
        weight: How much it counts among others, beside its size.
    """

    name: str
    crops: Gray
    labels: npt.NDArray[np.uint8]
    writers: Writers | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: If they differ in length or the crops are no images.
        """
        if self.crops.ndim != 3 or len(self.crops) != len(self.labels):
            raise ValueError(f"{self.crops.shape} crops, {len(self.labels)} labels")

    def __len__(self) -> int:
        """Count the crops."""
        return len(self.labels)

    def part(self, first: float, last: float) -> Source:
        """Take a part by shares of the order, as from 0.8 to 1."""
        span = slice(round(first * len(self)), round(last * len(self)))
        return self.select(np.arange(len(self))[span])

    def select(self, chosen: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Source:
        """Take some crops, by their positions or by a mask."""
        writers = None if self.writers is None else self.writers[chosen]
        return replace(
            self,
            crops=self.crops[chosen],
            labels=self.labels[chosen],
            writers=writers,
        )

    def without(self, writers: Collection[int]) -> Source:
        """Leave out what some writers wrote; who wrote nothing here does not matter."""
        if self.writers is None or not writers:
            return self
        return self.select(~np.isin(self.writers, list(writers)))

    def split(self) -> tuple[Source, Source]:
        """Part what is fitted from what is held out.

        Held out is one writer in ten, or else the last twelfth: sources list one writer
        after the other, so that most writers of it are unknown, too. Of a source that
        lists one class after the other it is the last twelfth of each class.

        Returns:
            What to fit, then what is held out.
        """
        if self.writers is not None:
            kept = is_held_out(self.writers)
            if kept.any() and not kept.all():
                return self.select(~kept), self.select(kept)
        edge = 1 - 1 / HELD_OUT_SHARE
        by_class = bool(np.all(self.labels[1:] >= self.labels[:-1]))
        mixed = self.select(mix_classes(self.labels)) if by_class else self
        return mixed.part(0, edge), mixed.part(edge, 1)

    @property
    def is_mnist(self) -> bool:
        """Tell whether the crops are MNIST images, or made like them."""
        if self.crops.shape[1:] != (SIDE, SIDE):
            return False
        some = self.crops[:: max(1, len(self) // 200)]
        longest = [max(cv2.boundingRect(crop)[2:]) for crop in some]
        return bool(np.mean(np.array(longest) == INK_SIDE) > _FULL)

    @property
    def is_stretched(self) -> bool:
        """Tell whether the crops were stretched to fill their frame."""
        some = self.crops[:: max(1, len(self) // 200)]
        sizes = np.array([cv2.boundingRect(crop)[2:] for crop in some])
        full = np.all(sizes == self.crops.shape[:0:-1], axis=1)
        return bool(np.mean(full) > _FULL)

    def normalize(self) -> DigitSet:
        """Bring all crops to the MNIST format; what has it stays as it is."""
        if self.is_mnist:
            return DigitSet(self.crops, self.labels)
        images = [normalize(_clean(crop)) for crop in self.crops]
        return DigitSet(np.stack(images), self.labels)

    def normalize_pale(self) -> DigitSet:
        """Bring all crops to the MNIST format with their paper and their pallor."""
        return DigitSet(np.stack([normalize(crop) for crop in self.crops]), self.labels)

    def enlarge(self, side: int) -> Gray:
        """Draw all crops large with smooth edges.

        Args:
            side: Side S of the images to make.

        Returns:
            (N, S, S) uint8, 255 = ink, the ink scaled to fit S * 20 / 28 and centred.
        """
        return np.stack([_enlarge(_clean(crop), side) for crop in self.crops])


def load_sources(texts: Sequence[str]) -> list[Source]:
    """Load several sources, as `load_source` does."""
    return [load_source(text) for text in texts]


def load_source(text: str) -> Source:
    """Load labelled crops.

    Args:
        text: Path of an npz file with the arrays `x`, `y` and perhaps `w`, a number
            for each writer; of an IDX file of images (`...-images-idx3-ubyte`, with its
            labels beside it, both also as `.gz`); or of a folder with a folder of
            images a class. `PATH@0:0.8` takes the first four fifths only, `PATH@0.8:1`
            the rest, and `PATH*0.3` lets it count for less among others.

    Raises:
        UnreadableFileError: If there is nothing of the kind, or it is damaged.
    """
    text, weight = split_weight(text)
    match = _SLICE.fullmatch(text)
    path = Path(match["path"] if match else text)
    try:
        source = replace(_load_file(path), weight=weight)
    except BROKEN as error:
        raise UnreadableFileError(
            f"cannot read digits ({error}); expected is an npz file with the arrays x "
            "and y, an IDX file, or a folder with a folder of images a class",
            path=path,
        ) from error
    if match is None:
        return source
    return source.part(float(match["first"] or 0), float(match["last"] or 1))


def mix_classes(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """Find an order in which all classes are spread evenly, each in its own order.

    Args:
        labels: (N,) the class of each item.

    Returns:
        (N,) the positions in that order.
    """
    places = np.empty(len(labels))
    for label in np.unique(labels):
        own = labels == label
        count = np.count_nonzero(own)
        places[own] = (np.arange(count) + 0.5) / count
    return np.argsort(places, kind="stable")


def split_weight(text: str) -> tuple[str, float]:
    """Part `PATH*0.3` into the path and how much the source counts, 1 if not said."""
    match = _TIMES.fullmatch(text)
    return (match["rest"], float(match["weight"])) if match else (text, 1.0)


def load_keras_mnist() -> tuple[Source, Source]:
    """Load the MNIST training and test sets, downloaded once by Keras.

    Returns:
        60,000 digits to train on and 10,000 to measure with.

    Raises:
        UnreadableFileError: If they cannot be downloaded.
    """
    from keras.datasets import mnist

    try:
        with redirect_stdout(sys.stderr):  # Keras draws its progress bar on stdout
            (train_x, train_y), (test_x, test_y) = mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception if the server is away
        raise UnreadableFileError(
            f"MNIST cannot be downloaded ({error}); try again, or give digits of your "
            "own with --data"
        ) from error
    return Source("mnist_train", train_x, train_y), Source("mnist_test", test_x, test_y)


def _load_file(path: Path) -> Source:
    """Load by the kind of the path."""
    if path.is_dir():
        return _load_folder(path)
    writers = None
    if path.suffix == ".npz":
        crops, labels, writers = load_arrays(path)
    else:
        crops, labels = _load_idx(path), _load_idx(_labels_beside(path))
    if crops.dtype != np.uint8 or crops.ndim != 3:
        raise ValueError(f"x is {crops.dtype} {crops.shape}, not uint8 (N, H, W)")
    if len(labels) == 0 or not np.isin(labels, range(len(CLASSES))).all():
        raise ValueError(f"the labels are not from 0 to {len(CLASSES) - 1}")
    return Source(path.name.split(".")[0], crops, labels.astype(np.uint8), writers)


def load_arrays(path: Path) -> tuple[Gray, npt.NDArray[np.integer], Writers | None]:
    """Read the arrays of an npz file.

    Returns:
        `x`, (N, H, W); `y`, (N,); and `w`, (N,), if it is there.

    Raises:
        OSError, ValueError, KeyError: If they are not there or do not fit.
    """
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        crops, labels = arrays["x"], arrays["y"]
        writers = arrays["w"].astype(np.int64) if "w" in arrays.files else None
    if writers is not None and writers.shape != labels.shape:
        raise ValueError(f"{len(labels)} labels, {writers.shape} writers")
    return crops, labels, writers


def _load_folder(folder: Path) -> Source:
    """Load a folder that has a folder of images for each class."""
    crops, labels = [], []
    for label, name in enumerate(CLASSES):
        for path in sorted((folder / name).glob("*")):
            if path.suffix.lower() in _IMAGES:
                crops.append(_read_ink(path))
                labels.append(label)
    if not crops:
        raise ValueError("it has no folders 0 to 9 with images")
    side = max(max(crop.shape) for crop in crops)
    centred = np.zeros((len(crops), side, side), np.uint8)
    for frame, crop in zip(centred, crops, strict=True):
        top, left = (side - crop.shape[0]) // 2, (side - crop.shape[1]) // 2
        frame[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    return Source(folder.name, centred, np.array(labels, np.uint8))


def _read_ink(path: Path) -> Gray:
    """Read an image as ink; the border says whether the paper is light or dark."""
    gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise ValueError(f"{path.name} is no image")
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    return (255 - gray if np.median(border) > 127 else gray).astype(np.uint8)


def _labels_beside(path: Path) -> Path:
    """Find the labels of an IDX file of images."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    return path.with_name(name)


def _load_idx(path: Path) -> Gray:
    """Read an array in the format of the original MNIST files."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if data[:3] != b"\x00\x00\x08" or len(data) < 8:
        raise ValueError(f"{path.name} is no IDX file of bytes")
    count = data[3]
    shape = np.frombuffer(data, ">i4", count, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * count).reshape(shape)


def _clean(crop: Gray) -> Gray:
    """Stretch the contrast of a pale crop and take away its paper."""
    peak = int(crop.max())
    if peak in (0, 255):
        return crop
    stretched = crop.astype(np.float32) * (255 / peak)
    stretched[crop < _BACKGROUND * peak] = 0
    return stretched.astype(np.uint8)


def normalize(crop: Gray) -> Gray:
    """Bring a crop to the MNIST format; an empty one stays empty.

    Args:
        crop: (H, W) uint8, 255 = ink.

    Returns:
        (28, 28) uint8, 255 = ink.
    """
    if not crop.any():
        return np.zeros((SIDE, SIDE), np.uint8)
    return (to_mnist(crop) * 255).round().astype(np.uint8)


def _enlarge(crop: Gray, side: int) -> Gray:
    """Scale the ink up smoothly, without the steps of its pixels."""
    frame = np.zeros((side, side), np.uint8)
    left, top, width, height = cv2.boundingRect(crop)
    if width == 0:
        return frame
    scale = side * INK_SIDE / SIDE / max(width, height)
    edge = 2  # so that smoothing does not cut the stroke off at the frame
    padded = cv2.copyMakeBorder(
        crop[top : top + height, left : left + width], edge, edge, edge, edge, 0
    )
    size = (round((width + 2 * edge) * scale), round((height + 2 * edge) * scale))
    large = cv2.resize(padded, size, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), 0.45 * scale).astype(np.float32)
    sharp = np.clip((soft - 64) * 2, 0, 255).astype(np.uint8)
    x, y = (side - size[0]) // 2, (side - size[1]) // 2
    inner = sharp[max(0, -y) : side - y, max(0, -x) : side - x]
    x, y = max(0, x), max(0, y)
    frame[y : y + inner.shape[0], x : x + inner.shape[1]] = inner
    return frame
