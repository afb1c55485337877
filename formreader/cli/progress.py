"""How far a batch is: a bar for a person, lines for a log, JSON for a program."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from formreader.cli.messages import tell, tell_event

if TYPE_CHECKING:
    from formreader.batch.runner import Stage
    from formreader.promises.promise import Promise
    from formreader.store.machine.results import Totals
    from formreader.store.records import Outcome

__all__ = [
    "BarProgress",
    "JsonProgress",
    "LineProgress",
    "QuietProgress",
    "WatchJson",
    "WatchLines",
    "describe_end",
]

_LINE_EVERY_S = 30.0


def describe_end(totals: Totals, promise: Promise | None = None) -> dict[str, Any]:
    """Sum up a run as the last line of a log in JSON."""
    return {
        "event": "end",
        "pages": totals.pages,
        "fields": totals.fields,
        "empty": totals.empty,
        "review": totals.review,
        "failed": totals.failed,
        "copies": totals.copies,
        "aside": totals.aside,
        **({"promise": promise.describe()} if promise else {}),
    }


class QuietProgress:
    """Says nothing; the others say what it counts.

    A context manager: the others draw while it is open.

    Args:
        folder: What files are named from.
    """

    def __init__(self, folder: Path) -> None:
        """Start counting."""
        self._folder = folder
        self._stage, self._waiting, self._done = "", 0, 0
        self._failed = self._flagged = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop to show."""

    def begin(self, stage: Stage, waiting: int) -> None:
        """A stage begins, with so many files or pages to do."""
        self._stage, self._waiting, self._done = str(stage), waiting, 0
        self._began = time.monotonic()

    def advance(self, outcome: Outcome) -> None:
        """An outcome is in the store."""
        from formreader.store.records import Failed, PageRecord

        self._done += 1
        if isinstance(outcome, Failed):
            self._failed += 1
        elif isinstance(outcome, PageRecord):
            self._flagged += outcome.review_count

    @property
    def _rate(self) -> float:
        """Files or pages a second, since the stage began."""
        return self._done / max(time.monotonic() - self._began, 1e-3)

    @property
    def _counts(self) -> str:
        return f"{self._rate:.1f}/s, {self._failed} failed, {self._flagged} flagged"


class LineProgress(QuietProgress):
    """A line now and then, for a log."""

    _told = 0.0

    def begin(self, stage: Stage, waiting: int) -> None:
        """A stage begins."""
        super().begin(stage, waiting)
        self._told = time.monotonic()

    def advance(self, outcome: Outcome) -> None:
        """Tell how far it is, if it has been quiet for a while."""
        super().advance(outcome)
        if time.monotonic() - self._told >= _LINE_EVERY_S:
            self._told = time.monotonic()
            tell(
                f"{self._stage}: {self._done} of {self._waiting}, {self._counts}",
            )


class JsonProgress(QuietProgress):
    """A line of JSON for every file opened and every page read."""

    def advance(self, outcome: Outcome) -> None:
        """Tell what became of a file or page."""
        super().advance(outcome)
        tell_event(self._describe(outcome))

    def _describe(self, outcome: Outcome) -> dict[str, Any]:
        from formreader.store.records import Failed, Inspected, ReadPage

        task = outcome.task
        line: dict[str, Any] = {
            "event": "page" if isinstance(task, ReadPage) else "file",
            "source": task.path.relative_to(self._folder).as_posix(),
        }
        if isinstance(task, ReadPage):
            line["page"] = task.page_index + 1
        if isinstance(outcome, Failed):
            return line | {"error": outcome.problem, "remedy": outcome.remedy}
        if isinstance(outcome, Inspected):
            return line | {"pages": outcome.page_count}
        return line | {
            "fields": outcome.field_count,
            "review": outcome.review_count,
            "warnings": list(outcome.warnings),
            "seconds": round(outcome.seconds, 3),
        }


class WatchLines(QuietProgress):
    """A line for every page, and for what becomes of a watched folder."""

    def advance(self, outcome: Outcome) -> None:
        """Tell what became of a page, or of a file that cannot be opened."""
        from formreader.store.records import Failed, PageRecord, ReadPage

        super().advance(outcome)
        task = outcome.task
        name = task.path.relative_to(self._folder).as_posix()
        if isinstance(task, ReadPage):
            name += f", page {task.page_index + 1}"
        if isinstance(outcome, Failed):
            self.tell(f"{name}: {outcome.problem}; {outcome.remedy}")
        elif isinstance(outcome, PageRecord):
            counts = f"{outcome.field_count} fields, {outcome.review_count} to review"
            self.tell(f"{name}: {counts}")

    def lose_folder(self) -> None:
        """The folder has gone away."""
        self.tell(f"{self._folder} is away; waiting for it to come back")

    def find_folder(self) -> None:
        """The folder is back."""
        self.tell(f"{self._folder} is back")

    def complain(self, path: Path, error: OSError) -> None:
        """A file cannot be moved."""
        self.tell(f"{path} cannot be moved ({error.strerror}); it stays for now")

    def tell(self, text: str) -> None:
        """Write a line with the time."""
        tell(f"{time.strftime('%H:%M:%S')} {text}")


class WatchJson(JsonProgress):
    """The same in JSON."""

    def lose_folder(self) -> None:
        """The folder has gone away."""
        self.tell({"event": "away", "folder": str(self._folder)})

    def find_folder(self) -> None:
        """The folder is back."""
        self.tell({"event": "back", "folder": str(self._folder)})

    def complain(self, path: Path, error: OSError) -> None:
        """A file cannot be moved."""
        name = path.relative_to(self._folder).as_posix()
        self.tell({"event": "not moved", "source": name, "error": error.strerror})

    def tell(self, line: dict[str, Any]) -> None:
        """Write a line."""
        tell_event(line)


class BarProgress(QuietProgress):
    """A bar, for a person at a terminal."""

    def __init__(self, folder: Path) -> None:
        """Prepare the bar."""
        super().__init__(folder)
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[counts]}"),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, counts="")

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it away."""
        self._bar.stop()

    def begin(self, stage: Stage, waiting: int) -> None:
        """Start a bar for the stage."""
        super().begin(stage, waiting)
        self._bar.reset(self._task, total=waiting, description=self._stage.capitalize())

    def advance(self, outcome: Outcome) -> None:
        """Move the bar."""
        super().advance(outcome)
        self._bar.update(self._task, advance=1, counts=self._counts)
