"""How the pages of a run are read, as the browser chose it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from formreader.errors import OutputError
from formreader.output import replace_file
from formreader.server.work_folder import (
    CALIBRATION_SUFFIX,
    FORM_SUFFIX,
    WorkFolder,
)

__all__ = ["SCANS", "RunSettings"]

SCANS = "scans"
"""The folder in a run folder to which the browser brings pages."""

_FILE = "settings.json"


@dataclass(frozen=True)
class RunSettings:
    """How pages are read.

    Attributes:
        forms: Names of the templates; none for pages without one.
        threshold: Fields less certain need review; None for the model's own.
        target_error: Instead, the share of accepted fields that may be wrong.
        calibration: Name of the checked fields by which it is kept; empty for those
            that formreader was measured with.
        model: Name of the digit model; empty for the one that ships.
        second: Share of the decided fields that are asked of another person as well.
        folder: The folder of the computer that is read; empty for scans that are
            brought.
        watch: Whether what arrives in the folder is read until somebody stops it.
    """

    forms: tuple[str, ...] = ()
    threshold: float | None = None
    target_error: float | None = None
    calibration: str = ""
    model: str = ""
    second: float = 0.0
    folder: str = ""
    watch: bool = False

    @classmethod
    def load(cls, run: Path) -> RunSettings | None:
        """Load those of a run; None for one that was not begun in the browser."""
        try:
            found = json.loads((run / _FILE).read_text(encoding="utf-8"))
            known = {
                one.name: found[one.name] for one in fields(cls) if one.name in found
            }
            return cls(**{**known, "forms": tuple(found["forms"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def save(self, run: Path) -> None:
        """Write them down.

        Raises:
            OutputError: If the folder cannot be written.
        """
        try:
            with replace_file(run / _FILE) as stream:
                stream.write(json.dumps(asdict(self), indent=1))
        except OSError as error:
            raise OutputError(
                f"the settings cannot be written ({error.strerror}); make room "
                "on the disk",
                path=run,
            ) from error

    def make_arguments(self, run: Path, work: WorkFolder) -> Sequence[str]:
        """Give the arguments of `formreader`, the command first.

        Args:
            run: The run folder.
            work: Holds the templates, models and calibrations.
        """
        command = "watch" if self.watch else "batch"
        folder = self.folder or str(run / SCANS)
        arguments = [command, folder, "--output", str(run), "--log-json"]
        for name in self.forms:
            arguments += ["--template", str(work.forms / f"{name}{FORM_SUFFIX}")]
        if self.model:
            arguments += ["--model", str(work.models / self.model)]
        if self.calibration:
            file = work.calibrations / f"{self.calibration}{CALIBRATION_SUFFIX}"
            arguments += ["--calibration", str(file)]
        if self.target_error is not None:
            arguments += ["--target-error", str(self.target_error)]
        elif self.threshold is not None:
            arguments += ["--threshold", str(self.threshold)]
        return [*arguments, *self._name_workers(run, work)]

    def _name_workers(self, run: Path, work: WorkFolder) -> Sequence[str]:
        """Name who reads, if it is not this machine."""
        machines = work.machines
        if machines.scheduler is None:
            return []
        found = ["--dask", machines.scheduler]
        if machines.shared is not None and not self.folder:
            there = machines.shared / (run / SCANS).relative_to(work.root)
            found += ["--shared-folder", str(there)]
        return found
