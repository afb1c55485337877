"""What a reader of pictures says when it is sure of a text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import ALPHABET, BLANK, SYMBOLS
from formreader.digits.seen_pictures import SeenPicture

__all__ = ["spell", "spell_look"]


def spell(text: str, certainty: float = 0.999) -> SeenPicture:
    """Give what spells a text, each symbol this surely, by one look."""
    return SeenPicture((spell_look(text, certainty),))


def spell_look(text: str, certainty: float = 0.999) -> npt.NDArray[np.float32]:
    """Give (T, 16) the log-probabilities that spell a text."""
    columns = [BLANK]
    for character in text:
        columns += [ALPHABET.index(character), BLANK]
    shares = np.full((len(columns), SYMBOLS), (1 - certainty) / (SYMBOLS - 1))
    shares[np.arange(len(columns)), columns] = certainty
    return np.asarray(np.log(shares), np.float32)
