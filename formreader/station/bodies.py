"""What pages may send: each kind of request, with its limits."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from formreader.store.people.claims import WHOLE, Place
from formreader.store.people.filters import Filters

__all__ = [
    "BoxBody",
    "CarpetWish",
    "FieldVerdict",
    "FieldWish",
    "Id",
    "OpenedField",
    "PageBody",
    "PageWish",
    "PlaceBodies",
    "PlaceBody",
    "QueueWish",
    "RevisionBody",
    "SheetVerdict",
    "Text",
    "TypedValue",
    "UndoWish",
    "WantedFilters",
    "as_places",
]

_MOST = 1000  # fields or digits in one request

Id = Annotated[int, Field(ge=0, lt=2**62)]
"""A row of the store."""

OpenedField = Annotated[int | None, Query(alias="open", ge=0, lt=2**62)]
"""The field that an address asks to be shown first."""

Request = Annotated[str, Field(pattern=r"^[0-9a-f-]{16,64}$")]
"""The id that a page gives what it sends, so that it can send it again."""

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
_LARGEST_SIDE = 100_000  # pixels
Pixel = Annotated[int, Field(ge=0, le=_LARGEST_SIDE)]
Name = Annotated[
    str,
    Field(max_length=64, pattern=r"^([A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*)?$"),
]
Value = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]

Comment = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Words from one person to another."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QueueWish(_Body):
    """Which fields a page wants; those of `without` it has, or has put off.

    `anew` asks to count what is left now, as a page does that has just been loaded. In
    the order of pages it goes on with `page`.
    """

    count: Annotated[int, Field(ge=1, le=20)]
    without: Annotated[list[Id], Field(max_length=_MOST)] = []
    anew: bool = False
    order: Literal["doubt", "page"] = "doubt"
    page: Id | None = None
    field: Text = ""
    flag: Text = ""
    form: Text = ""
    file: Text = ""
    search: Text = ""

    @property
    def filters(self) -> Filters:
        """What the fields must have."""
        return Filters(self.field, self.flag, self.form, self.file, self.search)


def _ask_filters(
    field: Text = "",
    flag: Text = "",
    form: Text = "",
    file: Text = "",
    search: Text = "",
) -> Filters:
    return Filters(field, flag, form, file, search)


WantedFilters = Annotated[Filters, Depends(_ask_filters)]
"""A parameter of a route that is given the filters in the query of an address."""


class FieldVerdict(_Body):
    """What a person decided about a field that showed the decision `seen`.

    `after` is the `request` of what the same page sent about the field before; it
    counts instead of `seen`, since its answer may not have come yet. `override` says
    that the value stands, though it breaks rules of its form. `second` says that it is
    a second opinion. `comment` goes with what is escalated.
    """

    field: Id
    action: Literal["accept", "blank", "unreadable", "escalate"]
    value: Value
    seen: Id | None
    place: Literal["queue", "groups", "pages"]
    request: Request | None = None
    after: Request | None = None
    override: bool = False
    second: bool = False
    comment: Comment = ""


class TypedValue(_Body):
    """What a person is typing for a field."""

    field: Id
    value: Value


class FieldWish(_Body):
    """That a field be shown."""

    field: Id


class PageWish(_Body):
    """Which page is wanted: the nearest with doubts in a direction, or `page` itself.

    Fields of `without` do not count: the page has sent what was decided about them.
    `anew` asks to count what is left now.
    """

    page: Id | None = None
    step: Literal[-1, 0, 1]
    without: Annotated[list[Id], Field(max_length=_MOST)] = []
    anew: bool = False


class RemovalBody(_Body):
    """A field that is to be there no more; `seen` and `after` as of a verdict."""

    field: Id
    seen: Id | None
    after: Request | None = None


class BoxBody(_Body):
    """A box that somebody drew, in pixels of the page.

    The field is called `name`, or numbered; it holds what the field `like` holds.
    """

    left: Pixel
    top: Pixel
    width: Annotated[int, Field(ge=4, le=_LARGEST_SIDE)]
    height: Annotated[int, Field(ge=4, le=_LARGEST_SIDE)]
    name: Name = ""
    like: Id | None = None


class RevisionBody(_Body):
    """Which fields of a page go, which come, and which go with them on other pages."""

    page: Id
    removed: Annotated[list[RemovalBody], Field(max_length=100)] = []
    added: Annotated[list[BoxBody], Field(max_length=20)] = []
    alike: Annotated[list[Id], Field(max_length=_MOST)] = []
    request: Request | None = None


class PageBody(_Body):
    """A page."""

    page: Id


class UndoWish(_Body):
    """That the last decision be taken back."""

    request: Request | None = None


class PlaceBody(_Body):
    """A digit of a field; position -1 stands for the field as a whole."""

    field: Id
    position: Annotated[int, Field(ge=WHOLE, lt=10_000)]


Places = Annotated[list[PlaceBody], Field(max_length=_MOST)]


class CarpetWish(_Body):
    """Which digits a page wants; those of `without` it has already."""

    digit: Annotated[str, Field(pattern="^[0-9]$")]
    count: Annotated[int, Field(ge=1, le=200)]
    without: Places = []


class PlaceBodies(_Body):
    """Some fields or digits."""

    places: Places


class SheetVerdict(_Body):
    """What a person found on a page of digits."""

    right: Places
    wrong: Places
    request: Request | None = None


def as_places(bodies: list[PlaceBody]) -> list[Place]:
    """Give fields or digits as the store names them."""
    return [(body.field, body.position) for body in bodies]
