"""Finds the result that belongs to each row of truth."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from formreader.errors import InputError
from formreader.evaluation.tables import Area, ResultRow, TruthRow

__all__ = ["Matches", "Pair", "edit_distance", "match_results"]

MOST_ON_A_PAGE = 5000
"""Results, or rows of truth, of one page."""

_MOST_COMPARED = 1_000_000  # pairs of values on one page
_AUTOMATIC = re.compile(r"field_\d+|t\d+_r\d+_c\d+")
_SHARED = 0.5  # of the smaller box, above which two boxes are the same field


@dataclass(frozen=True)
class Pair:
    """A row of truth and what was read there.

    Attributes:
        truth: What a person typed.
        result: What was read, or None if nothing was found.
        source: The page's file, as the results name it if they know the page.
    """

    truth: TruthRow
    result: ResultRow | None
    source: str

    @property
    def is_right(self) -> bool:
        """Whether the value is the truth, whatever was flagged."""
        return self.result is not None and self.result.value == self.truth.value

    @property
    def needs_review(self) -> bool:
        """Whether a person must look; at what was not found, too."""
        return self.result is None or self.result.needs_review

    @property
    def is_silent(self) -> bool:
        """Whether it is an error that nobody would see."""
        return not self.is_right and not self.needs_review


@dataclass(frozen=True)
class Matches:
    """All pairs, and what is left over.

    Attributes:
        pairs: One for each row of truth, page by page.
        unmatched: Results on these pages that belong to no row of truth.
        warnings: What makes the comparison doubtful.
    """

    pairs: tuple[Pair, ...]
    unmatched: tuple[ResultRow, ...]
    warnings: tuple[str, ...]


def match_results(
    truth: Sequence[TruthRow],
    results: Iterable[ResultRow],
    *,
    names_only: bool = False,
) -> Matches:
    """Match each row of truth to a result on its page.

    A row goes to the result that has its name, unless the name is automatic
    (`field_001`); else to the one that overlaps its box; without a box, to the one
    that is left, or to those whose values differ least.

    Args:
        truth: What a person typed.
        results: What was read; those on other pages are passed over.
        names_only: Match by name alone.

    Raises:
        InputError: If a page has too many rows to compare.
    """
    by_page: dict[tuple[str, int], list[TruthRow]] = defaultdict(list)
    for row in truth:
        by_page[row.file, row.page].append(row)
    found, elsewhere = _collect(results, by_page)
    pairs: list[Pair] = []
    unmatched: list[ResultRow] = []
    sources: dict[str, set[str]] = defaultdict(set)
    missing = 0
    for (file, page), rows in by_page.items():
        there = _results_of(file, found.get((PurePath(file).name, page), []))
        _check_count(rows, there)
        missing += not there
        sources[file] |= {result.source for result in there}
        read = [result for result in there if not result.stands_for_page]
        matched, rest = _match_page(rows, read, names_only)
        likely = min(sources[file], default=file)
        pairs += [Pair(t, hit, hit.source if hit else likely) for t, hit in matched]
        unmatched += rest
    warnings = [
        *_warn_of_pages(missing, len(by_page), elsewhere),
        *_warn_of_fields(pairs, unmatched),
        *_warn_of_names(sources),
        *_warn_of_spaces(truth),
    ]
    return Matches(tuple(pairs), tuple(unmatched), tuple(warnings))


def edit_distance(one: str, other: str) -> int:
    """Count the characters to change, add or drop to make one text of another.

    Example:
        >>> edit_distance("1234", "134"), edit_distance("17", "71")
        (1, 2)
    """
    if one == other:
        return 0
    costs = list(range(len(other) + 1))
    for row, mine in enumerate(one, 1):
        above = costs
        costs = [row]
        for column, theirs in enumerate(other):
            changed = above[column] + (mine != theirs)
            costs.append(min(changed, above[column + 1] + 1, costs[column] + 1))
    return costs[-1]


def _collect(
    results: Iterable[ResultRow], pages: Iterable[tuple[str, int]]
) -> tuple[dict[tuple[str, int], list[ResultRow]], int]:
    """Keep the results on pages of the truth, by file name; count the others."""
    wanted = {(PurePath(file).name, page) for file, page in pages}
    found: dict[tuple[str, int], list[ResultRow]] = defaultdict(list)
    elsewhere = 0
    for result in results:
        key = PurePath(result.source).name, result.page
        if key in wanted:
            found[key].append(result)
        else:
            elsewhere += not result.stands_for_page
    return found, elsewhere


def _results_of(file: str, results: list[ResultRow]) -> list[ResultRow]:
    """Keep the results whose source ends as the truth names its file."""
    parts = PurePath(file).parts
    return [r for r in results if PurePath(r.source).parts[-len(parts) :] == parts]


def _check_count(rows: list[TruthRow], results: list[ResultRow]) -> None:
    if max(len(rows), len(results)) > MOST_ON_A_PAGE:
        raise InputError(
            f"{rows[0].file}, page {rows[0].page}: more than {MOST_ON_A_PAGE} rows; "
            "write the right page and file beside each"
        )


def _match_page(
    truth: list[TruthRow], results: list[ResultRow], names_only: bool
) -> tuple[list[tuple[TruthRow, ResultRow | None]], list[ResultRow]]:
    """Match the rows of one page; those without name and box go last.

    Returns:
        Pairs in this order, and the results that are left.
    """
    left = list(results)
    pairs: list[tuple[TruthRow, ResultRow | None]] = []
    waiting = []
    for row in truth:
        hit = _find_by_name(row, left)
        if hit is None and not names_only:
            if row.area is None:
                waiting.append(row)
                continue
            hit = _find_by_area(row.area, left)
        if hit is not None:
            left.remove(hit)
        pairs.append((row, hit))
    if len(waiting) == len(left) == 1:
        return [*pairs, (waiting[0], left[0])], []
    taken = _match_values(waiting, left)
    for index, row in enumerate(waiting):
        pairs.append((row, left[taken[index]] if index in taken else None))
    used = set(taken.values())
    return pairs, [r for index, r in enumerate(left) if index not in used]


def _find_by_name(row: TruthRow, results: list[ResultRow]) -> ResultRow | None:
    if _AUTOMATIC.fullmatch(row.field):
        return None
    return next((result for result in results if result.field == row.field), None)


def _find_by_area(area: Area, results: list[ResultRow]) -> ResultRow | None:
    """Find the result that shares most of its box, of equal ones the last."""
    shares = [
        (_shared_part(area, result.area), index)
        for index, result in enumerate(results)
        if result.area is not None
    ]
    share, index = max(shares, default=(0.0, -1))
    return results[index] if share > _SHARED else None


def _shared_part(one: Area, other: Area) -> float:
    """Measure the common area as a share of the smaller box.

    So a box around digits counts as the box of the cells that hold them.
    """
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    width, height = right - max(one.left, other.left), bottom - max(one.top, other.top)
    smaller = min(one.width * one.height, other.width * other.height)
    return width * height / smaller if min(width, height, smaller) > 0 else 0.0


def _match_values(truth: list[TruthRow], results: list[ResultRow]) -> dict[int, int]:
    """Match by value, the most alike first; nothing in common is no match.

    Returns:
        Position of the result for that of the row of truth.
    """
    if len(truth) * len(results) > _MOST_COMPARED:
        raise InputError(
            f"{truth[0].file}, page {truth[0].page}: too many rows to match by their "
            "values; give fields their names or boxes"
        )
    costs = sorted(
        (edit_distance(row.value, result.value), index, place)
        for index, row in enumerate(truth)
        for place, result in enumerate(results)
    )
    taken: dict[int, int] = {}
    used: set[int] = set()
    for cost, index, place in costs:
        is_alike = cost < max(1, len(truth[index].value))
        if is_alike and index not in taken and place not in used:
            taken[index] = place
            used.add(place)
    return taken


def _warn_of_pages(missing: int, pages: int, elsewhere: int) -> Iterator[str]:
    if missing == pages:
        yield (
            "no page of the truth is among the results: `file` must be the name in "
            "`source`, and `page` the same number"
        )
    elif missing:
        yield f"{missing} of {pages} pages of the truth have no result"
    if elsewhere:
        yield f"{elsewhere} results lie on pages without truth, and do not count"


def _warn_of_fields(
    pairs: Sequence[Pair], unmatched: Sequence[ResultRow]
) -> Iterator[str]:
    if unmatched and not any(pair.result for pair in pairs):
        yield (
            "no field of the truth could be matched: without a template, results have "
            "no names of their own, so give boxes, and leave --names out"
        )


def _warn_of_names(sources: Mapping[str, set[str]]) -> Iterator[str]:
    for file, names in sorted(sources.items()):
        if len(names) > 1:
            yield (
                f"{file} may be {' or '.join(sorted(names)[:2])}; write the folder "
                "into `file`, too"
            )


def _warn_of_spaces(truth: Sequence[TruthRow]) -> Iterator[str]:
    count = sum(row.value != row.value.strip() for row in truth)
    if count:
        yield f"{count} values of the truth begin or end with a space: nothing matches"
