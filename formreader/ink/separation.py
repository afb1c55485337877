"""Tell pen, print and rules of a page apart, pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from formreader.digits.runtime import has_litert
from formreader.geometry import Box
from formreader.ink.model import TILE_STEP, InkManifest, find_ink_model
from formreader.ink.resolution import rescale
from formreader.ink.runtime import InkNetwork, open_ink_network
from formreader.records import read_only

__all__ = ["InkLayers", "InkSeparator"]

Gray = npt.NDArray[np.uint8]

_MARGIN = 32  # pixels around a tile that are looked at and thrown away
_CORE = 1024  # most pixels of a tile's side without its margins
_FLAT = 12  # levels between the lightest and darkest of bare paper


@dataclass(frozen=True, eq=False)
class InkLayers:
    """Which ink each pixel of a page is, at the working resolution.

    What no layer claims is paper. Where the largest of the three is about the half, the
    network was unsure.

    Attributes:
        pen: (h, w) uint8, probability in 256ths that it is the pen's; read-only.
        print_: The same for print: text, codes, stamps, pictures.
        rule: The same for lines, walls and boxes of the form.
        scale: Pixels of the layers to one of the page.
        page_shape: Height and width of the page.
    """

    pen: Gray
    print_: Gray
    rule: Gray
    scale: float
    page_shape: tuple[int, int]

    def __post_init__(self) -> None:
        """Check the layers and make them read-only.

        Raises:
            ValueError: If they are not (h, w) uint8 of one shape.
        """
        for name in ("pen", "print_", "rule"):
            layer = getattr(self, name)
            if layer.shape != self.pen.shape or layer.ndim != 2:
                raise ValueError(f"{name} is {layer.shape}, pen {self.pen.shape}")
            if layer.dtype != np.uint8:
                raise ValueError(f"{name} is {layer.dtype}")
            object.__setattr__(self, name, read_only(layer))

    def to_page(self, layer: Gray) -> Gray:
        """Scale a layer, or what was made of one, to the page's own pixels.

        Args:
            layer: (h, w) uint8.

        Returns:
            (H, W) uint8.
        """
        height, width = self.page_shape
        if layer.shape == self.page_shape:
            return layer
        scaled = cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(scaled, np.uint8)

    @property
    def classes(self) -> Gray:
        """Give the likeliest class of each pixel, a position in `CLASSES`."""
        ink = np.stack([self.pen, self.print_, self.rule]).astype(np.int16)
        paper = 256 - ink.sum(axis=0)
        together = np.concatenate([paper[None], ink])
        return np.asarray(together.argmax(axis=0), np.uint8)


class InkSeparator:
    """A network that tells inks apart; safe to use from several threads.

    Attributes:
        manifest: What is known about the model.

    Example:
        >>> separator = InkSeparator.load()
        >>> blank = np.full((400, 300), 255, dtype=np.uint8)
        >>> layers = separator.separate(blank, scale=0.5)
        >>> layers.pen.shape, int(layers.pen.max())
        ((200, 150), 0)
    """

    def __init__(self, network: InkNetwork, manifest: InkManifest) -> None:
        """Join a network with what is known about it.

        Args:
            network: Turns tiles into probabilities.
            manifest: Its training and accuracy.
        """
        self._network = network
        self.manifest = manifest

    @classmethod
    def load(
        cls, path: str | Path | None = None, *, num_threads: int = 1
    ) -> InkSeparator:
        """Load a model from disk: with LiteRT if it is installed, else with Keras.

        Args:
            path: A folder with `ink.tflite` or `ink.keras`, and `ink.json`; None is the
                model that ships.
            num_threads: Threads that LiteRT may use.

        Raises:
            ModelError: If the model is missing, damaged or of another kind, or neither
                runtime is installed.
        """
        folder = None if path is None else Path(path)
        suffix = ".tflite" if has_litert() else ".keras"
        artefact, manifest = find_ink_model(folder, suffix=suffix)
        return cls(open_ink_network(artefact, num_threads=num_threads), manifest)

    def separate(self, pixels: Gray, scale: float = 1.0) -> InkLayers:
        """Tell the inks of a page apart.

        Args:
            pixels: (H, W) or (H, W, 3) uint8, grey or RGB, 0 = black.
            scale: Pixels to work with to one of the page, such that handwriting is 20
                to 30 high; `choose_scale` finds one.

        Returns:
            The layers, at the working resolution.

        Raises:
            ValueError: If `pixels` has another shape or dtype, or is empty, or `scale`
                is not positive.
        """
        if pixels.dtype != np.uint8 or pixels.shape[2:] not in ((), (3,)):
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}")
        if pixels.size == 0 or not scale > 0:
            raise ValueError(f"pixels are {pixels.shape}, scale is {scale}")
        darkness = np.asarray(cv2.bitwise_not(rescale(pixels, scale)), np.uint8)
        occupied = _find_occupied(darkness)
        if darkness.ndim == 2:
            darkness = np.asarray(cv2.cvtColor(darkness, cv2.COLOR_GRAY2RGB), np.uint8)
        layers = np.zeros((3, *darkness.shape[:2]), np.uint8)
        self._classify(darkness, occupied, layers)
        pen, print_, rule = layers
        height, width = pixels.shape[:2]
        return InkLayers(pen, print_, rule, scale, (height, width))

    def _classify(
        self, darkness: Gray, occupied: npt.NDArray[np.bool_], layers: Gray
    ) -> None:
        """Fill in the layers tile by tile, wherever there is anything."""
        height, width = darkness.shape[:2]
        step = -(-height // TILE_STEP) * TILE_STEP, -(-width // TILE_STEP) * TILE_STEP
        padded = cv2.copyMakeBorder(
            darkness,
            *(_MARGIN, step[0] - height + _MARGIN),
            *(_MARGIN, step[1] - width + _MARGIN),
            cv2.BORDER_REPLICATE,
        )
        for core in _list_tiles(occupied):
            rows = slice(core.top, core.bottom + 2 * _MARGIN)
            columns = slice(core.left, core.right + 2 * _MARGIN)
            tile = np.ascontiguousarray(padded[rows, columns])
            [answer] = self._network(np.asarray(tile, np.uint8)[None])
            inner = answer[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
            bottom, right = min(core.bottom, height), min(core.right, width)
            inner = inner[: bottom - core.top, : right - core.left]
            for layer, place in zip(layers, (1, 2, 3), strict=True):
                target = layer[core.top : bottom, core.left : right]
                target[:] = cv2.extractChannel(inner, place)


def _find_occupied(darkness: Gray) -> npt.NDArray[np.bool_]:
    """Tell which blocks of 32 x 32 pixels hold anything but bare paper.

    Each channel is looked at by itself: yellow on white is hardly darker.
    """
    height, width = darkness.shape[:2]
    rows, columns = -(-height // TILE_STEP), -(-width // TILE_STEP)
    padded = cv2.copyMakeBorder(
        darkness,
        *(0, rows * TILE_STEP - height, 0, columns * TILE_STEP - width),
        cv2.BORDER_REPLICATE,
    )
    # Rows first, over whole lines of memory, which is many times as fast.
    bands = padded.reshape(rows, TILE_STEP, -1)
    shape = (rows, columns, TILE_STEP, -1)
    high = bands.max(axis=1).reshape(shape).max(axis=2)
    low = bands.min(axis=1).reshape(shape).min(axis=2)
    return np.asarray((high - low > _FLAT).any(axis=-1))


def _list_tiles(occupied: npt.NDArray[np.bool_]) -> Iterator[Box]:
    """Cut the part of a page that holds anything into tiles of one size.

    Yields:
        Those that hold anything, in pixels, without their margins.
    """
    rows = np.flatnonzero(occupied.any(axis=1))
    columns = np.flatnonzero(occupied.any(axis=0))
    if len(rows) == 0:
        return
    tall = _share_out(rows[-1] + 1 - rows[0])
    wide = _share_out(columns[-1] + 1 - columns[0])
    for top in range(rows[0], rows[-1] + 1, tall):
        # The last tile is moved back, so that all have one size.
        top = max(0, min(top, occupied.shape[0] - tall))
        for left in range(columns[0], columns[-1] + 1, wide):
            left = max(0, min(left, occupied.shape[1] - wide))
            if occupied[top : top + tall, left : left + wide].any():
                sides = np.array([left, top, left + wide, top + tall]) * TILE_STEP
                yield Box(*sides.tolist())


def _share_out(blocks: int) -> int:
    """Give the blocks of each tile when a length is cut into as few as may be."""
    count = -(-blocks * TILE_STEP // _CORE)
    return int(-(-blocks // count))
