"""The fonts that forms are printed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from formreader.errors import InputError

__all__ = ["Fonts", "find_fonts"]

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

        return int(stringWidth(text, self.bold if is_bold else self.regular, size)) + 1


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
    best: Fonts | None = None
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
        missing = "".join(sorted({c for c in texts if ord(c) not in known}))
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
