"""What a run keeps: files, tasks, answers, as small records that can be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from formreader.errors import FormReaderError
from formreader.geometry import Box
from formreader.readings import FieldReading
from formreader.records import LeftAside
from formreader.workers.limits import WorkerLostError

__all__ = [
    "CropRecord",
    "Failed",
    "FieldRecord",
    "FoundFile",
    "InspectFile",
    "Inspected",
    "LeftAside",
    "Outcome",
    "PageRecord",
    "ReadPage",
    "Task",
]


@dataclass(frozen=True)
class InspectFile:
    """Find out what a file is.

    Attributes:
        file_id: Its row in the store.
        path: Where it is.
    """

    file_id: int
    path: Path


@dataclass(frozen=True)
class ReadPage:
    """Read one page.

    Attributes:
        page_id: Its row in the store.
        path: The file.
        page_index: 0-based page in the file.
    """

    page_id: int
    path: Path
    page_index: int


@dataclass(frozen=True)
class Inspected:
    """What a file is.

    Attributes:
        task: What was asked.
        sha256: Of its bytes, in hexadecimal.
        size: In bytes.
        mtime_ns: When it was last changed.
        page_count: How many pages it has.
    """

    task: InspectFile
    sha256: str
    size: int
    mtime_ns: int
    page_count: int


@dataclass(frozen=True)
class CropRecord:
    """A picture of a field.

    Attributes:
        image: JPEG, grey.
        box: What it shows, in pixels of the page.
    """

    image: bytes
    box: Box


@dataclass(frozen=True, eq=False)
class FieldRecord:
    """One field as it was read, with its pictures.

    Attributes:
        reading: What was read; its digits without their ink.
        images: PNG of what the digit model saw, (28, 28) uint8, 255 = ink, for each
            digit of the reading; None where it was not cut out.
        crop: A picture of the field.
    """

    reading: FieldReading
    images: tuple[bytes | None, ...]
    crop: CropRecord


@dataclass(frozen=True)
class PageRecord:
    """One page as it was read.

    Attributes:
        task: What was asked.
        width: Of the page, pixels.
        height: The same.
        fields: In reading order.
        form: Name of the template that it was read by, or None.
        form_page: 1-based page of the form, or None.
        residual_px: How well the page fits its form, in pixels of the reference.
        warnings: What a person should know who relies on this page.
        seconds: Processor time that it took.
    """

    task: ReadPage
    width: int
    height: int
    fields: tuple[FieldRecord, ...]
    form: str | None = None
    form_page: int | None = None
    residual_px: float | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def field_count(self) -> int:
        """How many fields were found."""
        return sum(not field.reading.stands_for_page for field in self.fields)

    @property
    def review_count(self) -> int:
        """How many of its fields a person must look at."""
        return sum(field.reading.needs_review for field in self.fields)


@dataclass(frozen=True)
class Failed:
    """A file or page that cannot be read.

    Attributes:
        task: What was asked.
        problem: What went wrong.
        remedy: What to do about it.
    """

    task: InspectFile | ReadPage
    problem: str
    remedy: str = field(default="")

    @classmethod
    def of(cls, task: InspectFile | ReadPage, error: FormReaderError) -> Failed:
        """Part the message of an error, which has the form "problem; remedy".

        Example:
            >>> task = InspectFile(1, Path("a.jpg"))
            >>> error = FormReaderError("the file is empty; scan it again")
            >>> Failed.of(task, error).remedy
            'scan it again'
        """
        problem, _, remedy = error.message.rpartition("; ")
        return cls(task, problem or remedy, remedy if problem else "")

    @classmethod
    def of_system(cls, task: InspectFile | ReadPage, error: OSError) -> Failed:
        """Say that the disk, or a share that went away, has refused."""
        problem = f"the file cannot be read ({error.strerror})"
        return cls(task, problem, "copy it again, then start with --retry-failed")

    @classmethod
    def of_loss(cls, task: InspectFile | ReadPage, lost: WorkerLostError) -> Failed:
        """Say that a task cost more than it may, or a worker its life."""
        return cls(task, lost.problem, f"{lost.remedy}, then start with --retry-failed")

    @classmethod
    def of_death(cls, task: InspectFile | ReadPage, problem: str) -> Failed:
        """Say that whoever was at a task died."""
        remedy = "try again with --retry-failed; if it stays, report the page"
        return cls(task, problem, remedy)


Task = InspectFile | ReadPage
Outcome = Inspected | PageRecord | Failed


@dataclass(frozen=True)
class FoundFile:
    """A file to read.

    Attributes:
        name: Its path below the folder, with `/`.
        size: In bytes.
        mtime_ns: When it was last changed.
    """

    name: str
    size: int
    mtime_ns: int
