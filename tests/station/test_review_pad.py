from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from browsing import open_page
from drawn_pages import Pixels
from fake_classifier import FakeClassifier
from PIL import Image
from playwright.sync_api import expect
from station_process import StationProcess

from formreader.digits.normalization import to_mnist
from formreader.errors import UnreadableFileError
from formreader.pipeline import FormReader
from formreader.station.drawing import decode_drawing, recognize

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

SEVEN = [(0.2, 0.2), (0.4, 0.2), (0.27, 0.8)]
ONE = [(0.65, 0.2), (0.65, 0.8)]
TOUCH = """places => {
  const canvas = document.getElementById("canvas");
  const box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};  // the pointer is none of the browser's own
  const send = (name, [x, y]) => canvas.dispatchEvent(new PointerEvent(name, {
    pointerId: 5, pointerType: "touch",
    clientX: box.left + x * box.width, clientY: box.top + y * box.height}));
  send("pointerdown", places[0]);
  places.slice(1).forEach((place) => send("pointermove", place));
  send("pointerup", places.at(-1));
}"""


def draw(*strokes: Sequence[tuple[float, float]], size: int = 300) -> Pixels:
    """Draw strokes, given in parts of the size, on a white sheet."""
    sheet = np.full((size, size), 255, dtype=np.uint8)
    for stroke in strokes:
        points = np.rint(np.array(stroke) * size).astype(np.int32)
        cv2.polylines(sheet, [points], False, 0, size // 20, cv2.LINE_AA)
    return sheet


def png(pixels: Pixels) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


# Reading


def test_nothing_drawn_is_blank_and_asks_no_model() -> None:
    classifier = FakeClassifier("7")
    found = recognize(FormReader(classifier), draw())
    assert found.is_blank and not found.is_sure and found.value == ""
    assert classifier.batches == []


def test_each_digit_comes_with_what_the_model_saw_and_said() -> None:
    sheet = draw(SEVEN, ONE)
    found = recognize(FormReader(FakeClassifier("71")), sheet)
    assert (found.value, found.is_sure) == ("71", True)
    seven, one = found.digits
    assert seven.image is not None and seven.image.shape == (28, 28)
    assert one.image is not None and one.probabilities is not None
    upright = to_mnist(255 - draw(ONE))
    assert float(np.abs(one.image - upright).mean()) < 0.02
    assert one.probabilities.shape == (12,)


def test_below_the_threshold_it_is_not_sure() -> None:
    doubting = FormReader(FakeClassifier("7", confidence=0.6), 0.99)
    found = recognize(doubting, draw(SEVEN))
    assert not found.is_sure
    assert found.flags == ("low_confidence",)


def test_ink_on_transparent_paper_is_black_on_white() -> None:
    picture = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    picture.putpixel((5, 6), (0, 0, 0, 255))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    pixels = decode_drawing(stream.getvalue())
    assert pixels.shape == (30, 40)
    assert pixels[6, 5] == 0 and pixels[0, 0] == 255


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", png(draw(SEVEN))[:200], cv2.imencode(".bmp", draw())[1].tobytes()],
    ids=["empty", "gif", "cut", "bmp"],
)
def test_what_is_no_png_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="no PNG"):
        decode_drawing(content)


def test_a_small_file_with_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    header = b"IHDR" + (100_000).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    chunk = (13).to_bytes(4) + header + zlib.crc32(header).to_bytes(4)
    with pytest.raises(UnreadableFileError):
        decode_drawing(b"\x89PNG\r\n\x1a\n" + chunk)


def test_a_drawing_that_would_take_long_to_read_is_refused_at_once() -> None:
    sheet = np.full((160, 20_000), 255, dtype=np.uint8)
    sheet[:, ::20] = 0
    classifier = FakeClassifier("7")
    with pytest.raises(UnreadableFileError, match="too wide"):
        recognize(FormReader(classifier), decode_drawing(png(sheet)))
    assert classifier.batches == []


# In the browser, with the model that ships


@pytest.fixture(scope="module")
def station() -> Iterator[StationProcess]:
    with StationProcess("draw") as process:
        yield process


@pytest.fixture
def page(chromium: Browser, station: StationProcess) -> Iterator[Page]:
    with open_page(chromium, station.next_address()) as page:
        yield page


def stroke(page: Page, *places: tuple[float, float]) -> None:
    """Draw on the canvas with the mouse; places in parts of its width and height."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    points = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places
    ]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def value(page: Page) -> Locator:
    return page.locator("#value")


@pytest.mark.model
def test_a_drawn_seven_is_recognised(page: Page) -> None:
    stroke(page, *SEVEN)
    page.get_by_role("button", name="Recognise").click()
    expect(value(page)).to_have_text("7")
    expect(page.locator("#verdict")).to_contain_text("% certain")
    bars = page.locator(".classes meter")
    expect(bars).to_have_count(12)
    assert float(bars.nth(7).get_attribute("value") or 0) > 0.9
    greys = page.locator(".digit canvas").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"
    )
    assert sum(greys[::4]) > 255 * 20  # white ink on black, as much as a digit has


@pytest.mark.model
def test_digits_in_a_row_are_one_number_and_enter_recognises(page: Page) -> None:
    stroke(page, *SEVEN)
    stroke(page, *ONE)
    page.keyboard.press("Enter")
    expect(value(page)).to_have_text("71")
    expect(page.locator(".digit")).to_have_count(2)


@pytest.mark.model
def test_a_scribble_is_not_guessed(page: Page) -> None:
    stroke(
        page, (0.3, 0.3), (0.5, 0.7), (0.32, 0.65), (0.5, 0.3), (0.4, 0.8), (0.3, 0.5)
    )
    page.keyboard.press("Enter")
    expect(value(page)).to_have_text("Not sure")


def test_strokes_can_be_taken_back_and_the_sheet_cleared(page: Page) -> None:
    stroke(page, *SEVEN)
    stroke(page, *ONE)
    page.keyboard.press("z")
    page.keyboard.press("Enter")
    expect(page.locator(".digit")).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".digit")).to_have_count(0)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Recognise").click()
    expect(page.locator("#verdict")).to_have_text("Nothing is drawn.")


@pytest.mark.model
def test_a_finger_draws_as_well(chromium: Browser, station: StationProcess) -> None:
    with open_page(chromium, station.next_address(), touch=True) as page:
        page.evaluate(TOUCH, SEVEN)
        page.get_by_role("button", name="Recognise").tap()
        expect(value(page)).to_have_text("7")


def test_the_page_works_in_the_dark_and_on_a_tablet(
    chromium: Browser, station: StationProcess
) -> None:
    with open_page(chromium, station.next_address(), dark=True) as page:
        for width, height in ((1280, 720), (768, 1024)):
            page.set_viewport_size({"width": width, "height": height})
            for name in ("Recognise", "Clear"):
                expect(page.get_by_role("button", name=name)).to_be_in_viewport()
            assert page.evaluate(
                "document.documentElement.scrollWidth <= window.innerWidth"
            )
