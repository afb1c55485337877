"""What a reader of pictures says when it is sure of a text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import ALPHABET, BLANK, SYMBOLS

__all__ = ["spell"]


def spell(text: str, certainty: float = 0.999) -> npt.NDArray[np.float32]:
    """Give (T, 16) log-probabilities that spell a text, each symbol this surely."""
    columns = [BLANK]
    for character in text:
        columns += [ALPHABET.index(character), BLANK]
    shares = np.full((len(columns), SYMBOLS), (1 - certainty) / (SYMBOLS - 1))
    shares[np.arange(len(columns)), columns] = certainty
    return np.asarray(np.log(shares), np.float32)
