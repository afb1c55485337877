"""Pages of image files: any number of a TIFF or DCX, one of any other kind."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from formreader.errors import UnreadableFileError
from formreader.pages.contents import FileContent
from formreader.pages.formats import FORMATS, detect_format, open_image
from formreader.pages.limits import (
    MAX_PAGES,
    TOO_LARGE,
    check_decoder,
    check_page_count,
    check_size,
)
from formreader.pages.resolution import (
    credible_dpi,
    describe_low_resolution,
    read_pixel_shape,
    read_resolution,
    square_size,
)
from formreader.pages.tones import (
    check_brightness,
    has_wide_channels,
    to_arrays,
    turn_upright,
)
from formreader.records import PageImage

_NOT_A_PAGE = 1 | 4  # bits of NewSubfileType: a smaller copy, a mask
_ORIENTATION = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})  # orientations that swap across and down


class ImageDocument:
    """An open image file. Use it as a context manager.

    Args:
        content: The file.
        source: How the pages name the file.

    Raises:
        UnreadableFileError: If the file is missing or no image of a kind that is read.
    """

    def __init__(self, content: FileContent, source: str) -> None:
        """Open the file and find its pages, without decoding any."""
        self._content, self._path, self._source = content, content.path, source
        kind = detect_format(content.read_start())
        if kind is None:
            raise UnreadableFileError(_describe_unknown(), path=content.path)
        self._kind = kind
        self._opened = ExitStack()
        self._image: Image.Image | None = None
        with _errors_named(self._path, kind=kind), ExitStack() as opened:
            opened.callback(self._close)
            self._frames = _list_frames(self._open())
            opened.pop_all()

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
        self._close()

    def _open(self) -> Image.Image:
        """Open the image, unless it is open."""
        if self._image is None:
            with ExitStack() as opened, _quiet():
                # By name Pillow would map the file, and shear a TIFF on its side.
                file = opened.enter_context(self._content.open())
                self._image = opened.enter_context(open_image(file, self._kind))
                self._opened = opened.pop_all()
        return self._image

    def _close(self) -> None:
        self._image = None
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
            image = self._open()
            if self._frames[index] != image.tell():
                image.seek(self._frames[index])
            check_size(image.size)
            check_decoder(self._kind, image.size)
            try:
                return self._load(image, index)
            finally:
                if self.page_count == 1:  # the decoder may hold several copies
                    self._close()

    def _load(self, image: Image.Image, index: int) -> PageImage:
        is_wide, orientation = has_wide_channels(image), _stored_orientation(image)
        image.load()
        if image.format != "TIFF":
            stated = image.getexif().get(_ORIENTATION, 1)
            orientation = stated if isinstance(stated, int) else 1
        grey, colour = to_arrays(image)
        if is_wide:
            check_brightness(grey)
        if image.format != "TIFF":  # Pillow has turned it already
            grey = turn_upright(grey, orientation)
            colour = None if colour is None else turn_upright(colour, orientation)
        stated, shape = read_resolution(image), read_pixel_shape(image)
        if shape is not None and orientation in _ON_ITS_SIDE:
            shape = shape[::-1]
        size = grey.shape[1], grey.shape[0]
        square = square_size(size, shape)
        dpi = None if stated is None else credible_dpi(min(stated), square or size)
        warning = describe_low_resolution(square or size, dpi)
        return PageImage(
            grey,
            self._source,
            index,
            colour,
            dpi,
            self.page_count,
            warnings=() if warning is None else (warning,),
            scan=None if square is None else _stretch(grey, square),
        )


def _list_frames(image: Image.Image) -> list[int]:
    """List the frames of a file that are pages.

    Other formats than TIFF and DCX have frames too, but as animations, bursts and
    previews; of these the one that is shown first is the page.

    Raises:
        UnreadableFileError: If there are too many.
    """
    if image.format == "DCX":
        return list(range(max(1, int(getattr(image, "n_frames", 1)))))
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return [image.tell()]
    frames = []
    with _quiet():
        for frame in range(MAX_PAGES + 1):
            try:
                image.seek(frame)
            except EOFError:
                break
            except Exception:  # Pillow raises nearly any for damaged tags
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
def _errors_named(
    path: Path, page_index: int | None = None, *, kind: str | None = None
) -> Iterator[None]:
    """Turn what can go wrong into errors that name the file, the page and a remedy."""
    try:
        yield
    except Exception as error:  # Pillow raises nearly any for damaged chunks and tags
        message = _describe(error, kind)
        raise UnreadableFileError(message, path=path, page_index=page_index) from error


def _describe(error: Exception, kind: str | None) -> str:
    """Say in a line what an exception of opening or decoding means for a user."""
    if isinstance(error, UnreadableFileError):
        return error.message
    if isinstance(error, UnidentifiedImageError):
        name = "image" if kind is None else kind
        return (
            f"the {name} is damaged or cut short, or of a rare kind; scan it again, or "
            "save it as PNG"
        )
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return TOO_LARGE
    if isinstance(error, PermissionError):
        return "not allowed to read the file; check its permissions"
    if isinstance(error, MemoryError):
        return "too little memory to decode the image; scan at a lower resolution"
    known = isinstance(error, OSError | ValueError | SyntaxError | EOFError)
    text = " ".join(str(error).split())[:80]
    reason = text if known and text else "a bad tag or chunk"
    return f"the image is damaged or cut short ({reason}); scan or copy it again"


def _describe_unknown() -> str:
    kinds = ", ".join((*FORMATS, "PDF"))
    return f"not an image or PDF that formreader reads ({kinds}); convert it to PNG"


def _stored_orientation(image: Image.Image) -> int:
    """Read how a TIFF lies, before Pillow turns it and forgets."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return 1
    stated = image.tag_v2.get(_ORIENTATION, 1)
    return stated if isinstance(stated, int) else 1


def _stretch(
    grey: npt.NDArray[np.uint8], size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Scale a page to (width, height), at which its pixels are square."""
    scaled = Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(scaled)
