"""What works beside the routes, and ends with the server."""

from __future__ import annotations

from dataclasses import dataclass

from formreader.server.editor.work import FormWork
from formreader.server.page_reader import PageReader
from formreader.server.review_apps import ReviewApps

__all__ = ["Services"]


@dataclass(frozen=True)
class Services:
    """What holds processes and threads.

    Attributes:
        reviews: The review stations of the runs.
        forms: Looks at forms, and tries them.
        pages: Reads single pages.
    """

    reviews: ReviewApps
    forms: FormWork
    pages: PageReader

    def end(self) -> None:
        """End all, whatever it is at."""
        self.reviews.end()
        self.forms.end()
        self.pages.end()
