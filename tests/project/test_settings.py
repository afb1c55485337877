from __future__ import annotations

from dataclasses import fields, replace

import pytest

from formreader.digits.settings import SETTINGS as DIGITS
from formreader.layout.settings import SETTINGS as LAYOUT
from formreader.settings import Settings, units_of

GROUPS = [
    getattr(record, one.name) for record in (LAYOUT, DIGITS) for one in fields(record)
]


def test_a_share_above_one_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="least_fill"):
        replace(LAYOUT.frames, least_fill=1.2)


def test_a_span_that_descends_is_refused() -> None:
    with pytest.raises(ValueError, match="cell_aspect"):
        replace(LAYOUT.rows, cell_aspect=(1.6, 0.4))


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="waist = nan"):
        replace(DIGITS.cuts, waist=float("nan"))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: type(group).__name__)
def test_every_number_of_the_tuning_has_a_unit(group: Settings) -> None:
    numbers = {
        one.name
        for one in fields(group)
        if not isinstance(getattr(group, one.name), bool)
    }
    assert numbers == set(units_of(type(group)))
