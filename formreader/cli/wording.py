"""How commands put things into words."""

from __future__ import annotations

__all__ = ["count"]


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Name a number of things.

    Example:
        >>> count(1, "page"), count(2, "page"), count(2, "copy", "copies")
        ('1 page', '2 pages', '2 copies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
