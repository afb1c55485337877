"""How sure a field must be so that few enough of the accepted ones are wrong.

The method is "learn then test" with fixed sequence testing. For each threshold, the
hypothesis is that more than the promised share of the fields above it is wrong. An
exact binomial test rejects it or not. Thresholds are tested from a first one downwards,
each with the whole level, until one is not rejected; so the probability that any
rejected hypothesis is true is at most the level. Where to begin is decided by the
confidences alone, never by what was right; where there are many checks, several
sequences begin at different thresholds and share the level.

Two claims are tested, with half of the doubt each: that of all kinds together under one
threshold, which holds where kinds are mixed as among the checks, and that of each kind
by itself, which holds whatever the mixture. Of the two, the one that accepts more is
kept.

References:
    Angelopoulos, Bates, Candes, Jordan, Lei, "Learn then test: calibrating predictive
    algorithms to achieve risk control", 2021. arXiv:2110.01052
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from formreader.acceptance import AcceptancePolicy
from formreader.promises.bounds import MOST_CHECKS, count_needed, luck, upper_bound
from formreader.promises.checks import (
    STEPS,
    CheckedFields,
    CheckedKind,
    Counts,
    load_checks,
    load_shipped_checks,
)
from formreader.records import FieldKind

__all__ = [
    "DOUBT",
    "KindPromise",
    "Promise",
    "add_up",
    "find_promise",
    "make_policy",
    "make_promise",
    "prove",
]

DOUBT = 0.05
"""Probability that a promise is not kept."""

_MOST_STARTS = 4
_PLENTY = 4  # times as many checks as the last sequence begins with
_CAUTION = 2.0  # times as many errors as confidences say, when choosing where to begin


@dataclass(frozen=True)
class KindPromise:
    """What is accepted of one kind of field.

    Attributes:
        kind: The kind.
        threshold: Least confidence, in [0, 1]; None if nothing is accepted.
        checks: Checked fields of this kind.
        accepted: Those of them that are sure enough.
        wrong: Those of these that are wrong.
    """

    kind: FieldKind
    threshold: float | None
    checks: int
    accepted: int
    wrong: int


@dataclass(frozen=True)
class Promise:
    """At most a share of the accepted fields is wrong, with 95 % confidence.

    Attributes:
        target: The share, in (0, 1].
        is_together: Whether it holds for all kinds together, mixed as among the checks;
            else for each kind by itself.
        kinds: What is accepted of each kind that was checked; nothing of others.
        origin: Where the checks come from, in words.
        models: Names and checksums of the models that read them, where they are known.
    """

    target: float
    is_together: bool
    kinds: tuple[KindPromise, ...]
    origin: str
    models: tuple[tuple[str, str], ...] = ()

    @property
    def thresholds(self) -> Mapping[FieldKind, float]:
        """Least confidence of every kind; infinite where nothing is accepted."""
        if self.target >= 1:
            return MappingProxyType(dict.fromkeys(FieldKind, 0.0))
        found = dict.fromkeys(FieldKind, math.inf)
        for one in self.kinds:
            if one.threshold is not None:
                found[one.kind] = one.threshold
        return MappingProxyType(found)

    @property
    def is_empty(self) -> bool:
        """Whether no field at all is accepted."""
        return self.target < 1 and all(one.threshold is None for one in self.kinds)

    @property
    def bound(self) -> float:
        """Share of the accepted checks that is wrong at most, with 95 % confidence."""
        wrong = sum(one.wrong for one in self.kinds)
        return upper_bound(wrong, sum(one.accepted for one in self.kinds), DOUBT)

    def describe(self) -> dict[str, object]:
        """Say what a run must go on with: the share, and the thresholds."""
        return {
            "share": self.target,
            "thresholds": {
                str(one.kind): one.threshold
                for one in self.kinds
                if one.threshold is not None
            },
            "together": self.is_together,
        }


def make_promise(
    checks: CheckedFields, target: float, *, mixed_alike: bool = True
) -> Promise:
    """Choose the thresholds that accept most and keep a promise.

    Args:
        checks: What is known.
        target: Share of the accepted fields that may be wrong, in (0, 1]. 1 promises
            nothing: whatever no other flag forbids is accepted.
        mixed_alike: Whether kinds will be mixed as among the checks; if not, each is
            proved by itself alone.

    Raises:
        ValueError: If the share is another.
    """
    if not 0 < target <= 1:
        raise ValueError(f"a share of {target} of the fields; it lies in (0, 1]")
    kinds = checks.kinds
    is_one = len(kinds) == 1 or not mixed_alike
    level = _share_level(kinds, target, DOUBT if is_one else DOUBT / 2)
    steps = _prove_alone(kinds, target, level)
    is_together = False
    if not is_one:
        has_alone = _count_able(kinds, target, DOUBT / 2) > 0
        together = prove(add_up(kinds), target, DOUBT / 2 if has_alone else DOUBT)
        joint = [together] * len(kinds)
        is_together = _count(kinds, joint) > _count(kinds, steps)
        steps = joint if is_together else steps
    return Promise(
        target,
        is_together,
        tuple(
            _promise_kind(kind, step) for kind, step in zip(kinds, steps, strict=True)
        ),
        checks.origin,
        tuple(sorted(checks.models.items())),
    )


def make_policy(
    threshold: float, promise: Promise | None, strip_threshold: float | None = None
) -> AcceptancePolicy:
    """Say what is asked of fields: the promise, or a confidence for all kinds."""
    if promise is None and strip_threshold is not None:
        return AcceptancePolicy(threshold, by_kind={FieldKind.STRIP: strip_threshold})
    if promise is None:
        return AcceptancePolicy(threshold)
    return AcceptancePolicy(threshold, by_kind=promise.thresholds)


def prove(counts: Sequence[Counts], target: float, level: float) -> int | None:
    """Find the lowest of `STEPS` above which few enough fields are proved to be wrong.

    Args:
        counts: For each step what it would accept.
        target: Share that may be wrong, in (0, 1].
        level: Probability of proving what is not so, in (0, 1).

    Returns:
        Its place in `STEPS`; None if nothing is proved.
    """
    starts = _choose_starts(counts, target, level)
    proved = None
    for start in starts:
        for step in range(start, len(counts)):
            if luck(counts[step].wrong, counts[step].checks, target) > level / len(
                starts
            ):
                break
            proved = max(step, proved or 0)
    return proved


def _choose_starts(counts: Sequence[Counts], target: float, level: float) -> list[int]:
    """Choose the steps at which tests begin, by how many fields they accept.

    Few checks have one beginning, for several would leave too little level to each. Of
    many, each begins a sequence with its share of the level: an error among the few
    surest ends the first one, but hardly the next, of twice as many fields.
    """
    for number in range(_MOST_STARTS, 1, -1):
        least = count_needed(target, 0.0, level / number) or MOST_CHECKS
        wanted = [least * 2**place for place in range(number)]
        if counts[-1].checks >= _PLENTY * wanted[-1]:
            return [
                next(i for i, found in enumerate(counts) if found.checks >= one)
                for one in wanted
            ]
    start = _choose_start(counts, target, level)
    return [] if start is None else [start]


def _choose_start(counts: Sequence[Counts], target: float, level: float) -> int | None:
    """Choose the first step to be tested by how sure fields are, not by what is right.

    It is the one that is likeliest to pass if more are wrong than confidences say.
    """
    best, chance = None, 0.0
    expected, before = 0.0, 0
    for step, (checks, _) in enumerate(counts):
        expected += (checks - before) * (1 - STEPS[step])
        before = checks
        allowed = _most_allowed(checks, target, level)
        if allowed is None:
            continue
        share = min(1.0, _CAUTION * expected / checks)
        passing = luck(allowed, checks, share)
        if passing > chance:
            best, chance = step, passing
    return best


def _most_allowed(checks: int, target: float, level: float) -> int | None:
    """Count how many may be wrong for the test to pass; None if not even none."""
    if not checks or luck(0, checks, target) > level:
        return None
    low, high = 0, checks
    while high - low > 1:
        middle = (low + high) // 2
        if luck(middle, checks, target) <= level:
            low = middle
        else:
            high = middle
    return low


def _prove_alone(
    kinds: Sequence[CheckedKind], target: float, level: float
) -> list[int | None]:
    """Find the step of each kind by itself; None for those that are not tested."""
    return [
        prove(kind.count_above(), target, level)
        if luck(0, kind.total.checks, target) <= level
        else None
        for kind in kinds
    ]


def _share_level(kinds: Sequence[CheckedKind], target: float, doubt: float) -> float:
    """Share a doubt equally among the kinds that are tested by themselves.

    They are those whose checks would do if none were wrong, as many as may share it:
    that follows from how many checks there are, not from what is right.
    """
    return doubt / max(1, _count_able(kinds, target, doubt))


def _count_able(kinds: Sequence[CheckedKind], target: float, doubt: float) -> int:
    """Count the kinds that may share a doubt so that the checks of each would do."""
    sizes = sorted((kind.total.checks for kind in kinds), reverse=True)
    able = 0
    for number, checks in enumerate(sizes, 1):
        if luck(0, checks, target) <= doubt / number:
            able = number
    return able


def add_up(kinds: Sequence[CheckedKind]) -> list[Counts]:
    """Count what each step would accept of all kinds."""
    return [
        Counts(sum(c.checks for c in found), sum(c.wrong for c in found))
        for found in zip(*(kind.count_above() for kind in kinds), strict=True)
    ] or [Counts(0, 0)] * len(STEPS)


def _count(kinds: Sequence[CheckedKind], steps: Sequence[int | None]) -> int:
    """Count the checks that are accepted."""
    return sum(
        kind.count_above()[step].checks
        for kind, step in zip(kinds, steps, strict=True)
        if step is not None
    )


def _promise_kind(kind: CheckedKind, step: int | None) -> KindPromise:
    """Say what is accepted of a kind: nothing less sure than all of its checks."""
    name, total = FieldKind(kind.kind), kind.total.checks
    counts = kind.count_above()
    found = Counts(0, 0) if step is None else counts[step]
    if not found.checks:
        return KindPromise(name, None, total, 0, 0)
    return KindPromise(name, STEPS[counts.index(found)], total, *found)


def find_promise(target: float, path: Path | None = None) -> Promise:
    """Make a promise from a file of checked fields.

    Args:
        target: Share of the accepted fields that may be wrong, in (0, 1].
        path: What `formreader calibrate` wrote; None for the checks that ship. Since
            nobody knows how the user's pages mix kinds, those prove each by itself.

    Raises:
        ModelError: If the file cannot be used.
        ValueError: If the share is another.
    """
    if target == 1:
        return Promise(target, False, (), "")  # true without any check
    if path is None:
        return make_promise(load_shipped_checks(), target, mixed_alike=False)
    return make_promise(load_checks(path), target)
