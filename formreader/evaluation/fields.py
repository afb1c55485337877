"""Measures readings of fields against typed truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from formreader.evaluation.matching import Matches, Pair, edit_distance, match_results
from formreader.evaluation.outcomes import Outcomes, wilson_interval
from formreader.evaluation.tables import ResultRow, read_results, read_truth

__all__ = ["SHARES", "FieldMeasurement", "Tally", "measure_fields"]

SHARES = (0.0, 0.01, 0.02, 0.05, *(tenth / 20 for tenth in range(2, 11)))
"""Shares of the fields that go to a person, for the error that is left."""


@dataclass(frozen=True)
class Tally:
    """Hits of a count.

    Attributes:
        hits: How many.
        count: Of how many.
    """

    hits: int
    count: int

    @property
    def share(self) -> float:
        """Hits as a share of the count; 0 of nothing."""
        return self.hits / max(1, self.count)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with 95 % confidence."""
        return wilson_interval(self.hits, self.count)

    def summary(self) -> dict[str, object]:
        """Give the figures as JSON holds them."""
        return {
            "hits": self.hits,
            "count": self.count,
            "share": round(self.share, 6),
            "interval": [round(end, 6) for end in self.interval],
        }


@dataclass(frozen=True, eq=False)
class FieldMeasurement(Outcomes):
    """Readings of fields beside the truth.

    Attributes:
        matches: What belongs together.
    """

    matches: Matches

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """One for each row of truth."""
        return self.matches.pairs

    @cached_property
    def confidence(self) -> npt.NDArray[np.float64]:
        """(N,) confidence in [0, 1]; -1 for a field that was not found."""
        return np.array([p.result.confidence if p.result else -1.0 for p in self.pairs])

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the value is the truth, whatever was flagged."""
        return np.array([pair.is_right for pair in self.pairs], dtype=bool)

    @property
    def exact(self) -> Tally:
        """Fields whose value is the truth, of all."""
        return Tally(int(self.right.sum()), len(self.pairs))

    @property
    def digit_count(self) -> int:
        """Digits in the truth."""
        return sum(len(pair.truth.value) for pair in self.pairs)

    @cached_property
    def digit_edits(self) -> int:
        """Digits to change, add or drop; a field costs no more than it has digits.

        What was read in a field without digits costs one.
        """
        return sum(
            min(
                edit_distance(truth.value, result.value if result else ""),
                max(1, len(truth.value)),
            )
            for truth, result in ((pair.truth, pair.result) for pair in self.pairs)
        )

    @property
    def digit_accuracy(self) -> float:
        """Share of the digits that need no correction."""
        return 1 - self.digit_edits / max(1, self.digit_count)

    @property
    def cells(self) -> Tally:
        """Fields read rightly cell by cell, of those whose cells were typed."""
        typed = [pair for pair in self.pairs if pair.truth.cells]
        hits = sum(
            pair.result is not None and pair.result.raw == pair.truth.cells
            for pair in typed
        )
        return Tally(hits, len(typed))

    @property
    def review(self) -> Tally:
        """Fields that a person must look at, of all."""
        return Tally(sum(pair.needs_review for pair in self.pairs), len(self.pairs))

    @property
    def silent(self) -> Tally:
        """Wrong fields that nobody would see, of those that are not to be reviewed."""
        silent = sum(pair.is_silent for pair in self.pairs)
        return Tally(silent, len(self.pairs) - self.review.hits)

    @property
    def not_found(self) -> int:
        """Rows of truth without a result."""
        return sum(pair.result is None for pair in self.pairs)

    @property
    def spurious(self) -> list[ResultRow]:
        """Results that are no field, hold a value, and are not flagged."""
        return [
            row for row in self.matches.unmatched if row.value and not row.needs_review
        ]

    @property
    def extra(self) -> list[ResultRow]:
        """Results that are no field and hold any ink, flagged or not."""
        return [
            row
            for row in self.matches.unmatched
            if (row.value if row.raw is None else row.raw).strip("_ ")
        ]

    @property
    def by_field(self) -> Mapping[str, tuple[Tally, Tally]]:
        """Exact and silent fields by name, the worst first."""
        groups: dict[str, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            groups[pair.truth.field].append(pair)
        tallies = {
            name: (
                Tally(sum(pair.is_right for pair in group), len(group)),
                Tally(
                    sum(pair.is_silent for pair in group),
                    sum(not pair.needs_review for pair in group),
                ),
            )
            for name, group in groups.items()
        }
        return dict(sorted(tallies.items(), key=lambda item: item[1][0].share))

    @property
    def by_kind(self) -> Mapping[str, FieldMeasurement]:
        """The fields of each kind, the most frequent first.

        What was not found has no kind. A confidence may be honest of one kind alone.
        """
        groups: dict[str, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            if pair.result is not None and pair.result.kind:
                groups[pair.result.kind].append(pair)
        ranked = sorted(groups.items(), key=lambda item: -len(item[1]))
        return {
            kind: FieldMeasurement(Matches(tuple(group), (), ()))
            for kind, group in ranked
        }

    def list_errors(self) -> list[Pair]:
        """List the wrong fields: silent ones first, then by confidence."""
        wrong = [pair for pair in self.pairs if not pair.is_right]

        def rank(pair: Pair) -> tuple[bool, float]:
            return not pair.is_silent, -(pair.result.confidence if pair.result else -1)

        return sorted(wrong, key=rank)

    def summary(self) -> dict[str, Any]:
        """Gather all figures, as JSON holds them."""
        return {
            "fields": len(self.pairs),
            "exact": self.exact.summary(),
            "digits": {
                "edits": self.digit_edits,
                "count": self.digit_count,
                "share": round(self.digit_accuracy, 6),
            },
            "cells": self.cells.summary(),
            "review": self.review.summary(),
            "silent": self.silent.summary(),
            "not_found": self.not_found,
            "spurious": len(self.spurious),
            "extra": len(self.extra),
            "error_at_90": round(self.error_after_rejecting(0.1), 6),
            "calibration_error": round(self.calibration_error, 6),
            "error_against_review": [
                {"review": share, "error": round(self.error_after_rejecting(share), 6)}
                for share in SHARES
            ],
            "reliability": [
                {"count": n, "confidence": round(c, 6), "accuracy": round(a, 6)}
                for n, c, a in self.reliability
            ],
            "by_field": {
                name: {"exact": exact.summary(), "silent": silent.summary()}
                for name, (exact, silent) in self.by_field.items()
            },
            "by_kind": {
                kind: {
                    "fields": len(found.pairs),
                    "exact": found.exact.summary(),
                    "review": found.review.summary(),
                    "silent": found.silent.summary(),
                    "confidence": round(found.mean_confidence, 6),
                    "calibration_error": round(found.calibration_error, 6),
                }
                for kind, found in self.by_kind.items()
            },
            "errors": [_error_document(pair) for pair in self.list_errors()],
            "warnings": list(self.matches.warnings),
        }


def measure_fields(
    results: Path, truth: Path, *, names_only: bool = False
) -> FieldMeasurement:
    """Compare a field CSV with typed truth.

    Args:
        results: What `formreader scan` wrote, in the long form, or a run folder.
        truth: What people typed: `file`, `field`, `value` and, where known, `page`,
            `cells`, `left`, `top`, `width`, `height`.
        names_only: Match by field name alone.

    Raises:
        InputError: If a file cannot be used.
    """
    typed = read_truth(truth)
    found = match_results(typed, read_results(results), names_only=names_only)
    return FieldMeasurement(found)


def _error_document(pair: Pair) -> dict[str, object]:
    truth, result = pair.truth, pair.result
    return {
        "file": truth.file,
        "page": truth.page,
        "field": truth.field,
        "truth": truth.value,
        "value": result.value if result else None,
        "raw": result.raw if result else None,
        "confidence": result.confidence if result else None,
        "needs_review": pair.needs_review,
        "silent": pair.is_silent,
    }
