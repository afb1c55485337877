"""Draws files that are damaged, cut off, or made to cost much.

Each is drawn anew from a seed and a number, so that one that a run fell over can be
made again without the others.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

SIZE = (320, 200)
"""Width and height of the drawn page in pixels."""

_NAMES = (
    "page",
    "a b",
    "line\nbreak",
    "esc\x1b[31mred\x1b[0m",
    "bell\a\ttab",
    "=cmd|'x'!A1",
    "-o",
    'quote",comma',
    "50%41?#x",
    "right\u202eleft",
    "caf\u00e9 \u6570",
    "n" * 180,
    "\udcff\udcfe",  # bytes that are no UTF-8
)


@dataclass(frozen=True)
class HostileFile:
    """A file of a run.

    Attributes:
        name: Its name, unique in its run; may hold what terminals obey.
        kind: How it was made.
        content: Its bytes.
    """

    name: str
    kind: str
    content: bytes


def make_file(seed: int, number: int) -> HostileFile:
    """Make a file of a run.

    Args:
        seed: Of the run.
        number: Of the file in it.
    """
    chance = random.Random(f"{seed}/{number}")
    if chance.random() < 0.15:
        kind, suffix, content = _craft_pdf(chance)
    else:
        suffix = chance.choice(sorted(_writers()))
        kind, change = chance.choice(_CHANGES)
        content = change(chance, suffix, _sound_files(suffix))
    if chance.random() < 0.05:
        suffix = chance.choice(sorted(_writers()))  # not what it holds
    words = chance.choice(_NAMES) if chance.random() < 0.3 else kind
    return HostileFile(f"{words}-{number:05d}.{suffix}", f"{suffix} {kind}", content)


# Sound files


@lru_cache(maxsize=1)
def _page() -> Image.Image:
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    for column in range(4):
        draw.rectangle(
            (60 + 45 * column, 70, 105 + 45 * column, 120), outline=0, width=2
        )
        draw.text((74 + 45 * column, 78), str(3 + column), fill=0, font_size=34)
    return page


_Options = dict[str, object]


@lru_cache(maxsize=1)
def _writers() -> dict[str, list[tuple[str, str, _Options]]]:
    """List the ways a page can be written, by suffix: mode, format, options."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    pages: list[tuple[str, str, str, _Options]] = [
        ("png", "1", "PNG", {}),
        ("png", "L", "PNG", {}),
        ("png", "LA", "PNG", {}),
        ("png", "P", "PNG", {}),
        ("png", "I;16", "PNG", {}),
        ("png", "RGBA", "PNG", {}),
        ("jpg", "L", "JPEG", {}),
        ("jpg", "RGB", "JPEG", {"progressive": True}),
        ("jpg", "CMYK", "JPEG", {"dpi": (204, 98)}),
        ("tif", "L", "TIFF", {}),
        ("tif", "I;16", "TIFF", {}),
        ("tif", "1", "TIFF", {"compression": "group3"}),
        ("tif", "1", "TIFF", {"compression": "group4"}),
        ("tif", "RGB", "TIFF", {"compression": "tiff_lzw"}),
        ("tif", "RGB", "TIFF", {"compression": "jpeg"}),
        ("tif", "L", "TIFF", {"compression": "tiff_adobe_deflate", "save_all": True}),
        ("bmp", "1", "BMP", {}),
        ("bmp", "RGB", "BMP", {}),
        ("dib", "L", "DIB", {}),
        ("gif", "P", "GIF", {}),
        ("webp", "RGB", "WEBP", {}),
        ("webp", "RGBA", "WEBP", {"lossless": True}),
        ("jp2", "L", "JPEG2000", {}),
        ("jp2", "RGBA", "JPEG2000", {}),
        ("heic", "RGB", "HEIF", {}),
        ("avif", "RGB", "AVIF", {}),
        ("pdf", "1", "PDF", {}),
        ("pdf", "RGB", "PDF", {"save_all": True}),
    ]
    writers: dict[str, list[tuple[str, str, _Options]]] = {}
    for suffix, mode, form, options in pages:
        writers.setdefault(suffix, []).append((mode, form, options))
    return writers


