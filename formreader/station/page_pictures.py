"""Pictures of the pages of a run, drawn from its files."""

from __future__ import annotations

import io
import os
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from formreader.errors import InputError, UnreadableFileError
from formreader.pages.loading import load_pages
from formreader.store.machine.origin import find_archives
from formreader.store.people.items import PageSource, find_page
from formreader.store.tables.connection import RunStore

__all__ = ["PagePictures"]

_LONGEST_SIDE_PX = 2400  # of a page in the browser
_QUALITY = 80  # of its JPEG
_KEPT = 24  # pages in memory


class PagePictures:
    """Draws pages, and keeps the last ones.

    Args:
        store: The run.
        folder: Where its files are.
    """

    def __init__(self, store: RunStore, folder: Path) -> None:
        """Keep no page yet."""
        self._store, self._folder = store, folder.resolve()
        self._drawn: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()  # one page at a time: each may be large

    def get(self, page_id: int) -> bytes | None:
        """Give a page as JPEG, shrunk; None if there is no such page.

        Raises:
            InputError: If its file cannot be read, is no longer there, or has changed.
        """
        with self._lock:
            if page_id in self._drawn:
                self._drawn.move_to_end(page_id)
                return self._drawn[page_id]
            source = find_page(self._store, page_id)
            if source is None:
                return None
            picture = _encode(self._load(source))
            self._drawn[page_id] = picture
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
            return picture

    def _load(self, source: PageSource) -> npt.NDArray[np.uint8]:
        path = self._locate(source)
        try:
            found = path.stat()
        except OSError as error:
            raise UnreadableFileError(
                "is not there any more; put it back to see the page", path=path
            ) from error
        if (found.st_size, found.st_mtime_ns) != (source.size, source.mtime_ns):
            raise UnreadableFileError("has changed since it was read", path=path)
        for page in load_pages(path, pages=[source.page_index + 1]):
            return page.pixels
        raise InputError("has no such page", path=path)

    def _locate(self, source: PageSource) -> Path:
        """Find the file, in the folder of the run or in one that it moves files to.

        Raises:
            UnreadableFileError: If it lies anywhere else.
        """
        if source.moved_to is None:
            path, allowed = (
                Path(os.path.realpath(self._folder / source.name)),
                [self._folder],
            )
        else:
            path, allowed = (
                Path(os.path.realpath(source.moved_to)),
                find_archives(self._store),
            )
        if not any(path.is_relative_to(folder) for folder in allowed):
            raise UnreadableFileError("lies outside the folders of the run", path=path)
        return path


def _encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Shrink a page and make a JPEG of it."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_LONGEST_SIDE_PX, _LONGEST_SIDE_PX), Image.Resampling.BOX)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
