"""`formreader template add`, `rename`, `remove`, `join` and `split`."""

from __future__ import annotations

from collections.abc import Callable
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath
from formreader.cli.limits import limit_options
from formreader.cli.messages import tell
from formreader.cli.wording import count
from formreader.errors import OutputError, TemplateError
from formreader.output import write_bytes

if TYPE_CHECKING:
    from formreader.forms.editing.document import FormText
    from formreader.forms.editing.neighbours import Surroundings
    from formreader.forms.templates.entries import FieldTemplate
    from formreader.geometry import Box
    from formreader.workers.limits import PageLimits

__all__ = ["COMMANDS"]

_FORM = click.argument("form", type=UserPath(), metavar="FORM.toml")
_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Print what would change, and write nothing."
)
_Command = Callable[..., None]


def _csv_option(what: str) -> Callable[[_Command], _Command]:
    return click.option(
        "--from-csv", "table", type=UserPath(), metavar="CSV", help=what
    )


@click.command()
@_FORM
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--box", metavar="L,T,W,H", help="Where it is: left, top, width, height.")
@click.option(
    "--at",
    metavar="PLACE",
    help="Take the printed box there: around a point, as in 120mm,45mm, or beside a "
    "field or printed words, as in \"right of 'Total'\" (left, above, below).",
)
@click.option("--size", metavar="W,H", help="With --at: a box of this size instead.")
@click.option(
    "--words", type=UserPath(), metavar="PDF", help="With --at: a PDF of the form."
)
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--cells", type=click.IntRange(1, 100), help="Printed boxes for digits.")
@_csv_option("Add the fields of a table, or change them.")
@_DRY_RUN
@limit_options
def add(
    form: Path,
    names: tuple[str, ...],
    box: str | None,
    at: str | None,
    size: str | None,
    words: Path | None,
    page: int,
    cells: int | None,
    table: Path | None,
    dry_run: bool,
    limits: PageLimits,
) -> None:
    """Add fields to a template.

    Lengths are 20mm, 2cm, 0.8in, 57pt, 12.5% (of the page) or 240px; a number alone is
    of the template's unit. Without a place, NAMEs are fields that stand in the template
    as comments: they are taken up. A CSV table has a column for each key (name, box or
    left, top, width, height, cells and so on); fields that are there get what it says.

    \b
    Examples:
        formreader template add form.toml total --box 20mm,35mm,60mm,8mm
        formreader template add form.toml total --at "right of 'subtotal'"
        formreader template add form.toml total --at 50%,35%
        formreader template add form.toml r2c3 r2c4
        formreader template add form.toml --from-csv fields.csv
    """
    from formreader.forms.editing.changes import put_fields
    from formreader.forms.editing.document import FormText
    from formreader.forms.editing.table import load_field_table

    if sum((bool(table), bool(box), bool(at))) > 1 or (table and names):
        raise click.UsageError("give one of --box, --at and --from-csv.")
    if (size or words) and not at:
        raise click.UsageError("--size and --words go with --at.")
    document = FormText.load(form)
    if table is not None:
        rows = load_field_table(table, document)
        changed = put_fields(document, rows)
        _save(document, changed, count(len(rows), "field"), dry_run)
        return
    if not (box or at):
        if not names:
            raise click.UsageError("give the NAME of a field, or --from-csv.")
        changed = document.with_doubtful(names)
        _save(document, changed, f"{count(len(names), 'field')} taken up", dry_run)
        return
    if len(names) != 1:
        raise click.UsageError("give one NAME for the place.")
    pages = len(document.form.pages)
    if page > pages:
        raise click.UsageError(f"the form has {count(pages, 'page')}.")
    place = _find_place(document, page, box, at, size, words, limits)
    keys: dict[str, object] = {"name": names[0], "box": place.box}
    keys |= {"page": page} if pages > 1 else {}
    keys |= {"cells": cells or place.cells} if cells or place.cells else {}
    keys |= {"skip": list(place.skip)} if place.skip and not cells else {}
    changed = put_fields(document, [keys], replace=False)
    _save(document, changed, f"{names[0]} added", dry_run)


