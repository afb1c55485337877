"""What the parts of one page share: its print, its lines, its writer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from formreader.training.ink.pages.hands import Hand
from formreader.training.ink.pages.printing import (
    Typeface,
    foreign_words,
    print_text,
    printed_number,
    words,
)
from formreader.training.ink.pages.sheet import Color, Ink, RuleStyle, Sheet

__all__ = ["Scene", "draw_rule_style", "draw_text_ink"]

Rng = np.random.Generator

_MARKED = 0.45
_TINTS: tuple[Color, ...] = (
    (0.15, 0.25, 0.65),
    (0.75, 0.15, 0.15),
    (0.10, 0.45, 0.25),
    (0.85, 0.45, 0.10),
    (0.10, 0.55, 0.70),
    (0.45, 0.20, 0.55),
    (0.85, 0.75, 0.15),
    (0.85, 0.30, 0.50),
)


@dataclass
class Scene:
    """A page being filled.

    Attributes:
        sheet: What it is drawn on.
        rng: Source of all draws.
        hands: Its writers, the usual one first.
        face: Its usual font.
        text_ink: Its usual print.
        height: Usual height of digits, in units.
        filled: Share of the fields that are filled in.
        wordy: Share of what is written into cells that is a word or letters, in the
            place of the usual tenth; nearly half of the numbers then have marks. 0
            leaves it at that.
    """

    sheet: Sheet
    rng: Rng
    hands: list[Hand]
    face: Typeface
    text_ink: Ink
    height: float
    filled: float
    wordy: float = 0.0

    @property
    def hand(self) -> Hand:
        """Who writes next; mostly the first."""
        if len(self.hands) > 1 and self.rng.random() < 0.25:
            return self.hands[1]
        return self.hands[0]

    def chance(self, share: float) -> bool:
        """Tell by chance, true this often."""
        return bool(self.rng.random() < share)

    def text(
        self,
        left: float,
        top: float,
        height: float,
        text: str | None = None,
        *,
        align: float = 0.0,
        ink: Ink | None = None,
        face: Typeface | None = None,
        turned: bool = False,
    ) -> float:
        """Print a few words, or what is given; gives their width in units."""
        content = self.some_words() if text is None else text
        return print_text(
            self.sheet,
            content,
            left,
            top,
            height,
            face or self.face,
            ink or self.text_ink,
            align=align,
            turned=turned,
        )

    def some_words(self, count: int = 0) -> str:
        """Make up words for the usual font, one to four if no number is given."""
        number = count or int(self.rng.integers(1, 5))
        if self.face.is_foreign and self.chance(0.08):
            return foreign_words(self.rng, number)
        if self.chance(0.12):
            return f"{words(self.rng, number)} {self.rng.integers(1, 30)}"
        return words(self.rng, number)

    def text_in(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        text: str | None = None,
    ) -> None:
        """Print into a cell, no wider than it."""
        rng = self.rng
        content = text or self.some_words(int(rng.integers(1, 4)))
        size = min(height * rng.uniform(0.35, 0.8), self.height * rng.uniform(0.5, 1.1))
        size = max(5.5, size)
        most = max(1, int(width / (0.55 * size)))
        align = float(rng.choice([0.0, 0.0, 0.5, 1.0]))
        at = left + 0.15 * size + align * (width - 0.3 * size)
        y = top + max(0.0, height - size) * rng.uniform(0.2, 0.8)
        self.text(at, y, size, content[:most], align=align)

    def print_unit(self, left: float, top: float, width: float, height: float) -> None:
        """Print a unit, a currency or a maximum into a cell, beside the writing."""
        rng = self.rng
        units = [
            "kg",
            "%",
            "€",
            "cm",
            "$",
            "km",
            ".00",
            "mg/l",
            "/10",
            "/ 25",
            "£",
            "Rs",
        ]
        size = float(np.clip(height * rng.uniform(0.3, 0.6), 5.5, 1.2 * self.height))
        right = self.chance(0.6)
        x = left + width - 0.2 * size if right else left + 0.2 * size
        y = top + (height - size) * rng.uniform(0.2, 0.9)
        self.text(x, y, size, str(rng.choice(units)), align=1.0 if right else 0.0)

    def number_in(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        text: str | None = None,
    ) -> None:
        """Write a number into a cell."""
        rng, hand = self.rng, self.hand
        fill = float(rng.uniform(0.5, 1.05)) if rng.random() < 0.3 else None
        if text is None and rng.random() < 0.12:
            hand.fit(hand.real_number(), left, top, width, height, fill=fill)
            return
        room = width / max(6.0, 0.55 * height)
        if text is None and self.wordy and room > 2.5 and self.chance(_MARKED):
            text = _draw_marked_text(rng, room)
        content = text or _draw_number_text(rng, room)
        hand.fit(hand.number(content), left, top, width, height, fill=fill)

    def write_in(self, left: float, top: float, width: float, height: float) -> None:
        """Write anything at all into a cell, mostly a number."""
        if self.wordy and self.chance(self.wordy):
            self.word_in(left, top, width, height)
            return
        kind, hand = self.rng.random(), self.hand
        long = width > 3 * hand.height
        if kind < 0.74 or (kind < 0.84 and not long):
            self.number_in(left, top, width, height)
            if self.chance(0.04):
                hand.strike(left + 0.1 * width, top, 0.8 * width, height)
        elif kind < 0.84:
            count = 2 if width > 7 * hand.height and self.chance(0.5) else 1
            line = hand.word(words(self.rng, count))
            hand.fit(line, left, top, width, height, align=0.05)
        elif kind < 0.88:
            hand.tick(left + 0.3 * width, top, min(width, height), height)
        elif kind < 0.885 and long:
            hand.tally(left, top, width, height)
        elif kind < 0.91:
            hand.cross(left + 0.2 * width, top, min(0.8 * width, height), height)
        elif kind < 0.96 or not long:
            hand.dash(left, top, width, height)
        else:
            hand.fit(hand.signature(), left, top, width, height, fill=1.0)

    def word_in(self, left: float, top: float, width: float, height: float) -> None:
        """Write a word or two into a cell, or a letter or two where it is narrow."""
        rng, hand = self.rng, self.hand
        if width < 2.5 * hand.height or self.chance(0.2):
            letters = rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabdehnqr"), 2)
            text = "".join(letters[: 1 + int(self.chance(0.3))].tolist())
            text += str(rng.choice(["", "", "", "+", "-"]))
        else:
            count = 2 if width > 7 * hand.height and self.chance(0.4) else 1
            text = words(rng, count)
            while any(map(str.isdigit, text)):
                text = words(rng, count)
        line = hand.word(text)
        hand.fit(line, left, top, width, height, align=float(rng.choice([0.05, 0.5])))


def _draw_number_text(rng: Rng, room: float) -> str:
    """Make up a number as people write it, of about as many signs as there is room."""
    kind = rng.random()
    digits = int(np.clip(rng.integers(1, 7), 1, max(1, int(room))))
    value = str(rng.integers(0, 10**digits))
    if kind < 0.06:
        return "1" * int(rng.integers(1, 4))
    if kind < 0.12:
        return str(rng.choice(["7", "4", "1", "0", "17", "14", "10", "71"]))
    if kind < 0.72 or digits < 2:
        return value
    if kind >= 0.89 and room < 6:
        return value
    if kind < 0.84:
        return f"{value[:-1]}{rng.choice(['.', ','])}{value[-1]}{rng.integers(10)}"
    if kind < 0.89:
        return f"-{value}"
    if kind < 0.94:
        sign = str(rng.choice(["/", "/", ".", "-"]))
        day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(0, 99)
        return f"{day}{sign}{month}{sign}{year:02d}"
    if kind < 0.97:
        return f"{rng.integers(24)}:{rng.integers(60):02d}"
    return printed_number(rng).strip("()abc%°")


def _draw_marked_text(rng: Rng, room: float) -> str:
    """Make up a date, an amount or another number with marks, as there is room."""
    mark = str(rng.choice([".", ","]))
    amount = f"{rng.integers(0, 10 ** int(rng.integers(1, 4)))}{mark}"
    texts = [
        f"{amount}{rng.integers(10)}",
        f"{amount}{rng.choice(['00', '50', str(rng.integers(10, 100))])}",
        f"-{amount}{rng.integers(10)}",
        f"{rng.integers(24)}:{rng.integers(60):02d}",
    ]
    if room > 5:
        sign = str(rng.choice(["/", "/", ".", "-"]))
        day, month = f"{rng.integers(1, 32):02d}", f"{rng.integers(1, 13):02d}"
        year = str(rng.integers(1940, 2030))[int(rng.choice([0, 2])) :]
        thousands = f"{rng.integers(1, 100)}{'.' if mark == ',' else ','}"
        texts += [sign.join((day, month, year))] * 3
        texts += [f"{thousands}{rng.integers(100, 1000)}{mark}{rng.integers(10, 100)}"]
        texts += [f"{thousands}{rng.integers(100, 1000)}"]
    return str(rng.choice(texts))


def draw_text_ink(rng: Rng) -> Ink:
    """Choose the colour of print."""
    kind = rng.random()
    if kind < 0.68:
        grey = float(rng.uniform(0.02, 0.22))
        return Ink((grey, grey, grey))
    if kind < 0.84:
        grey = float(rng.uniform(0.25, 0.72))
        return Ink((grey, grey, grey))
    return Ink(_tint(rng, float(rng.uniform(0, 0.5))))


def _draw_rule_ink(rng: Rng) -> Ink:
    """Choose the colour of lines: black, grey, very pale, or coloured."""
    kind = rng.random()
    if kind < 0.5:
        grey = float(rng.uniform(0.02, 0.3))
    elif kind < 0.68:
        grey = float(rng.uniform(0.3, 0.7))
    elif kind < 0.82:
        grey = float(rng.uniform(0.70, 0.92))
    else:
        return Ink(_tint(rng, float(rng.uniform(0, 0.8))))
    return Ink((grey, grey, grey))


def draw_rule_style(rng: Rng, height: float) -> RuleStyle:
    """Choose how lines are printed, for cells about this high in units."""
    ink = _draw_rule_ink(rng)
    widths, shares = [0.5, 0.8, 1.0, 1.3, 2.0, 3.0, 4.5], [14, 20, 25, 20, 13, 6, 2]
    width = float(rng.choice(widths, p=np.array(shares) / 100))
    width *= float(rng.uniform(0.85, 1.2)) * max(0.8, min(1.8, height / 32))
    style = RuleStyle(ink, width)
    kind = rng.random()
    if kind < 0.08:
        return replace(
            style, period=float(rng.uniform(3, 14)), duty=float(rng.uniform(0.4, 0.75))
        )
    if kind < 0.14:
        return replace(
            style, width=max(1.0, width), period=max(2.2, 2.5 * width), duty=0.45
        )
    if kind < 0.17:
        return replace(style, double=True)
    return style


def _tint(rng: Rng, pale: float) -> Color:
    """Choose a colour; `pale` from 0, full, to 1, white."""
    base = _TINTS[int(rng.integers(len(_TINTS)))]
    red, green, blue = (channel + (1 - channel) * pale for channel in base)
    return red, green, blue
