"""The folder in which the work of a server lies: runs, and the forms to read by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from formreader.errors import InputError, OutputError

__all__ = [
    "CALIBRATION_SUFFIX",
    "FORM_SUFFIX",
    "REMOVED",
    "Machines",
    "WorkFolder",
    "check_name",
]

FORM_SUFFIX = ".toml"
"""Ending of a template."""

CALIBRATION_SUFFIX = ".threshold"
"""Ending of a calibration."""

REMOVED = ".removed-"
"""Before the name of a run folder that is on its way out."""

_MOST_LETTERS = 80
_NAME = re.compile(r"\w(?:[\w .()+,-]*[\w)])?")
# Names of devices, which Windows gives no file.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def check_name(text: str) -> str:
    """Make sure that a name of a run or form can be a file's on every system.

    Args:
        text: As it was typed; letters that are written in two ways become one.

    Raises:
        InputError: If it cannot.

    Example:
        >>> check_name(" exam 2026 ")
        'exam 2026'
    """
    name = unicodedata.normalize("NFC", text).strip()
    if len(name) > _MOST_LETTERS or not _NAME.fullmatch(name) or _DEVICE.match(name):
        raise InputError(
            "this name cannot be used; take up to 80 letters, digits, spaces, points "
            "and hyphens that begin and end with a letter or digit"
        )
    return name


@dataclass(frozen=True)
class Machines:
    """Other machines that work for a server.

    Attributes:
        store_url: Of the PostgreSQL database that keeps new runs; None for a file each.
        scheduler: Address of the Dask scheduler whose workers read; None for this
            machine.
        shared: Where these workers find the folder of work; None to send them the
            scans.
    """

    store_url: str | None = None
    scheduler: str | None = None
    shared: Path | None = None


@dataclass(frozen=True)
class WorkFolder:
    """A folder of work.

    Attributes:
        root: Where it lies.
        allowed: Folders of the computer that runs may read where they are.
        most_runs: How many runs are read at once; others wait.
        machines: That keep its runs, and read them.
    """

    root: Path
    allowed: tuple[Path, ...] = ()
    most_runs: int = 2
    machines: Machines = Machines()

    @property
    def runs(self) -> Path:
        """The folder of the runs: each as `formreader batch -o` writes it."""
        return self.root / "runs"

    @property
    def forms(self) -> Path:
        """The folder of the templates."""
        return self.root / "forms"

    @property
    def calibrations(self) -> Path:
        """The folder of what people checked, as `formreader calibrate` writes it."""
        return self.root / "calibrations"

    @property
    def models(self) -> Path:
        """The folder of the digit models that were learnt here."""
        return self.root / "models"

    @property
    def digits(self) -> Path:
        """The folder of digits that people bring to learn from."""
        return self.root / "digits"

    def prepare(self) -> None:
        """Make the folders if they are not there.

        Raises:
            OutputError: If they cannot be made.
        """
        try:
            for folder in (self.runs, self.forms):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the folder of work cannot be made ({error.strerror}); choose another",
                path=self.root,
            ) from error

    def list_runs(self) -> Iterator[Path]:
        """Yield the run folders, the one that was changed last first."""
        found = (path for path in self.runs.iterdir() if _is_named(path))
        folders = [path for path in found if path.is_dir()]
        yield from sorted(folders, key=lambda path: (-path.stat().st_mtime, path.name))

    def find_run(self, name: str) -> Path | None:
        """Find a run folder; None if there is none of this name."""
        path = self.runs / name
        return path if _is_named(path) and path.is_dir() else None

    def list_forms(self) -> list[str]:
        """List the names of the templates."""
        found = self.forms.glob(f"*{FORM_SUFFIX}")
        return sorted(path.stem for path in found if _is_named(path))

    def find_form(self, name: str) -> Path | None:
        """Find a template; None if there is none of this name."""
        path = self.forms / f"{name}{FORM_SUFFIX}"
        return path if name in self.list_forms() else None

    def list_calibrations(self) -> list[str]:
        """List the names of the calibrations."""
        found = self.calibrations.glob(f"*{CALIBRATION_SUFFIX}")
        return sorted(path.stem for path in found if _is_named(path))

    def find_calibration(self, name: str) -> Path | None:
        """Find a calibration; None if there is none of this name."""
        path = self.calibrations / f"{name}{CALIBRATION_SUFFIX}"
        return path if name in self.list_calibrations() else None

    def list_models(self) -> list[str]:
        """List the names of the folders of models, those being learnt among them."""
        found = self.models.glob("*/")
        return sorted(path.name for path in found if _is_named(path))

    def find_model(self, name: str) -> Path | None:
        """Find the folder of a model; None if there is none of this name."""
        return self.models / name if name in self.list_models() else None


def _is_named(path: Path) -> bool:
    """Tell whether a path has a name that is allowed here, and no other."""
    try:
        return check_name(path.name) == path.name
    except InputError:
        return False
