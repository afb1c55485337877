from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_pages import Pixels

from formreader.digits.components import Component
from formreader.digits.cutting import cut_component
from formreader.geometry import Box

PEN = 5


def component_of(ink: Pixels) -> Component:
    left, top, width, height = cv2.boundingRect(ink)
    box = Box(left, top, left + width, top + height)
    mask = ink[box.slices] > 0
    return Component(mask, box, int(mask.sum()))


def blank() -> Pixels:
    return np.zeros((100, 240), np.uint8)


def test_two_rings_that_touch_are_cut_between_them() -> None:
    ink = blank()
    cv2.circle(ink, (60, 50), 24, 255, PEN)
    cv2.circle(ink, (111, 50), 24, 255, PEN)
    component = component_of(ink)
    parts = cut_component(component, 50, PEN)
    borders = {part.component.box.left for part in parts if part.before}
    assert any(abs(border - 86) <= 3 for border in borders)


def test_a_cut_follows_the_slant() -> None:
    ink = blank()
    for foot in (40, 70):
        cv2.line(ink, (foot, 90), (foot + 50, 10), 255, PEN)
    cv2.line(ink, (60, 60), (88, 60), 255, 3)
    parts = cut_component(component_of(ink), 80, PEN)
    areas = sorted(part.component.area for part in parts)[-2:]
    assert len(parts) >= 2
    assert areas[0] > 0.5 * areas[1]


def test_a_narrow_component_is_left_whole() -> None:
    ink = blank()
    cv2.line(ink, (40, 10), (50, 90), 255, PEN)
    component = component_of(ink)
    (part,) = cut_component(component, 80, PEN)
    assert part.component is component
    assert part.before == part.after == 0


@pytest.mark.parametrize("seed", range(8))
def test_parts_hold_all_the_ink_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = blank()
    points = rng.integers((10, 10), (230, 90), (12, 2)).astype(np.int32)
    cv2.polylines(ink, [points], False, 255, PEN)
    component = component_of(ink)
    parts = cut_component(component, 80, PEN)
    count = np.zeros(ink.shape, int)
    for part in parts:
        count[part.component.box.slices] += part.component.mask
    assert (count == (ink > 0)).all()
    assert [part.after for part in parts[:-1]] == [part.before for part in parts[1:]]
