"""Pages that cost too much, and what worker processes of tests do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from made_pdfs import make_pdf, many_pages, nested_forms, tiny_pattern

HUNGRY, SLOW, GOOD = b"/X Do", b"/Pattern cs /P scn 0 0 300 200 re f", b"0 0 9 9 re f"


def write_hungry_pdf(path: Path, *drawn: bytes) -> Path:
    """Write a PDF with pages that take memory without end; all of them by default."""
    path.write_bytes(make_pdf(many_pages(drawn or (HUNGRY,), *nested_forms(4))))
    return path


def write_slow_pdf(path: Path) -> Path:
    """Write a PDF with a page that takes hours."""
    path.write_bytes(make_pdf(many_pages((SLOW,), tiny_pattern())))
    return path


def make_sleeper() -> Callable[[float], None]:
    return time.sleep


def make_hoarder() -> Callable[[int], int]:
    """Take a number of MB; what is more than may be had is said by an exception."""
    return lambda megabytes: len(bytes(megabytes * 2**20))
