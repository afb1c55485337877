"""Find the digit fields of a page that comes without a template.

Fields are rows of adjoining boxes with one digit each, boxes with several digits, and
table cells; where layers of ink are told apart, lines of writing outside of them too.
Boxes full of printed text are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import cv2
import numpy as np
import numpy.typing as npt

from formreader.errors import InputError
from formreader.geometry import Box, side_lengths, transform_points
from formreader.layout.box_strips import mend_strips, settle_strips
from formreader.layout.broken_lines import bridge_pen, mend_lines
from formreader.layout.captions import drop_captions
from formreader.layout.cells import Cell, Row
from formreader.layout.chains import is_walled, join_chains
from formreader.layout.column_print import drop_column_print
from formreader.layout.combs import find_combs, part_at_teeth
from formreader.layout.crossings import share_crossings
from formreader.layout.dropout_ink import separate_pen
from formreader.layout.enclosures import add_enclosures
from formreader.layout.field_cutting import cut_field
from formreader.layout.frames import Frame, find_frames
from formreader.layout.grids import Grid
from formreader.layout.layered_fields import clean_by_layers
from formreader.layout.levels import part_at_levels
from formreader.layout.lone_walls import doubt_lone_walls
from formreader.layout.merged_cells import part_tall
from formreader.layout.nesting import keep_innermost
from formreader.layout.overhang import clear_overhang
from formreader.layout.page_strokes import PageStrokes
from formreader.layout.prepared_page import PreparedPage
from formreader.layout.print_detection import measure_text, suspect_print
from formreader.layout.printed_fields import drop_printed
from formreader.layout.repeats import drop_repeated
from formreader.layout.rows import group_rows
from formreader.layout.sentences import drop_sentences
from formreader.layout.separated_ink import SeparatedInk
from formreader.layout.settings import SETTINGS
from formreader.layout.surroundings import mark_writing_beside
from formreader.layout.tables import (
    name_cells,
    part_at_gaps,
    part_tables,
    sort_cells,
)
from formreader.layout.trace import LayoutTrace, Reason, note_drop
from formreader.layout.writing import find_writing
from formreader.layout.written_columns import claim_columns
from formreader.records import FieldImage, Print

_FIELDS = SETTINGS.fields


def find_fields(
    page: PreparedPage, trace: LayoutTrace | None = None
) -> list[FieldImage]:
    """Find the fields of a page in reading order.

    Args:
        page: The page.
        trace: Where it is said what was found and dropped, if anybody asks.

    Returns:
        Fields, lines removed, margin included; named if they are cells of a table.
        Lines of writing are among them that may be words: how they read tells.

    Raises:
        InputError: If the page has more boxes than a form.
    """
    rows = find_rows(page, trace)
    pen = separate_pen(page, rows)
    cut = [
        replace(cut_field(page.ink, row, row.name, pen), writing_beside=row.in_doubt)
        for row in rows
    ]
    inks = None if page.inks is None else claim_columns(page.inks, rows)
    if inks is None:
        kept = _drop_print(cut, page.ink, trace)
    else:
        cleaned = clean_by_layers(page, rows, cut, pen, trace, inks)
        strokes = PageStrokes(inks)
        cleaned = clear_overhang(strokes, share_crossings(strokes, cleaned))
        kept = drop_repeated(inks, drop_captions(inks, cleaned))
        kept = drop_column_print(inks, kept)
    written = page.ink if inks is None else inks.strokes
    fields = mark_writing_beside(written, kept)
    if inks is not None and page.layers is not None:
        fields = _add_writing(inks, page, fields)
        fields = drop_printed(inks, fields, trace)
    if trace is not None:
        trace.fields += fields
    return fields


def find_rows(page: PreparedPage, trace: LayoutTrace | None = None) -> list[Row]:
    """Find the cells of the fields of a page in reading order.

    Args:
        page: The page.
        trace: Where it is said what was found and dropped, if anybody asks.

    Returns:
        Rows of cells for one digit each, and rows of one cell for more or none.

    Raises:
        InputError: If there are more cells than a form has.
    """
    lines = page.faint_ink
    if page.inks is not None:
        runs = page.inks.level_runs, page.inks.upright_runs
        rule = bridge_pen(page.inks.rule, page.inks.pen, runs)
        lines = np.asarray(cv2.max(page.inks.find_lines(lines), rule), np.uint8)
    lines = mend_lines(lines)
    if trace is not None:
        trace.layers.update(ink=page.ink, lines=lines)
    frames = find_frames(lines, trace)
    if page.inks is not None:
        frames = add_enclosures(frames, rule)
    _refuse_squared_paper(frames)
    skews = [frame.skew_deg for frame in frames for _ in frame.cells]
    skew_deg = float(np.median(skews)) if skews else 0.0
    cells = part_tall(keep_innermost(frames, trace), lines)
    grouped = _group_cells(cells, page, lines, skew_deg, trace)
    rows = sort_for_reading(grouped, skew_deg)
    if trace is not None:
        trace.cells += [cell for frame in frames for cell in frame.cells]
        trace.rows += rows
    return rows


def _group_cells(
    cells: list[Cell],
    page: PreparedPage,
    lines: npt.NDArray[np.uint8],
    skew_deg: float,
    trace: LayoutTrace | None,
) -> list[Row]:
    """Group cells into those of tables, each a field of its own, and rows of boxes."""
    inks = page.inks
    if inks is None:
        return group_rows(cells, lines, trace)
    found = sort_cells(cells, inks, lines)
    widest = SETTINGS.rows.widest_even_gap
    named = name_cells(_sort_tables(found.tables, skew_deg))
    alone = (*found.labels, *named)
    grouped = group_rows(
        list(found.boxes),
        lines,
        trace,
        widest,
        alone,
        lambda left, right: is_walled(Row((left,)), Row((right,)), inks.rule),
    )
    grouped = mend_strips(grouped, inks, alone)
    rows = join_chains(part_at_gaps(grouped), inks, page.faint_ink)
    rows = settle_strips(part_tables(rows, inks.pen_boxes))
    rows = [*rows, *(Row((cell,)) for cell in alone)]
    framed = [part_at_teeth(row, inks.rule) if len(row) == 1 else row for row in rows]
    framed = part_at_levels(drop_sentences(framed, inks), inks)
    framed = doubt_lone_walls(framed)
    return [*framed, *find_combs(inks.rule, _draw_taken(cells, inks))]


def _draw_taken(cells: list[Cell], inks: SeparatedInk) -> npt.NDArray[np.uint8]:
    """Draw the places of cells and print, where no other field can be."""
    taken = inks.print_.copy()
    for cell in cells:
        cv2.fillConvexPoly(taken, np.round(cell.corners).astype(np.int32), (255,))
    return taken


def _sort_tables(tables: Sequence[Grid], skew_deg: float) -> list[Grid]:
    """Sort tables for reading, by the upper left cell of each."""
    first = {}
    for table in tables:
        places = [(at.row, at.column) for at in table.places]
        first[table.cells[places.index(min(places))]] = table
    rows = sort_for_reading([Row((cell,)) for cell in first], skew_deg)
    return [first[row[0]] for row in rows]


def _refuse_squared_paper(frames: list[Frame]) -> None:
    """Refuse a page whose cells would take more time and memory than a page may."""
    count = sum(len(frame.cells) for frame in frames)
    most = _FIELDS.most_cells
    if count > most:
        raise InputError(
            f"the page has {count} ruled boxes, more than the {most} of a form; "
            "is it squared paper? Cut out the part with the numbers, or use a template"
        )


def _drop_print(
    fields: list[FieldImage], ink: npt.NDArray[np.uint8], trace: LayoutTrace | None
) -> list[FieldImage]:
    """Leave out boxes with printed text, and mark those that may hold some.

    Rows of boxes always stay: whatever is in them stands where a digit belongs.
    """
    if not any(field.kind.is_open and field.ink.any() for field in fields):
        return fields
    letter_px = measure_text(ink, [field.box for field in fields])
    kept = []
    for field in fields:
        suspicion = Print.NO
        if field.kind.is_open:
            suspicion = suspect_print(field.ink, field.frame, letter_px)
        if suspicion is Print.CERTAIN:
            note_drop(trace, field.outline, Reason.PRINT)
        else:
            kept.append(replace(field, print_like=suspicion))
    return kept


def _add_writing(
    inks: SeparatedInk, page: PreparedPage, fields: list[FieldImage]
) -> list[FieldImage]:
    """Add the lines of writing outside the fields, all in reading order."""
    lines = find_writing(inks, fields, inks.scale, _show_inks(page))
    if not lines:
        return fields
    by_row = {Row([_first_cell(field)]): field for field in (*fields, *lines)}
    sides = [field.outline[1] - field.outline[0] for field in by_row.values()]
    skew_deg = float(np.median([np.degrees(np.arctan2(y, x)) for x, y in sides]))
    return [by_row[row] for row in sort_for_reading(list(by_row), skew_deg)]


def _show_inks(page: PreparedPage) -> npt.NDArray[np.uint8] | None:
    """Show a page by whose colour inks are told; None if it is not dark on light."""
    if page.paper is None or page.paper.is_negative:
        return None
    return page.pixels if page.colour is None else page.colour


def _first_cell(field: FieldImage) -> Cell:
    """Give the place of a field's first cell, or of the field as a whole."""
    inner = field.cells[0] if field.cells else field.frame
    corners = transform_points(inner.corners, field.to_page)
    width, height = side_lengths(corners)
    return Cell(corners, Box(0, 0, width, height), 1.0)


def sort_for_reading(rows: list[Row], skew_deg: float = 0.0) -> list[Row]:
    """Sort fields into lines from top to bottom, and each line from left to right.

    Args:
        rows: The fields.
        skew_deg: Angle at which the page lies, clockwise.
    """
    cos, sin = np.cos(np.deg2rad(skew_deg)), np.sin(np.deg2rad(skew_deg))

    def place(row: Row) -> tuple[float, float]:
        x, y = row[0].corners.mean(axis=0)
        return float(x * cos + y * sin), float(y * cos - x * sin)

    waiting = sorted(((*place(row), row) for row in rows), key=lambda entry: entry[1])
    ordered: list[Row] = []
    while waiting:
        _, level, first = waiting[0]
        near = [
            abs(y - level) < 0.5 * min(row[0].upright.height, first[0].upright.height)
            for _, y, row in waiting
        ]
        line = sorted(compress(waiting, near), key=lambda entry: entry[:2])
        ordered += [row for _, _, row in line]
        waiting = [entry for entry, on in zip(waiting, near, strict=True) if not on]
    return ordered
