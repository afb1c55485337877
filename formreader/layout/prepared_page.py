"""A page with what its stages ask for: its paper and its ink, each found once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from formreader.ink.resolution import choose_scale
from formreader.ink.separation import InkLayers, InkSeparator
from formreader.layout.binarization import FAINT, binarize, measure_paper
from formreader.layout.separated_ink import SeparatedInk, separate_ink
from formreader.records import Paper, read_only

__all__ = ["PreparedPage"]


@dataclass(frozen=True, eq=False)
class PreparedPage:
    """A page whose paper and ink are found on first use and kept.

    Attributes:
        pixels: (H, W) uint8, 0 = black, dark on light or light on dark; read-only.
        colour: (H, W, 3) uint8 RGB, or None for a grey page.
        dpi: Resolution that the file states, in pixels an inch, or None.
        separator: Tells pen, print and rules apart; None to do without.
        scale: Pixels that it works with to one of the page; None to choose it by the
            page, of which a part would not tell.
    """

    pixels: npt.NDArray[np.uint8]
    colour: npt.NDArray[np.uint8] | None = field(default=None, kw_only=True)
    dpi: float | None = field(default=None, kw_only=True)
    separator: InkSeparator | None = field(default=None, kw_only=True)
    scale: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the pixels and make them read-only.

        Raises:
            ValueError: If they are no (H, W) uint8 array.
        """
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8:
            raise ValueError(
                f"a page is (H, W) uint8, not {self.pixels.dtype} {self.pixels.shape}"
            )
        object.__setattr__(self, "pixels", read_only(self.pixels))

    @cached_property
    def paper(self) -> Paper | None:
        """The grey levels of its paper and ink; None if there are no greys."""
        return measure_paper(self.pixels)

    @property
    def dark_pixels(self) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, 0 = black, its pixels as dark ink on light paper."""
        if self.paper is None:
            return ~self.ink
        return ~self.pixels if self.paper.is_negative else self.pixels

    @cached_property
    def ink(self) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, 255 = ink, as it is read; read-only."""
        return read_only(binarize(self.pixels, paper=self.paper))

    @cached_property
    def faint_ink(self) -> npt.NDArray[np.uint8]:
        """(H, W) uint8, 255 = ink, pale lines included, and some noise; read-only."""
        if self.paper is None:
            return self.ink  # without greys, no ink is paler than other
        return read_only(binarize(self.pixels, FAINT, self.paper))

    @cached_property
    def layers(self) -> InkLayers | None:
        """What the ink network says of each pixel; None without a network."""
        if self.separator is None:
            return None
        pixels = self.pixels if self.colour is None else self.colour
        grey = self.pixels
        if self.paper is not None and self.paper.is_negative:  # it expects dark ink
            pixels, grey = ~pixels, ~grey
        scale = choose_scale(grey, self.dpi) if self.scale is None else self.scale
        return self.separator.separate(pixels, scale)

    @cached_property
    def inks(self) -> SeparatedInk | None:
        """The ink parted by whose it is; None without a network."""
        return None if self.layers is None else separate_ink(self.ink, self.layers)
