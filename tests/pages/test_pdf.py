from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_pages import blank_page, draw_row, fill_row
from fake_classifier import FakeClassifier
from made_pdfs import grey_image, make_pdf, one_page, stream
from PIL import Image

from formreader.errors import ExitCode, InputError, UnreadableFileError
from formreader.orientation.sides import UNSURE
from formreader.pages.limits import MAX_SIDE
from formreader.pages.loading import load_pages, walk_pages
from formreader.pipeline import FormReader
from formreader.readings import PageFailure, PageReading
from formreader.records import PageImage

A4 = (595.2, 841.92)  # points; at 300 dpi 2480 x 3508 pixels
IMAGE = b"/Resources << /XObject << /Scan 5 0 R >> >>"


def write(path: Path, objects: list[bytes], trailer: bytes = b"") -> Path:
    path.write_bytes(make_pdf(objects, trailer))
    return path


def load(path: Path) -> PageImage:
    (page,) = load_pages(path)
    return page


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """An image of black and white in which every pixel counts."""
    bits = np.random.default_rng(seed).integers(0, 2, (height, width), dtype=np.uint8)
    return Image.fromarray(bits * 255).convert("1")


def test_a_scan_at_300_dpi_comes_out_pixel_for_pixel(tmp_path: Path) -> None:
    scanned = noise(620, 877)
    path = tmp_path / "scan.pdf"
    scanned.save(path, resolution=300)
    page = load(path)
    assert np.array_equal(page.pixels, np.asarray(scanned.convert("L")))
    assert (page.dpi, page.colour, page.warnings) == (300, None, ())


def test_a_page_has_the_pixels_of_its_paper_at_300_dpi(tmp_path: Path) -> None:
    # A black square of an inch, an inch from the left and from the bottom edge.
    path = write(tmp_path / "form.pdf", one_page(*A4, b"0 g 72 72 72 72 re f"))
    page = load(path)
    assert page.pixels.shape == (3508, 2480)
    rows, columns = np.nonzero(page.pixels < 128)
    assert (columns.min(), columns.max()) == pytest.approx((300, 599), abs=1)
    assert (rows.min(), rows.max()) == pytest.approx((2908, 3207), abs=1)


def test_a_turned_page_is_upright(tmp_path: Path) -> None:
    drawing = b"0 g 0 200 20 20 re f"  # at the upper left; turned, at the upper right
    path = write(tmp_path / "form.pdf", one_page(144, 220, drawing, b"/Rotate 90"))
    page = load(path)
    assert page.pixels.shape == (600, 917)
    assert page.pixels[40, -40] == 0
    assert page.pixels[40, 40] == 255


def test_what_was_typed_into_a_form_field_is_drawn(tmp_path: Path) -> None:
    look = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 72 72] /Length 20 >>\n"
        b"stream\n0 g 0 0 72 72 re f  \nendstream"
    )
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (id) /V (7) /F 4 "
        b"/Rect [72 72 144 144] /P 3 0 R /AP << /N 6 0 R >> >>"
    )
    objects = one_page(216, 216, b"", b"/Annots [5 0 R]", field, look)
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>"
    page = load(write(tmp_path / "form.pdf", objects))
    assert page.pixels[450, 450] < 128
    assert page.pixels[100, 100] == 255


def test_pages_come_in_order_and_know_their_place(tmp_path: Path) -> None:
    first, *rest = [noise(60, 80, seed) for seed in range(4)]
    path = tmp_path / "scan.pdf"
    first.save(path, resolution=300, save_all=True, append_images=rest)
    pages = list(load_pages(path, "given", pages="2,4"))
    assert [(page.page_index, page.page_count) for page in pages] == [(1, 4), (3, 4)]
    assert {page.source for page in pages} == {"given"}
    for page, image in zip(pages, (rest[0], rest[2]), strict=True):
        assert np.array_equal(page.pixels, np.asarray(image.convert("L")))


def test_a_coarse_scan_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "fax.pdf"
    Image.new("L", (620, 877), "white").save(path, resolution=75)
    page = load(path)
    assert page.pixels.shape == (3508, 2480)
    (warning,) = page.warnings
    assert "75 dpi" in warning


def test_a_photo_whose_pixels_were_taken_for_points_is_drawn_as_it_is(
    tmp_path: Path,
) -> None:
    data = bytes(300 * 400)
    image = grey_image(300, 400, data)
    drawing = b"q 3000 0 0 4000 0 0 cm /Scan Do Q"
    path = write(tmp_path / "p.pdf", one_page(3000, 4000, drawing, IMAGE, image))
    page = load(path)
    assert page.pixels.shape == (400, 300)
    assert page.dpi == pytest.approx(7.2)
    assert "1058 x 1411 mm" in page.warnings[0]


