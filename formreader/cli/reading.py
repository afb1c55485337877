"""The options that say how pages are read, for every command that reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from formreader.cli.arguments import FiniteRange, UserPath, parse_share

if TYPE_CHECKING:
    from formreader.options import ReadingOptions
    from formreader.promises.promise import Promise

__all__ = ["reading_options"]

Command = Callable[..., None]

_OPTIONS = {
    "templates": click.option(
        "-t",
        "--template",
        "templates",
        multiple=True,
        type=UserPath(),
        metavar="FORM.toml",
        help="The form that the pages show, or a folder of forms; of several, the one "
        "that fits is taken.",
    ),
    "form": click.option(
        "--form",
        metavar="NAME",
        help="Which of the templates all pages are: one that does not look like it is "
        "not refused, but read with each field for review.",
    ),
    "threshold": click.option(
        "--threshold",
        type=FiniteRange(0, 1),
        help="Fields less certain than this need review.  [default: the model's own]",
    ),
    "target_error": click.option(
        "--target-error",
        callback=lambda context, parameter, text: _parse_target(text),
        metavar="SHARE",
        help="Instead, accept as much as possible so that at most this share of the "
        "accepted fields is wrong, as 0.5%, with 95 % confidence.",
    ),
    "calibration": click.option(
        "--calibration",
        type=UserPath(dir_okay=False),
        metavar="FILE",
        help="With --target-error: checked fields of your own, from `formreader "
        "calibrate`.  [default: those that formreader was measured with]",
    ),
    "strip": click.option(
        "--strip",
        metavar="NAME",
        help="Each page is one field already, with this name.",
    ),
    "split": click.option(
        "--split",
        is_flag=True,
        help="Each sheet shows two pages, as an open book does: sheet N is read as "
        "pages 2N-1 and 2N.",
    ),
    "ignore_marks": click.option(
        "--ignore-marks",
        is_flag=True,
        help="Points, commas and dashes between digits are no reason for review.",
    ),
    "ink_layers": click.option(
        "--ink-layers/--no-ink-layers",
        default=True,
        help="Let a network tell pen, print and lines apart first, or go by the place "
        "of lines alone: faster, but worse on photos, tables and forms of others. "
        "Changes nothing with a template.  [default: ink-layers]",
    ),
    "model": click.option(
        "--model",
        type=UserPath(),
        metavar="PATH",
        help="A digit model of your own.",
    ),
}
"""By their names in `ReadingOptions`, in the order of the help."""


def reading_options(*names: str) -> Callable[[Command], Command]:
    """Give a command options of reading; it takes them together, as `options`.

    Args:
        names: Which, by their names in `ReadingOptions`; all by default.
    """
    chosen = names or tuple(_OPTIONS)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapped(*arguments: Any, **named: Any) -> None:
            own = {name: named.pop(name) for name in chosen}
            command(*arguments, options=_make_options(**own), **named)

        for name in reversed(chosen):
            wrapped = _OPTIONS[name](wrapped)
        return wrapped

    return decorate


def _make_options(
    *,
    templates: tuple[Path, ...] = (),
    strip: str | None = None,
    target_error: float | None = None,
    calibration: Path | None = None,
    **others: Any,
) -> ReadingOptions:
    """Check options against each other, and list the templates of folders.

    Raises:
        click.UsageError: If options exclude each other.
        TemplateError: If a folder holds no template.
        ModelError: If there are no checked fields to go by, or of other models.
    """
    if strip is not None and not strip.strip():
        raise click.UsageError("--strip needs a name.")
    if strip is not None and templates:
        raise click.UsageError("--strip and --template exclude each other.")
    if others.get("form") is not None and not templates:
        raise click.UsageError("--form goes with --template.")
    promise = _find_promise(target_error, calibration, **others)
    from formreader.options import ReadingOptions

    if templates:
        from formreader.forms.templates.file import list_template_files

        templates = list_template_files(templates)
    options = ReadingOptions(
        templates=templates, strip=strip, promise=promise, **others
    )
    options.check_promise()
    return options


def _parse_target(text: str | None) -> float | None:
    """Read a share that is greater than 0.

    Raises:
        click.BadParameter: If it is none.
    """
    share = parse_share(text)
    if share == 0:
        raise click.BadParameter("nobody can promise that no field is wrong.")
    return share


def _find_promise(
    target_error: float | None,
    calibration: Path | None,
    *,
    threshold: float | None = None,
    model: Path | None = None,
    ink_layers: bool = True,
    **_: Any,
) -> Promise | None:
    """Find what `--target-error` asks of fields.

    Raises:
        click.UsageError: If options exclude each other.
        ModelError: If there are no checked fields to go by.
    """
    if target_error is None:
        if calibration is not None:
            raise click.UsageError("--calibration goes with --target-error.")
        return None
    if threshold is not None:
        raise click.UsageError("--threshold and --target-error exclude each other.")
    if model is not None and calibration is None:
        raise click.UsageError(
            "--target-error with --model needs --calibration: fields that this model "
            "has read."
        )
    if not ink_layers and calibration is None:
        raise click.UsageError(
            "--target-error with --no-ink-layers needs --calibration: fields that were "
            "read so."
        )
    from formreader.promises.promise import find_promise

    return find_promise(target_error, calibration)
