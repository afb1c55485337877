"""`formreader calibrate`: what error can be promised, from checked fields."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import UserPath, store_option
from formreader.cli.messages import tell
from formreader.cli.reading import reading_options
from formreader.cli.wording import tell_written
from formreader.errors import InputError
from formreader.output import open_output

if TYPE_CHECKING:
    from formreader.options import ReadingOptions
    from formreader.promises.checks import CheckedFields


@click.command()
@click.argument("checked", type=UserPath(), metavar="RUN|TRUTH.csv")
@click.argument("results", type=UserPath(), metavar="[RESULTS]", required=False)
@click.option(
    "-o",
    "--output",
    type=UserPath(dir_okay=False),
    metavar="FILE",
    help="Write the checks here, for --calibration.",
)
@click.option(
    "--names",
    is_flag=True,
    help="Match fields by their names alone, not by place or value.",
)
@reading_options("model")
@store_option
def calibrate(
    checked: Path,
    results: Path | None,
    output: Path | None,
    names: bool,
    options: ReadingOptions,
    store_url: str | None,
) -> None:
    """Say which share of wrong fields can be promised, by fields that were checked.

    RUN is a run folder of which people have seen accepted fields: those that
    `formreader review --audit` drew. Or TRUTH.csv is typed truth, as `formreader
    evaluate` takes it, and RESULTS the CSV or run that belongs to it. Only fields that
    were accepted count; read with `--target-error 100%` to learn about less certain
    ones, too. Results must be those of the models that are installed, or of --model.

    The report says for which kinds of field a promise holds, with which confidence,
    and how many more checks a stricter one needs. FILE holds counts alone, nothing of
    what was written.

    \b
    Examples:
        formreader calibrate run/ -o my.threshold
        formreader calibrate truth.csv fields.csv -o my.threshold
        formreader batch scans/ -o run2/ --target-error 1% --calibration my.threshold
    """
    if results is None:
        checks = _check_run(checked, store_url)
    else:
        models = options.sum_up_models()
        checks = _check_results(checked, results, models, names_only=names)
    from formreader.promises.report import write_report

    sys.stdout.write(write_report(checks))
    if output is not None:
        with open_output(output) as stream:
            stream.write(checks.to_json())
        tell_written([output])


def _check_run(run: Path, store_url: str | None) -> CheckedFields:
    """Gather what people found in a run.

    Raises:
        click.UsageError: If it is no folder, but truth without results.
        InputError: If nobody has seen any accepted field.
    """
    if run.is_file():
        raise click.UsageError("typed truth needs RESULTS beside it.")
    if not run.is_dir():
        raise InputError("there is no such run folder; check the path", path=run)
    from formreader.store.people.checked import check_by_people
    from formreader.store.tables.connection import RunStore

    with RunStore.open(run, store_url) as store:
        checks = check_by_people(store)
    if not checks.total.checks:
        raise InputError(
            "nobody has checked accepted fields; draw some with `formreader review "
            "--audit 5%`",
            path=run,
        )
    return checks


def _check_results(
    truth: Path, results: Path, models: Mapping[str, str], *, names_only: bool
) -> CheckedFields:
    from formreader.evaluation.checks import check_by_truth

    checks, matches = check_by_truth(
        results, truth, names_only=names_only, models=models
    )
    for warning in matches.warnings:
        tell(f"warning: {warning}")
    return checks