def test_a_drawing_too_large_for_300_dpi_is_drawn_coarser(tmp_path: Path) -> None:
    path = write(tmp_path / "plan.pdf", one_page(20_000, 20_000, b""))
    page = load(path)
    assert page.dpi is not None
    assert page.dpi < 34
    assert page.pixels.size < 89_000_000


@pytest.mark.parametrize("size", [(1, 1), (14_400, 1)])
def test_a_tiny_page_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write(tmp_path / "dot.pdf", one_page(*size, b""))
    with pytest.raises(UnreadableFileError, match="too few to hold a digit"):
        load(path)


def test_a_huge_image_is_refused_by_its_header(tmp_path: Path) -> None:
    image = grey_image(40_000, 40_000, b"\0" * 1000)
    drawing = b"q 595 0 0 842 0 0 cm /Scan Do Q"
    path = write(tmp_path / "bomb.pdf", one_page(*A4, drawing, IMAGE, image))
    with pytest.raises(UnreadableFileError, match="89 million pixels") as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_an_encrypted_pdf_is_named_with_a_remedy(tmp_path: Path) -> None:
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%b> /U <%b> >> /ID [%b]"
    path = write(
        tmp_path / "secret.pdf",
        one_page(*A4, b""),
        lock % (b"11" * 32, b"22" * 32, b"<33> <33>"),
    )
    with pytest.raises(UnreadableFileError, match="save a copy without a password"):
        load(path)


def test_a_pdf_without_pages_is_named(tmp_path: Path) -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
    ]
    with pytest.raises(UnreadableFileError, match="has no pages"):
        load(write(tmp_path / "empty.pdf", objects))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_a_pdf_cut_short_is_an_error_and_not_a_page_with_pieces_missing(
    tmp_path: Path, kept: float
) -> None:
    path = tmp_path / "scan.pdf"
    noise(600, 800).save(path, resolution=300)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(UnreadableFileError, match="cut short") as caught:
        load(path)
    assert caught.value.exit_code == ExitCode.INPUT
    assert str(path) in str(caught.value)


def test_rubbish_that_calls_itself_a_pdf_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"%%EOF")
    with pytest.raises(UnreadableFileError, match="damaged or has no pages"):
        load(path)


def bad_in_the_middle(path: Path) -> Path:
    """Three pages, of which the second is too small."""
    objects = one_page(144, 144, b"")
    objects[1] = b"<< /Type /Pages /Kids [3 0 R 5 0 R 3 0 R] /Count 3 >>"
    tiny = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1 1] >>"
    return write(path, [*objects, tiny])


def test_a_bad_page_is_a_failure_and_the_reader_goes_on(tmp_path: Path) -> None:
    path = bad_in_the_middle(tmp_path / "three.pdf")
    reader = FormReader(FakeClassifier(), ink_layers=False)
    first, second, third = reader.read_many([path])
    assert isinstance(first, PageReading)
    assert isinstance(second, PageFailure)
    assert (second.source, second.page_index) == (str(path), 1)
    assert isinstance(third, PageReading)
    assert third.page_index == 2
    assert [page.page_index for page in reader.read(path, pages="1,3")] == [0, 2]
    with pytest.raises(UnreadableFileError, match="page 2: "):
        list(reader.read(path))


def test_a_bad_page_does_not_cost_the_others(tmp_path: Path) -> None:
    path = bad_in_the_middle(tmp_path / "three.pdf")
    first, second, third = walk_pages(path)
    assert isinstance(first, PageImage)
    assert isinstance(third, PageImage)
    assert isinstance(second, InputError)
    assert str(second).startswith(f"{path}, page 2: ")
    with pytest.raises(UnreadableFileError):
        list(load_pages(path))
    assert len(list(load_pages(path, pages=[1, 3]))) == 2


