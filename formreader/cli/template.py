"""`formreader template`: from a blank page to a template, and to a printed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli import template_edits
from formreader.cli.arguments import UserPath
from formreader.cli.limits import limit_options
from formreader.cli.messages import tell
from formreader.cli.template_composing import compose
from formreader.cli.wording import count
from formreader.errors import InputError, OutputError
from formreader.output import write_bytes

if TYPE_CHECKING:
    from formreader.forms.authoring.blank_pages import BlankPage, BlankPages
    from formreader.forms.authoring.printing import PrintingWay
    from formreader.forms.templates.entries import FieldTemplate, PageTemplate
    from formreader.forms.templates.template import FormTemplate
    from formreader.workers.limits import PageLimits


@click.group()
def template() -> None:
    """Make, change, check, draw and print form templates.

    A template says which number stands where on a form. docs/templates.md explains its
    keys.

    \b
    Examples:
        formreader template new blank.png -o form.toml
        formreader template check form.toml
    """


for _command in (*template_edits.COMMANDS, compose):
    template.add_command(_command)

_FORM = click.argument("form", type=UserPath(), metavar="FORM.toml")


def _output_option(
    metavar: str, what: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make the option that says where a file goes."""
    return click.option(
        "-o",
        "--output",
        required=True,
        type=UserPath(dir_okay=False),
        metavar=metavar,
        help=what,
    )


