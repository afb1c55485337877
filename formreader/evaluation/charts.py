"""Charts of confidence: how honest it is, and what it buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from formreader.evaluation.outcomes import Outcomes
from formreader.reports import Line, draw_chart

__all__ = ["draw_rejects", "draw_reliability"]

_FEWEST = 5  # in a bin, for it to be shown


def draw_reliability(measured: Mapping[str, Outcomes]) -> str:
    """Draw accuracy by confidence as SVG; honest confidences lie on the diagonal."""
    lines = {
        f"{name} (ECE {found.calibration_error:.2%})": [
            (confidence, accuracy)
            for count, confidence, accuracy in found.reliability
            if count >= _FEWEST
        ]
        or [(found.mean_confidence, found.accuracy)]
        for name, found in measured.items()
    }
    return draw_chart(lines, "confidence", "accuracy", diagonal=True)


def draw_rejects(
    measured: Mapping[str, Outcomes],
    shares: Sequence[float],
    points: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Draw the error that is left by the share that is set aside, as SVG.

    Args:
        measured: Readings by the name of their line.
        shares: Which shares to set aside, the least certain first.
        points: Share set aside and error of other choices, by name.
    """
    lines: dict[str, Line] = {
        name: [(100 * s, 100 * found.error_after_rejecting(s)) for s in shares]
        for name, found in measured.items()
    }
    for name, (share, error) in (points or {}).items():
        lines[name] = [(100 * share, 100 * error)]
    return draw_chart(lines, "set aside, %", "errors among the rest, %")
