"""What runs on the workers of a Dask cluster, and what is sent there.

A `ReadingKit` and the bytes of a file are results of tasks of their own: the scheduler
brings them to each worker that needs them, makes them anew when a worker is lost, and
lets go of them when the run ends, however it ends.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import TYPE_CHECKING

from formreader.errors import FormReaderError, OutputError, TemplateError
from formreader.options import ReadingOptions, sum_up_readers
from formreader.store.records import Failed, Outcome, Task
from formreader.workers.limits import Loss, PageLimits, WorkerLostError

if TYPE_CHECKING:
    from formreader.batch.worker import Worker
    from formreader.forms.templates.template import FormTemplate

__all__ = [
    "KitContent",
    "ReadingKit",
    "SentFile",
    "carry_out",
    "check_worker",
    "describe_installation",
    "pack_options",
]


@dataclass(frozen=True)
class KitContent:
    """What a worker must have to read pages as the machine that asks for it would.

    Attributes:
        options: How pages are read; its files are replaced by those that follow.
        templates: The templates.
        references: The files of their reference pages, in the same order.
        model: Names and bytes of the files of a model of the user's own, or none.
        installation: What `describe_installation` must say on the worker.
        page_timeout_s: How long a task may take, in seconds.
    """

    options: ReadingOptions
    templates: tuple[FormTemplate, ...]
    references: tuple[tuple[bytes, ...], ...]
    model: tuple[tuple[str, bytes], ...]
    installation: Mapping[str, str]
    page_timeout_s: float


class ReadingKit:
    """Reads pages on a Dask worker; lives as long as the worker holds it.

    Args:
        content: What was sent.
    """

    def __init__(self, content: KitContent) -> None:
        """Load nothing yet: a kit may only pass through on its way to a worker."""
        self._content = content
        self._lock = Lock()
        self._idle: list[Worker] = []
        self._folder: TemporaryDirectory[str] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Travel without what was loaded."""
        return type(self), (self._content,)

    def run(self, task: Task) -> Outcome:
        """Carry out a task, one at a time in each thread.

        A page that takes too long is given up. Its thread cannot be ended: it goes on
        unheard, and what it uses is used by no one else.

        Raises:
            FormReaderError: If this worker cannot read as the sender would.
        """
        limit_s = self._content.page_timeout_s
        worker = self._take_worker()
        answers: SimpleQueue[Outcome] = SimpleQueue()
        thread = Thread(target=lambda: answers.put(worker.run(task)), daemon=True)
        thread.start()
        try:
            outcome = answers.get(timeout=limit_s)
        except Empty:
            lost = WorkerLostError(Loss.TIME, PageLimits(limit_s))
            return Failed.of_loss(task, lost)
        with self._lock:
            self._idle.append(worker)
        return outcome

    def make_worker(self) -> Worker:
        """Load the models.

        Raises:
            FormReaderError: If this worker cannot read as the sender would.
        """
        from formreader.batch.worker import Worker

        check_worker(self._content.installation)
        options = self._content.options
        folder = self._unpack()
        if self._content.model:
            options = replace(options, model=folder / self._content.model[0][0])
        reader = options.make_reader(self._place_references(folder))
        return Worker(reader, options)

    def _take_worker(self) -> Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            return self.make_worker()

    def _unpack(self) -> Path:
        """Write the files of the kit into a private folder, once."""
        if self._folder is None:
            self._folder = _make_private_folder()
            for name, content in self._content.model:
                (Path(self._folder.name) / name).write_bytes(content)
            for form, images in enumerate(self._content.references):
                for page, image in enumerate(images):
                    path = Path(self._folder.name) / _reference_name(form, page)
                    path.write_bytes(image)
        return Path(self._folder.name)

    def _place_references(self, folder: Path) -> tuple[FormTemplate, ...]:
        """Let the templates name the references that were unpacked."""
        placed = []
        for form, template in enumerate(self._content.templates):
            pages = tuple(
                page.model_copy(update={"reference": folder / _reference_name(form, i)})
                for i, page in enumerate(template.pages)
            )
            placed.append(template.model_copy(update={"pages": pages}))
        return tuple(placed)


