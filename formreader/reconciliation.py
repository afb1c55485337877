"""Joins two readings of one field, made of ink that was cleaned in two ways."""

from __future__ import annotations

from dataclasses import replace

from formreader.readings import FieldReading

__all__ = ["reconcile"]

_DIFFERENT = 0.5  # most confidence where the two differ


def reconcile(
    by_layers: FieldReading | None, by_geometry: FieldReading | None
) -> FieldReading | None:
    """Join what was read of the pen's layer with what was read where lines were erased.

    Where both say the same, that is what stands there, as sure as the layers are: lines
    that were erased badly leave much doubt. Where they differ, the surer of the two is
    the guess, and a person must look.

    Args:
        by_layers: The reading of what the ink network calls the pen's; None if print.
        by_geometry: The reading of what is left where lines were erased.
    """
    if by_layers is None or by_geometry is None:
        return by_layers
    if by_layers.raw == by_geometry.raw and by_layers.value == by_geometry.value:
        return by_layers
    likelier = max(by_layers, by_geometry, key=lambda reading: reading.confidence)
    return replace(likelier, confidence=min(likelier.confidence, _DIFFERENT))
