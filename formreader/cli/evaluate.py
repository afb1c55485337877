"""`formreader evaluate`: results against typed truth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import FiniteRange, UserPath
from formreader.cli.messages import tell
from formreader.cli.wording import tell_written
from formreader.errors import ExitCode, UnreadableFileError
from formreader.output import open_output

if TYPE_CHECKING:
    from formreader.evaluation.fields import FieldMeasurement

_FORMATS = {".html": "html", ".htm": "html", ".json": "json"}
_share = FiniteRange(0, 1)


@click.command()
@click.argument("results", type=UserPath(), metavar="RESULTS")
@click.argument("truth", type=UserPath(), metavar="TRUTH.csv")
@click.option(
    "--names",
    is_flag=True,
    help="Match fields by their names alone, not by place or value.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["text", "json", "html"]),
    help="HTML has charts and the worst errors.  [default: as -o ends, else text]",
)
@click.option(
    "-o",
    "--output",
    type=UserPath(dir_okay=False),
    help="File to write instead of stdout.",
)
@click.option(
    "--sources",
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Folder of the pages that were read: HTML shows the fields that were misread.",
)
@click.option(
    "--min-exact",
    type=_share,
    metavar="SHARE",
    help="Exit with 7 if fewer fields are exact, as 0.95.",
)
@click.option(
    "--max-silent",
    type=_share,
    metavar="SHARE",
    help="Exit with 7 if more of the accepted fields are wrong, as 0.005.",
)
@click.option(
    "--max-review",
    type=_share,
    metavar="SHARE",
    help="Exit with 7 if more fields need review, as 0.1.",
)
def evaluate(
    results: Path,
    truth: Path,
    names: bool,
    file_format: str | None,
    output: Path | None,
    sources: Path | None,
    min_exact: float | None,
    max_silent: float | None,
    max_review: float | None,
) -> None:
    """Measure results against truth that people typed.

    RESULTS is the CSV that `formreader scan` wrote (not the wide one), or the folder
    of a run. TRUTH.csv has a row a field with the columns file, page, field, value
    and, where known, cells, left, top, width, height.

    A row of truth is matched to the result that has its name on its page; without
    one, to the result that overlaps its box; without a box, by value.

    \b
    Examples:
        formreader evaluate fields.csv truth.csv
        formreader evaluate fields.csv truth.csv --sources scans/ -o report.html
        formreader evaluate run/ truth.csv --names --min-exact 0.95 --max-silent 0.005
    """
    from formreader.evaluation import field_report
    from formreader.evaluation.fields import measure_fields

    if sources is not None and not sources.is_dir():
        raise UnreadableFileError("there is no such folder", path=sources)
    found = measure_fields(results, truth, names_only=names)
    for warning in found.matches.warnings:
        tell(f"warning: {warning}")
    kind = file_format or _FORMATS.get(output.suffix.lower() if output else "", "text")
    if kind == "html":
        text = field_report.write_html(
            f"{results.name} against {truth.name}", found, sources
        )
    elif kind == "json":
        text = field_report.write_json(found)
    else:
        text = field_report.write_text(found)
    with open_output(output) as stream:
        stream.write(text)
    if output is not None:
        tell_written([output])
    if _misses(found, min_exact, max_silent, max_review):
        sys.exit(ExitCode.SOME_FAILED)


def _misses(
    found: FieldMeasurement,
    min_exact: float | None,
    max_silent: float | None,
    max_review: float | None,
) -> bool:
    """Say on stderr which limits are not kept."""
    missed = []
    if min_exact is not None and found.exact.share < min_exact:
        missed.append(f"{found.exact.share:.2%} are exact, less than {min_exact:.2%}")
    if max_silent is not None and found.silent.share > max_silent:
        missed.append(
            f"{found.silent.share:.2%} of the accepted fields are wrong, more than "
            f"{max_silent:.2%}"
        )
    if max_review is not None and found.review.share > max_review:
        missed.append(
            f"{found.review.share:.2%} need review, more than {max_review:.2%}"
        )
    for miss in missed:
        tell(f"error: {miss}")
    return bool(missed)
