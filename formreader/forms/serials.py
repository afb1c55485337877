"""The code on a printed sheet: which form and page it is, and which copy."""

from __future__ import annotations

import re

__all__ = ["code_text", "split_code"]

_MOST_NAME = 20  # characters: a code of few squares survives copying
_VALUE = re.compile(r"[0-9A-Za-z_.-]{1,64}")


def code_text(form: str, page: int, serial: str = "") -> str:
    """Make the text of the code of a page.

    Args:
        form: Name of the form.
        page: 1-based.
        serial: Number of the copy, if copies are told apart.

    Example:
        >>> code_text("survey", 2, "000017")
        'survey/2/000017'
    """
    return "/".join((form[:_MOST_NAME], str(page), serial)).rstrip("/")


def split_code(text: str, form: str, page: int) -> str | None:
    """Take the value out of a code that was read.

    Args:
        text: What the code says.
        form: Name of the form that the page was taken for.
        page: 1-based, which page of it.

    Returns:
        Of a sheet of this form, its serial number; of a code that was printed by
        others, the whole text. None if it is of another form or page, or holds what
        no table should.

    Example:
        >>> split_code("survey/2/000017", "survey", 2), split_code("A-7", "survey", 1)
        ('000017', 'A-7')
    """
    value = text.removeprefix(code_text(form, page) + "/")
    return value if _VALUE.fullmatch(value) else None