@lru_cache(maxsize=64)
def _write(suffix: str, variant: int) -> bytes:
    mode, form, options = _writers()[suffix][variant]
    page = (
        _page().convert("I").convert(mode) if mode == "I;16" else _page().convert(mode)
    )
    more = {"append_images": [page]} if "save_all" in options else {}
    stream = io.BytesIO()
    page.save(stream, form, **options, **more)
    return stream.getvalue()


def _sound_files(suffix: str) -> list[bytes]:
    return [_write(suffix, variant) for variant in range(len(_writers()[suffix]))]


# Changes


def _choose(chance: random.Random, files: list[bytes]) -> bytearray:
    return bytearray(chance.choice(files))


def _leave(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    return bytes(_choose(chance, files))


def _flip_bits(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    content = _choose(chance, files)
    for _ in range(chance.choice((1, 3, 20, 200))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def _flip_start(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    content = _choose(chance, files)
    for _ in range(chance.choice((1, 2, 5))):
        at = chance.randrange(min(64, len(content)))
        content[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(content)


def _cut(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    content = _choose(chance, files)
    return bytes(content[: chance.choice((0, 1, chance.randrange(len(content)))) or 0])


def _splice(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    content = _choose(chance, files)
    at, start = chance.randrange(len(content)), chance.randrange(len(content))
    part = content[start : start + chance.randrange(1, 2000)]
    return bytes(content[:at] + part * chance.choice((1, 2, 50)) + content[at:])


def _append(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    return bytes(_choose(chance, files)) + chance.randbytes(chance.choice((1, 70_000)))


def _noise(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    start = bytes(_choose(chance, files)[: chance.choice((0, 8, 64))])
    return start + chance.randbytes(chance.randrange(4000))


def _resize(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    """State other sizes wherever the file states its width or its height."""
    content = bytes(_choose(chance, files))
    sizes = (0, 1, 19, 255, 9400, 32_767, 65_535, 100_000, 2**31 - 1, 2**32 - 1)
    for side in chance.sample(SIZE, chance.choice((1, 2))):
        for code in ("<I", ">I", "<H", ">H"):
            value = min(chance.choice(sizes), 2 ** (8 * struct.calcsize(code)) - 1)
            content = content.replace(struct.pack(code, side), struct.pack(code, value))
    return _mend_png(content) if content[:4] == b"\x89PNG" else content


def _mend_png(content: bytes) -> bytes:
    """Make the checksum of the header right again, so that its size is believed."""
    checksum = zlib.crc32(content[12:29])
    return content[:29] + struct.pack(">I", checksum) + content[33:]


def _change_tags(chance: random.Random, suffix: str, files: list[bytes]) -> bytes:
    """Write other types, counts and values into the directory of a TIFF."""
    content = bytearray(chance.choice(_sound_files("tif")))
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    values = (
        0,
        1,
        2,
        3,
        7,
        64,
        0xFFFF,
        0x7FFFFFFF,
        0xFFFFFFFF,
        start,
        len(content) - 1,
    )
    for _ in range(chance.choice((1, 2, 4))):
        entry = start + 2 + 12 * chance.randrange(count)
        at, code = chance.choice(
            ((0, "<H"), (2, "<H"), (4, "<I"), (8, "<I"), (8, "<I"))
        )
        largest = 2 ** (8 * struct.calcsize(code)) - 1
        value = min(chance.choice((*values, chance.randrange(400))), largest)
        struct.pack_into(code, content, entry + at, value)
    if chance.random() < 0.1:  # the directory comes after itself
        struct.pack_into("<I", content, start + 2 + 12 * count, start)
    return bytes(content)


_Change = Callable[[random.Random, str, list[bytes]], bytes]
_CHANGES: tuple[tuple[str, _Change], ...] = (
    ("sound", _leave),
    ("bits", _flip_bits),
    ("bits", _flip_bits),
    ("header", _flip_start),
    ("header", _flip_start),
    ("cut", _cut),
    ("splice", _splice),
    ("appended", _append),
    ("noise", _noise),
    ("size", _resize),
    ("size", _resize),
    ("tags", _change_tags),
)


# PDFs


def _write_pdf(objects: Iterable[bytes]) -> bytes:
    content, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(offsets) + 1)
    return bytes(content + b"startxref\n%d\n%%%%EOF\n" % start)


def _stream(data: bytes, entries: bytes = b"", *, packed: bool = False) -> bytes:
    if packed:
        data, entries = zlib.compress(data, 9), entries + b" /Filter /FlateDecode"
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)


def _one_page(
    drawing: bytes, entries: bytes = b"", *more: bytes, box: bytes = b"0 0 150 100"
) -> bytes:
    return _write_pdf(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%b] /Contents 4 0 R %b >>"
            % (box, entries),
            drawing,
            *more,
        )
    )


_FORMS = b"/Resources << /XObject << /F 5 0 R >> >>"


def _nest_forms(chance: random.Random) -> bytes:
    """Draw a form that draws another ten times, and so on."""
    depth, times = chance.choice(((3, 4), (9, 10), (200, 1), (2000, 1)))
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 150 100] "
    forms = [
        _stream(
            b"/F Do " * times,
            head + b"/Resources << /XObject << /F %d 0 R >> >>" % (6 + number),
        )
        for number in range(depth)
    ]
    last = _stream(b"10 10 50 50 re f", head)
    return _one_page(_stream(b"/F Do"), _FORMS, *forms, last)


def _draw_itself(chance: random.Random) -> bytes:
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 150 100] "
    return _one_page(_stream(b"/F Do"), _FORMS, _stream(b"/F Do " * 20, head + _FORMS))


def _repeat_drawing(chance: random.Random) -> bytes:
    line = chance.choice(
        (b"1 1 m 9 9 l S\n", b"1 1 2 9 9 3 5 5 c S\n", b"q\n", b"[ \n")
    )
    return _one_page(_stream(line * chance.choice((1000, 300_000)), packed=True))


def _state_box(chance: random.Random) -> bytes:
    boxes: tuple[bytes, ...] = (
        b"0 0 0 0",
        b"0 0 -5 -5",
        b"0 0 1e9 1e9",
        b"0 0 14400 14400",
        b"0 0 1 9e5",
    )
    boxes += (b"0 0 3.4e38 9", b"a b c d", b"", b"0 0 1e-9 1e-9", b"9e9 9e9 9e9 9e9")
    drawing = _stream(b"10 10 50 50 re f")
    return _one_page(
        drawing, b"/UserUnit 75000" * chance.randrange(2), box=chance.choice(boxes)
    )


def _state_image(chance: random.Random) -> bytes:
    sides = (1, 9400, 65_535, 2**31 - 1)
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray "
        b"/BitsPerComponent %d"
        % (*chance.choices(sides, k=2), chance.choice((1, 8, 16, 99)))
    )
    image = _stream(b"\0" * 1000, entries, packed=chance.random() < 0.5)
    return _one_page(_stream(b"150 0 0 100 0 0 cm /F Do"), _FORMS, image)


def _tangle_pages(chance: random.Random) -> bytes:
    kids = chance.choice((b"2 0 R", b"3 0 R " * 30, b"1 0 R 2 0 R", b"99 0 R", b""))
    count = chance.choice((-1, 0, 1, 30, 2**31 - 1, 10**12))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 150 100] >>"
    pages = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count)
    return _write_pdf((b"<< /Type /Catalog /Pages 2 0 R >>", pages, page))


def _nest_arrays(chance: random.Random) -> bytes:
    deep = chance.choice((b"[", b"<< /A ", b"(")) * chance.choice((100, 100_000))
    return _one_page(_stream(b""), b"/X " + deep)


_PDFS: tuple[tuple[str, Callable[[random.Random], bytes]], ...] = (
    ("nested forms", _nest_forms),
    ("itself", _draw_itself),
    ("drawings", _repeat_drawing),
    ("page box", _state_box),
    ("image size", _state_image),
    ("page tree", _tangle_pages),
    ("nested arrays", _nest_arrays),
)


def _craft_pdf(chance: random.Random) -> tuple[str, str, bytes]:
    kind, craft = chance.choice(_PDFS)
    return kind, "pdf", craft(chance)
