"""Options of the commands that review runs: second opinions, and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from formreader.cli.arguments import parse_share

if TYPE_CHECKING:
    from formreader.store.people.asking import SecondShares

__all__ = ["progress_page_option", "second_option", "supervisor_option"]


def _parse_seconds(texts: tuple[str, ...]) -> SecondShares | None:
    """Read which shares of the decided fields are asked again.

    Raises:
        click.BadParameter: If one is none.
    """
    from formreader.store.people.asking import SecondShares

    by_name: dict[str, float] = {}
    overall = 0.0
    for text in texts:
        name, _, share = text.rpartition("=")
        found = parse_share(share) or 0.0
        if name:
            by_name[name] = found
        else:
            overall = found
    return SecondShares(overall, by_name) if texts else None


second_option = click.option(
    "--second",
    "seconds",
    multiple=True,
    callback=lambda context, parameter, texts: _parse_seconds(texts),
    metavar="SHARE",
    help="Ask this share of the decided fields, as 5%, of another person as well, who "
    "does not see what was decided; or FIELD=50% of the fields of a name. May be given "
    "several times.",
)

supervisor_option = click.option(
    "--supervisor",
    default="",
    metavar="NAME",
    help="Who decides where two people differ, and what is escalated.  [default: "
    "anybody but them; with roles, whoever supervises]",
)

progress_page_option = click.option(
    "--no-progress-page",
    is_flag=True,
    help="Leave out the page with the figures of hours, fields, forms and people.",
)
