"""Removes runs for good: the folder, and what a database holds of it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from formreader.errors import FormReaderError
from formreader.server.work_folder import REMOVED
from formreader.store.tables.retirement import drop_stores

__all__ = ["finish_removals", "remove_run"]

_LOG = logging.getLogger(__name__)


def remove_run(run: Path) -> None:
    """Remove a run with its scans, readings and decisions.

    Args:
        run: Its folder; nothing is at work in it.

    Raises:
        StoreError: If its database cannot be used; the run is left as it was.
    """
    # Under another name first: a process that is killed leaves no half run.
    gone = run.with_name(f"{REMOVED}{run.name}")
    _finish(gone)
    run.rename(gone)
    try:
        _finish(gone)
    except FormReaderError:
        gone.rename(run)
        raise


def finish_removals(runs: Path) -> None:
    """Remove what a process that was killed left half removed.

    Args:
        runs: The folder of the runs.
    """
    for gone in runs.glob(f"{REMOVED}*"):
        try:
            _finish(gone)
        except FormReaderError as error:  # it is tried again at the next start
            _LOG.warning("%s cannot be removed (%s)", gone, error)


def _finish(gone: Path) -> None:
    drop_stores(gone)
    shutil.rmtree(gone, ignore_errors=True)
