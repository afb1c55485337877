"""Takes accepted fields and typed truth as checks that a promise can rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from formreader.errors import InputError
from formreader.evaluation.matching import Matches, Pair, match_results
from formreader.evaluation.tables import ResultRow, read_results, read_truth
from formreader.promises.checks import Check, CheckedFields
from formreader.records import FieldKind

__all__ = ["check_by_truth", "find_lowest", "list_checks"]


def check_by_truth(
    results: Path,
    truth: Path,
    *,
    names_only: bool = False,
    models: Mapping[str, str] | None = None,
) -> tuple[CheckedFields, Matches]:
    """Compare the accepted fields of a field CSV with typed truth.

    Args:
        results: What `formreader scan` wrote, in the long form, or a run folder.
        truth: What people typed, as `measure_fields` takes it.
        names_only: Match by field name alone.
        models: Checksums of the models that read the results, by what they are for.

    Returns:
        The checks, and what belongs together.

    Raises:
        InputError: If a file cannot be used, or no accepted field was checked.
    """
    rows = list(read_results(results))
    matches = match_results(read_truth(truth), rows, names_only=names_only)
    checks = list(list_checks(matches.pairs))
    if not checks:
        raise InputError(
            "no accepted field has a truth and a kind; type the truth of more pages, "
            "or read them again if the results have no column `kind`",
            path=results,
        )
    lowest = find_lowest(rows)
    origin = f"checked by {truth.name}"
    return CheckedFields.of(checks, lowest, origin, models), matches


def list_checks(pairs: Iterable[Pair]) -> Iterator[Check]:
    """Yield the accepted fields; one that a person looks at promises nothing."""
    for pair in pairs:
        result = pair.result
        if result is not None and not result.needs_review and result.kind:
            yield Check(FieldKind(result.kind), result.confidence, pair.is_right)


def find_lowest(rows: Iterable[ResultRow]) -> dict[FieldKind, float]:
    """Find the least confidence with which each kind was accepted."""
    lowest: dict[FieldKind, float] = {}
    for row in rows:
        if row.kind and not row.needs_review:
            kind = FieldKind(row.kind)
            lowest[kind] = min(row.confidence, lowest.get(kind, 1.0))
    return lowest
