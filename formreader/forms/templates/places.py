"""Where a fault lies in a TOML text, so that an error can name line and key."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]?\]")
_KEY = re.compile(r"""\s*(["']?)([\w-]+)\1\s*[=.]""")


class PlacedError(ValueError):
    """What is wrong, at a place deeper than pydantic would name.

    Args:
        place: Table, 0-based number in it and key, or a part of these.
        message: What is allowed there.
    """

    def __init__(self, place: tuple[str | int, ...], message: str) -> None:
        """Keep the place beside the message."""
        super().__init__(message)
        self.place = place


def find_line(text: str, place: tuple[str | int, ...]) -> int | None:
    r"""Find the line of a key, or of the table that lacks it.

    Args:
        text: TOML with tables one level deep, as templates have.
        place: Key, or table, its 0-based number and key; what follows is ignored.

    Returns:
        The 1-based line; None if it is not found.

    Example:
        >>> find_line('name = "x"\n[[field]]\ncells = 0\n', ("field", 0, "cells"))
        3
    """
    lines = text.splitlines()
    if len(place) > 1 and isinstance(place[1], int):
        start = _find_table(lines, str(place[0]), place[1])
        if start is None:
            return None
        key = str(place[2]) if len(place) > 2 else ""
        return (_find_key(lines, start + 1, key) or start) + 1
    found = _find_key(lines, 0, str(place[0])) if place else None
    return None if found is None else found + 1


def _find_table(lines: list[str], name: str, number: int) -> int | None:
    headers = (
        index
        for index, line in enumerate(lines)
        if (found := _HEADER.match(line)) and found[1] == name
    )
    return next((index for n, index in enumerate(headers) if n == number), None)


def _find_key(lines: list[str], start: int, key: str) -> int | None:
    """Find a key before the next table begins."""
    for index in range(start, len(lines)):
        if _HEADER.match(lines[index]):
            return None
        found = _KEY.match(lines[index])
        if found and found[2] == key:
            return index
    return None
