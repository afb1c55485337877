"""The pictures of a run: crops and digits from the store, pages from the files."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from formreader.batch.archive import find_targets
from formreader.errors import InputError, UnreadableFileError
from formreader.pages.loading import load_pages
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import crops, digits, files, pages

__all__ = ["Pictures"]

_LONGEST_SIDE_PX = 2400  # of a page in the browser
_QUALITY = 80  # of its JPEG
_KEPT = 24  # pages in memory


@dataclass(frozen=True)
class _Place:
    """Where a page is.

    Attributes:
        name: The file, relative to the folder of the run.
        moved_to: Where the file lies since it was moved; None for in the folder.
        size: Its bytes when it was read.
        mtime_ns: When it was changed last before it was read.
        page_index: The 0-based page in it.
    """

    name: str
    moved_to: str | None
    size: int
    mtime_ns: int
    page_index: int


class Pictures:
    """Gives out pictures of a run.

    Args:
        store: The run.
        folder: Where its files are.
    """

    def __init__(self, store: RunStore, folder: Path) -> None:
        """Keep no page yet."""
        self._store, self._folder = store, folder.resolve()
        self._sheets: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()  # one page at a time: each may be large

    def crop(self, field_id: int) -> bytes | None:
        """Give the JPEG of a field; None if there is no such field."""
        query = select(crops.c.image).where(crops.c.field_id == field_id)
        with self._store.read() as connection:
            return connection.scalar(query)

    def digit(self, field_id: int, position: int) -> bytes | None:
        """Give the PNG of what the model saw of a digit; None if there is none."""
        query = select(digits.c.image).where(
            digits.c.field_id == field_id, digits.c.position == position
        )
        with self._store.read() as connection:
            return connection.scalar(query)

    def sheet(self, page_id: int) -> bytes | None:
        """Give a page as JPEG, shrunk; None if there is no such page.

        Raises:
            InputError: If its file cannot be read, is no longer there, or has changed.
        """
        with self._lock:
            if page_id in self._sheets:
                self._sheets.move_to_end(page_id)
                return self._sheets[page_id]
            place = self._find(page_id)
            if place is None:
                return None
            picture = _encode(self._load(place))
            self._sheets[page_id] = picture
            while len(self._sheets) > _KEPT:
                self._sheets.popitem(last=False)
            return picture

    def _find(self, page_id: int) -> _Place | None:
        query = (
            select(
                files.c.name,
                files.c.moved_to,
                files.c.size,
                files.c.mtime_ns,
                pages.c.page_index,
            )
            .join(files, files.c.id == pages.c.file_id)
            .where(pages.c.id == page_id)
        )
        with self._store.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _Place(*row)

    def _load(self, place: _Place) -> npt.NDArray[np.uint8]:
        path = self._locate(place)
        try:
            found = path.stat()
        except OSError as error:
            raise UnreadableFileError(
                "is not there any more; put it back to see the page", path=path
            ) from error
        if (found.st_size, found.st_mtime_ns) != (place.size, place.mtime_ns):
            raise UnreadableFileError("has changed since it was read", path=path)
        for page in load_pages(path, pages=[place.page_index + 1]):
            return page.pixels
        raise InputError("has no such page", path=path)

    def _locate(self, place: _Place) -> Path:
        """Find the file, in the folder of the run or in one that it moves files to.

        Raises:
            UnreadableFileError: If it lies anywhere else.
        """
        if place.moved_to is None:
            path, allowed = (
                Path(os.path.realpath(self._folder / place.name)),
                [self._folder],
            )
        else:
            path, allowed = (
                Path(os.path.realpath(place.moved_to)),
                find_targets(self._store),
            )
        if not any(path.is_relative_to(folder) for folder in allowed):
            raise UnreadableFileError("lies outside the folders of the run", path=path)
        return path


def _encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Shrink a page and make a JPEG of it."""
    scale = _LONGEST_SIDE_PX / max(pixels.shape)
    if scale < 1:
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        size = (max(1, size[0]), max(1, size[1]))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return cv2.imencode(".jpg", pixels, quality)[1].tobytes()