def test_a_name_that_begins_with_a_tilde_is_no_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    noise(60, 80).save("~scan.pdf", resolution=300)
    assert load(Path("~scan.pdf")).pixels.shape == (80, 60)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_a_blank_scan_is_a_page(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "blank.pdf"
    Image.new(mode, (600, 800), "white").save(path, resolution=300)
    assert load(path).pixels.min() == 255


def test_a_scan_that_cannot_be_decoded_is_no_blank_page(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    noise(600, 800).convert("L").save(path, resolution=300)
    content = bytearray(path.read_bytes())
    start = content.index(b"\xff\xd8")  # of the JPEG
    content[start : start + 40] = bytes(range(40))
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="the page is damaged"):
        load(path)


def test_a_damaged_image_does_not_cost_what_else_is_on_the_page(
    tmp_path: Path,
) -> None:
    drawing = b"q 144 0 0 144 0 0 cm /Scan Do Q 0 g 0 0 72 72 re f"
    image = grey_image(0, 40, b"")
    path = write(tmp_path / "form.pdf", one_page(144, 144, drawing, IMAGE, image))
    assert load(path).pixels[550, 50] == 0


def test_a_pdf_that_claims_millions_of_pages_is_refused(tmp_path: Path) -> None:
    objects = one_page(144, 144, b"")
    objects[1] = b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>"
    with pytest.raises(UnreadableFileError, match="split it into smaller ones"):
        next(load_pages(write(tmp_path / "many.pdf", objects)))


def test_a_fine_scan_that_lost_its_resolution_has_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    Image.new("L", (1000, 1400), "white").save(path, resolution=72)
    assert load(path).warnings == ()


@pytest.mark.parametrize("dpi", [72, 150, 200])
def test_a_coarser_scan_is_read_pixel_for_pixel(tmp_path: Path, dpi: int) -> None:
    scanned = noise(620, 877)
    path = tmp_path / "scan.pdf"
    scanned.save(path, resolution=dpi)
    page = load(path)
    assert page.scan is not None
    assert np.array_equal(page.scan, np.asarray(scanned.convert("L")))
    assert page.pixels.shape == pytest.approx((877 * 300 / dpi, 620 * 300 / dpi), abs=1)


def test_boxes_of_a_coarser_scan_count_at_300_dpi(tmp_path: Path) -> None:
    form = blank_page()
    row = draw_row(form, 100, 200, 4)
    fill_row(form, row, "1234")
    path = tmp_path / "scan.pdf"
    Image.fromarray(form).save(path, resolution=150)
    (field,) = (
        FormReader(FakeClassifier("1234"), ink_layers=False)
        .read_page(load(path))
        .fields
    )
    assert field.value == "1234"
    drawn = row.corners * 2
    assert np.abs(field.outline - drawn).max() <= 10
    digit = field.digits[2].box
    assert digit is not None
    assert digit.centre == pytest.approx((500, 460), abs=20)
    assert (field.box.left, field.box.top) == pytest.approx((200, 400), abs=10)


@pytest.mark.parametrize(
    "rest",
    [bytes(70_000), b"\r\n" * 40_000, b"<html>how to print a form</html>" * 4_000],
    ids=["zeros", "lines", "html"],
)
def test_what_follows_the_end_of_a_pdf_is_no_matter(
    tmp_path: Path, rest: bytes
) -> None:
    scanned = noise(60, 80)
    path = tmp_path / "scan.pdf"
    scanned.save(path, resolution=300)
    data = path.read_bytes() + rest
    path.write_bytes(data)
    for page in (load(path), *load_pages(data, "memory")):
        assert np.array_equal(page.pixels, np.asarray(scanned.convert("L")))


def test_a_revision_cut_short_is_no_whole_pdf(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    noise(60, 80).save(path, resolution=300)
    rest = b"\n12 0 obj\n<< /Type /Annot >>\nendobj\n" + bytes(70_000)
    path.write_bytes(path.read_bytes() + rest)
    with pytest.raises(UnreadableFileError, match="cut short"):
        load(path)


@pytest.mark.parametrize("dpi", [500, 1200, 2400])
def test_a_fine_scan_on_a_small_page_is_read_pixel_for_pixel(
    tmp_path: Path, dpi: int
) -> None:
    scanned = noise(1654, 2339)
    path = tmp_path / "scan.pdf"
    scanned.save(path, resolution=dpi)
    page = load(path)
    assert page.scan is not None
    assert np.array_equal(page.scan, np.asarray(scanned.convert("L")))
    shape = (2339 * 300 / dpi, 1654 * 300 / dpi)
    assert page.pixels.shape == pytest.approx(shape, abs=1)


def test_a_fine_scan_of_a_whole_sheet_is_read_at_300_dpi(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    Image.new("L", (4960, 7016), "white").save(path, resolution=600)
    page = load(path)
    assert page.scan is None
    assert page.pixels.shape == (3508, 2480)


@pytest.mark.parametrize("turn", [0, 90])
def test_a_fax_in_a_pdf_keeps_its_finer_side(tmp_path: Path, turn: int) -> None:
    image = grey_image(408, 196, bytes(range(256)) * 313)
    drawing = b"q 144 0 0 144 0 0 cm /Scan Do Q"  # 204 x 98 dpi
    entries = IMAGE + b" /Rotate %d" % turn
    path = write(tmp_path / "fax.pdf", one_page(144, 144, drawing, entries, image))
    page = load(path)
    assert page.pixels.shape == (600, 600)
    assert page.scan is not None
    assert page.scan.shape == (408, 408)


def test_a_pdf_longer_than_opencv_counts_is_drawn_coarser(tmp_path: Path) -> None:
    path = write(tmp_path / "roll.pdf", one_page(200, 14_400, b""))
    page = load(path)
    assert 30_000 < page.pixels.shape[0] <= MAX_SIDE
    assert "dpi" in page.warnings[0]


def typed_form(path: Path, value: bytes, digits: str, flags: int = 4) -> Path:
    """A form with a row of boxes, digits drawn in it, and a field with a value."""
    form = blank_page(600, 400)
    row = draw_row(form, 100, 200, 4)
    fill_row(form, row, digits)
    drawing = b"q 144 0 0 96 0 0 cm /Scan Do Q"  # 300 dpi
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (id) /V (%b) /F %d "
        b"/Rect [24 33.6 81.6 48] /P 3 0 R /AP << /N 7 0 R >> >>" % (value, flags)
    )
    image = grey_image(600, 400, form.tobytes())
    entries = IMAGE + b" /Annots [6 0 R]"
    look = stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 58 14]")
    objects = one_page(144, 96, drawing, entries, image, field, look)
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>"
    return write(path, objects)


@pytest.mark.parametrize(
    ("typed", "value", "flags"),
    [
        (b"1234", "1234", ()),
        (b"-1234", "-1234", ("separator",)),
        (b"12.34", "12.34", ("separator",)),
        (b"(1234)", "1234", ("separator",)),
        (b"1284", "1234", ("low_confidence",)),
        (b"12345", "1234", ("low_confidence",)),
    ],
)
def test_a_field_that_reads_otherwise_than_what_was_typed_needs_review(
    tmp_path: Path, typed: bytes, value: str, flags: tuple[str, ...]
) -> None:
    page = load(typed_form(tmp_path / "form.pdf", typed, "1234"))
    assert [one.text for one in page.typed] == [typed.decode()]
    reading = FormReader(FakeClassifier("1234"), ink_layers=False).read_page(page)
    (field,) = reading.fields
    assert (field.value, field.flags) == (value, flags)
    assert field.needs_review == bool(flags)
    (warning,) = (text for text in reading.warnings if text != UNSURE)
    assert "typed into the PDF form" in warning


def test_a_typed_value_in_no_field_is_told(tmp_path: Path) -> None:
    page = load(typed_form(tmp_path / "form.pdf", b"1234", "1234"))
    reading = FormReader(FakeClassifier(), ink_layers=False).read_page(
        replace(page, pixels=np.full_like(page.pixels, 255))
    )
    assert "1 of them lie in no field" in reading.warnings[0]


@pytest.mark.parametrize(("value", "flags"), [(b"yes", 4), (b"", 4), (b"1234", 2)])
def test_words_and_hidden_values_are_no_typed_numbers(
    tmp_path: Path, value: bytes, flags: int
) -> None:
    assert load(typed_form(tmp_path / "form.pdf", value, "1234", flags)).typed == ()


def test_buttons_of_a_form_are_no_part_of_the_page(tmp_path: Path) -> None:
    look = stream(
        b"0 g 0 0 100 30 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 100 30]"
    )
    fields = [
        b"<< /Type /Annot /Subtype /Widget /FT %b /T (f%d) /Rect [20 %d 120 %d] /F 4 "
        b"/AP << /N 7 0 R >> >>" % (kind, bottom, bottom, bottom + 30)
        for kind, bottom in ((b"/Btn /Ff 65536", 20), (b"/Tx", 140))
    ]
    objects = one_page(200, 200, b"", b"/Annots [5 0 R 6 0 R]", *fields, look)
    form = b"/AcroForm << /Fields [5 0 R 6 0 R] >>"
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R %b >>" % form
    (tmp_path / "form.pdf").write_bytes(make_pdf(objects))
    (page,) = load_pages(tmp_path / "form.pdf")
    upper, lower = np.vsplit(page.pixels[: len(page.pixels) // 2 * 2], 2)
    assert lower.min() == 255  # the button
    assert upper.min() == 0  # the field