@template.command()
@click.argument("blank", type=UserPath())
@_output_option("FORM.toml", "Write the template here, and its pictures beside it.")
@click.option(
    "--page",
    type=click.IntRange(min=1),
    metavar="N",
    help="Take this page of the file alone.  [default: all]",
)
@click.option("--flatten", is_flag=True, help="BLANK is a photo: straighten it.")
@click.option(
    "--filled",
    is_flag=True,
    help="BLANK is filled in: paint out what stands in the boxes.",
)
@click.option(
    "--unit",
    type=click.Choice(["px", "mm"]),
    default="px",
    show_default=True,
    help="Give places in pixels of the reference, or in millimetres of the page.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@limit_options
def new(
    blank: Path,
    output: Path,
    page: int | None,
    flatten: bool,
    filled: bool,
    unit: str,
    force: bool,
    limits: PageLimits,
) -> None:
    """Write a template from a blank page.

    BLANK is a scan or PDF of the form, not filled in. Rows of boxes, boxes, table
    cells, underlined blanks and lines with comb teeth become fields, named by place; a
    PDF gives names, and tells numbers from words. What is doubtful is written as a
    comment. form.png is the reference page, form.annotated.png shows what was found.
    Then give the fields names of your own in form.toml.

    \b
    Examples:
        formreader template new blank.png -o form.toml
        formreader template new blank.pdf --page 1 -o form.toml
        formreader template new blank.pdf --unit mm -o form.toml
        formreader template new photo.jpg --flatten --filled -o form.toml
    """
    from formreader.forms.authoring.blank_pages import BlankPages
    from formreader.forms.authoring.new_forms import propose_form

    if output.suffix.lower() != ".toml":
        raise click.UsageError("-o names a file that ends in .toml.")
    if not output.name.isprintable():  # the template names its pictures after itself
        raise click.UsageError("-o names a file that TOML cannot name; choose another.")
    how = BlankPages(blank, flatten, filled)
    made = propose_form(_load_blank(how, page, limits), output, blank)
    for number, warning in made.warnings:
        tell(f"warning: {blank}, page {number}: {warning}")
    if not made.fields:
        raise InputError(
            "no box, comb or underlined blank found; scan darker, or write the "
            "template by hand (docs/templates.md)",
            path=blank,
        )
    text = made.write(output.stem, in_mm=unit == "mm")
    changed = flatten or filled
    for path in [output, *made.references]:
        if _is_same(path, blank) and changed:
            message = "is the page itself; let -o name another file beside it"
            raise OutputError(message, path=path)
        if path.exists() and not force and not _is_same(path, blank):
            raise OutputError(
                "is there already; choose another name, or replace it with --force",
                path=path,
            )
    for path, picture in {**made.references, **made.drawings}.items():
        if path not in made.references or not _is_same(path, blank):
            _write(path, picture)
    _write(output, text.encode())
    suggestions = len(made.suggestions)
    doubtful = f", {suggestions} doubtful" if suggestions else ""
    tell(f"{output}: {count(len(made.fields), 'field')}{doubtful}")


@template.command()
@_FORM
@click.option(
    "-o",
    "--output",
    type=UserPath(dir_okay=False),
    metavar="PNG",
    help="Draw the fields here, doubtful ones in red; PNG-2 and so on for more pages.",
)
@limit_options
def check(form: Path, output: Path | None, limits: PageLimits) -> None:
    """Load a template, say what it holds, and warn of what looks wrong.

    Fields that overlap, have no line below them, or hold print or a line where only
    writing should stand are named. The exit code is 4 if the template cannot be used;
    warnings do not change it.

    \b
    Examples:
        formreader template check form.toml
        formreader template check form.toml -o form.check.png
    """
    from formreader.forms.authoring.inspection import draw_template, find_doubts
    from formreader.forms.authoring.new_forms import encode_picture, name_picture
    from formreader.forms.templates.template import FormTemplate
    from formreader.workers.calls import LimitedCalls

    loaded = FormTemplate.load(form)
    tell(
        f"{loaded.name}: {count(len(loaded.pages), 'page')}, "
        f"{count(len(loaded.fields), 'field')}, {count(len(loaded.checks), 'check')}",
        err=False,
    )
    for field in loaded.fields:
        tell(
            f"  page {field.page}  {field.name}  {_describe(field)}".rstrip(), err=False
        )
    with LimitedCalls(limits) as calls:
        doubts = calls.run(partial(find_doubts, loaded), form)
        for doubt in doubts:
            tell(f"warning: {form}: {doubt.text}")
        if output is None:
            return
        doubtful = {name for doubt in doubts for name in doubt.names}
        for page in loaded.pages:
            target = name_picture(output, output.suffix, page.number)
            if _is_same(target, page.reference):
                raise click.UsageError("-o names the reference itself.")
            pixels = calls.run(page.load_pixels, page.reference)
            fields = loaded.fields_on(page.number)
            _write(target, encode_picture(draw_template(pixels, fields, doubtful)))


@template.command()
@_FORM
@_output_option("PNG", "Write the picture here.")
@click.option(
    "--page",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Which page of the form.",
)
@limit_options
def show(form: Path, output: Path, page: int, limits: PageLimits) -> None:
    """Draw the fields of a template on its reference.

    \b
    Example:
        formreader template show form.toml -o form.annotated.png
    """
    from formreader.forms.authoring.inspection import draw_template
    from formreader.forms.authoring.new_forms import encode_picture
    from formreader.forms.templates.template import FormTemplate
    from formreader.workers.calls import LimitedCalls

    loaded = FormTemplate.load(form)
    if page > len(loaded.pages):
        raise click.UsageError(f"the form has {count(len(loaded.pages), 'page')}.")
    if _is_same(output, loaded.pages[page - 1].reference):
        raise click.UsageError("-o names the reference itself.")
    wanted = loaded.pages[page - 1]
    with LimitedCalls(limits) as calls:
        pixels = calls.run(wanted.load_pixels, wanted.reference)
    _write(output, encode_picture(draw_template(pixels, loaded.fields_on(page))))


@template.command("print")
@_FORM
@_output_option("PDF", "Write the form here.")
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    default="a4",
    show_default=True,
    help="What it is printed on.",
)
@click.option(
    "--replace-reference",
    is_flag=True,
    help="Make the printed page the template's reference, even if it has one.",
)
@click.option(
    "--font",
    type=UserPath(dir_okay=False),
    metavar="FILE.ttf",
    help="What is written in.  [default: a font of this computer with all letters]",
)
@click.option(
    "--colour",
    type=click.Choice(["red", "green", "blue"]),
    help="Print boxes and hints in a pale colour, which no pen has.",
)
@click.option(
    "--copies",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    metavar="N",
    help="Print so many, each with a serial number in its code (compose --serial).",
)
@click.option(
    "--first",
    type=click.IntRange(0, 999_999),
    default=1,
    show_default=True,
    metavar="N",
    help="The serial number of the first copy.",
)
def print_(
    form: Path,
    output: Path,
    paper: str,
    replace_reference: bool,
    font: Path | None,
    colour: str | None,
    copies: int,
    first: int,
) -> None:
    """Print the form of a template as PDF.

    Boxes, cells and bubbles come out at their places, with the labels of the fields, a
    marker in each corner and a QR code with the name of the form and the page. No
    reference is needed. Where the template's reference image is not there yet, the
    printed page is written in its place, so that filled forms can be read.

    \b
    Examples:
        formreader template print form.toml -o form.pdf --paper letter
        formreader template print form.toml -o form.pdf --copies 200 --first 1001
    """
    from formreader.forms.authoring.printing import PrintingWay, print_form
    from formreader.forms.templates.template import FormTemplate

    loaded = FormTemplate.load(form)
    if copies > 1 and not any(field.holds == "code" for field in loaded.fields):
        raise click.UsageError(
            "copies are told apart by a code, and the form has no field with "
            'kind = "code"; compose --serial adds one to each page.'
        )
    way = PrintingWay(paper, font, colour)
    printed = print_form(loaded, way, range(first, first + copies))
    for left_out in printed.left_out:
        tell(f"warning: {left_out}")
    _write(output, printed.pdf)
    for page in loaded.pages:
        if replace_reference or not page.reference.exists():
            _write_reference(loaded, page, way)
        else:
            tell(
                f"{page.reference} stays the reference; --replace-reference makes the "
                "printed page the one that scans are aligned with",
            )


