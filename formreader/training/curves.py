"""The learning curve as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

__all__ = ["draw_learning_curve"]


def draw_learning_curve(log: Path, picture: Path) -> None:
    """Draw loss and error by epoch.

    Args:
        log: The CSV log of a training run; without one, or with no epoch in it,
            nothing is drawn.
        picture: The PNG file to write.
    """
    from matplotlib.figure import Figure

    if not log.is_file():
        return
    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return
    epochs = [int(row["epoch"]) for row in rows]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, label in (("loss", "training"), ("val_loss", "held out")):
        left.semilogy(epochs, [float(row[name]) for row in rows], label=label)
    for name, label in (("accuracy", "training"), ("val_accuracy", "held out")):
        errors = [100 * (1 - float(row[name])) + 1e-3 for row in rows]
        right.semilogy(epochs, errors, label=label)
    left.set(xlabel="epoch", ylabel="loss")
    right.set(xlabel="epoch", ylabel="errors, %")
    for axes in (left, right):
        axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=110)
