"""PDFs written object by object, for tests of what no library would write."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


def make_pdf(objects: Iterable[bytes], trailer: bytes = b"") -> bytes:
    """Write a PDF with a cross-reference table; the first object is the catalogue."""
    content, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, size = len(content), len(offsets) + 1
    content += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for offset in offsets:
        content += b"%010d 00000 n \n" % offset
    content += b"trailer\n<< /Size %d /Root 1 0 R %b >>\n" % (size, trailer)
    return bytes(content + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)


def one_page(
    width: float, height: float, drawing: bytes, entries: bytes = b"", *more: bytes
) -> list[bytes]:
    """List the objects of a PDF of one page; further objects begin at number 5."""
    box = b"[0 0 %g %g]" % (width, height)
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R %b >>"
        % (box, entries),
        stream(drawing),
        *more,
    ]


def grey_image(width: int, height: int, data: bytes) -> bytes:
    """Write an image; `data` may be shorter than what the size promises."""
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray "
        b"/BitsPerComponent 8 /Filter /FlateDecode" % (width, height)
    )
    return stream(zlib.compress(data), entries)


def nested_forms(number: int, levels: int = 9, draws: int = 10) -> list[bytes]:
    """List objects of forms that draw each other; each level has one of the objects.

    A page that draws the first takes `draws ** levels` drawings, and memory for each.

    Args:
        number: Of the first form.
        levels: How deep they are.
        draws: How often each draws the next.
    """
    box = b"/Type /XObject /Subtype /Form /BBox [0 0 300 200]"
    forms = [
        stream(
            b"/X Do " * draws,
            box + b" /Resources << /XObject << /X %d 0 R >> >>" % following,
        )
        for following in range(number + 1, number + levels)
    ]
    return [*forms, stream(b"0 0 30 20 re f", box)]


def many_pages(drawn: Iterable[bytes], *more: bytes) -> list[bytes]:
    """List the objects of a PDF of small pages.

    Args:
        drawn: What each page draws; object 3 has the resources of all.
        more: Further objects, from number 4; pages follow.
    """
    contents = list(drawn)
    first = 4 + len(more)
    numbers = [first + 2 * index for index in range(len(contents))]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    pages = [
        part
        for number, content in zip(numbers, contents, strict=True)
        for part in (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Resources 3 0 R "
            b"/Contents %d 0 R >>" % (number + 1),
            stream(content),
        )
    ]
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(contents)),
        b"<< /XObject << /X 4 0 R >> /Pattern << /P 4 0 R >> >>",
        *more,
        *pages,
    ]


def tiny_pattern() -> bytes:
    """Write a pattern that has to be drawn a hundred billion times to fill a page."""
    entries = (
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] "
        b"/XStep 0.001 /YStep 0.001 /Resources << >>"
    )
    return stream(b"0 0 5 5 re f", entries)