def _write_reference(
    loaded: FormTemplate, page: PageTemplate, way: PrintingWay
) -> None:
    from formreader.forms.authoring.new_forms import encode_picture
    from formreader.forms.authoring.printing import render_reference

    if page.reference.suffix.lower() != ".png":
        raise OutputError(
            "the printed page is a PNG; let the reference's name end in .png",
            path=page.reference,
        )
    pixels = render_reference(loaded, page, way)
    _write(page.reference, encode_picture(pixels))
    tell(f"{page.reference}: the printed page is the reference")


def _load_blank(
    blank: BlankPages, page: int | None, limits: PageLimits
) -> Iterator[BlankPage]:
    """Load the pages that become references, each within its limits."""
    from formreader.workers.calls import LimitedCalls

    with LimitedCalls(limits) as calls:
        count = calls.run(blank.count, blank.path)
        for number in range(1, count + 1) if page is None else (page,):
            yield calls.run(partial(blank.load, number), blank.path)


def _is_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _write(path: Path, content: bytes) -> None:
    try:
        write_bytes(path, content)
    except OSError as error:
        raise OutputError(
            f"cannot write ({error.strerror}); choose another place with -o", path=path
        ) from error


def _describe(field: FieldTemplate) -> str:
    """Say what a field holds and what must be so, in a few words."""
    parts = [] if field.holds_number else [str(field.kind)]
    if field.option_values:
        parts = [f"{field.kind} of {', '.join(field.option_values)}"]
    parts += [f"{field.cells} cells"] if field.cells else []
    if field.skip:
        parts.append(f"skipping {', '.join(map(str, field.skip))}")
    if field.value_type is not None:
        parts.append(str(field.value_type))
    for key in ("length", "min", "max", "pattern", "checksum", "date", "assign"):
        value = getattr(field, key)
        if value is not None:
            shown = "-".join(map(str, value)) if isinstance(value, tuple) else value
            parts.append(f"{key} {shown}")
    if field.one_of is not None:
        parts.append(f"one of {len(field.one_of)}")
    if field.decimals and field.type is None:
        parts.append(f"{field.decimals} decimals")
    return ", ".join(parts)
