"""What can be promised by checked fields, in words, and what more it would take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from formreader.promises.bounds import count_needed
from formreader.promises.checks import CheckedFields, Counts
from formreader.promises.promise import DOUBT, Promise, add_up, make_promise
from formreader.reports import align_rows

__all__ = ["TARGETS", "describe_promise", "report_rows", "write_report"]

TARGETS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Shares of wrong fields that are reported on."""

_HEAD = ("confidence from", "accepts", "of them wrong", "more checks needed")
_HOPELESS = "too many are wrong"


def describe_promise(promise: Promise) -> str:
    """Say which promise a run keeps, in one line.

    Example:
        >>> describe_promise(Promise(1.0, False, (), "typed truth"))
        'nothing is promised: whatever no flag forbids is accepted'
    """
    if promise.target >= 1:
        return "nothing is promised: whatever no flag forbids is accepted"
    share = format_share(promise.target)
    if promise.is_empty:
        return (
            f"no kind of field is proved to have at most {share} wrong "
            f"({promise.origin}): all go to review; see formreader calibrate"
        )
    named = [
        f"{one.kind} from {one.threshold:g}, {one.wrong} of {one.accepted} wrong"
        for one in promise.kinds
        if one.threshold is not None
    ]
    scope = "all kinds together" if promise.is_together else "each kind by itself"
    return (
        f"promise: at most {share} of the accepted fields are wrong, with 95 % "
        f"confidence, {scope} ({'; '.join(named)}; {promise.origin}); other kinds go "
        "to review"
    )


def write_report(checks: CheckedFields) -> str:
    """Write what can be promised, and how many more checks a stricter promise needs."""
    total = checks.total
    summary = f"{total.checks} accepted fields were checked, {total.wrong} are wrong"
    return "\n".join([summary, "", *align_rows(report_rows(checks))]) + "\n"


def report_rows(checks: CheckedFields) -> list[tuple[str, ...]]:
    """List what can be promised as rows of a table, the first of them its heading."""
    rows: list[tuple[str, ...]] = [("at most wrong", *_HEAD)]
    for target in TARGETS:
        rows += _list_rows(make_promise(checks, target), checks)
    return rows


def _list_rows(promise: Promise, checks: CheckedFields) -> Iterator[tuple[str, ...]]:
    """Describe a promise: what holds for all together, and for each kind by itself."""
    share = format_share(promise.target)
    if promise.is_together:
        accepted = sum(one.accepted for one in promise.kinds)
        wrong = sum(one.wrong for one in promise.kinds)
        least = min(one.threshold or 0.0 for one in promise.kinds)
        count = f"{accepted} of {checks.total.checks}"
        yield f"{share}, all together", f"{least:g}", count, str(wrong), ""
        return
    missing = count_missing(add_up(checks.kinds), promise.target, DOUBT)
    total = f"- of {checks.total.checks}"
    yield f"{share}, all together", "-", total, "-", _say_missing(missing)
    for kind, one in zip(checks.kinds, promise.kinds, strict=True):
        name = f"{share}, {kind.kind}"
        if one.threshold is None:
            missing = count_missing(kind.count_above(), promise.target, DOUBT)
            yield name, "-", f"- of {one.checks}", "-", _say_missing(missing)
        else:
            count = f"{one.accepted} of {one.checks}"
            yield name, f"{one.threshold:g}", count, str(one.wrong), ""


def _say_missing(missing: int | None) -> str:
    if missing is None:
        return _HOPELESS
    return f"about {missing:,}" if missing else "a few"


def format_share(share: float) -> str:
    """Write a share as a percentage.

    Example:
        >>> format_share(0.005)
        '0.5 %'
    """
    return f"{100 * share:g} %"


def count_missing(counts: Sequence[Counts], target: float, level: float) -> int | None:
    """Estimate how many more checks it takes to accept anything.

    Args:
        counts: For each step what it would accept.
        target: Share that may be wrong, in (0, 1].
        level: Probability of proving what is not so, in (0, 1).

    Returns:
        The number, if as many are sure and wrong as before; None if none would do.
    """
    total = counts[-1].checks
    wanted = []
    for found in counts:
        if not found.checks:
            continue
        needed = count_needed(target, found.wrong / found.checks, level)
        if needed is not None:
            wanted.append(math.ceil(needed * total / found.checks))
    return max(0, min(wanted) - total) if wanted else None
