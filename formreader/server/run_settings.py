"""How the pages of a run are read, as the browser chose it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from formreader.errors import OutputError
from formreader.output import replace_file

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
    """

    forms: tuple[str, ...] = ()
    threshold: float | None = None
    target_error: float | None = None

    @classmethod
    def load(cls, run: Path) -> RunSettings | None:
        """Load those of a run; None for one that was not begun in the browser."""
        try:
            found = json.loads((run / _FILE).read_text(encoding="utf-8"))
            return cls(tuple(found["forms"]), found["threshold"], found["target_error"])
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
                f"the settings cannot be written ({error.strerror}); make room",
                path=run,
            ) from error

    def make_arguments(self, run: Path, forms: Path) -> Sequence[str]:
        """Give the arguments of `formreader batch`.

        Args:
            run: The run folder.
            forms: The folder of the templates.
        """
        arguments = [str(run / SCANS), "--output", str(run), "--log-json"]
        for name in self.forms:
            arguments += ["--template", str(forms / f"{name}.toml")]
        if self.target_error is not None:
            arguments += ["--target-error", str(self.target_error)]
        elif self.threshold is not None:
            arguments += ["--threshold", str(self.threshold)]
        return arguments
