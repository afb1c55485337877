"""How well fields were read, as text, JSON or one HTML file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from formreader.evaluation.charts import draw_rejects, draw_reliability
from formreader.evaluation.crops import Place, cut_crops
from formreader.evaluation.fields import FieldMeasurement, Tally
from formreader.evaluation.matching import Pair
from formreader.evaluation.tables import ResultRow
from formreader.reports import (
    align_rows,
    make_gallery,
    make_list,
    make_page,
    make_section,
    make_table,
)

__all__ = ["write_html", "write_json", "write_text"]

_SHOWN_NAMES = 30
_SHOWN_LINES = 20
_SHOWN_ERRORS = 100
_CURVE = [percent / 100 for percent in range(51)]

_KIND_HEAD = ("kind", "fields", "exact", "to review", "silent", "confidence", "ECE")
_ERROR_HEAD = ("file", "page", "field", "truth", "read", "raw", "confidence", "")


def write_text(found: FieldMeasurement) -> str:
    """Write the figures and the errors for a terminal."""
    lines = align_rows(_figures(found))
    if found.by_kind:
        lines += ["", *align_rows([_KIND_HEAD, *_list_kinds(found)])]
    errors = found.list_errors()
    shown = [_error_row(pair) for pair in errors[:_SHOWN_LINES]]
    shown += [_stray_row(row) for row in found.spurious[: _SHOWN_LINES - len(shown)]]
    if shown:
        lines += ["", "Errors, silent ones first:", *align_rows([_ERROR_HEAD, *shown])]
    left = len(errors) + len(found.spurious) - len(shown)
    if left:
        lines.append(f"... and {left} more; --format json has them all")
    return "\n".join(lines) + "\n"


def write_json(found: FieldMeasurement) -> str:
    """Write all figures and errors as JSON."""
    return json.dumps(found.summary(), indent=2, ensure_ascii=False) + "\n"


def write_html(title: str, found: FieldMeasurement, sources: Path | None = None) -> str:
    """Write all figures with charts and the worst errors.

    Args:
        title: Heading of the page.
        found: What was measured.
        sources: Folder of the pages, to show the fields that were misread.

    Returns:
        A whole HTML document; it loads nothing from elsewhere.
    """
    head, *rows = _figures(found)
    sections = [make_section("All fields", make_table(head, rows))]
    if found.matches.warnings:
        sections.append(make_section("Warnings", make_list(found.matches.warnings)))
    sections += [
        make_section("Confidence", draw_reliability({"fields": found})),
        make_section("By kind of field", make_table(_KIND_HEAD, _list_kinds(found))),
        make_section("Error against review", _draw_review(found)),
        make_section("By field", _name_table(found)),
        make_section("Errors, silent ones first", *_show_errors(found, sources)),
    ]
    return make_page(title, sections)


def _figures(found: FieldMeasurement) -> list[tuple[str, ...]]:
    """Give the figures with a heading."""
    right = found.digit_count - found.digit_edits
    surest = found.error_after_rejecting(0.1)
    return [
        ("fields", str(len(found.pairs)), "share", "95 % interval"),
        _tally_row("exact", found.exact),
        ("digits", f"{right}/{found.digit_count}", f"{found.digit_accuracy:.2%}", ""),
        _tally_row("cells", found.cells),
        _tally_row("to review", found.review),
        _tally_row("silent errors among the others", found.silent),
        ("not found", str(found.not_found), "", ""),
        ("spurious", str(len(found.spurious)), "", ""),
        ("extra", str(len(found.extra)), "", ""),
        ("error among the surest 90 %", "", f"{surest:.2%}", ""),
        ("calibration error (ECE)", "", f"{found.calibration_error:.2%}", ""),
    ]


def _tally_row(name: str, tally: Tally) -> tuple[str, ...]:
    return (name, *_shares(tally))


def _shares(tally: Tally) -> tuple[str, str, str]:
    """Give hits, share and interval as text; nothing of nothing."""
    if not tally.count:
        return "0/0", "", ""
    low, high = tally.interval
    return (
        f"{tally.hits}/{tally.count}",
        f"{tally.share:.2%}",
        f"{low:.1%} to {high:.1%}",
    )


def _list_kinds(found: FieldMeasurement) -> list[tuple[str, ...]]:
    """Give the figures of each kind of field, and how honest its confidences are."""
    return [
        (
            kind,
            str(len(own.pairs)),
            f"{own.exact.share:.2%}",
            f"{own.review.share:.1%}",
            f"{own.silent.hits}/{own.silent.count}",
            f"{own.mean_confidence:.2%}",
            f"{own.calibration_error:.2%}",
        )
        for kind, own in found.by_kind.items()
    ]


def _draw_review(found: FieldMeasurement) -> str:
    """Draw the error by the share that goes to a person, and where we are now."""
    now = {"as flagged": (found.review.share, found.silent.share)}
    return draw_rejects({"least certain first": found}, _CURVE, now)


def _name_table(found: FieldMeasurement) -> str:
    """Show the fields that are read worst, by name."""
    head = ("field", "exact", "share", "95 % interval", "silent errors")
    rows = [
        (name, *_shares(exact), f"{silent.hits}/{silent.count}")
        for name, (exact, silent) in list(found.by_field.items())[:_SHOWN_NAMES]
    ]
    return make_table(head, rows)


def _show_errors(found: FieldMeasurement, sources: Path | None) -> list[str]:
    """Show what went wrong, with pictures where the pages are at hand."""
    errors = found.list_errors()[:_SHOWN_ERRORS]
    strays = found.spurious[: _SHOWN_ERRORS - len(errors)]
    rows = [*map(_error_row, errors), *map(_stray_row, strays)]
    if not rows:
        return ["<p>None.</p>"]
    table = make_table(_ERROR_HEAD, rows)
    if sources is None:
        return [table]
    places = [*map(_place_of, errors), *map(_place_of_stray, strays)]
    crops = cut_crops(places, sources)
    return [make_gallery(_pictures(crops, rows)), table]


def _pictures(
    crops: Sequence[npt.NDArray[np.uint8] | None], rows: Sequence[Sequence[str]]
) -> Iterable[tuple[npt.NDArray[np.uint8], str]]:
    for crop, (file, page, field, truth, value, _, confidence, note) in zip(
        crops, rows, strict=True
    ):
        if crop is not None:
            said = f"{truth or 'nothing'} read as {value or 'nothing'}"
            where = f"{file}, page {page}, {field}"
            yield crop, f"{said} ({confidence or '-'}) {note}: {where}"


def _error_row(pair: Pair) -> tuple[str, ...]:
    truth, result = pair.truth, pair.result
    note = "not found" if result is None else "SILENT" if pair.is_silent else "flagged"
    return (
        truth.file,
        str(truth.page),
        truth.field,
        truth.value,
        result.value if result else "",
        (result.raw or "") if result else "",
        f"{result.confidence:.4f}" if result else "",
        note,
    )


def _stray_row(row: ResultRow) -> tuple[str, ...]:
    return (
        row.source,
        str(row.page),
        row.field,
        "",
        row.value,
        row.raw or "",
        f"{row.confidence:.4f}",
        "SPURIOUS",
    )


def _place_of(pair: Pair) -> Place:
    """Say where a field is; by the result, which was read on the page as it is."""
    area = pair.result.area if pair.result else None
    return pair.source, pair.truth.page, area or pair.truth.area


def _place_of_stray(row: ResultRow) -> Place:
    return row.source, row.page, row.area
