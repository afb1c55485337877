"""Open an image file as a page, whole or not at all."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import (
    Image,
    ImageOps,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401 - registers the format
)

from formreader.errors import InputError, UnreadableFileError
from formreader.records import PageImage

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
"""Endings, in lower case, of the files that a folder is searched for."""

MAX_PIXELS = 89_000_000
"""Largest page: A3 at 600 dpi has 70 million pixels. Pillow's own limit lies above."""

MIN_SIDE = 20
"""Smallest page side in pixels; below it not even one digit is legible."""

_FORMATS = ("BMP", "JPEG", "PNG", "WEBP")  # a phone's MPO opens as JPEG


def find_inputs(paths: list[Path]) -> Iterator[Path | InputError]:
    """List the image files that the user's paths stand for.

    Args:
        paths: Files, taken as they are, and folders, searched with their subfolders.

    Yields:
        Files in the order given, those of a folder sorted by name; an `InputError` in
        the place of a folder that holds no image.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(
            file
            for file in path.rglob("*")
            if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file()
        )
        if found:
            yield from found
        else:
            yield UnreadableFileError(
                f"the folder holds no image ({_list_suffixes()})", path=path
            )


def load_pages(path: Path, source: str | None = None) -> Iterator[PageImage]:
    """Load the pages of one file; an image has one.

    Args:
        path: A JPEG, PNG, BMP or WebP file.
        source: How the result names the file; the path as given by default.

    Yields:
        Each page, upright by its EXIF orientation, transparency laid on white.

    Raises:
        UnreadableFileError: If the file is missing, is no image of these kinds, is
            damaged, cut short, too large or too small.
    """
    yield _load_image(path, str(path) if source is None else source)


def page_from_array(pixels: npt.NDArray[np.uint8], source: str) -> PageImage:
    """Wrap an image that is in memory already.

    Args:
        pixels: (H, W) or (H, W, 3) RGB uint8, 0 = black.
        source: How the result names the image.

    Raises:
        ValueError: If the shape or dtype is another.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3}:
        raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 (H, W)")
    if pixels.ndim == 2:
        return PageImage(pixels, source)
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    return PageImage(grey, source, colour=pixels)


def _load_image(path: Path, source: str) -> PageImage:
    if path.exists() and not path.is_file():
        raise UnreadableFileError("not a file; give image files", path=path)
    try:
        with _open_quietly(path) as image:
            _check_size(image.size, path)
            image.load()
            dpi = _stated_dpi(image)
            ImageOps.exif_transpose(image, in_place=True)
            return _to_page(image, source, dpi)
    except UnidentifiedImageError as error:
        raise UnreadableFileError(_describe_unknown(path), path=path) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableFileError(_TOO_LARGE, path=path) from error
    except FileNotFoundError as error:
        raise UnreadableFileError(
            "there is no such file; check the path", path=path
        ) from error
    except PermissionError as error:
        raise UnreadableFileError(
            "not allowed to read the file; check its permissions", path=path
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        # Pillow raises SyntaxError and ValueError for damaged chunks and headers.
        raise UnreadableFileError(
            f"the image is damaged or cut short ({error}); scan or copy it again",
            path=path,
        ) from error


def _open_quietly(path: Path) -> Image.Image:
    """Open an image, with Pillow's warning of huge ones as an exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(path, formats=_FORMATS)


_TOO_LARGE = (
    f"the image has more than {MAX_PIXELS // 1_000_000} million pixels; scan at a "
    "lower resolution (300 dpi is enough) or cut it into pages"
)


def _check_size(size: tuple[int, int], path: Path) -> None:
    """Refuse a page by its header, before memory is taken for its pixels."""
    width, height = size
    if width * height > MAX_PIXELS:
        raise UnreadableFileError(_TOO_LARGE, path=path)
    if min(size) < MIN_SIDE:
        raise UnreadableFileError(
            f"the image has {width} x {height} pixels, too few to hold a digit; "
            "scan at 150 dpi or more",
            path=path,
        )


def _stated_dpi(image: Image.Image) -> float | None:
    try:
        dpi = float(image.info["dpi"][0])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return dpi if dpi > 1 else None


def _to_page(image: Image.Image, source: str, dpi: float | None) -> PageImage:
    if image.mode.startswith("I"):  # 16 bits a pixel; convert() would clip
        wide = np.asarray(image, dtype=np.int64)
        grey = np.clip(wide >> 8, 0, 255).astype(np.uint8)
        return PageImage(grey, source, dpi=dpi)
    image = _lay_on_white(image)
    grey = np.asarray(image if image.mode == "L" else image.convert("L"))
    colour = None if image.mode in {"L", "1"} else np.asarray(image.convert("RGB"))
    return PageImage(grey, source, colour=colour, dpi=dpi)


def _lay_on_white(image: Image.Image) -> Image.Image:
    """Fill what is transparent with white, as paper would show."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered).convert("RGB")


def _describe_unknown(path: Path) -> str:
    if path.stat().st_size == 0:
        return "the file is empty; copy or scan it again"
    return f"not an image that formreader reads ({_list_suffixes()})"


def _list_suffixes() -> str:
    return ", ".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))
