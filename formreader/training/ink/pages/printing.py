"""Printed text: fonts, words, lines and paragraphs."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ImageFont

from formreader.training.ink.pages.sheet import PAPER, PRINT, Ink, Sheet

__all__ = [
    "Typeface",
    "bold_face",
    "draw_typeface",
    "foreign_words",
    "item_number",
    "print_text",
    "printed_number",
    "words",
]

Gray = npt.NDArray[np.uint8]
Rng = np.random.Generator

_NO_PRINT = (
    "script", "chancery", "z003", "dingbat", "symbol", "emoji", "d050", "math", "hand",
    "cursive", "cmmi", "cmsy", "cmex", "stixnonuni", "stixsiz", "comic", "lmmi", "lmsy",
    "dunhill", "bitmap", "hairline", "thin", "extralight",
)  # fmt: skip
# Faces as most forms are set in, Helvetica and Times above all, and their likes.
_COMMON = (
    "arial", "calibri", "carlito", "dejavusans", "freesans", "freeserif", "helvetica",
    "liberationsans", "liberationserif", "nimbusroman", "nimbussans", "opensans",
    "roboto", "times", "verdana",
)  # fmt: skip
_COMMON_SHARE = 0.55
_FAMILY_END = r"[-_0-9. ]|mono|serif|sans|bold|italic|general|roman|condensed"
_FORM_TEXT = (
    "Name Date Total Address Signature No. Code Amount Quantity Unit Price Phone "
    "Year Month Day Score Team Question Marks Grade Student ID Number Form Page of "
    "Section Male Female Age Weight Height Yes No Other Please write in the boxes "
    "below Use black or blue ink Do not write here For office use only Sum Remarks "
    "Sex Item Description Rate Tax Balance Account Bank Branch City Street Postcode "
    "Country Income Expenses Hours Rate per km kg EUR USD Result Test Temperature "
    "Time Start End Patient Doctor Visit Cases Deaths Less than and more years Room "
    "1. 2. 3. Q1 I II / Datum Summe Betrag Unterschrift Anzahl Fecha Nombre Firma "
    "Importe Montant Malaria Prénom Numéro Código Straße Größe Ja Nein Oui Non à é "
    "ü ø ł % € $ £ #"
)
_WORDS = tuple(_FORM_TEXT.split())
_VOWELS, _CONSONANTS = "aeiou", "bcdfghklmnprstvwz"
_CYRILLIC = "абвгдежзиклмнопрстуфхцчшыэюя"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"


class Typeface:
    """A font file at any size.

    Attributes:
        path: The file.
        dots: Whether print is made of dots, as by needles.
    """

    def __init__(self, path: str, dots: bool = False) -> None:
        """Remember the file."""
        self.path, self.dots = path, dots

    def draw(self, text: str, height: float) -> Gray:
        """Draw text whose type size is `height` pixels.

        Returns:
            (h, w) uint8, 255 = ink, cropped to it; (0, 0) if there is none.
        """
        font = _load_font(self.path, round(max(4.0, height) * 4) / 4)
        mask = font.getmask(text, mode="L")
        width, rows = mask.size
        if not width or not rows:
            return np.zeros((0, 0), np.uint8)
        drawn = np.asarray(mask, dtype=np.uint8).reshape(rows, width)
        return _break_up(drawn, height / 9) if self.dots else drawn

    @property
    def is_foreign(self) -> bool:
        """Whether it has Cyrillic and Greek letters."""
        return _has_foreign(self.path)


@cache
def _has_foreign(path: str) -> bool:
    """Tell whether a font has letters beyond Latin; what lacks is drawn as a box."""
    face = Typeface(path)
    lacking = face.draw("\u0378", 20).tobytes()
    return all(face.draw(text, 20).tobytes() != lacking for text in "жλ")


@lru_cache(maxsize=2000)
def _load_font(path: str, size: float) -> ImageFont.FreeTypeFont:
    """Load a font at a size in pixels."""
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@cache
def find_typefaces() -> tuple[tuple[str, ...], ...]:
    """Find the fonts for print on this machine, by family, in a fixed order.

    Fonts that look like handwriting, and those without letters, are left out.
    """
    from matplotlib import font_manager, get_data_path

    paths = [Path(path) for path in font_manager.findSystemFonts()]
    paths += (Path(get_data_path()) / "fonts" / "ttf").glob("*.ttf")
    families: dict[str, dict[str, str]] = {}
    for path in sorted(paths):
        name = path.name.lower()
        if not any(word in name for word in _NO_PRINT) and _has_letters(str(path)):
            family = re.split(_FAMILY_END, name)[0]
            families.setdefault(family, {}).setdefault(name, str(path))
    return tuple(tuple(files.values()) for files in families.values())


def _has_letters(path: str) -> bool:
    """Tell whether a font draws digits and letters apart."""
    try:
        shapes = [Typeface(path).draw(text, 20).tobytes() for text in "A8g3"]
    except OSError:
        return False
    return len(set(shapes)) == 4 and all(shapes)


@cache
def _find_common() -> tuple[tuple[str, ...], ...]:
    """Find the fonts that most forms are set in, by family."""
    found: dict[str, list[str]] = {}
    for path in (path for family in find_typefaces() for path in family):
        name = re.sub("[^a-z]", "", Path(path).name.lower())
        for start in _COMMON:
            if name.startswith(start) and "mono" not in name:
                found.setdefault(start, []).append(path)
    return tuple(tuple(paths) for paths in found.values())


def bold_face(face: Typeface) -> Typeface:
    """Give the bold face of the same family, or the face itself if it has none."""
    start = re.split("[-_ .]", Path(face.path).name)[0].lower()
    for family in find_typefaces():
        if face.path in family:
            for path in family:
                name = Path(path).name.lower()
                upright = not any(word in name for word in ("italic", "oblique"))
                if name.startswith(start) and "bold" in name and upright:
                    return Typeface(path, face.dots)
    return face


def draw_typeface(rng: Rng) -> Typeface:
    """Choose a font: often one that most forms are set in, else every family alike."""
    common = rng.random() < _COMMON_SHARE
    families = (_find_common() if common else ()) or find_typefaces()
    family = families[int(rng.integers(len(families)))]
    dots = rng.random() < 0.04
    return Typeface(family[int(rng.integers(len(family)))], dots)


def print_text(
    sheet: Sheet,
    text: str,
    left: float,
    top: float,
    height: float,
    face: Typeface,
    ink: Ink,
    *,
    align: float = 0.0,
    turned: bool = False,
) -> float:
    """Print a line of text.

    Args:
        sheet: Where.
        text: What.
        left: Where it starts, in units (ends if `align` is 1, is centred if 0.5).
        top: Its upper edge, in units.
        height: Type size in units.
        face: The font.
        ink: The colour.
        align: Which point of the text `left` is.
        turned: It runs upwards.

    Returns:
        Its width in units.
    """
    patch = face.draw(text, height * sheet.unit)
    if patch.size == 0:
        return 0.0
    if turned:
        patch = np.ascontiguousarray(np.rot90(patch))
    width = float(patch.shape[1] / sheet.unit)
    kind = PAPER if ink.opaque else PRINT  # what white print stands on is print
    sheet.paste(patch, left - align * width, top, ink, kind)
    return width


def words(rng: Rng, count: int) -> str:
    """Make up a few words as they stand on forms."""
    style = rng.random()
    made = [_word(rng) for _ in range(count)]
    text = " ".join(made)
    if style < 0.15:
        return text.upper()
    if style < 0.25:
        return text.title()
    return text + str(rng.choice(["", ":", "", ".", " *", "?"]))


def foreign_words(rng: Rng, count: int) -> str:
    """Make up words in Cyrillic or Greek letters; not every font has them."""
    letters = list(_CYRILLIC if rng.random() < 0.6 else _GREEK)
    made = ("".join(rng.choice(letters, int(rng.integers(2, 9)))) for _ in range(count))
    return " ".join(made)


def _word(rng: Rng) -> str:
    """Make up a word or take one from forms."""
    chance = rng.random()
    if chance < 0.45:
        return _WORDS[int(rng.integers(len(_WORDS)))]
    if chance < 0.55:
        return printed_number(rng)
    syllables = int(rng.integers(1, 4))
    picks = rng.random((syllables, 3))
    word = "".join(
        _CONSONANTS[int(a * 17)]
        + _VOWELS[int(b * 5)]
        + ("" if c < 0.6 else "nrstl"[int(c * 5)])
        for a, b, c in picks
    )
    return word.capitalize() if chance < 0.75 else word


def item_number(number: int, form: int) -> str:
    """Write the number of an item, a row or a column.

    Args:
        number: From 1.
        form: How forms print it, 0 to 5: plain most of all, with a point, in brackets,
            or with a letter.
    """
    letter = "abcdef"[number % 6]
    forms = ("{0}", "{0}", "{0}.", "({0})", "{0})", "{0}{1}")
    return forms[form].format(number, letter)


def printed_number(rng: Rng) -> str:
    """Make up a number as forms print them."""
    kind = rng.random()
    value = int(rng.integers(0, 10 ** int(rng.integers(1, 6))))
    if kind < 0.55:
        return str(value)
    if kind < 0.7:
        return f"{value:,}.{rng.integers(0, 100):02d}"
    if kind < 0.8:
        return f"({value % 20})"
    if kind < 0.9:
        day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(99)
        return f"{day:02d}/{month:02d}/{year + 1940}"
    return f"{value % 100}{rng.choice(list('abc.%°'))}"


def _break_up(patch: Gray, pitch: float) -> Gray:
    """Break print into the dots of a needle printer, `pitch` pixels apart."""
    if pitch < 1.6:
        return patch
    rows, columns = np.ogrid[: patch.shape[0], : patch.shape[1]]
    turn = 2 * np.pi / pitch
    dots = np.clip(1.2 + np.cos(rows * turn) + np.cos(columns * turn), 0, 1)
    return (patch * dots).astype(np.uint8)
