"""Measure whether pages are taken for their own forms, and for no other.

PAGES.csv has the columns `file`, its path, and `forms`, the names of the templates that
the page may be read by, parted by `|`, empty for a page of none of them.

Example:
    python scripts/measure_forms.py forms/ pages.csv
    python scripts/measure_forms.py forms/ pages.csv --variants 200
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import RegistrationError
from formreader.forms.collection import prepare_forms
from formreader.forms.matching import Form, match_page
from formreader.forms.registration.registration import estimate_agreement
from formreader.forms.registration.views import FormPage
from formreader.pages.loading import load_pages

Pixels = npt.NDArray[np.uint8]
Rng = np.random.Generator


@dataclass(frozen=True)
class Page:
    """A page and the forms that it shows.

    Attributes:
        path: Its file.
        forms: Their names.
    """

    path: Path
    forms: tuple[str, ...]

    def load(self) -> Pixels:
        """Load its pixels."""
        return next(load_pages(self.path)).pixels


@click.command()
@click.argument("templates", type=click.Path(exists=True, path_type=Path))
@click.argument("pages", type=click.Path(exists=True, path_type=Path))
@click.option("--variants", default=0, help="Hold so many damaged pages instead.")
@click.option("--most", default=20, show_default=True, help="Other forms a page.")
@click.option("--seed", default=1, show_default=True)
@click.option("--save", type=click.Path(path_type=Path), help="Keep refused variants.")
def main(
    templates: Path, pages: Path, variants: int, most: int, seed: int, save: Path | None
) -> None:
    """Hold the pages in PAGES against the forms in TEMPLATES, a folder."""
    cv2.setNumThreads(1)
    forms = prepare_forms(templates)
    with pages.open(newline="", encoding="utf-8") as stream:
        listed = [
            Page(
                pages.parent / row["file"], tuple(filter(None, row["forms"].split("|")))
            )
            for row in csv.DictReader(stream)
        ]
    if variants:
        measure_variants(forms, listed, variants, np.random.default_rng(seed), save)
    else:
        measure_pages(forms, listed, most)


def measure_pages(forms: Sequence[Form], pages: Sequence[Page], most: int) -> None:
    """Hold each page against its own forms, all, and the likeliest others."""
    counts: Counter[str] = Counter()
    for page in pages:
        own = [form for form in forms if form.template.name in page.forms]
        others = [form for form in forms if form.template.name not in page.forms]
        pixels = page.load()
        others = list_likeliest(pixels, others, most)
        if own:
            counts["of a form"] += 1
            taken, told = hold(pixels, own)
            counts["accepted by its own"] += taken is not None
            chosen, _ = hold(pixels, [*others, *own])
            counts["given the right one of all"] += chosen in page.forms
            if taken is None or chosen not in page.forms:
                print(f"{page.path.name}: own {taken}, of all {chosen}; {told}")
        counts["held against others"] += 1
        wrong, _ = hold(pixels, others)
        counts["refused by others"] += wrong is None
        if wrong is not None:
            print(f"{page.path.name}: taken for {wrong}")
    print(", ".join(f"{name} {count}" for name, count in counts.items()))


def list_likeliest(pixels: Pixels, forms: Sequence[Form], most: int) -> list[Form]:
    """List the forms that a page is likeliest to be taken for."""
    if len(forms) <= most:
        return list(forms)
    page = FormPage(pixels)
    known = [
        (max(estimate_agreement(page, one) for _, one in form.references), place)
        for place, form in enumerate(forms)
    ]
    return [forms[place] for _, place in sorted(known, reverse=True)[:most]]


def measure_variants(
    forms: Sequence[Form],
    pages: Sequence[Page],
    count: int,
    rng: Rng,
    save: Path | None,
) -> None:
    """Damage pages of known forms, and hold them against these."""
    usable = [page for page in pages if page.forms]
    tried: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for number, (kind, damage) in zip(range(count), _repeat(DAMAGES), strict=False):
        page = usable[number // len(DAMAGES) % len(usable)]
        pixels = damage(page.load(), rng)
        own = [form for form in forms if form.template.name in page.forms]
        found, told = hold(pixels, own)
        tried[kind] += 1
        taken[kind] += found in page.forms
        if found not in page.forms:
            print(f"{page.path.name}, {kind}: {found or told}")
            if save is not None:
                save.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(save / f"{kind}-{page.path.stem}.png"), pixels)
    for kind, all_of_kind in tried.items():
        print(f"{kind}: {taken[kind]} of {all_of_kind}")
    print(f"all: {taken.total()} of {tried.total()}")


def _repeat(
    damages: dict[str, Callable[[Pixels, Rng], Pixels]],
) -> Iterator[tuple[str, Callable[[Pixels, Rng], Pixels]]]:
    while True:
        yield from damages.items()


def hold(pixels: Pixels, forms: Sequence[Form]) -> tuple[str | None, str]:
    """Hold a page against forms.

    Returns:
        The name of the one that it is taken for, None if it is refused; and why.
    """
    started = time.process_time()
    try:
        match = match_page(FormPage(pixels), forms)
    except RegistrationError as error:
        return None, error.message
    weak = ", in doubt" if match.is_weak else ""
    return match.template.name, f"{time.process_time() - started:.1f} s{weak}"


def fade(page: Pixels, rng: Rng) -> Pixels:
    """Copy a page so pale that its ink is hardly darker than paper."""
    left = rng.uniform(0.15, 0.4)
    paper = float(np.percentile(page, 90))
    pale = paper - left * (paper - page.astype(np.float32))
    return _to_pixels(pale + rng.normal(0, 3, page.shape))


def crop(page: Pixels, rng: Rng) -> Pixels:
    """Cut a part of one or two sides off."""
    height, width = page.shape
    cuts = rng.permutation([rng.uniform(0.03, 0.12), rng.uniform(0, 0.06), 0, 0])
    left, right = round(cuts[0] * width), width - round(cuts[1] * width)
    top, bottom = round(cuts[2] * height), height - round(cuts[3] * height)
    return np.ascontiguousarray(page[top:bottom, left:right])


def stain(page: Pixels, rng: Rng) -> Pixels:
    """Spill coffee on a page, and blot out a part of it."""
    height, width = page.shape
    shade = np.zeros(page.shape, np.float32)
    for _ in range(int(rng.integers(2, 5))):
        centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        axes = [int(rng.uniform(0.08, 0.22) * width) for _ in range(2)]
        dark = float(rng.uniform(30, 110))
        angle = float(rng.uniform(0, 180))
        cv2.ellipse(shade, centre, axes, angle, 0, 360, (0.6 * dark,), -1)
        cv2.ellipse(shade, centre, axes, angle, 0, 360, (dark,), max(3, width // 150))
    soft = cv2.GaussianBlur(shade, (0, 0), max(1.0, width / 500))
    stained = page.astype(np.float32) * (1 - soft / 255)
    left, top = int(rng.uniform(0, 0.8) * width), int(rng.uniform(0, 0.8) * height)
    blot = np.s_[top : top + height // 8, left : left + width // 4]
    stained[blot] = rng.uniform(20, 235)
    return _to_pixels(stained)


def copy_twice(page: Pixels, rng: Rng) -> Pixels:
    """Make a black and white copy of a black and white copy, each laid askew."""
    for _ in range(2):
        height, width = page.shape
        turn = cv2.getRotationMatrix2D(
            (width / 2, height / 2), rng.uniform(-1.5, 1.5), rng.uniform(0.96, 1.0)
        )
        paper = float(np.percentile(page, 90))
        seen = cv2.warpAffine(page, turn, (width, height), borderValue=(paper,))
        soft = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.7, 1.4) * width / 1700)
        noise = rng.normal(0, 14, page.shape).astype(np.float32)
        grain = cv2.GaussianBlur(noise, (0, 0), 0.8)
        around = cv2.blur(soft, (width // 12, width // 12)).astype(np.float32)
        level = around * rng.uniform(0.72, 0.9)
        page = np.where(soft + grain < level, 0, 255).astype(np.uint8)
        specks = rng.random(page.shape) < rng.uniform(0, 6e-4)
        page[cv2.dilate(specks.astype(np.uint8), np.ones((2, 2))) > 0] = 0
    return page


DAMAGES: dict[str, Callable[[Pixels, Rng], Pixels]] = {
    "pale": fade,
    "cropped": crop,
    "stained": stain,
    "copy of a copy": copy_twice,
}


def _to_pixels(values: npt.NDArray[np.floating[Any]]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


if __name__ == "__main__":
    main()
