from __future__ import annotations

import errno
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from formreader.errors import ExitCode, InputError, UnreadableFileError
from formreader.pages.folders import find_inputs
from formreader.pages.limits import MAX_PIXELS
from formreader.pages.loading import (
    load_pages,
    page_from_array,
    walk_pages,
)
from formreader.pages.resolution import credible_dpi
from formreader.records import LeftAside, PageImage

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
        (b"just some text\n" * 50, "not an image or PDF that formreader reads"),
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

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableFileError, match="not allowed to read"):
        load(tmp_path / "secret.png")


def test_a_name_that_no_file_can_have_is_an_error(tmp_path: Path) -> None:
    (path,) = find_inputs([tmp_path / ("x" * 300 + ".png")])
    assert isinstance(path, Path)
    with pytest.raises(UnreadableFileError, match="cannot read the file"):
        load(path)


def test_folders_are_searched_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "sub/c.webp", "d.pdf", "e.TIFF", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = list(find_inputs([tmp_path / "b.png", tmp_path]))
    names = ["b.png", "a.JPG", "b.png", "d.pdf", "e.TIFF", "sub/c.webp"]
    aside = found.pop(5)
    assert found == [tmp_path / name for name in names]
    assert isinstance(aside, LeftAside)
    assert aside.name == str(tmp_path / "notes.txt")


def test_pages_of_a_folder_are_told_by_what_they_hold(tmp_path: Path) -> None:
    corner_page().save(tmp_path / "scan.001", "PNG")
    corner_page().save(tmp_path / "page 1", "PDF")
    (tmp_path / "notes").write_text("not a page")
    (tmp_path / "Thumbs.db").write_bytes(b"of a system")
    notes, page, scan = find_inputs([tmp_path])
    assert (page, scan) == (tmp_path / "page 1", tmp_path / "scan.001")
    assert isinstance(notes, LeftAside)
    assert not notes.is_failure


def test_what_cannot_be_read_in_a_folder_is_named_and_costs_no_other_page(
    tmp_path: Path,
) -> None:
    corner_page().save(tmp_path / "b.png")
    (tmp_path / "a.png").symlink_to("nowhere.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "._b.png").write_bytes(b"what a Mac leaves beside a file")
    *found, loop = find_inputs([tmp_path])
    assert found == [tmp_path / "a.png", tmp_path / "b.png"]
    assert isinstance(loop, LeftAside)
    assert loop.problem == "a link to a folder"


def test_a_folder_that_cannot_be_listed_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corner_page().save(tmp_path / "b.png")
    closed = tmp_path / "closed"
    closed.mkdir()
    real = os.scandir

    def refuse(path: str) -> object:  # root may list everything
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    page, error = find_inputs([tmp_path])
    assert page == tmp_path / "b.png"
    assert str(error) == (
        f"{closed}: the folder cannot be listed (Permission denied); check its "
        "permissions"
    )


def test_pixels_that_are_fractions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.tif"
    Image.fromarray(np.ones((300, 200), dtype=np.float32)).save(path)
    with pytest.raises(UnreadableFileError, match="fractions; save it as PNG"):
        load(path)


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


def three_pages(path: Path) -> Path:
    pages = [corner_page() for _ in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


@pytest.mark.parametrize("name", ["pages.tif", "pages.pdf"])
@pytest.mark.parametrize(
    ("pages", "indices"),
    [
        (None, [0, 1, 2]),
        ("1,3", [0, 2]),
        ("3,1-2", [0, 1, 2]),
        (" 2- ", [1, 2]),
        ("2,2", [1]),
        ([3], [2]),
    ],
)
def test_pages_are_chosen_by_number_from_1(
    tmp_path: Path, name: str, pages: str | list[int] | None, indices: list[int]
) -> None:
    path = three_pages(tmp_path / name)
    assert [page.page_index for page in load_pages(path, pages=pages)] == indices


@pytest.mark.parametrize("pages", ["5", "2-5", "4-", "1,4,7"])
def test_a_page_that_a_file_lacks_is_an_error_and_the_others_are_loaded(
    tmp_path: Path, pages: str
) -> None:
    path = three_pages(tmp_path / "pages.tif")
    error, *loaded = walk_pages(path, pages=pages)
    assert isinstance(error, InputError)
    missing = 5 if pages == "5" else 4
    assert str(error) == f"{path}: there is no page {missing}: the file has 3 pages"
    assert all(isinstance(page, PageImage) for page in loaded)
    assert len(loaded) == {"2-5": 2, "1,4,7": 1}.get(pages, 0)


def test_an_image_has_page_1_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    corner_page().save(path)
    assert len(list(load_pages(path, pages="1"))) == 1
    with pytest.raises(UnreadableFileError, match="no page 2: the file has 1 page"):
        list(load_pages(path, pages="2"))


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ("", "'' is no page"),
        ("1,,2", "'' is no page"),
        ("one", "'one' is no page"),
        ("-3", "'-3' is no page"),
        ("1-2-3", "is no page"),
        ("9" * 50, "is no page"),
        ("5-3", "'5-3' runs backwards"),
        ("0", "numbered from 1"),
        ([], "numbered from 1"),
        ([-1], "numbered from 1"),
    ],
)
def test_what_is_no_selection_of_pages_says_what_is(
    tmp_path: Path, pages: str | list[int], message: str
) -> None:
    path = three_pages(tmp_path / "pages.tif")
    with pytest.raises(ValueError, match=message):
        list(load_pages(path, pages=pages))


def test_a_range_of_a_billion_pages_costs_nothing(tmp_path: Path) -> None:
    path = three_pages(tmp_path / "pages.tif")
    error, *loaded = walk_pages(path, pages="1-999999999")
    assert isinstance(error, InputError)
    assert len(loaded) == 3


@pytest.mark.parametrize(
    ("size", "stated", "dpi"),
    [
        ((1654, 2339), 200, 200),
        ((827, 1169), 72, 72),  # a sheet of A3 or less may be as coarse as that
        ((3024, 4032), 72, None),  # a camera's: the page would measure a metre
        ((1654, 2339), 1, None),
        ((1654, 2339), 65_000, None),
        ((14_043, 9933), 300, 300),  # a drawing on A0
    ],
)
def test_an_absurd_resolution_is_ignored(
    size: tuple[int, int], stated: float, dpi: float | None
) -> None:
    assert credible_dpi(stated, size) == dpi


@pytest.mark.parametrize(
    ("size", "dpi", "words"),
    [
        ((1654, 2339), 200, None),
        ((620, 877), 75, "75 dpi"),
        ((620, 877), None, "620 x 877 pixels"),
        ((877, 620), None, "877 x 620 pixels"),
        ((620, 877), 150, None),  # a small sheet, scanned well
        ((600, 80), None, None),  # a strip, no sheet
        ((1240, 1754), None, None),
    ],
)
def test_a_page_too_coarse_for_digits_has_a_warning(
    tmp_path: Path, size: tuple[int, int], dpi: float | None, words: str | None
) -> None:
    path = tmp_path / "page.png"
    made = Image.new("L", size, "white")
    if dpi is None:
        made.save(path)
    else:
        made.save(path, dpi=(dpi, dpi))
    warnings = load(path).warnings
    assert len(warnings) == (0 if words is None else 1)
    assert words is None or words in warnings[0]
