from __future__ import annotations

import numpy as np

from formreader.export.overlay import draw_overlay
from formreader.geometry import Box
from formreader.readings import FieldReading, PageReading
from formreader.records import FieldKind, PageImage

PAGE = PageImage(np.full((400, 600), 255, dtype=np.uint8), "scans/page.jpg")


def reading(*, needs_review: bool) -> PageReading:
    box = Box(100, 200, 300, 260)
    outline = np.asarray(box.corners)
    field = FieldReading(
        "one", "42", 0.9, (), (), box, outline, FieldKind.BOX, needs_review=needs_review
    )
    return PageReading(PAGE.source, 0, (field,))


def test_accepted_and_doubtful_fields_have_other_colours() -> None:
    accepted = draw_overlay(PAGE, reading(needs_review=False))
    doubtful = draw_overlay(PAGE, reading(needs_review=True))
    edge = (slice(225, 235), slice(97, 104))
    accepted_edge = accepted[edge].reshape(-1, 3).min(axis=0)
    doubtful_edge = doubtful[edge].reshape(-1, 3).min(axis=0)
    assert accepted_edge[1] > max(accepted_edge[0], accepted_edge[2])  # green
    assert doubtful_edge[2] > max(doubtful_edge[0], doubtful_edge[1])  # red
    assert (accepted[300:] == 255).all()


def test_the_page_itself_is_not_drawn_on() -> None:
    draw_overlay(PAGE, reading(needs_review=True))
    assert (PAGE.pixels == 255).all()
