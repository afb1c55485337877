"""Pages of image files: one of a JPEG, PNG, BMP or WebP, any number of a TIFF."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from PIL import (
    Image,
    ImageOps,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401 - registers the format
)

from formreader.errors import UnreadableFileError
from formreader.pages.limits import (
    MAX_PAGES,
    TOO_LARGE,
    check_page_count,
    check_size,
)
from formreader.pages.resolution import credible_dpi, describe_low_resolution
from formreader.records import PageImage

_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")  # a phone's MPO opens as JPEG
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", *_TIFF_STARTS)
_FAX_RATIO = (1.5, 2.5)  # standard mode has 204 x 98 dpi, fine mode 204 x 196
_NOT_A_PAGE = 1 | 4  # bits of NewSubfileType: a smaller copy, a mask


def is_image(start: bytes) -> bool:
    r"""Tell by the first 16 bytes of a file if it is an image of a kind read here.

    Example:
        >>> is_image(b"\x89PNG\r\n\x1a\n"), is_image(b"name,value")
        (True, False)
    """
    is_bmp = start[:2] == b"BM" and start[6:10] == bytes(4)
    is_webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    return is_bmp or is_webp or start.startswith(_STARTS)


class ImageDocument:
    """An open image file. Use it as a context manager.

    Args:
        path: The file.
        source: How the pages name the file.

    Raises:
        UnreadableFileError: If the file is missing or no image of a kind that is read.
    """

    def __init__(self, path: Path, source: str) -> None:
        """Open the file and find its pages, without decoding any."""
        self._path, self._source = path, source
        with _errors_named(path), ExitStack() as opened:
            # By name Pillow would map the file, and shear a TIFF that lies on its side.
            file = opened.enter_context(path.open("rb"))
            with _quiet():
                image = opened.enter_context(Image.open(file, formats=_FORMATS))
            self._image, self._frames = image, _list_frames(image)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        """Return the document."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._opened.close()

    @property
    def page_count(self) -> int:
        """How many pages the file has."""
        return len(self._frames)

    def load(self, index: int) -> PageImage:
        """Decode one page, upright by its orientation, transparency laid on white.

        Args:
            index: The page, from 0.

        Raises:
            UnreadableFileError: If it is damaged, cut short, too large or too small.
        """
        page_index = index if self.page_count > 1 else None
        with _errors_named(self._path, page_index), _quiet():
            if self._frames[index] != self._image.tell():
                self._image.seek(self._frames[index])
            check_size(self._image.size)
            self._image.load()
            dpi = _stated_dpi(self._image)
            image: Image.Image = self._image
            if image.format == "TIFF":  # Pillow has turned it already
                image = _make_square(image)
            else:
                ImageOps.exif_transpose(image, in_place=True)
            page = _to_page(image, self._source, index, dpi)
            return replace(page, page_count=self.page_count)


def _list_frames(image: Image.Image) -> list[int]:
    """List the frames of a file that are pages.

    Other formats than TIFF have frames too, but as animations and previews.

    Raises:
        UnreadableFileError: If there are too many.
    """
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return [0]
    frames = []
    with _quiet():
        for frame in range(MAX_PAGES + 1):
            try:
                image.seek(frame)
            except EOFError:
                break
            except (OSError, ValueError, SyntaxError, TypeError, KeyError):
                frames.append(frame)  # loading it says what is wrong
                if image.tell() != frame:
                    break  # nor does it say where the next one lies
                continue
            if not int(image.tag_v2.get(254, 0)) & _NOT_A_PAGE:
                frames.append(frame)
    check_page_count(len(frames))
    return frames or [0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Make Pillow's warning of huge images an error, and silence those of metadata."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


@contextmanager
def _errors_named(path: Path, page_index: int | None = None) -> Iterator[None]:
    """Turn what can go wrong into errors that name the file, the page and a remedy."""
    try:
        yield
    except UnreadableFileError as error:
        raise UnreadableFileError(
            error.message, path=path, page_index=page_index
        ) from error
    except UnidentifiedImageError as error:
        message = _describe_unknown(path)
        raise UnreadableFileError(message, path=path) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableFileError(
            TOO_LARGE, path=path, page_index=page_index
        ) from error
    except PermissionError as error:
        raise UnreadableFileError(
            "not allowed to read the file; check its permissions", path=path
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError) as error:
        # Pillow raises any of these for damaged chunks, headers and tags.
        reason = "a bad tag" if isinstance(error, KeyError) else str(error)[:80]
        raise UnreadableFileError(
            f"the image is damaged or cut short ({reason}); scan or copy it again",
            path=path,
            page_index=page_index,
        ) from error


def _describe_unknown(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if start in _TIFF_STARTS:
        return (
            "the TIFF is damaged, cut short or of a rare kind; scan it again, or save "
            "it as PNG"
        )
    kinds = ", ".join((*_FORMATS, "PDF"))
    return f"not an image or PDF that formreader reads ({kinds}); convert it to PNG"


def _stated_dpi(image: Image.Image) -> float | None:
    stated = _read_dpi(image)
    return None if stated is None else credible_dpi(min(stated), image.size)


def _read_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Read the resolution across and down, whatever it is."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return across, down


def _make_square(image: Image.Image) -> Image.Image:
    """Stretch a fax, which has half as many pixels an inch down as across."""
    across, down = _read_dpi(image) or (1.0, 1.0)
    low, high = _FAX_RATIO
    if not (down > 0 and low <= across / down <= high):
        return image
    width, height = image.size
    size = (width, round(height * across / down))
    check_size(size)
    smooth = {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
    return image.convert(smooth).resize(size, Image.Resampling.BICUBIC)


def _to_page(
    image: Image.Image, source: str, index: int, dpi: float | None
) -> PageImage:
    if image.mode == "F":  # nothing says which number is white
        raise UnreadableFileError(
            "the pixels are fractions; save it as PNG with 8 bits a channel"
        )
    warning = describe_low_resolution(image.size, dpi)
    colour = None
    if image.mode.startswith("I"):  # 16 bits a pixel; convert() would clip
        wide = np.asarray(image, dtype=np.int64)
        grey = np.clip(wide >> 8, 0, 255).astype(np.uint8)
    else:
        image = _lay_on_white(image)
        grey = np.asarray(image if image.mode == "L" else image.convert("L"))
        if image.mode not in {"L", "1"}:
            colour = np.asarray(image.convert("RGB"))
    doubts = () if warning is None else (warning,)
    return PageImage(grey, source, index, colour, dpi, warnings=doubts)


def _lay_on_white(image: Image.Image) -> Image.Image:
    """Fill what is transparent with white, as paper would show."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    layered = image.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered).convert("RGB")
