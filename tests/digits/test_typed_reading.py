"""What a type says of a number: which texts it allows, and how likely they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from formreader.digits.ctc import ALPHABET, SYMBOLS, best_strings
from formreader.digits.typed_reading import weigh_typed
from formreader.digits.typed_texts import begins_type
from formreader.value_types import ValueType


def see(*columns: dict[str, float]) -> npt.NDArray[np.float32]:
    """Make what a network says that is sure of a character in every second column."""
    chances = np.full((2 * len(columns), SYMBOLS), 1e-6)
    chances[1::2, -1] = 1.0
    for place, column in enumerate(columns):
        for character, chance in column.items():
            at = ALPHABET.index(character) if character else SYMBOLS - 1
            chances[2 * place, at] = chance
    chances /= chances.sum(axis=1, keepdims=True)
    return np.asarray(np.log(chances), np.float32)


def sure(text: str) -> list[dict[str, float]]:
    return [{character: 1.0} for character in text]


DATE = ValueType.parse("date MM/DD/YY")
DECIMAL = ValueType.parse("decimal")
INTEGER = ValueType.parse("integer")


@pytest.mark.parametrize(
    ("type_", "allowed", "refused"),
    [
        ("date MM/DD/YY", ("1", "12/3", "12-31-2024"), ("13", "12/32", "1/2/3/", ":")),
        ("decimal", ("-1,234.56", ".5", "123456.7"), ("1,23.", "1-2", "1/2")),
        ("integer", ("-1,234", "1.234.5", "1234.00"), ("1234.5", "1.2345", "1..")),
        ("time HH:MM", ("23:5", "9.05"), ("24:", "9:60", "9:05:")),
    ],
)
def test_a_type_allows_no_text_that_none_of_its_values_begins_with(
    type_: str, allowed: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    parsed = ValueType.parse(type_)
    assert parsed is not None
    begins = begins_type(parsed)
    assert all(map(begins, allowed))
    assert not any(map(begins, refused))


def test_a_beam_keeps_to_what_strings_may_begin_with() -> None:
    logs = see({"1": 0.6, "7": 0.4}, {"9": 0.6, "2": 0.4})
    assert best_strings(logs, 1)[0][0] == "19"
    assert best_strings(logs, 1, lambda text: "9" not in text)[0][0] == "12"


def test_a_date_that_the_network_alone_sees_is_offered_beside_what_was_read() -> None:
    assert DATE is not None
    logs = see(*sure("05"), {"1": 0.5, "/": 0.5}, *sure("19/21"))
    read, date, *_ = weigh_typed({"05119/21": 0.9}, logs, DATE)
    assert (read.text, date.text) == ("05119/21", "05/19/21")
    assert not (read.is_shared or date.is_shared)


def test_a_point_between_cents_is_likelier_than_five_decimals() -> None:
    assert DECIMAL is not None
    logs = see(*sure("5,996"), {".": 0.2, "": 0.8}, *sure("53"))
    best, *_ = weigh_typed({"5,99653": 0.6, "5,996.53": 0.2}, logs, DECIMAL)
    assert best.text == "5,996.53"


def test_texts_of_one_value_count_together_and_others_against_it() -> None:
    assert INTEGER is not None
    logs = see(*sure("3"), {",": 0.5, ".": 0.3, "": 0.2}, *sure("582"))
    best, *others = weigh_typed({"3,582": 0.5, "3582": 0.4}, logs, INTEGER)
    assert best.is_shared
    assert best.probability > 0.8
    assert sum(one.probability for one in others) < 0.2
