from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from formreader.errors import ExitCode, InputError, UnreadableFileError
from formreader.pages.loading import (
    MAX_PIXELS,
    find_inputs,
    load_pages,
    page_from_array,
)
from formreader.records import PageImage

WIDTH, HEIGHT = 60, 40


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
    assert page.pixels[5, 5] < 30
    assert page.pixels[-5, -5] > 225
    assert page.pixels[5, -5] > 225


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp"])
def test_every_kind_of_image_loads_the_right_way_up(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"page.{suffix}"
    corner_page().convert("RGB").save(path, quality=95)
    assert_corner_is_black(load(path))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_pixel_mode_becomes_grey(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("page.jpg" if mode == "CMYK" else "page.png")
    if mode == "I;16":
        wide = np.asarray(corner_page()).astype(np.uint16) * 257
        Image.fromarray(wide).save(path)
    else:
        corner_page().convert(mode).save(path)
    assert_corner_is_black(load(path))


def test_exif_orientation_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to view
    corner_page().rotate(90, expand=True).save(path, exif=exif, quality=95)
    assert_corner_is_black(load(path))


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    path = tmp_path / "ink.png"
    ink = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    ink[: HEIGHT // 2, : WIDTH // 2, 3] = 255  # black and opaque; the rest is clear
    Image.fromarray(ink).save(path)
    assert_corner_is_black(load(path))


def test_stated_resolution_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    corner_page().save(path, dpi=(300, 300))
    assert load(path).dpi == pytest.approx(300, abs=0.1)
    corner_page().save(path)
    assert load(path).dpi is None


def test_colour_is_kept_for_the_overlay(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    Image.new("RGB", (WIDTH, HEIGHT), (255, 0, 0)).save(path)
    page = load(path)
    assert page.colour is not None
    assert page.colour[3, 3].tolist() == [255, 0, 0]


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "webp"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_file_cut_short_is_an_error_and_not_a_page_with_pieces_missing(
    tmp_path: Path, suffix: str, kept: float
) -> None:
    path = tmp_path / f"page.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(UnreadableFileError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == ExitCode.INPUT


def test_a_damaged_png_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    corner_page().save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError):
        load(path)


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises a size that its data does not hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [40_000, int(MAX_PIXELS**0.5) + 1])
def test_a_huge_page_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(huge_png(side, side))
    with pytest.raises(UnreadableFileError, match=r"89 million pixels; scan at a"):
        load(path)


def test_a_tiny_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("L", (1, 1)).save(path)
    with pytest.raises(UnreadableFileError, match="1 x 1 pixels, too few"):
        load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7 not an image", "not an image that formreader reads"),
        (b"just some text\n" * 50, "not an image that formreader reads"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut short|not an image"),
    ],
)
def test_what_is_no_image_is_named_with_a_remedy(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    with pytest.raises(UnreadableFileError, match="there is no such file"):
        load(path)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions differ")
def test_a_forbidden_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("formreader.pages.loading.Image.open", refuse)
    with pytest.raises(UnreadableFileError, match="not allowed to read"):
        load(tmp_path / "secret.png")


def test_folders_are_searched_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "sub/c.webp", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = list(find_inputs([tmp_path / "b.png", tmp_path]))
    names = ["b.png", "a.JPG", "b.png", "sub/c.webp"]
    assert found == [tmp_path / name for name in names]


def test_an_empty_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    (found,) = find_inputs([tmp_path])
    assert isinstance(found, InputError)
    assert str(tmp_path) in str(found)


def test_an_array_is_taken_as_grey_or_rgb() -> None:
    colour = np.zeros((30, 30, 3), dtype=np.uint8)
    colour[..., 2] = 255  # blue is dark: 11 % of the brightness
    page = page_from_array(colour, "memory")
    assert page.pixels[0, 0] == 29
    with pytest.raises(ValueError, match="float64"):
        page_from_array(np.zeros((30, 30)), "memory")  # type: ignore[arg-type]
