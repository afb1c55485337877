"""What all parts of the server work with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import HTTPException

from formreader.server.people.people import People
from formreader.server.services import Services
from formreader.server.work_folder import WorkFolder
from formreader.station.door.passwords import Passwords
from formreader.station.pages import Pages

__all__ = ["FOLDER", "Site"]

FOLDER = Path(__file__).resolve().parent
"""Where `static/` and `templates/` lie."""


@dataclass(frozen=True)
class Site:
    """What parts work with.

    Attributes:
        work: The folder of work.
        pages: Shows pages.
        services: What holds processes and threads.
        people: Who may come in.
        passwords: Theirs.
    """

    work: WorkFolder
    pages: Pages
    services: Services
    people: People
    passwords: Passwords

    def get_run(self, name: str) -> Path:
        """Find a run folder.

        Raises:
            HTTPException: If there is none.
        """
        run = self.work.find_run(name)
        if run is None:
            raise HTTPException(404, "There is no run of this name.")
        return run
