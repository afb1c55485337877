"""Reports with tables, charts and pictures: one HTML file that needs no other."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "Line",
    "align_rows",
    "draw_chart",
    "make_gallery",
    "make_list",
    "make_page",
    "make_section",
    "make_table",
]

Line = Sequence[tuple[float, float]]
"""Points (x, y) that a line joins; a single one is drawn as a dot."""

_COLOURS = ("#1f5fa8", "#b3401f", "#2f7d4f", "#7a4fa0", "#8a6d1d", "#555555")
_WIDTH, _HEIGHT, _EDGE = 460, 300, 52
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em;
  padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }
td, th { border: 1px solid #ccc; padding: .2em .6em; text-align: right; }
th { background: #f2f2f2; } td:first-child, th:first-child { text-align: left; }
figure { display: inline-block; margin: .4em; text-align: center; vertical-align: top; }
figure img { image-rendering: pixelated; border: 1px solid #ccc; }
figcaption { font-size: 12px; max-width: 26em; overflow-wrap: anywhere; }
"""


def make_page(title: str, sections: Iterable[str]) -> str:
    """Put sections onto a page.

    Args:
        title: Heading of the page.
        sections: HTML, as the other functions make it.

    Returns:
        A whole HTML document; it loads nothing from elsewhere.

    Example:
        >>> "<h1>A &amp; B</h1>" in make_page("A & B", [])
        True
    """
    body = "\n".join(sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def make_section(heading: str, *parts: str) -> str:
    """Put a heading over HTML parts."""
    return f"<h2>{escape(heading)}</h2>\n" + "\n".join(parts)


def make_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Make a table; every cell is text, and is escaped.

    Example:
        >>> make_table(["a"], [["<"]]).count("&lt;")
        1
    """
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = [
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    ]
    return f"<table>\n<tr>{top}</tr>\n" + "\n".join(lines) + "\n</table>"


def make_list(items: Iterable[str]) -> str:
    """Make a list of texts, which are escaped.

    Example:
        >>> make_list(["<"])
        '<ul><li>&lt;</li></ul>'
    """
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def align_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows of text in columns for a terminal, all but the first to the right.

    Example:
        >>> align_rows([("digit", "count"), ("1", "20")])
        ['digit  count', '1         20']
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            f"{cell:{'<' if column == 0 else '>'}{widths[column]}}"
            for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]


def make_gallery(
    pictures: Iterable[tuple[npt.NDArray[np.uint8], str]], *, height_px: int = 84
) -> str:
    """Show pictures side by side, each with a line of text.

    Args:
        pictures: (H, W) or (H, W, 3) RGB uint8 images and their captions.
        height_px: Height to show them at.
    """
    figures = []
    for image, caption in pictures:
        stored = image[..., ::-1] if image.ndim == 3 else image
        _, encoded = cv2.imencode(".png", stored)
        data = base64.b64encode(encoded.tobytes()).decode()
        figures.append(
            f'<figure><img alt="{escape(caption)}" height="{height_px}" '
            f'src="data:image/png;base64,{data}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
    return "\n".join(figures) or "<p>None.</p>"


def draw_chart(
    lines: Mapping[str, Line],
    x_label: str,
    y_label: str,
    *,
    diagonal: bool = False,
) -> str:
    """Draw lines as SVG.

    Args:
        lines: Points (x, y) by name; one at least.
        x_label: What runs to the right.
        y_label: What runs upwards.
        diagonal: Draw the line x = y, too, and let both axes run from 0 to 1.

    Returns:
        An `<svg>` element.
    """
    points = np.array([point for line in lines.values() for point in line], float)
    low, high = points.min(axis=0), points.max(axis=0)
    low[1] = min(0.0, low[1])
    if diagonal:
        low, high = np.zeros(2), np.ones(2)
    span = np.where(high > low, high - low, 1.0)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - low[0]) / span[0] * (_WIDTH - 1.5 * _EDGE)
        up = (y - low[1]) / span[1] * (_HEIGHT - 1.5 * _EDGE)
        return round(_EDGE + across, 1), round(_HEIGHT - _EDGE - up, 1)

    parts = [_axes(low, low + span, place(*low), place(*(low + span)))]
    parts.append(_labels(x_label, y_label))
    if diagonal:
        parts.append(_polyline([place(0, 0), place(1, 1)], "#999", dashed=True))
    for index, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        parts.append(_draw_line([place(x, y) for x, y in line], colour))
        parts.append(_text(_EDGE + 12, 22 + 16 * index, name, colour))
    inner = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n{inner}\n'
        "</svg>"
    )


def _axes(
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    origin: tuple[float, float],
    corner: tuple[float, float],
) -> str:
    """Draw both axes with four numbers each."""
    parts = [
        _polyline([(origin[0], corner[1]), origin, (corner[0], origin[1])], "#222")
    ]
    for share in (0, 1 / 3, 2 / 3, 1):
        x, y = (origin[axis] + share * (corner[axis] - origin[axis]) for axis in (0, 1))
        value_x, value_y = low + share * (high - low)
        parts.append(_text(x, origin[1] + 16, f"{value_x:.3g}", "#222", "middle"))
        parts.append(_text(origin[0] - 6, y + 4, f"{value_y:.3g}", "#222", "end"))
    return "\n".join(parts)


def _labels(x_label: str, y_label: str) -> str:
    """Name both axes."""
    across = _text(_WIDTH / 2, _HEIGHT - 14, x_label, "#222", "middle")
    up = _text(0, 0, y_label, "#222", "middle")
    return f'{across}\n<g transform="translate(14 {_HEIGHT / 2}) rotate(-90)">{up}</g>'


def _draw_line(points: Sequence[tuple[float, float]], colour: str) -> str:
    """Draw a line, or a dot in the place of a single point."""
    if len(points) > 1:
        return _polyline(points, colour)
    ((x, y),) = points
    return f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'


def _polyline(
    points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False
) -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"'
        f"{dash}/>"
    )


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
