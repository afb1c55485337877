"""`formreader template compose`: from a list of questions to a form."""

from __future__ import annotations

from pathlib import Path

import click

from formreader.cli.arguments import UserPath
from formreader.cli.messages import tell
from formreader.cli.wording import count
from formreader.errors import InputError, OutputError
from formreader.output import write_bytes

__all__ = ["compose"]


@click.command()
@click.argument("questions", type=UserPath(dir_okay=False), metavar="QUESTIONS.csv")
@click.option(
    "-o",
    "--output",
    required=True,
    type=UserPath(dir_okay=False),
    metavar="FORM.toml",
    help="Write the template here.",
)
@click.option("--title", default="", help="Stands at the top.  [default: the name]")
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    default="a4",
    show_default=True,
    help="What it will be printed on.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 3),
    default=1,
    show_default=True,
    help="Columns of questions on a page.",
)
@click.option(
    "--serial",
    is_flag=True,
    help="Give each page a code with the serial number of its copy.",
)
@click.option("--force", is_flag=True, help="Replace a template that is there.")
def compose(
    questions: Path,
    output: Path,
    title: str,
    paper: str,
    columns: int,
    serial: bool,
    force: bool,
) -> None:
    """Lay out a form of a list of questions.

    QUESTIONS.csv has a line a question: label, and kind (number, date, time, tick,
    choice, bubbles, bubbled, text, table, heading or note), cells, values, rows, hint
    and name as far as they are needed; docs/templates.md explains them. Places can be
    changed in the template; `template print` then makes the PDF.

    \b
    Example:
        formreader template compose questions.csv -o survey.toml --title "A survey"
    """
    from formreader.forms.authoring.composing import Sheets, compose_form
    from formreader.forms.authoring.questions import parse_questions
    from formreader.forms.templates.template import FormTemplate

    if output.suffix.lower() != ".toml":
        raise click.UsageError("-o names a file that ends in .toml.")
    if output.exists() and not force:
        message = "is there already; choose another name, or replace it with --force"
        raise OutputError(message, path=output)
    try:
        asked = parse_questions(questions.read_text(encoding="utf-8-sig"))
        way = Sheets(paper, columns, has_serial=serial)
        text = compose_form(asked, output.stem[:100], title, way)
    except (OSError, UnicodeDecodeError) as error:
        message = "cannot be read as CSV in UTF-8; check the path, or save it so"
        raise InputError(message, path=questions) from error
    except InputError as error:
        raise InputError(error.message, path=questions) from error
    made = FormTemplate.parse(text, output)
    try:
        write_bytes(output, text.encode())
    except OSError as error:
        message = f"cannot write ({error.strerror}); choose another place with -o"
        raise OutputError(message, path=output) from error
    pages, fields = count(len(made.pages), "page"), count(len(made.fields), "field")
    tell(f"{output}: {pages}, {fields}")
