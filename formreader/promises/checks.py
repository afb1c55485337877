"""Fields that were accepted and then checked: how sure they were, and whether wrong.

They are kept as counts at fixed steps of confidence, so that a file of a million checks
is as small as one of ten, and says nothing of what was written.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from formreader.digits.model import shipped_folder
from formreader.manifests import ManifestRecord, load_manifest_file
from formreader.records import FieldKind

__all__ = [
    "STEPS",
    "Check",
    "CheckedFields",
    "CheckedKind",
    "load_checks",
    "load_shipped_checks",
]

_FINEST = 1e-4  # confidences are written with four decimals
_GROWTH = 1.15  # of the doubt, from step to step


def _make_steps() -> tuple[float, ...]:
    """List thresholds from 1 down to 0; doubt grows by a part of itself."""
    doubts, doubt = [0.0], _FINEST
    while doubt < 1:
        doubts.append(doubt)
        doubt = max(round(doubt * _GROWTH, 4), round(doubt + _FINEST, 4))
    return tuple(round(1 - doubt, 4) for doubt in (*doubts, 1.0))


STEPS = _make_steps()
"""Thresholds that may be chosen, from 1 down to 0; fixed before anything is checked."""

_DOUBTS = [1 - step for step in STEPS]
SHIPPED_NAME = "doubt.json"
_WRONG_FILE = "not a file of checked fields ({}); make one with `formreader calibrate`"


class Check(NamedTuple):
    """One accepted field of which a person knows whether it is right."""

    kind: FieldKind
    confidence: float
    is_right: bool


class Counts(NamedTuple):
    """Checks at or above a threshold."""

    checks: int
    wrong: int


@dataclass(frozen=True)
class CheckedKind:
    """The checked fields of one kind.

    Attributes:
        kind: A `FieldKind`.
        lowest: Least confidence with which such fields were accepted at all, in [0, 1];
            about less certain ones nothing is known.
        checks: How many there are at each of `STEPS`, below the step before.
        wrong: How many of them are wrong.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        "strict": True,
        "extra": "forbid",
        "allow_inf_nan": False,
    }

    kind: str
    lowest: float
    checks: tuple[int, ...]
    wrong: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be counted.

        Raises:
            ValueError: If the kind is unknown, or counts are missing or impossible.
        """
        FieldKind(self.kind)
        if not len(self.checks) == len(self.wrong) == len(STEPS):
            raise ValueError(f"there are {len(STEPS)} steps of confidence")
        pairs = zip(self.checks, self.wrong, strict=True)
        if not all(0 <= wrong <= count for count, wrong in pairs):
            raise ValueError("more fields are wrong than were checked")
        if not 0 <= self.lowest <= 1:
            raise ValueError(f"a lowest confidence of {self.lowest}")

    @property
    def total(self) -> Counts:
        """All checks."""
        return Counts(sum(self.checks), sum(self.wrong))

    @property
    def last_step(self) -> int:
        """The last of `STEPS` that is not below `lowest`; -1 if none is."""
        return sum(step >= self.lowest for step in STEPS) - 1

    def count_above(self) -> list[Counts]:
        """Count what each of `STEPS` would accept; below `lowest`, no more."""
        last = self.last_step
        sums = [
            Counts(*both)
            for both in zip(
                accumulate(self.checks), accumulate(self.wrong), strict=True
            )
        ]
        return [
            sums[min(step, last)] if last >= 0 else Counts(0, 0)
            for step in range(len(STEPS))
        ]


@dataclass(frozen=True)
class CheckedFields(ManifestRecord):
    """Checked fields of all kinds, as a file holds them.

    Attributes:
        origin: Where they were checked, in words.
        kinds: The kinds that were, each once.
        models: Checksums of the models that read them, by name; none if unknown.
    """

    origin: str
    kinds: tuple[CheckedKind, ...]
    models: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a kind that is named twice.

        Raises:
            ValueError: If one is.
        """
        if len({one.kind for one in self.kinds}) < len(self.kinds):
            raise ValueError("a kind is named twice")

    @classmethod
    def of(
        cls,
        checks: Iterable[Check],
        lowest: Mapping[FieldKind, float],
        origin: str,
        models: Mapping[str, str] | None = None,
    ) -> CheckedFields:
        """Count checks.

        Args:
            checks: A random sample of the accepted fields of each kind.
            lowest: The least confidence with which fields of a kind were accepted.
            origin: Where they come from, in words.
            models: Checksums of the models that read them.
        """
        found: dict[FieldKind, tuple[list[int], list[int]]] = {}
        for check in checks:
            empty = [0] * len(STEPS), [0] * len(STEPS)
            counts, wrong = found.setdefault(check.kind, empty)
            step = find_step(check.confidence)
            counts[step] += 1
            wrong[step] += not check.is_right
        kinds = tuple(
            CheckedKind(str(kind), lowest[kind], *map(tuple, found[kind]))
            for kind in FieldKind
            if kind in found
        )
        return cls(origin, kinds, dict(models or {}))

    @property
    def total(self) -> Counts:
        """All checks."""
        totals = [kind.total for kind in self.kinds]
        return Counts(sum(t.checks for t in totals), sum(t.wrong for t in totals))


def find_step(confidence: float) -> int:
    """Find the first of `STEPS` that accepts a confidence in [0, 1].

    Example:
        >>> find_step(1.0), find_step(0.9999), STEPS[find_step(0.95)] <= 0.95
        (0, 1, True)
    """
    # Ascending in doubt; a half of the finest step stands against rounding.
    return bisect_left(_DOUBTS, 1 - confidence - _FINEST / 100)


def load_checks(path: Path) -> CheckedFields:
    """Load what `formreader calibrate` wrote.

    Raises:
        ModelError: If it cannot be read or is no such file.
    """
    return load_manifest_file(path, CheckedFields, _WRONG_FILE)


def load_shipped_checks() -> CheckedFields:
    """Load the checked fields that ship with the models.

    Raises:
        ModelError: If they are missing or damaged.
    """
    return load_checks(shipped_folder() / SHIPPED_NAME)
