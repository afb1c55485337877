"""What a worker does: opens a file, reads a page, and answers in small records."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from formreader.digits.normalization import to_mnist
from formreader.errors import UnreadableFileError, failed_page
from formreader.geometry import Box
from formreader.pages.loading import count_pages, load_page
from formreader.records import FieldKind
from formreader.store.records import (
    CropRecord,
    Failed,
    FieldRecord,
    Inspected,
    InspectFile,
    Outcome,
    PageRecord,
    ReadPage,
    Task,
)
from formreader.workers.limits import (
    Loss,
    PageLimits,
    WorkerLostError,
    is_out_of_memory,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from formreader.options import ReadingOptions
    from formreader.pipeline import FormReader
    from formreader.readings import DigitReading, FieldReading, PageReading
    from formreader.records import PageImage

__all__ = ["Worker"]

_CROP_HEIGHT_PX = 128  # higher ones are shrunk
_TEXT_HEIGHT_PX = 512  # the same of fields for text, which are looked at later
_MARGIN = 0.3  # of a field's height, around it in its picture
_TEXT_MARGIN_PX = 24  # around a field for text, at most
_JPEG_QUALITY = 80


class Worker:
    """Carries out tasks, one at a time.

    Args:
        reader: Reads the pages.
        options: How they are read.
        limits: What a task may take, to say it of one that took more.
    """

    def __init__(
        self,
        reader: FormReader,
        options: ReadingOptions,
        limits: PageLimits | None = None,
    ) -> None:
        """Keep OpenCV to one thread: there are as many workers as there are cores."""
        cv2.setNumThreads(1)
        self._reader, self._options, self._limits = reader, options, limits

    def run(self, task: Task) -> Outcome:
        """Carry out a task. What cannot be read is an answer, not an exception."""
        try:
            if isinstance(task, InspectFile):
                return _inspect(task, self._options.split)
            return self._read(task)
        except OSError as error:  # while hashing: the disk, a share that went away
            return Failed.of_system(task, error)
        except Exception as error:  # even a fault of formreader's own costs one page
            if self._limits is not None and is_out_of_memory(error):
                return Failed.of_loss(task, WorkerLostError(Loss.MEMORY, self._limits))
            return Failed.of(task, failed_page(error, task.path, None))

    def _read(self, task: ReadPage) -> PageRecord:
        started = time.process_time()
        page = load_page(task.path, task.page_index, split=self._options.split)
        strip = self._options.strip
        if strip is None:
            reading = self._reader.read_page(page)
        else:
            reading = self._reader.read_strip_page(page, strip)
        fields = tuple(
            record_field(field, page.pixels, page.scan) for field in reading.fields
        )
        return _record_page(task, page, reading, fields, time.process_time() - started)


def record_field(
    field: FieldReading,
    pixels: npt.NDArray[np.uint8],
    scan: npt.NDArray[np.uint8] | None = None,
) -> FieldRecord:
    """Turn a reading into a record with pictures.

    Args:
        field: The reading.
        pixels: (H, W) uint8, the page that its places are on.
        scan: (h, w) uint8, the page that it was read from, if another.
    """
    digits = tuple(replace(digit, ink=None) for digit in field.digits)
    return FieldRecord(
        replace(field, digits=digits),
        tuple(_draw_digit(digit) for digit in field.digits),
        _cut_crop(pixels, field, scan),
    )


def _inspect(task: InspectFile, split: bool) -> Inspected:
    """Open a file and sum up its bytes.

    Raises:
        InputError: If it cannot be opened, or changes meanwhile.
    """
    page_count = count_pages(task.path, split=split)
    before = task.path.stat()
    with task.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    after = task.path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnreadableFileError(
            "the file changed while it was read; start again once it is complete",
            path=task.path,
        )
    return Inspected(task, digest, after.st_size, after.st_mtime_ns, page_count)


def _record_page(
    task: ReadPage,
    page: PageImage,
    reading: PageReading,
    fields: tuple[FieldRecord, ...],
    seconds: float,
) -> PageRecord:
    height, width = page.pixels.shape
    return PageRecord(
        task,
        width,
        height,
        fields,
        form=reading.form,
        form_page=reading.form_page,
        residual_px=reading.residual_px,
        warnings=reading.warnings,
        seconds=seconds,
    )


def _draw_digit(digit: DigitReading) -> bytes | None:
    """Give what the model saw of a digit, as PNG."""
    if digit.ink is None:
        return None
    seen = np.rint(to_mnist(digit.ink) * 255).astype(np.uint8)
    return cv2.imencode(".png", seen)[1].tobytes()


def _cut_crop(
    pixels: npt.NDArray[np.uint8],
    field: FieldReading,
    scan: npt.NDArray[np.uint8] | None,
) -> CropRecord:
    """Cut out a field with some of the page around it, as it was read."""
    box, is_text = field.box, field.kind is FieldKind.TEXT
    margin = max(4, round(_MARGIN * box.height))
    margin = min(margin, _TEXT_MARGIN_PX) if is_text else margin
    most = _TEXT_HEIGHT_PX if is_text else _CROP_HEIGHT_PX
    around = box.expanded(margin, margin).clipped(pixels.shape)
    if min(around.width, around.height) < 1:  # a field beside the page
        around = Box(0, 0, 1, 1)
    cut = pixels[around.slices] if scan is None else _cut_scan(pixels, around, scan)
    scale = min(1.0, most / cut.shape[0])
    if scale < 1:
        size = (max(1, round(cut.shape[1] * scale)), most)
        cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    return CropRecord(cv2.imencode(".jpg", cut, quality)[1].tobytes(), around)


def _cut_scan(
    pixels: npt.NDArray[np.uint8], box: Box, scan: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Cut a box of the page out of its scan, which has another size."""
    (height, width), (high, wide) = pixels.shape, scan.shape
    left, right = (round(x * wide / width) for x in (box.left, box.right))
    top, bottom = (round(y * high / height) for y in (box.top, box.bottom))
    return scan[top : max(bottom, top + 1), left : max(right, left + 1)]
