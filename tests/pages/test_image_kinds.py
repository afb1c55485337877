from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from drawn_pages import blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier
from PIL import Image

from formreader.errors import InputError, UnreadableFileError
from formreader.pages.formats import detect_format
from formreader.pages.limits import MAX_SIDE, check_decoder
from formreader.pages.loading import load_pages, walk_pages
from formreader.pages.resolution import square_size
from formreader.pipeline import FormReader
from formreader.records import PageImage

WIDTH, HEIGHT = 120, 80


@pytest.fixture(autouse=True, scope="module")
def heif() -> None:
    pillow_heif.register_heif_opener()


def corner_page() -> Image.Image:
    """A white page with a black upper left quarter."""
    pixels = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2] = 0
    return Image.fromarray(pixels)


def load(path: Path) -> PageImage:
    (page,) = load_pages(path)
    return page


def assert_corner_is_black(page: PageImage) -> None:
    assert page.pixels.shape == (HEIGHT, WIDTH)
    assert page.pixels[10, 10] < 30
    assert page.pixels[-10, -10] > 225
    assert page.pixels[10, -10] > 225


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def make_dcx(pages: list[Image.Image]) -> bytes:
    """Write a fax of several pages: a table of places, and a PCX at each."""
    bodies = [encode(page, "PCX") for page in pages]
    places, at = [], 4 * (len(bodies) + 2)
    for body in bodies:
        places.append(at)
        at += len(body)
    table = struct.pack(f"<I{len(places)}II", 0x3ADE68B1, *places, 0)
    return table + b"".join(bodies)


KINDS = [
    "AVIF",
    "BMP",
    "DIB",
    "GIF",
    "HEIF",
    "JPEG",
    "JPEG2000",
    "PNG",
    "TIFF",
    "WEBP",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["page", "page.jpg", "page.pdf", "fax.001"])
def test_a_file_is_told_by_what_it_holds_whatever_its_name(
    tmp_path: Path, kind: str, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(encode(corner_page().convert("RGB"), kind))
    assert_corner_is_black(load(path))


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_are_read_as_their_file_is(kind: str) -> None:
    data = encode(corner_page().convert("RGB"), kind)
    assert detect_format(data[:64]) == kind
    (page,) = load_pages(data, "memory")
    assert page.source == "memory"
    assert_corner_is_black(page)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_an_error_in_any_kind(kind: str, kept: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 160, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise), kind)
    with pytest.raises(UnreadableFileError, match=r"memory: .*(scan|copy|save)"):
        list(load_pages(data[: int(len(data) * kept)], "memory"))


def test_every_page_of_a_fax_is_read_and_a_bad_one_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "fax.dcx"
    page = corner_page().convert("1")
    data = make_dcx([page, Image.new("1", (3, 3)), page])
    path.write_bytes(data)
    first, second, third = walk_pages(path)
    assert isinstance(second, InputError)
    for good in (first, third):
        assert isinstance(good, PageImage)
        assert_corner_is_black(good)


