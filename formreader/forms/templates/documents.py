"""The keys of a template file, one level above its fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from formreader.forms.templates.appearance import PrintedText, Record
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.units import Unit

__all__ = ["CheckEntry", "FormDocument", "FormPart", "PageEntry"]


class PageEntry(Record):
    """A page as the file has it."""

    reference: str
    width: int
    height: int
    dpi: Annotated[int | float, Field(gt=0)] | None = None
    size: list[int | float] | None = None


class CheckEntry(Record):
    """A rule between fields as the file has it."""

    rule: str


class FormPart(Record):
    """The keys of a TOML file that another one may include."""

    name: str | None = None
    reference: str | None = None
    width: int | None = None
    height: int | None = None
    unit: Unit = "px"
    dpi: Annotated[int | float, Field(gt=0)] | None = None
    size: list[int | float] | None = None
    include: str | list[str] = Field(default_factory=list)
    page: list[PageEntry] = Field(default_factory=list)
    field: list[FieldTemplate] = Field(default_factory=list)
    check: list[CheckEntry] = Field(default_factory=list)
    text: list[PrintedText] = Field(default_factory=list)


class FormDocument(FormPart):
    """The keys of the TOML file of a template."""

    name: str