@click.command()
@_FORM
@click.argument("names", nargs=-1, metavar="[OLD NEW]...")
@_csv_option("Take the names from a table with the columns old and new.")
@_DRY_RUN
def rename(
    form: Path, names: tuple[str, ...], table: Path | None, dry_run: bool
) -> None:
    """Give fields other names, in the checks between them as well.

    \b
    Examples:
        formreader template rename form.toml field_01 student_id
        formreader template rename form.toml r1c1 valid r1c2 invalid r1c3 total
        formreader template rename form.toml --from-csv names.csv
    """
    from formreader.forms.editing.changes import rename_fields
    from formreader.forms.editing.document import FormText
    from formreader.forms.editing.table import load_name_table

    if bool(names) == bool(table) or len(names) % 2:
        raise click.UsageError("give an OLD and a NEW name of each, or --from-csv.")
    document = FormText.load(form)
    pairs = dict(zip(names[::2], names[1::2], strict=True))
    if len(pairs) < len(names) // 2:
        raise click.UsageError("a field is named twice.")
    pairs = pairs if table is None else load_name_table(table)
    changed = rename_fields(document, pairs)
    _save(document, changed, f"{count(len(pairs), 'field')} renamed", dry_run)


@click.command()
@_FORM
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--with-checks", is_flag=True, help="And the checks that speak of them.")
@_DRY_RUN
def remove(
    form: Path, names: tuple[str, ...], with_checks: bool, dry_run: bool
) -> None:
    """Remove fields by name; * and ? stand for any letters, in quotes.

    \b
    Examples:
        formreader template remove form.toml field_07 field_08
        formreader template remove form.toml "t2_*" --dry-run
    """
    from formreader.forms.editing.changes import remove_fields
    from formreader.forms.editing.document import FormText

    document = FormText.load(form)
    changed = remove_fields(document, names, with_checks=with_checks)
    gone = len(document.fields) - len(changed.fields)
    _save(document, changed, f"{count(gone, 'field')} removed", dry_run)


@click.command()
@_FORM
@click.argument("names", nargs=-1, required=True, metavar="NAME NAME...")
@click.option("-o", "--output", "name", required=True, metavar="NAME", help="Its name.")
@click.option("--one-box", is_flag=True, help="Digits are written freely in it.")
@_DRY_RUN
def join(
    form: Path, names: tuple[str, ...], name: str, one_box: bool, dry_run: bool
) -> None:
    """Make one field of several on a line.

    Boxes of one width become its cells; where there is room for a mark between them, as
    in 3-2-4, it is skipped. All else becomes one box.

    \b
    Examples:
        formreader template join form.toml day month year -o date
        formreader template join form.toml a b -o amount --one-box
    """
    from formreader.forms.editing.changes import join_fields
    from formreader.forms.editing.document import FormText

    document = FormText.load(form)
    changed, notes = join_fields(document, names, name, as_box=one_box)
    for note in notes:
        tell(f"warning: {name}: {note}")
    _save(document, changed, f"{count(len(names), 'field')} joined", dry_run)