class SentFile:
    """The bytes of a scan on a Dask worker, in a private file while they are needed.

    Args:
        content: The bytes.
        mtime_ns: When the file was last changed.
    """

    def __init__(self, content: bytes, mtime_ns: int) -> None:
        """Write no file yet: the bytes may only pass through."""
        self._content, self._mtime_ns = content, mtime_ns
        self._lock = Lock()
        self._folder: TemporaryDirectory[str] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Travel as bytes."""
        return type(self), (self._content, self._mtime_ns)

    def __sizeof__(self) -> int:
        """Count the bytes, so that Dask knows what it holds."""
        return object.__sizeof__(self) + len(self._content)

    @property
    def path(self) -> Path:
        """Where the file lies; it goes with this object."""
        with self._lock:
            if self._folder is None:
                self._folder = _make_private_folder()
                path = Path(self._folder.name) / "page"
                path.write_bytes(self._content)
                os.utime(path, ns=(self._mtime_ns, self._mtime_ns))
            return Path(self._folder.name) / "page"


def carry_out(kit: ReadingKit, task: Task, sent: SentFile | None = None) -> Outcome:
    """Carry out a task on a Dask worker.

    Args:
        kit: Reads pages.
        task: What is asked.
        sent: The file, if the worker cannot open it at its own path.

    Raises:
        OutputError: If this worker cannot read as the sender would, or has no room for
            the file; it names the worker.
    """
    from distributed import get_worker

    try:
        return kit.run(task if sent is None else replace(task, path=sent.path))
    except (FormReaderError, OSError) as error:
        raise OutputError(f"the worker {get_worker().address}: {error}") from error


def check_worker(
    installation: Mapping[str, str], shared_folder: Path | None = None
) -> None:
    """Make sure that this process reads as the sender would.

    Args:
        installation: What `describe_installation` says at the sender.
        shared_folder: A folder that this process must see, if any.

    Raises:
        OutputError: If it has another formreader or model, or does not see the folder.
    """
    own = describe_installation()
    for key, wanted in installation.items():
        if own[key] != wanted:
            raise OutputError(
                f"it has {key} {own[key]}, here it is {wanted}; install the same "
                "formreader on all machines"
            )
    if shared_folder is not None and not shared_folder.is_dir():
        raise OutputError(
            f"it sees no folder {shared_folder}; mount it there, or leave out "
            "--shared-folder, and pages are sent"
        )


def describe_installation() -> dict[str, str]:
    """Say which formreader this is, and which models it has.

    Raises:
        ModelError: If a model is missing or damaged.
    """
    from formreader.digits.model import checksum, find_model, shipped_folder
    from formreader.ink.model import INK_MODEL_NAME

    return {
        "formreader": version("formreader"),
        "the digit model": checksum(find_model().path)[:16],
        **{f"the {role}": found[:16] for role, found in sum_up_readers().items()},
        "the ink model": checksum(shipped_folder() / INK_MODEL_NAME)[:16],
    }


def pack_options(options: ReadingOptions, page_timeout_s: float) -> KitContent:
    """Collect what a worker must have to read pages as this machine would.

    Args:
        options: How pages are read.
        page_timeout_s: How long a task may take, in seconds.

    Raises:
        ModelError: If the model cannot be used.
        TemplateError: If a template or its reference cannot be used.
    """
    templates = options.load_templates()
    return KitContent(
        options=replace(options, templates=(), model=None),
        templates=templates,
        references=tuple(_read_references(template) for template in templates),
        model=_read_model(options.model),
        installation=describe_installation(),
        page_timeout_s=page_timeout_s,
    )


def _read_references(template: FormTemplate) -> tuple[bytes, ...]:
    for page in template.pages:
        page.load_pixels()  # whoever cannot open it here is told so here
    try:
        return tuple(page.reference.read_bytes() for page in template.pages)
    except OSError as error:
        raise TemplateError(
            f"the reference cannot be read ({error.strerror}); put it back beside the "
            "template",
            path=template.pages[0].reference,
        ) from error


def _read_model(path: Path | None) -> tuple[tuple[str, bytes], ...]:
    """Read the files of a model, the artefact first; none for the one that ships."""
    from formreader.digits.model import find_model

    if path is None:
        return ()
    found = find_model(path)
    files = [found.path]
    if found.manifest is not None:
        files.append(found.path.with_suffix(".json"))
    return tuple((file.name, file.read_bytes()) for file in files)


def _reference_name(form: int, page: int) -> str:
    return f"reference-{form}-{page}"


def _make_private_folder() -> TemporaryDirectory[str]:
    """Make a folder that goes with the worker, even with one that is killed."""
    from distributed import get_worker

    # Dask clears away what dead workers have left in here.
    return TemporaryDirectory(prefix="formreader-", dir=get_worker().local_directory)
