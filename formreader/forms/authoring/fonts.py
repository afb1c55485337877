"""The fonts that forms are printed in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from formreader.errors import InputError

__all__ = ["Fonts", "find_fonts", "goes_left", "order_letters"]

_WIDE = ("DejaVuSans", "NotoSans-Regular", "LiberationSans-Regular", "Arial", "Vera")
"""Fonts with the letters of many languages, as systems have them; Vera has few."""


@dataclass(frozen=True)
class Fonts:
    """A font, and its bold.

    Attributes:
        regular: Name that reportlab knows it by.
        bold: The same.
        missing: Characters that it lacks.
    """

    regular: str = "Helvetica"
    bold: str = "Helvetica-Bold"
    missing: str = ""

    def measure(self, text: str, size: float, *, is_bold: bool = False) -> int:
        """Measure the width of a line of text in the units of its size, rounded up."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        font = self.bold if is_bold else self.regular
        return int(stringWidth(order_letters(text), font, size)) + 1


def goes_left(text: str) -> bool:
    """Tell whether a line of text begins at the right, as Arabic and Hebrew do.

    Its first letter that has a direction decides.
    """
    kinds = map(unicodedata.bidirectional, text)
    return next((k != "L" for k in kinds if k in ("L", "R", "AL")), False)


def order_letters(text: str) -> str:
    """Put the letters of a line from left to right as they are printed.

    Arabic letters have the shapes in which they join.

    Example:
        >>> order_letters("Total"), order_letters("\u05d0\u05d1 12")
        ('Total', '12 \u05d1\u05d0')
    """
    if not any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return text
    from arabic_reshaper import reshape
    from bidi import get_display

    return str(get_display(reshape(text)))


def find_fonts(texts: str, file: Path | None = None) -> Fonts:
    """Find a font for all characters of some texts.

    Args:
        texts: The texts, joined.
        file: A TrueType font to take; by default one of the computer's, where
            Helvetica does not do.

    Raises:
        InputError: If the file is no such font.
    """
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    if file is None and texts == texts.encode("cp1252", "ignore").decode("cp1252"):
        return Fonts()
    best, printed = None, order_letters(texts)
    for name in _WIDE if file is None else (str(file),):
        try:
            font = TTFont(f"form-{Path(name).stem}", name if file else f"{name}.ttf")
        except (TTFError, OSError) as error:
            if file is None:
                continue
            message = "is no TrueType font that can be printed; give another (.ttf)"
            raise InputError(message, path=file) from error
        registerFont(font)
        known = font.face.charToGlyph
        missing = "".join(sorted({c for c in printed if ord(c) not in known}))
        if best is None or len(missing) < len(best.missing):
            best = Fonts(font.fontName, _find_bold(font.fontName, name), missing)
    return best or Fonts()


def _find_bold(regular: str, name: str) -> str:
    """Find the bold of a font of the computer; the font itself if it has none."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        font = TTFont(f"{regular}-bold", f"{name.removesuffix('-Regular')}-Bold.ttf")
    except (TTFError, OSError):
        return regular
    registerFont(font)
    return str(font.fontName)
