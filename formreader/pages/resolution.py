"""Whether the resolution that a file states can be true, and is enough for digits."""

from __future__ import annotations

_INCH_MM = 25.4
_CREDIBLE_DPI = (30, 2400)  # below no scanner goes, above none of paper
_A3_MM = (297, 420)
_MIN_DPI = 100
_MIN_SHORT_SIDE = 800  # A4 at 97 dpi
_PAGE_SHAPES = (1.25, 1.7)  # long by short side: letter 1.29, A4 1.41, legal 1.65


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
