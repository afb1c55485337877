"""Arguments and options that more than one command takes."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import click

from formreader.cli.messages import tell

__all__ = [
    "FiniteRange",
    "UserPath",
    "excel_safe_option",
    "folder_argument",
    "new_store_option",
    "parse_share",
    "run_option",
    "store_option",
    "warn_of_password",
]


class UserPath(click.Path):
    """A path as `pathlib.Path`; what cannot be read there is said when it is read.

    An empty text is refused: it is what a variable leaves that was never set, and as
    a path it would stand for the working directory.

    Args:
        file_okay: Whether it may be a file.
        dir_okay: Whether it may be a folder.
    """

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        """Look at nothing but the kind of what is there."""
        super().__init__(
            file_okay=file_okay, dir_okay=dir_okay, readable=False, path_type=Path
        )

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Make a path of a text."""
        if value == "":
            self.fail("the path is empty.", param, ctx)
        return super().convert(value, param, ctx)


class FiniteRange(click.FloatRange):
    """A range of numbers; `nan`, which lies in every range of click's, is none."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Make a number of a text."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


def parse_share(text: str | None) -> float | None:
    """Read a share such as `2%` or `0.02`.

    Raises:
        click.BadParameter: If it is none.
    """
    if text is None:
        return None
    number = text.removesuffix("%")
    try:
        share = float(number) / (100 if number != text else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.BadParameter("a share is written as 2% or 0.02, up to 100%.")
    return share


excel_safe_option = click.option(
    "--excel-safe",
    is_flag=True,
    help="CSV: put ' before texts that a spreadsheet would take for a formula.",
)

folder_argument = click.argument("folder", type=UserPath(), metavar="FOLDER")

run_option = click.option(
    "-o",
    "--output",
    "run",
    required=True,
    type=UserPath(file_okay=False),
    metavar="RUN",
    help="The run folder; made if it is not there, gone on with if it is.",
)


def warn_of_password(
    context: click.Context, parameter: click.Parameter, url: str | None
) -> str | None:
    """Say that everybody on the computer can list command lines."""
    if url is not None and _PASSWORD.search(url):
        tell(
            "warning: everybody on this computer can see the password in --store while "
            "the command runs; put it into ~/.pgpass or PGPASSWORD"
        )
    return url


_PASSWORD = re.compile(r"://[^/@]*:[^/@]+@|[?&](password|sslpassword)=.", re.IGNORECASE)

new_store_option = click.option(
    "--store",
    "store_url",
    callback=warn_of_password,
    metavar="URL",
    help="Keep the run in a PostgreSQL database, as of "
    "postgresql+psycopg://user@host/db; RUN remembers it, but no password.",
)
"""For commands that may begin a run."""

store_option = click.option(
    "--store",
    "store_url",
    callback=warn_of_password,
    metavar="URL",
    help="Reach the run's PostgreSQL database by another address than RUN remembers.",
)
"""For commands that open a run."""
