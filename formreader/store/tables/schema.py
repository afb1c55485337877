"""The tables of a run store.

A file has pages, a page has fields, a field has digits, one picture, and, once people
have looked at it, decisions. The machine writes files, pages, fields, digits and crops;
people write decisions and checks. Nothing that a person decided is ever changed or
deleted.

Names, and everything that rows are ordered by, compare byte by byte in every database,
so that the same run gives the same order.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    true,
)

__all__ = [
    "VERSION",
    "FileState",
    "Finder",
    "PageState",
    "audit",
    "checks",
    "claims",
    "crops",
    "decisions",
    "digits",
    "fields",
    "files",
    "metadata",
    "opinions",
    "pages",
    "seconds",
    "settings",
]

VERSION = 9
"""Of the tables; a store of a later version is refused, an earlier one is migrated."""


class FileState(StrEnum):
    """How far a file of the run has come."""

    NEW = "new"  # listed
    KNOWN = "known"  # opened: its pages have rows
    FAILED = "failed"  # cannot be opened
    ASIDE = "aside"  # no page by its kind
    COPY = "copy"  # the same bytes as an earlier file, which is read instead
    REPLACED = "replaced"  # other bytes have taken its name; its pages no longer count


class PageState(StrEnum):
    """How far a page has come."""

    WAITING = "waiting"
    READ = "read"
    FAILED = "failed"


class Finder(StrEnum):
    """Who says that a field is on a page."""

    MACHINE = "machine"
    PERSON = "person"


metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER only


def _bytewise() -> Text:
    """Text that compares byte by byte."""
    return Text().with_variant(Text(collation="C"), "postgresql")


settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)
"""What the run was started with: `version` of the tables, `folder`, `options`."""

files = Table(
    "files",
    metadata,
    Column("id", _BIG, primary_key=True),
    # Relative to the folder, with `/`.
    Column("name", _bytewise(), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("sha256", Text),
    Column("page_count", Integer),
    Column("state", Text, nullable=False),
    Column("copy_of", ForeignKey("files.id")),
    # Where the file lies since it was read; NULL in the folder. Its name is free again.
    Column("moved_to", Text),
    Column("problem", Text),
    Column("remedy", Text),
    Index("files_by_name", "name"),
    Index("files_by_state", "state"),
    Index("files_by_sha256", "sha256"),
)
"""One row a file; of several with one name, all but the newest are `replaced`."""

pages = Table(
    "pages",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("file_id", ForeignKey("files.id"), nullable=False),
    Column("page_index", Integer, nullable=False),  # 0-based
    Column("state", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("form", Text),  # name of the template that it was read by
    Column("form_page", Integer),  # 1-based
    Column("residual_px", Float),
    Column("warnings", Text),  # JSON, a list
    Column("seconds", Float),  # processor time of the worker
    Column("problem", Text),
    Column("remedy", Text),
    UniqueConstraint("file_id", "page_index"),
    Index("pages_by_state", "state"),
)

fields = Table(
    "fields",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("page_id", ForeignKey("pages.id"), nullable=False),
    Column("position", Integer, nullable=False),  # 0-based, in reading order
    Column("name", _bytewise(), nullable=False),
    Column("value", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("flags", Text, nullable=False),  # space-separated
    Column("raw", Text, nullable=False),
    Column("digit_confidences", Text, nullable=False),  # as in the field CSV
    Column("left", Integer, nullable=False),
    Column("top", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    # Of a `FieldKind`; empty for a field that a store of version 2 had.
    Column("kind", Text, nullable=False, server_default=""),
    # As `str` of a `ValueType`; empty for a field without a type.
    Column("value_type", Text, nullable=False, server_default=""),
    # JSON: value, confidence, needs_review, flags, and alternatives as [value, raw,
    # probability], as read from this page alone, and the outline of the field. A roster
    # that is matched over the whole batch changes the columns above, and starts from
    # here each time.
    Column("reading", Text, nullable=False),
    # The decision that holds now, NULL while the machine's reading does. It follows
    # from the log, and is kept here so that what is open can be found at once.
    Column("decision_id", BigInteger),
    # Of a `Finder`: who says that there is a field.
    Column("found_by", Text, nullable=False, server_default="machine"),
    # Whether the field counts: not one that a person has removed, nor one whose drawing
    # was taken back. It follows from the log, as `decision_id` does.
    Column("is_there", Boolean, nullable=False, server_default=true()),
    # Where it stands in reading order, among the positions of the others; NULL for at
    # its own position.
    Column("rank", Float),
    UniqueConstraint("page_id", "position"),
    Index("fields_by_name", "name", "id"),
)
"""What the machine made of each field; the columns of the field CSV.

