from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from formreader.errors import InputError, UnreadableFileError
from formreader.pages.loading import load_pages, walk_pages
from formreader.records import PageImage

WIDTH, HEIGHT = 60, 40


def corner_page(seed: int | None = None) -> Image.Image:
    """A white page with a black upper left quarter; with a seed, noise below."""
    pixels = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2] = 0
    if seed is not None:
        bits = np.random.default_rng(seed).integers(0, 2, (10, WIDTH), dtype=np.uint8)
        pixels[-10:] = bits * 255
    return Image.fromarray(pixels)


def save(path: Path, pages: list[Image.Image], **options: Any) -> Path:
    first, *rest = pages
    first.save(path, save_all=True, append_images=rest, **options)
    return path


def load(path: Path) -> PageImage:
    (page,) = load_pages(path)
    return page


def assert_corner_is_black(page: PageImage) -> None:
    assert page.pixels.shape == (HEIGHT, WIDTH)
    assert page.pixels[5, 5] < 30
    assert page.pixels[-5, -5] > 225
    assert page.pixels[5, -5] > 225


@pytest.mark.parametrize(
    "compression",
    ["raw", "group3", "group4", "tiff_lzw", "tiff_adobe_deflate", "packbits"],
)
def test_bilevel_pages_come_out_pixel_for_pixel(
    tmp_path: Path, compression: str
) -> None:
    made = [corner_page(seed).convert("1") for seed in range(3)]
    path = save(tmp_path / "fax.tif", made, compression=compression)
    pages = list(load_pages(path))
    assert [(page.page_index, page.page_count) for page in pages] == [
        (0, 3),
        (1, 3),
        (2, 3),
    ]
    for page, image in zip(pages, made, strict=True):
        assert np.array_equal(page.pixels, np.asarray(image.convert("L")))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "LAB"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_every_pixel_mode_becomes_grey(
    tmp_path: Path, mode: str, compression: str
) -> None:
    page = corner_page()
    if mode == "LAB":
        flat = Image.new("L", page.size, 128)
        page = Image.merge("LAB", (page, flat, flat))
    else:
        page = page.convert(mode)
    path = save(tmp_path / "page.tiff", [page], compression=compression)
    assert_corner_is_black(load(path))


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_become_8(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "page.tif"
    wide = np.asarray(corner_page()).astype(np.uint16) * 257
    cv2.imwrite(str(path), wide if channels == 1 else cv2.merge([wide] * 3))
    assert_corner_is_black(load(path))


def test_white_may_be_zero(tmp_path: Path) -> None:
    inverted = Image.fromarray(255 - np.asarray(corner_page()))
    path = save(tmp_path / "page.tif", [inverted], tiffinfo={262: 0})
    page = load(path)
    assert (page.pixels[5, 5], page.pixels[-5, -5]) in {(0, 255), (255, 0)}


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_the_orientation_of_every_page_is_honoured(
    tmp_path: Path, orientation: int, turn: Image.Transpose
) -> None:
    turned = corner_page().transpose(turn)
    path = save(tmp_path / "page.tif", [turned, turned], tiffinfo={274: orientation})
    for page in load_pages(path):
        assert_corner_is_black(page)


def test_the_stated_resolution_is_kept(tmp_path: Path) -> None:
    path = save(tmp_path / "page.tif", [corner_page()], dpi=(200, 200))
    assert load(path).dpi == pytest.approx(200)


@pytest.mark.parametrize(("down", "height"), [(98, 83), (196, 40)])
def test_a_fax_gets_square_pixels(tmp_path: Path, down: int, height: int) -> None:
    fax = corner_page().convert("1")
    path = save(tmp_path / "fax.tif", [fax], compression="group3", dpi=(204, down))
    page = load(path)
    assert page.pixels.shape == (HEIGHT, WIDTH)
    assert page.squared.shape == (height, WIDTH)
    assert page.squared[height // 2 - 4, 5] < 30
    assert page.squared[height // 2 + 4, 5] > 225
    assert page.dpi == pytest.approx(down)


def test_smaller_copies_of_a_page_are_no_pages(tmp_path: Path) -> None:
    page, small = corner_page(), corner_page().resize((30, 20))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    path = save(tmp_path / "page.tif", [page, small])
    assert_corner_is_black(load(path))


def test_a_bad_page_does_not_cost_the_others(tmp_path: Path) -> None:
    pages = [corner_page(0), Image.new("L", (1, 1)), corner_page(2)]
    path = save(tmp_path / "three.tif", pages)
    first, second, third = walk_pages(path)
    assert isinstance(first, PageImage)
    assert isinstance(second, InputError)
    assert isinstance(third, PageImage)
    assert str(second).startswith(f"{path}, page 2: the image has 1 x 1 pixels")
    assert np.array_equal(third.pixels, np.asarray(pages[2]))


@pytest.mark.parametrize("compression", ["raw", "group4", "tiff_lzw", "jpeg"])
@pytest.mark.parametrize("kept", [0.02, 0.4, 0.9])
def test_a_file_cut_short_never_gives_a_page_with_pieces_missing(
    tmp_path: Path, compression: str, kept: float
) -> None:
    bits = np.random.default_rng(0).integers(0, 2, (200, 200), dtype=np.uint8) * 255
    mode = "1" if compression == "group4" else "L"
    page = Image.fromarray(bits).convert(mode)
    path = save(tmp_path / "page.tif", [page, page], compression=compression)
    whole = next(load_pages(path)).pixels
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    *intact, last = walk_pages(path)
    assert isinstance(last, UnreadableFileError)
    assert str(path) in str(last)
    for loaded in intact:
        if isinstance(loaded, PageImage):
            assert np.array_equal(loaded.pixels, whole)


def test_a_huge_page_is_refused_by_its_header(tmp_path: Path) -> None:
    path = save(tmp_path / "huge.tif", [corner_page()], compression="raw")
    content = bytearray(path.read_bytes())
    for tag, size in ((256, WIDTH), (257, HEIGHT)):
        for kind in (3, 4):  # a short or a long
            entry = tag.to_bytes(2, "little") + kind.to_bytes(2, "little")
            entry += (1).to_bytes(4, "little") + size.to_bytes(4, "little")
            place = content.find(entry)
            if place >= 0:
                content[place + 2 : place + 12] = (
                    (4).to_bytes(2, "little")
                    + (1).to_bytes(4, "little")
                    + (100_000).to_bytes(4, "little")
                )
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="89 million pixels"):
        load(path)


def test_rubbish_that_calls_itself_a_tiff_is_named(tmp_path: Path) -> None:
    path = tmp_path / "page.tif"
    path.write_bytes(b"II*\0\x08\0\0\0" + bytes(range(256)))
    with pytest.raises(UnreadableFileError, match="TIFF is damaged"):
        load(path)


def test_a_tiff_of_more_pages_than_any_form_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("formreader.pages.limits.MAX_PAGES", 3)
    path = save(tmp_path / "many.tif", [corner_page()] * 4)
    with pytest.raises(UnreadableFileError, match="more than 3 pages; split it"):
        load(path)


def test_pages_before_a_broken_link_are_read(tmp_path: Path) -> None:
    path = save(tmp_path / "pages.tif", [corner_page(0), corner_page(1)])
    content = path.read_bytes()
    (directory,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, directory)
    (second,) = struct.unpack_from("<I", content, directory + 2 + 12 * entries)
    path.write_bytes(content[: second + 1])
    first, error = walk_pages(path)
    assert isinstance(first, PageImage)
    assert isinstance(error, InputError)
    assert ", page 2: " in str(error)
