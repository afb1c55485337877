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
