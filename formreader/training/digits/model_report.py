"""The measured quality of a digit model as text, JSON or HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from formreader.digits.model import CLASSES
from formreader.evaluation.charts import draw_rejects, draw_reliability
from formreader.reports import (
    align_rows,
    make_gallery,
    make_page,
    make_section,
    make_table,
)
from formreader.training.datasets import DigitSet
from formreader.training.digits.measurement import SURE, Measurement

__all__ = ["write_html", "write_json", "write_text"]

_SHOWN_ERRORS = 60
_SURELY_WRONG = f"wrong and sure ({SURE})"
_ERROR_LEFT = "error with 1 % rejected"
_REJECTED = np.linspace(0, 0.1, 41)


def write_text(measured: Mapping[str, Measurement]) -> str:
    """Write the figures of each set for a terminal."""
    head = ("set", "count", "accuracy", "ECE", _SURELY_WRONG, _ERROR_LEFT, "rejected")
    rows = [head, *(_figures(name, found) for name, found in measured.items())]
    lines = align_rows(rows)
    for name, found in measured.items():
        classes = [("class", "count", "right", "accuracy")]
        classes += [
            (label, str(count), str(right), f"{right / count:.2%}")
            for label, (count, right) in found.per_class.items()
        ]
        lines += ["", f"{name}:", *align_rows(classes)]
        confused = _confusions(found)
        if confused:
            lines.append("most confused: " + ", ".join(confused))
    return "\n".join(lines) + "\n"


def write_json(measured: Mapping[str, Measurement]) -> str:
    """Write all figures of each set as JSON."""
    summary = {name: found.summary() for name, found in measured.items()}
    return json.dumps(summary, indent=2) + "\n"


def write_html(
    title: str,
    measured: Mapping[str, Measurement],
    digits: Mapping[str, DigitSet],
) -> str:
    """Write all figures with charts and the most confident errors.

    Args:
        title: Heading of the page.
        measured: What was measured, by the name of the set.
        digits: The crops of the same sets.

    Returns:
        A whole HTML document; it loads nothing from elsewhere.
    """
    head = ("set", "crops", "accuracy", "ECE", _SURELY_WRONG, _ERROR_LEFT, "rejected")
    rows = [_figures(name, found) for name, found in measured.items()]
    sections = [
        make_section("All sets", make_table(head, rows)),
        make_section("Confidence", draw_reliability(measured)),
        make_section(
            "What is left when the least certain are set aside",
            draw_rejects(measured, _REJECTED.tolist()),
        ),
    ]
    for name, found in measured.items():
        sections.append(
            make_section(
                name,
                make_table(("true \\ predicted", *CLASSES), _confusion_rows(found)),
                "<h3>Most confident errors</h3>",
                make_gallery(_errors(found, digits[name].images)),
            )
        )
    return make_page(title, sections)


def _figures(name: str, found: Measurement) -> tuple[str, ...]:
    """Give the main figures of one set as text."""
    rejected = []
    if found.digits_rejected is not None:
        rejected.append(f"{found.digits_rejected:.2%} of digits")
    if found.others_rejected is not None:
        rejected.append(f"{found.others_rejected:.2%} of others")
    return (
        name,
        str(len(found.labels)),
        f"{found.accuracy:.2%}",
        f"{found.calibration_error:.2%}",
        f"{found.surely_wrong:.2%}",
        f"{found.error_after_rejecting(0.01):.2%}",
        ", ".join(rejected),
    )


def _confusions(found: Measurement, count: int = 6) -> list[str]:
    """List the most frequent confusions."""
    confusion = found.confusion.copy()
    np.fill_diagonal(confusion, 0)
    order = np.argsort(-confusion, axis=None, kind="stable")[:count]
    pairs = [np.unravel_index(index, confusion.shape) for index in order]
    return [
        f"{CLASSES[true]} as {CLASSES[taken]} {confusion[true, taken]}x"
        for true, taken in pairs
        if confusion[true, taken]
    ]


def _confusion_rows(found: Measurement) -> list[list[object]]:
    """Give the rows of the confusion matrix, classes that occur only."""
    return [
        [CLASSES[index], *(int(count) or "" for count in row)]
        for index, row in enumerate(found.confusion)
        if row.any()
    ]


def _errors(
    found: Measurement, images: npt.NDArray[np.uint8]
) -> list[tuple[npt.NDArray[np.uint8], str]]:
    """Gather the pictures of the most confident errors, black on white."""
    return [
        (
            (255 - images[index]).astype(np.uint8),
            f"{CLASSES[found.labels[index]]} read as {CLASSES[found.predicted[index]]} "
            f"({found.confidence[index]:.3f})",
        )
        for index in found.worst_errors(_SHOWN_ERRORS).tolist()
    ]
