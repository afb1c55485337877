"""Time what other templates cost a page that has its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.forms.matching import Form, match_page
from formreader.forms.registration.views import FormPage
from formreader.forms.templates.template import FormTemplate
from formreader.pages.loading import load_pages

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cost:
    """What it costs to find the form of a page.

    Attributes:
        name: Of the page's file.
        form: Which one it is.
        agreement: How much of the form's print was found, in [0, 1].
        alone: Seconds of processor time with its own template alone.
        among: The same with several, its own the last.
    """

    name: str
    form: str
    agreement: float
    alone: float
    among: float

    def describe(self) -> str:
        """Say it in one line."""
        return (
            f"{self.name:24} {self.form:20} {self.agreement:4.2f} "
            f"{1000 * self.alone:7.0f} ms {1000 * self.among:7.0f} ms "
            f"{self.among / self.alone:5.2f} x"
        )


def measure_matches(
    templates: Sequence[Path], pages: Sequence[Path], most: int, repeats: int
) -> Iterable[Cost]:
    """Time the matching of pages, in turns.

    Args:
        templates: TOML files.
        pages: Files with one page of one of these forms each.
        most: How many templates a page is held against.
        repeats: Rounds; the fastest counts.

    Yields:
        The cost of each page; references are prepared before.
    """
    forms = [Form(FormTemplate.load(path)) for path in templates]
    for path in pages:
        pixels = next(load_pages(path)).pixels
        match = match_page(FormPage(pixels), forms)
        others = [form for form in forms if form is not match.form]
        several = [*others[: most - 1], match.form]
        alone, among = _time(pixels, [match.form], several, repeats)
        agreement = match.registration.agreement
        yield Cost(path.name, match.template.name, agreement, alone, among)


def _time(
    pixels: Pixels, own: list[Form], several: list[Form], repeats: int
) -> tuple[float, float]:
    """Time both ways in turns, each time with a page of which nothing is known."""
    fastest = [np.inf, np.inf]
    for _ in range(repeats):
        for way, forms in enumerate((own, several)):
            page = FormPage(pixels)
            started = time.process_time()
            match_page(page, forms)
            fastest[way] = min(fastest[way], time.process_time() - started)
    return fastest[0], fastest[1]
