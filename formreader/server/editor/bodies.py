"""What the editor sends, with its limits; what it means is for the template to say."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from formreader.forms.editing.drafts import (
    FREE_KEYS,
    Draft,
    DraftCheck,
    DraftField,
)
from formreader.forms.templates.extent import MOST_FIELDS
from formreader.geometry import Box

__all__ = [
    "CopyBody",
    "DraftBody",
    "FileName",
    "NewFormBody",
    "PointBody",
    "TrialBody",
]

_MOST_CHECKS = 500
_MOST_ENTRIES = 2000  # of a list that a key holds
_LARGEST_SIDE = 100_000  # pixels
_LARGEST_NUMBER = 10**15

_Pixel = Annotated[int, Field(ge=0, le=_LARGEST_SIDE)]
_Place = Annotated[list[_Pixel], Field(min_length=4, max_length=4)]
_Name = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Number = (
    Annotated[int, Field(ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER)]
    | Annotated[
        float, Field(ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER, allow_inf_nan=False)
    ]
)
FileName = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""What the server calls a file that was sent."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _OptionBody(_Body):
    value: _Name
    box: _Place


_Entries = Annotated[list[_Number | _Name], Field(max_length=_MOST_ENTRIES)]
_Options = Annotated[list[_OptionBody], Field(max_length=_MOST_ENTRIES)]
_Keys = Annotated[
    dict[str, bool | _Number | _Text | _Entries | _Options],
    Field(max_length=len(FREE_KEYS)),
]


class _FieldBody(_Body):
    """A field; `was` is its name in the file."""

    name: _Name
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    box: _Place
    keys: _Keys = {}
    was: _Name = ""
    is_proposal: bool = False

    @field_validator("keys")
    @classmethod
    def _check_keys(cls, keys: dict[str, Any]) -> dict[str, Any]:
        if strange := set(keys) - set(FREE_KEYS):
            raise ValueError(f"{min(strange)[:40]!r} is no key of a field")
        return keys

    def read(self) -> DraftField:
        """Give it as a part of a draft."""
        left, top, width, height = self.box
        box = Box(left, top, left + width, top + height)
        keys = self.model_dump()["keys"]
        return DraftField(self.name, self.page, box, keys, self.was, self.is_proposal)


class _CheckBody(_Body):
    """A rule between fields; `was` is its number in the file, from 0."""

    rule: _Text
    was: Annotated[int, Field(ge=0, le=100_000)] | None = None


class DraftBody(_Body):
    """A form as the editor has it, and the tag of the file that it comes from."""

    tag: Annotated[str, Field(max_length=64)]
    fields: Annotated[list[_FieldBody], Field(max_length=MOST_FIELDS)]
    checks: Annotated[list[_CheckBody], Field(max_length=_MOST_CHECKS)] = []
    dropped: Annotated[list[_Name], Field(max_length=MOST_FIELDS)] = []

    def read(self) -> Draft:
        """Give it as a draft."""
        return Draft(
            tuple(one.read() for one in self.fields),
            tuple(DraftCheck(one.rule, one.was) for one in self.checks),
            dropped=tuple(self.dropped),
        )


class NewFormBody(_Body):
    """A form to be made of a page that was sent."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    file: FileName
    flatten: bool = False
    filled: bool = False


class CopyBody(_Body):
    """What the copy of a form is called."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class PointBody(_Body):
    """A point of a page of a form, in pixels of its reference."""

    page: Annotated[int, Field(ge=1, le=10_000)]
    at: Annotated[list[_Pixel], Field(min_length=2, max_length=2)]


class TrialBody(_Body):
    """A page that was sent, to be read with a draft."""

    draft: DraftBody
    file: FileName