@click.command()
@_FORM
@click.argument("name")
@click.option(
    "--cells", multiple=True, type=click.IntRange(1, 100), help="Cells of each part."
)
@click.option(
    "--at", metavar="X,...", help="Where it is cut, from its left edge: 50% or 12mm."
)
@click.option("--into", multiple=True, metavar="NAME", help="The name of each part.")
@_DRY_RUN
def split(
    form: Path,
    name: str,
    cells: tuple[int, ...],
    at: str | None,
    into: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Make several fields of one, side by side.

    \b
    Examples:
        formreader template split form.toml phone --cells 3 --cells 4
        formreader template split form.toml date --cells 2 --cells 2 --cells 4
        formreader template split form.toml both --at 50% --into left --into right
    """
    from formreader.forms.editing.changes import split_field
    from formreader.forms.editing.document import FormText
    from formreader.forms.editing.measures import parse_lengths

    if bool(cells) == bool(at):
        raise click.UsageError("give the --cells of each part, or --at.")
    document = FormText.load(form)
    field = document.find_field(name)
    places: list[float] = []
    for part in (at or "").split(",") if at else ():
        places += parse_lengths(part, (field.box.width,), document, field.page)
    changed, notes = split_field(document, name, cells=cells, places=places, names=into)
    for note in notes:
        tell(f"warning: {name}: {note}")
    _save(document, changed, f"{name} split", dry_run)


def _find_place(
    document: FormText,
    page: int,
    box: str | None,
    at: str | None,
    size: str | None,
    words: Path | None,
    limits: PageLimits,
) -> FieldTemplate:
    """Find the place of a new field; its name is none."""
    from formreader.forms.editing.measures import find_page_scale, parse_box
    from formreader.forms.templates.entries import FieldTemplate

    given = " ".join(part for part in (box, at, size) if part).lower()
    _, paper = find_page_scale(document, page)
    if paper and any(unit in given for unit in ("mm", "cm", "in,", "pt")):
        tell(
            f"page {page} is taken for {paper}; if it is not, say dpi or size in "
            f"{document.path}"
        )
    if box is not None:
        return FieldTemplate(name="place", box=parse_box(box, document, page))
    try:
        return _find_printed(document, page, str(at), size, words, limits)
    except TemplateError as error:
        raise TemplateError(error.message, path=document.path) from error


def _find_printed(
    document: FormText,
    page: int,
    at: str,
    size: str | None,
    words: Path | None,
    limits: PageLimits,
) -> FieldTemplate:
    """Find the printed box that a place means, or place one of a given size."""
    from formreader.forms.editing.measures import parse_box, parse_lengths
    from formreader.forms.editing.neighbours import (
        Surroundings,
        parse_relation,
        place_beside,
    )
    from formreader.forms.templates.entries import FieldTemplate
    from formreader.workers.calls import LimitedCalls

    own = document.form.pages[page - 1]
    sides = own.width, own.height
    relation = parse_relation(at)
    if words is None and own.reference.suffix.lower() == ".pdf":
        words = own.reference
    with LimitedCalls(limits) as calls:
        seen = calls.run(partial(Surroundings.look, own, words), own.reference)
    wanted = parse_lengths(size, sides, document, page) if size else []
    if relation is None:
        x, y = parse_lengths(at, sides, document, page)
        if not wanted:
            return seen.find_at(x, y)
        text = f"{x}px,{y}px,{wanted[0]}px,{wanted[1]}px"
        return FieldTemplate(name="place", box=parse_box(text, document, page))
    start = _find_start(document, page, relation[1], seen)
    if not wanted:
        return seen.find_beside(start, relation[0])
    placed = place_beside(start, relation[0], wanted[0], wanted[1])
    return FieldTemplate(name="place", box=placed)


def _find_start(document: FormText, page: int, name: str, seen: Surroundings) -> Box:
    """Find what a place is beside: a field of the page, or printed words."""
    for field in document.form.fields_on(page):
        if field.name == name:
            return field.box
    return seen.find_label(name)


def _save(before: FormText, after: FormText, what: str, dry_run: bool) -> None:
    """Write a template that was changed, if it can be used; or print the change."""
    try:
        fields = after.form.fields
    except TemplateError as error:
        message = f"with this change: {error.message}; nothing was written"
        raise TemplateError(message, path=error.path) from error
    if dry_run:
        lines = unified_diff(
            before.text.splitlines(),
            after.text.splitlines(),
            str(before.path),
            str(after.path),
            lineterm="",
        )
        for line in lines:
            tell(line, err=False)
        return
    try:
        write_bytes(after.path, after.text.encode())
    except OSError as error:
        message = f"cannot write ({error.strerror}); check the folder's permissions"
        raise OutputError(message, path=after.path) from error
    tell(f"{after.path}: {what}; {count(len(fields), 'field')}")


COMMANDS = (add, rename, remove, join, split)