def test_of_moving_pictures_the_first_is_the_page(tmp_path: Path) -> None:
    path = tmp_path / "page.gif"
    corner_page().save(
        path, save_all=True, append_images=[Image.new("L", (WIDTH, HEIGHT))]
    )
    assert_corner_is_black(load(path))


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "JPEG", "PNG", "TIFF", "WEBP"])
def test_a_photo_taken_on_its_side_stands_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise to view
    turned = corner_page().convert("RGB").rotate(90, expand=True)
    (page,) = load_pages(encode(turned, kind, exif=exif.tobytes()), "photo")
    assert_corner_is_black(page)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_camera_is_turned_upright(orientation: int) -> None:
    ways = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = corner_page()
    if orientation in ways:
        stored = stored.transpose(ways[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    (page,) = load_pages(encode(stored, "PNG", exif=exif), "photo")
    assert_corner_is_black(page)


def drawn_form() -> Image.Image:
    form = blank_page()
    fill_row(form, draw_row(form, 100, 200, 4), "1234")
    return Image.fromarray(form)


@pytest.mark.parametrize("kind", ["BMP", "JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("dpi", [(204, 98), (98, 204), (100, 200), (204, 391)])
def test_a_page_with_other_resolutions_across_and_down_is_read_square(
    kind: str, dpi: tuple[int, int]
) -> None:
    finer = max(dpi)
    across, down = dpi[0] / finer, dpi[1] / finer
    form = drawn_form()
    size = round(form.width * across), round(form.height * down)
    stored = form.resize(size, Image.Resampling.LANCZOS)
    (page,) = load_pages(encode(stored, kind, dpi=dpi), "fax")
    assert page.pixels.shape == size[::-1]
    assert page.scan is not None
    assert page.scan.shape == pytest.approx((form.height, form.width), abs=2)
    (field,) = (
        FormReader(FakeClassifier("1234"), ink_layers=False).read_page(page).fields
    )
    assert field.value == "1234"
    box = field.box
    assert (box.left, box.right) == pytest.approx((100 * across, 340 * across), abs=6)
    assert (box.top, box.bottom) == pytest.approx((200 * down, 260 * down), abs=6)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_fax_that_lies_on_its_side_is_stretched_along_the_paper(kind: str) -> None:
    upright = corner_page().resize((WIDTH, HEIGHT // 2))  # half the pixels down
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(stored, kind, exif=exif, dpi=(100, 200))
    (page,) = load_pages(data, "fax")
    assert page.pixels.shape == (HEIGHT // 2, WIDTH)
    assert page.scan is not None
    assert page.scan.shape == (HEIGHT, WIDTH)


def test_pixels_without_an_inch_may_still_not_be_square() -> None:
    data = encode(corner_page().resize((WIDTH, HEIGHT // 2)), "JPEG")
    place = data.index(b"JFIF\0") + 7
    aspect = b"\0" + struct.pack(">HH", 2, 1)  # no unit; twice as many across
    (page,) = load_pages(data[:place] + aspect + data[place + 5 :], "fax")
    assert page.scan is not None
    assert page.scan.shape == (HEIGHT, WIDTH)
    assert page.dpi is None


@pytest.mark.parametrize(
    "shape",
    [(200, 200), (204, 196), (1, 72), (0, 98), (float("nan"), 98), (-204, 98), None],
)
def test_square_pixels_and_what_cannot_be_are_left_as_they_are(
    shape: tuple[float, float] | None,
) -> None:
    assert square_size((1000, 700), shape) is None


def test_a_fax_too_large_to_stretch_is_shrunk() -> None:
    assert square_size((9000, 9000), (200, 100)) == (4500, 9000)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_wide_pixels_are_as_bright_as_the_bits_in_use(
    tmp_path: Path, bits: int, suffix: str
) -> None:
    path = tmp_path / f"page.{suffix}"
    grey = np.asarray(corner_page().convert("L")).astype(np.uint16)
    grey[:, -20:] = 200
    wide = np.round(grey / 255 * (2**bits - 1)).astype(np.uint16)
    wide[wide == wide.max()] -= 1 if bits > 8 else 0  # white is seldom quite white
    assert cv2.imwrite(str(path), wide)
    page = load(path)
    assert page.pixels[10, 10] == 0
    assert page.pixels[-10, 10] >= 254
    assert page.pixels[10, -10] == pytest.approx(200, abs=1)


@pytest.mark.parametrize("bits", [8, 12])
def test_wide_colours_that_would_come_out_black_are_refused(
    tmp_path: Path, bits: int
) -> None:
    path = tmp_path / "page.tif"
    wide = np.full((HEIGHT, WIDTH, 3), 2**bits - 1, dtype=np.uint16)
    assert cv2.imwrite(str(path), wide)
    with pytest.raises(UnreadableFileError, match="save it with 8 bits a channel"):
        load(path)


@pytest.mark.parametrize(
    "error",
    [
        IndexError("list index out of range"),
        MemoryError(),
        OverflowError("too large"),
        RecursionError(),
        AttributeError("no attribute"),
        struct.error("unpack requires"),
        cv2.error("(-215:Assertion failed)\n in function 'remap'"),
        OSError("broken\ndata stream"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_decoding_raises_costs_its_page_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "pages.tif"
    page = corner_page()
    page.save(path, save_all=True, append_images=[page, page])
    real = Image.Image.crop

    def crop(image: Image.Image, box: Any = None) -> Image.Image:
        if getattr(image, "tell", lambda: 0)() == 1:
            raise error
        return real(image, box)

    monkeypatch.setattr(Image.Image, "crop", crop)
    first, second, third = walk_pages(path)
    assert isinstance(first, PageImage)
    assert isinstance(third, PageImage)
    assert isinstance(second, InputError)
    assert str(second).startswith(f"{path}, page 2: ")
    assert "\n" not in str(second)
    assert "scan" in str(second)


@pytest.mark.parametrize("size", [(MAX_SIDE + 1, 100), (100, 60_000)])
def test_a_side_longer_than_opencv_counts_is_refused_with_a_remedy(
    size: tuple[int, int],
) -> None:
    data = encode(Image.new("1", size), "PNG")
    with pytest.raises(UnreadableFileError, match="cut it into pages"):
        list(load_pages(data, "roll"))
    whole = encode(Image.new("1", (100, MAX_SIDE)), "PNG")
    assert len(list(load_pages(whole, "roll"))) == 1


def test_a_decoder_that_takes_much_memory_is_given_smaller_pages() -> None:
    check_decoder("WEBP", (8000, 6000))
    check_decoder("PNG", (9400, 9400))
    with pytest.raises(UnreadableFileError, match=r"50 million pixels.*as PNG"):
        check_decoder("WEBP", (9400, 9400))


MEASURE = """
import resource, sys
from pathlib import Path
from formreader.pages.loading import load_pages
load = lambda path: next(load_pages(Path(path)))
load(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
load(sys.argv[2])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in KiB")
@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16"])
def test_a_huge_page_takes_a_few_bytes_a_pixel(tmp_path: Path, mode: str) -> None:
    size = (5000, 4000)
    small, huge = tmp_path / "small.png", tmp_path / "huge.png"
    for path, sides in ((small, (100, 100)), (huge, size)):
        Image.new(mode, sides, 0).save(path, compress_level=1)
    command = [sys.executable, "-c", MEASURE, str(small), str(huge)]
    taken = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert int(taken) / (size[0] * size[1]) < 13
