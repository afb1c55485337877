"""A form of one's own: printed, filled in, scanned askew, and found again."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels, fill_row

from formreader.forms.authoring.printing import render_reference
from formreader.forms.matching import Form, cut_fields, match_page
from formreader.forms.registration.views import FormPage
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box, transform_points
from formreader.layout.prepared_page import PreparedPage

WIDTH, HEIGHT = 1654, 2339  # A4 at 200 dpi
FIELDS = {
    "station": (Box(300, 300, 620, 380), 4),
    "votes": (Box(300, 600, 1020, 680), 9),
    "valid": (Box(900, 1100, 1300, 1180), 5),
    "total": (Box(300, 1900, 700, 1980), 5),
}


def make_form(folder: Path) -> FormTemplate:
    """Print a form, and keep the printed page as its reference."""
    path = folder / "form.png"
    page = PageTemplate(number=1, reference=path, width=WIDTH, height=HEIGHT)
    fields = tuple(
        FieldTemplate(name=name, box=box, cells=cells)
        for name, (box, cells) in FIELDS.items()
    )
    form = FormTemplate(name="count", pages=(page,), fields=fields)
    cv2.imwrite(str(path), render_reference(form, page))
    return form


def scan_askew(page: Pixels, skew_deg: float, seed: int) -> tuple[Pixels, np.ndarray]:
    """Turn, scale and warp a page a little, with blur, noise and a shadow."""
    rng = np.random.default_rng(seed)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), skew_deg, 0.93)
    warp = np.array([[1, 0.004, 0], [-0.003, 1, 0], [6e-6, -5e-6, 1]])
    matrix = warp @ np.vstack([turn, [0, 0, 1]])
    seen = cv2.warpPerspective(page, matrix, (WIDTH, HEIGHT), borderValue=(255,))
    seen = cv2.GaussianBlur(seen, (0, 0), 0.8)
    light = np.linspace(0.75, 1.0, WIDTH)
    noisy = seen * light + rng.normal(0, 4, seen.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), matrix


@pytest.mark.parametrize(("skew_deg", "seed"), [(-1.5, 1), (0.7, 2), (3.0, 3)])
def test_every_field_of_a_printed_form_is_found_to_a_pixel(
    tmp_path: Path, skew_deg: float, seed: int
) -> None:
    form = make_form(tmp_path)
    page = form.pages[0].load_pixels().copy()
    for box, cells in FIELDS.values():
        fill_row(page, box, "0123456789"[seed : seed + cells].ljust(cells))
    scan, matrix = scan_askew(page, skew_deg, seed)
    match = match_page(FormPage(scan), [Form(form)])
    found = {f.name: f for f in cut_fields(PreparedPage(scan), match)}
    assert match.registration.residual_px < 0.5
    for name, (box, cells) in FIELDS.items():
        placed = transform_points(box.corners, match.registration.to_page)
        true = transform_points(box.corners, matrix)
        assert np.hypot(*(placed - true).T).max() <= 1.0
        # What is cut out begins inside the lines, which are two to three pixels wide.
        assert np.hypot(*(found[name].outline - true).T).max() <= 5.0
        assert len(found[name].cells or ()) == cells
