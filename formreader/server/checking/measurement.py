"""Measures what a run holds, as the commands do that measure files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from formreader.errors import InputError, OutputError
from formreader.evaluation.checks import check_by_truth
from formreader.evaluation.fields import FieldMeasurement, measure_fields
from formreader.evaluation.matching import Pair
from formreader.export.csv_files import write_csv
from formreader.export.tables import Table
from formreader.output import open_output, replace_file
from formreader.promises.checks import CheckedFields
from formreader.rows import COLUMNS, FieldRow, type_of
from formreader.server.checking.truth_files import TRUTH
from formreader.store.contents import read_pages
from formreader.store.machine.origin import find_models
from formreader.store.machine.results import field_rows
from formreader.store.people.checked import check_by_people
from formreader.store.people.field_table import find_line
from formreader.store.tables.connection import RunStore, Transaction

__all__ = ["Judge", "gather_checks", "load_accuracy", "measure_accuracy"]

_FILE = "accuracy.json"
_MOST_ERRORS = 200


class Judge(StrEnum):
    """Who knows what stands in a field."""

    PEOPLE = "people"  # who have seen accepted fields: the audit
    TRUTH = "truth"  # that was typed, and brought for the run


def measure_accuracy(
    run: Path, *, names_only: bool = False, reviewed: bool = False
) -> dict[str, Any]:
    """Compare a run with the truth that was brought for it, and keep the figures.

    Args:
        run: The run folder.
        names_only: Match fields by their names alone.
        reviewed: Measure what holds now, with the decisions of people; else what the
            machine read.

    Returns:
        The figures of `formreader evaluate --format json`; of the errors at most 200,
        with their places in the store.

    Raises:
        InputError: If there is no truth, or it cannot be compared.
        OutputError: If the store cannot be read, or the figures not be kept.
    """
    truth = _find_truth(run)
    with _results(run, reviewed=reviewed) as results:
        found = measure_fields(results, truth, names_only=names_only)
    made = {
        **found.summary(),
        "errors": _list_errors(run, found),
        "reviewed": reviewed,
        "measured": date.today().isoformat(),
    }
    try:
        with replace_file(run / _FILE) as stream:
            stream.write(json.dumps(made))
    except OSError as error:
        raise OutputError(
            f"the figures cannot be written ({error.strerror}); make room on the disk"
        ) from error
    return made


def load_accuracy(run: Path) -> dict[str, Any] | None:
    """Load what was measured last; None if nothing was."""
    try:
        found = json.loads((run / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def gather_checks(run: Path, judge: Judge) -> CheckedFields:
    """Gather the accepted fields of a run of which it is known whether they are right.

    Args:
        run: The run folder.
        judge: Who knows it.

    Raises:
        InputError: If there are none.
        OutputError: If the store cannot be read.
    """
    if judge is Judge.PEOPLE:
        with RunStore.open(run) as store:
            checks = check_by_people(store)
        if not checks.total.checks:
            raise InputError(
                "nobody has checked accepted fields of this run; draw some on the page "
                "Audit of its review"
            )
        return checks
    truth = _find_truth(run)
    with RunStore.open(run) as store:
        models = find_models(store)
    with _results(run) as results:
        return check_by_truth(results, truth, models=models)[0]


def _find_truth(run: Path) -> Path:
    truth = run / TRUTH
    if not truth.is_file():
        raise InputError("no truth has been brought for this run; choose a CSV file")
    return truth


@contextmanager
def _results(run: Path, *, reviewed: bool = False) -> Iterator[Path]:
    """Write the field CSV of a run, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="formreader-") as folder:
        path = Path(folder, "fields.csv")
        with RunStore.open(run) as store, store.read() as transaction:
            rows = _list_rows(transaction, reviewed=reviewed)
            cells = ([[row.get(column, "") for column in COLUMNS]] for row in rows)
            table = Table(COLUMNS, tuple(map(type_of, COLUMNS)), cells)
            with open_output(path) as stream:
                write_csv(table, stream)
        yield path


def _list_rows(transaction: Transaction, *, reviewed: bool) -> Iterator[FieldRow]:
    if not reviewed:
        yield from field_rows(transaction)
        return
    for page in read_pages(transaction):
        yield from page.fields


def _list_errors(run: Path, found: FieldMeasurement) -> list[dict[str, Any]]:
    """List the errors, silent ones first, each with its place in the store."""
    with RunStore.open(run) as store, store.read() as transaction:
        return [
            _describe_error(transaction, pair)
            for pair in found.list_errors()[:_MOST_ERRORS]
        ]


def _describe_error(transaction: Transaction, pair: Pair) -> dict[str, Any]:
    truth, result = pair.truth, pair.result
    place = None
    if result is not None:
        place = find_line(transaction, result.source, result.page, result.field)
    return {
        "file": truth.file,
        "page": truth.page,
        "field": truth.field or (result.field if result else ""),
        "truth": truth.value,
        "value": result.value if result else None,
        "confidence": result.confidence if result else None,
        "silent": pair.is_silent,
        "page_id": place and place.page_id,
        "field_id": place and place.field_id,
    }
