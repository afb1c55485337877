"""Which pages of a file are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PART = re.compile(r"([0-9]{1,9})(?:(-)([0-9]{1,9})?)?")


@dataclass(frozen=True)
class PageSelection:
    """Pages of a file by number, from 1.

    Attributes:
        ranges: First and last page of each range; None as last for the end of the file.
    """

    ranges: tuple[tuple[int, int | None], ...]

    @classmethod
    def of(cls, pages: str | Iterable[int]) -> PageSelection:
        """Understand what a user writes.

        Args:
            pages: Text as `1,3-5` or `2-`, or page numbers, from 1.

        Raises:
            ValueError: If it is no selection; the message says what is allowed.

        Example:
            >>> PageSelection.of("1, 3-5, 8-").ranges
            ((1, 1), (3, 5), (8, None))
        """
        if isinstance(pages, str):
            ranges = tuple(_parse_range(part.strip()) for part in pages.split(","))
        else:
            ranges = tuple((number, number) for number in pages)
        if not ranges or any(first < 1 for first, _ in ranges):
            raise ValueError("pages are numbered from 1")
        return cls(ranges)

    def __contains__(self, number: int) -> bool:
        """Tell whether a page, from 1, is selected."""
        return any(
            first <= number and (last is None or number <= last)
            for first, last in self.ranges
        )

    def first_missing(self, count: int) -> int | None:
        """Return the first page asked for that a file of `count` pages lacks."""
        missing = [
            max(first, count + 1)
            for first, last in self.ranges
            if max(first, last or 0) > count
        ]
        return min(missing, default=None)


def _parse_range(text: str) -> tuple[int, int | None]:
    found = _PART.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is no page; expected numbers and ranges as 1,3-5,8-"
        )
    first = int(found[1])
    if found[2] is None:
        return first, first
    last = None if found[3] is None else int(found[3])
    if last is not None and last < first:
        raise ValueError(f"{text!r} runs backwards")
    return first, last
