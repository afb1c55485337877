"""Whether the resolution that a file states can be true, and is enough for digits."""

from __future__ import annotations

import math
from contextlib import suppress

from PIL import Image

from formreader.pages.limits import MAX_PIXELS

_INCH_MM = 25.4
_INCH_CM = 2.54
_CREDIBLE_DPI = (30, 2400)  # below no scanner goes, above none of paper
_A3_MM = (297, 420)
_MIN_DPI = 100
_MIN_SHORT_SIDE = 800  # A4 at 97 dpi
_PAGE_SHAPES = (1.25, 1.7)  # long by short side: letter 1.29, A4 1.41, legal 1.65
_UNEVEN = (
    1.1,
    4.2,
)  # across by down or the reverse: fax modes have 204 x 98, 204 x 391
_EXIF_ACROSS, _EXIF_DOWN, _EXIF_UNIT = 0x011A, 0x011B, 0x0128
_CENTIMETRE = 3


def read_resolution(image: Image.Image) -> tuple[float, float] | None:
    """Read the pixels an inch across and down that a file states, whatever they are.

    Args:
        image: An opened image, as it is stored.

    Example:
        >>> image = Image.new("L", (1, 1))
        >>> image.info["dpi"] = (204, 98)
        >>> read_resolution(image)
        (204.0, 98.0)
    """
    stated = _as_pair(image.info.get("dpi"))
    if image.format in {"JPEG", "MPO"} and image.info.get("jfif_unit", 0) == 0:
        stated = _read_exif(image) or stated  # of which Pillow reads one side alone
    elif stated is None:
        stated = _read_exif(image)
    return stated


def read_pixel_shape(image: Image.Image) -> tuple[float, float] | None:
    """Read how many pixels there are across for as many down.

    Formats that know of no inch may still say that pixels are not square.
    """
    stated = read_resolution(image)
    if stated is not None:
        return stated
    if image.info.get("jfif_unit") == 0:
        return _as_pair(image.info.get("jfif_density"))
    return _as_pair(image.info.get("aspect") or image.info.get("resolution"))


def square_size(
    size: tuple[int, int], shape: tuple[float, float] | None
) -> tuple[int, int] | None:
    """Find the size at which the pixels of a page are square.

    Args:
        size: (width, height) in pixels.
        shape: Pixels an inch, or of any length, across and down.

    Returns:
        The size with the side stretched that has the fewer pixels an inch, or with the
        other shrunk if it were too large; None if the pixels are square already, or
        what the file says cannot be.

    Example:
        >>> square_size((1728, 1075), (204, 98))
        (1728, 2238)
    """
    if shape is None or not all(0 < side < math.inf for side in shape):
        return None
    across, down = shape
    low, high = _UNEVEN
    if not low <= max(across / down, down / across) <= high:
        return None
    finer = max(across, down)
    width, height = size[0] * finer / across, size[1] * finer / down
    if width * height > MAX_PIXELS:
        coarser = min(across, down)
        width, height = width * coarser / finer, height * coarser / finer
    return max(1, round(width)), max(1, round(height))


def credible_dpi(stated: float, size: tuple[int, int]) -> float | None:
    """Return a stated resolution unless it is absurd.

    Cameras and programs that know of no paper write 72 or 96. Below what digits need, a
    figure is believed only if the paper would then be no larger than A3.

    Args:
        stated: Pixels an inch.
        size: (width, height) in pixels.

    Example:
        >>> credible_dpi(72, (3024, 4032)) is None  # a photo of more than a metre?
        True
        >>> credible_dpi(72, (595, 842))
        72
    """
    low, high = _CREDIBLE_DPI
    if not low <= stated <= high:  # nan as well
        return None
    sides_mm = [side / stated * _INCH_MM for side in sorted(size)]
    fits_a3 = all(mm <= limit for mm, limit in zip(sides_mm, _A3_MM, strict=True))
    return stated if stated >= _MIN_DPI or fits_a3 else None


def describe_low_resolution(size: tuple[int, int], dpi: float | None) -> str | None:
    """Say if a page is too coarse to read digits well.

    Args:
        size: (width, height) in pixels.
        dpi: Pixels an inch, if known and credible.

    Returns:
        A warning with its remedy, or None.
    """
    if dpi is not None and dpi < _MIN_DPI:
        return (
            f"the page has {dpi:.0f} dpi, too few for digits; scan at 150 dpi or more"
        )
    short, long = sorted(size)
    is_page = _PAGE_SHAPES[0] <= long / short <= _PAGE_SHAPES[1]
    if dpi is None and is_page and short < _MIN_SHORT_SIDE:
        return (
            f"the page has only {size[0]} x {size[1]} pixels; if it is a whole sheet, "
            "digits may be misread: scan at 150 dpi or more"
        )
    return None


def _as_pair(value: object) -> tuple[float, float] | None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        return None
    with suppress(TypeError, ValueError, ZeroDivisionError, OverflowError):
        return float(value[0]), float(value[1])
    return None


def _read_exif(image: Image.Image) -> tuple[float, float] | None:
    exif = image.getexif()
    pair = _as_pair((exif.get(_EXIF_ACROSS), exif.get(_EXIF_DOWN)))
    if pair is None or exif.get(_EXIF_UNIT) != _CENTIMETRE:
        return pair
    return pair[0] * _INCH_CM, pair[1] * _INCH_CM