What holds for a field is `value` and `needs_review` of the decision that `decision_id`
names, and without one those of this row.
"""

_UNDECIDED = fields.c.decision_id.is_(None)

Index(
    "fields_by_doubt",
    fields.c.needs_review,
    fields.c.confidence,
    fields.c.id,
    sqlite_where=_UNDECIDED,
    postgresql_where=_UNDECIDED,
)

digits = Table(
    "digits",
    metadata,
    Column("field_id", ForeignKey("fields.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("character", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("left", Integer),  # pixels of the page; NULL without ink of its own
    Column("top", Integer),
    Column("width", Integer),
    Column("height", Integer),
    # PNG, 28 x 28 grey, white ink on black: what the digit model saw; or NULL.
    Column("image", LargeBinary),
    # The check that holds now, NULL without one; as `decision_id` of a field.
    Column("check_id", BigInteger),
)
"""One row a character of `raw`."""

_UNCHECKED = digits.c.check_id.is_(None)

Index(
    "digits_by_character",
    digits.c.character,
    digits.c.confidence,
    digits.c.field_id,
    digits.c.position,
    sqlite_where=_UNCHECKED,
    postgresql_where=_UNCHECKED,
)

crops = Table(
    "crops",
    metadata,
    Column("field_id", ForeignKey("fields.id"), primary_key=True),
    # JPEG, grey: the field with some of the page around it.
    Column("image", LargeBinary, nullable=False),
    # Where the picture lies on the page, in pixels.
    Column("left", Integer, nullable=False),
    Column("top", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("field_id", ForeignKey("fields.id"), nullable=False),
    Column("at", Text, nullable=False),  # UTC, ISO 8601
    Column("user", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("place", Text, nullable=False),  # the page of the station: queue, carpet...
    Column("old_value", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    # Whether the field is done with; not if somebody found that it must be looked at.
    Column("settled", Boolean, nullable=False),
    Column("previous", BigInteger),  # the decision that held before; NULL for none
    Column("undoes", BigInteger),  # of an undo: the decision that holds no more
    Column("sheet", Text),  # of several made at once: what they share
    # The id that a browser gave the decision, so that it is stored once however often
    # it is sent; NULL for what no browser sent, and before version 5.
    Column("request", Text),
    # The rules of the form that the value breaks, in words, where a person said that it
    # stands there all the same; else NULL.
    Column("override", Text),
    # What a person says to the supervisor about a field that they escalated; else NULL.
    Column("comment", Text),
    Index("decisions_by_request", "request", unique=True),
    Index("decisions_by_field", "field_id", "id"),
    Index("decisions_by_user", "user", "id"),
)
"""What people decided: a log that only grows. To undo is an entry of its own."""

_UNSETTLED = ~decisions.c.settled

Index(
    "decisions_open",
    decisions.c.id,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)

checks = Table(
    "checks",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("field_id", ForeignKey("fields.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Text, nullable=False),  # UTC, ISO 8601
    Column("user", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("sheet", Text, nullable=False),  # what was confirmed at once
    Column("undoes", BigInteger),  # of an undo: the check that holds no more
    Index("checks_by_user", "user", "id"),
    Index("checks_by_sheet", "sheet"),
)
"""Which digits people found to be read rightly or wrongly: a log that only grows."""

claims = Table(
    "claims",
    metadata,
    Column("field_id", ForeignKey("fields.id"), primary_key=True),
    # Of a digit on the carpet; -1 for the field as a whole.
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("worker", Text, key="browser", nullable=False),
    Column("until", Float, nullable=False),  # seconds since 1970, UTC
    Index("claims_by_worker", "browser"),
)
"""Which browser has which field in hand, so that no other is given it meanwhile."""

audit = Table(
    "audit",
    metadata,
    Column("field_id", ForeignKey("fields.id"), primary_key=True),
    Column("rank", Float, nullable=False),  # random; they are shown in this order
    Index("audit_by_rank", "rank", "field_id"),
)
"""Accepted fields that were drawn at random, to measure how many are wrong."""

seconds = Table(
    "seconds",
    metadata,
    Column("field_id", ForeignKey("fields.id"), primary_key=True),
    Column("rank", Float, nullable=False),  # random; they are asked in this order
    # The opinion that holds, NULL while none does; it follows from the log.
    Column("opinion_id", BigInteger),
    Index("seconds_by_rank", "rank", "field_id"),
)
"""Decided fields that were drawn at random, to be asked of another person."""

opinions = Table(
    "opinions",
    metadata,
    Column("id", _BIG, primary_key=True),
    Column("field_id", ForeignKey("fields.id"), nullable=False),
    Column("at", Text, nullable=False),  # UTC, ISO 8601
    Column("user", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("first_id", BigInteger, nullable=False),  # the decision that was asked about
    Column("undoes", BigInteger),  # of an undo: the opinion that holds no more
    Column("request", Text),  # as of a decision
    Index("opinions_by_request", "request", unique=True),
    Index("opinions_by_user", "user", "id"),
)
"""What second persons said of decided fields, blind: a log that only grows."""
