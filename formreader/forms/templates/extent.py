"""How large a template may be, checked before its TOML is parsed.

A parser takes a time that grows with the square of the parts of a dotted key, refuses a
number of 5,000 digits with an error of its own kind, and names no line for what is
nested too deeply. What lies within these limits is parsed in a fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from formreader.errors import TemplateError

MOST_FIELDS = 2000
"""Fields of a form, all pages together."""

LARGEST_TEMPLATE = 1_000_000
"""Bytes of a template file."""

LONGEST_WORD = 100
"""Characters of a number, or of a key without quotes; a dotted key has several."""

_MOST_PARTS = 40 * MOST_FIELDS  # keys, values and opening brackets
_DEEPEST = 8  # brackets within each other, and dots of a key

_PART = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*+"|\'[^\'\n]*+\''
    r"|(?P<blank>(?:\s|\#[^\n]*+)++)|(?P<open>[\[{])|(?P<close>[\]}])"
    r"|(?P<word>[^\s=,\[\]{}\"'#.]++)|(?P<dot>\.)|(?P<sign>[=,])",
    re.DOTALL,
)


def check_extent(text: str) -> None:
    """Refuse TOML that no template needs, and that takes long to parse.

    Args:
        text: TOML, perhaps damaged.

    Raises:
        TemplateError: If a word is too long, something is nested too deeply, or there
            is too much in all; the message names the line.

    Example:
        >>> check_extent("max = " + "9" * 5000)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        formreader.errors.TemplateError: line 1: a key or number of 5000 characters...
    """
    line, parts, depth, dots = 1, 0, 0, 0
    for kind, part in _list_parts(text):
        line += part.count("\n")
        if kind in ("sign", "open", "close") or "\n" in part:
            dots = 0
        dots += kind == "dot"
        depth += (kind == "open") - (kind == "close")
        parts += kind in ("string", "word", "open")
        if kind == "word" and len(part) > LONGEST_WORD:
            raise TemplateError(
                f"line {line}: a key or number of {len(part)} characters; at most "
                f"{LONGEST_WORD}"
            )
        if depth > _DEEPEST:
            raise TemplateError(
                f"line {line}: more than {_DEEPEST} brackets within each other; see "
                "docs/templates.md for what a template holds"
            )
        if dots > _DEEPEST:
            raise TemplateError(
                f"line {line}: a key of more than {_DEEPEST} parts; put a name with "
                "dots in quotes"
            )
        if parts > _MOST_PARTS:
            raise TemplateError(
                f"line {line}: more than {_MOST_PARTS} keys and values; put long lists "
                "into a CSV file, as one_of takes it, and a part of the fields into "
                "another template"
            )


def _list_parts(text: str) -> Iterator[tuple[str, str]]:
    """List what TOML is made of, with its kind; a loose quote is left out."""
    for found in _PART.finditer(text):
        yield found.lastgroup or "string", found.group()
