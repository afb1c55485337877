from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from drawn_pages import blank_page, draw_row, fill_row

from formreader.ink.separation import InkLayers, InkSeparator
from formreader.layout import prepared_page
from formreader.layout.binarization import FAINT, binarize
from formreader.layout.fields import find_fields
from formreader.layout.prepared_page import PreparedPage


def pale_page() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Grey paper with digits in boxes."""
    page = blank_page()
    fill_row(page, draw_row(page, 100, 200, 6), "402618")
    return np.clip(page.astype(np.int_) // 2 + 100, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["grey", "negative", "black and white"])
def test_a_prepared_page_has_the_ink_of_the_page_alone(kind: str) -> None:
    page = pale_page()
    page = {"grey": page, "negative": ~page}.get(kind, 255 * (page > 150).astype("u1"))
    prepared = PreparedPage(page)
    assert (prepared.paper is None) == (kind == "black and white")
    assert np.array_equal(prepared.ink, binarize(page))
    assert np.array_equal(prepared.faint_ink, binarize(page, FAINT))


def test_the_paper_and_each_ink_of_a_page_are_found_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []

    def count(name: str) -> None:
        original = getattr(prepared_page, name)

        def counting(*args: Any, **named: Any) -> Any:
            calls.append(name)
            return original(*args, **named)

        monkeypatch.setattr(prepared_page, name, counting)

    count("measure_paper")
    count("binarize")
    page = PreparedPage(pale_page())
    assert len(find_fields(page)) == len(find_fields(page)) == 1
    assert sorted(calls) == ["binarize", "binarize", "measure_paper"]


def test_what_stages_share_cannot_be_written_to() -> None:
    page = PreparedPage(pale_page())
    for shared in (page.pixels, page.ink, page.faint_ink):
        with pytest.raises(ValueError, match="read-only"):
            shared[0, 0] = 1


def test_a_page_in_colour_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="uint8"):
        PreparedPage(np.zeros((50, 50, 3), np.uint8))


class Recorder:
    """Stands for the ink network and keeps what it was shown."""

    def separate(self, pixels: np.ndarray[Any, Any], scale: float) -> InkLayers:
        self.mean = float(pixels.mean())
        layer = np.zeros(pixels.shape[:2], np.uint8)
        return InkLayers(layer, layer, layer, 1.0, layer.shape)


@pytest.mark.parametrize("in_colour", [True, False])
def test_the_ink_network_is_shown_dark_ink_of_a_negative_too(in_colour: bool) -> None:
    recorder = Recorder()
    page = ~pale_page()
    colour = np.dstack([page] * 3) if in_colour else None
    separator = cast("InkSeparator", recorder)
    prepared = PreparedPage(page, colour=colour, separator=separator)
    assert prepared.layers is not None
    assert recorder.mean > 150


@pytest.mark.parametrize("levels", [(30, 220), (0, 255)])
def test_a_page_written_light_on_dark_is_shown_dark_on_light(
    levels: tuple[int, int],
) -> None:
    dark, light = levels
    page = np.full((200, 300), dark, np.uint8)
    page[80:90, 60:200] = light
    shown = PreparedPage(page).dark_pixels
    assert shown[85, 100] < shown[20, 20]
