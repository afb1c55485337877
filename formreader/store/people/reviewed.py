"""What people found out about readings, with the pictures that the model saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select

from formreader.store.people.checks import Verdict
from formreader.store.people.decisions import Action, join_decisions
from formreader.store.tables.schema import (
    FileState,
    PageState,
    checks,
    decisions,
    digits,
    fields,
    files,
    pages,
)
from formreader.value_types import ValueType

__all__ = ["ReviewedDigit", "ReviewedField", "read_reviewed"]

_CHUNK = 1000  # rows in memory


@dataclass(frozen=True)
class ReviewedDigit:
    """One character of a reading.

    Attributes:
        character: What the machine read.
        is_right: What a person found about it alone; None if nobody looked.
        image: PNG, 28 x 28 grey, 255 = ink; None without ink of its own.
    """

    character: str
    is_right: bool | None = None
    image: bytes | None = None


@dataclass(frozen=True)
class ReviewedField:
    """A field about which, or about a digit of which, a person said something.

    Attributes:
        sha256: Checksum of its file.
        page_index: 0-based page in the file.
        action: What was decided about the whole field and holds now; None if nothing.
        value: The value that was decided; empty if nothing was.
        digits: The machine's reading, character by character.
        value_type: What type of value the field holds, or None.
    """

    sha256: str
    page_index: int
    action: Action | None
    value: str
    digits: tuple[ReviewedDigit, ...]
    value_type: ValueType | None = None

    @property
    def raw(self) -> str:
        """The machine's reading, before any rule."""
        return "".join(digit.character for digit in self.digits)


def read_reviewed(connection: Connection) -> Iterator[ReviewedField]:
    """Yield what people looked at, by the checksums of the files, page and place.

    Args:
        connection: The store; only a part of the rows is in memory at a time.

    Yields:
        Fields of pages that count, with what holds now; what was taken back is not
        among it.
    """
    rows = connection.execute(_select().execution_options(yield_per=_CHUNK))
    for _, found in groupby(rows, lambda row: row.id):
        yield _make_field(list(found))


def _select() -> Select[Any]:
    """Select a row a digit."""
    is_checked = select(digits.c.field_id).where(digits.c.check_id.is_not(None))
    query = (
        select(
            fields.c.id,
            fields.c.value_type,
            files.c.sha256,
            pages.c.page_index,
            decisions.c.action,
            decisions.c.value,
            digits.c.character,
            digits.c.image,
            checks.c.verdict,
        )
        .select_from(fields)
        .join(pages, pages.c.id == fields.c.page_id)
        .join(files, files.c.id == pages.c.file_id)
        .join(digits, digits.c.field_id == fields.c.id)
        .outerjoin(checks, checks.c.id == digits.c.check_id)
    )
    return (
        join_decisions(query)
        .where(
            files.c.state == FileState.KNOWN,
            files.c.sha256.is_not(None),
            pages.c.state == PageState.READ,
            or_(fields.c.decision_id.is_not(None), fields.c.id.in_(is_checked)),
        )
        .order_by(
            files.c.sha256,
            pages.c.page_index,
            fields.c.position,
            fields.c.id,
            digits.c.position,
        )
    )


def _make_field(rows: list[Row[Any]]) -> ReviewedField:
    first = rows[0]
    verdicts = {Verdict.RIGHT: True, Verdict.WRONG: False}
    return ReviewedField(
        first.sha256,
        first.page_index,
        None if first.action is None else Action(first.action),
        first.value or "",
        tuple(
            ReviewedDigit(row.character, verdicts.get(row.verdict), row.image)
            for row in rows
        ),
        ValueType.parse(first.value_type),
    )
