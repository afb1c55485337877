"""How commands are told where a run is kept."""

from __future__ import annotations

import click

__all__ = ["new_store_option", "store_option"]

new_store_option = click.option(
    "--store",
    "store_url",
    metavar="URL",
    help="Keep the run in a PostgreSQL database, as of "
    "postgresql+psycopg://user@host/db; RUN remembers it, but no password.",
)
"""For commands that may begin a run."""

store_option = click.option(
    "--store",
    "store_url",
    metavar="URL",
    help="Reach the run's PostgreSQL database by another address than RUN remembers.",
)
"""For commands that open a run."""
