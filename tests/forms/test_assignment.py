from __future__ import annotations

from itertools import permutations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruled_fields import reading

from formreader.acceptance import AcceptancePolicy
from formreader.forms.assignment import assign_pages, assign_roster, assign_rows
from formreader.forms.templates.entries import FieldTemplate, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.readings import FieldReading, PageReading
from formreader.records import Flag

ROSTER = ("1001", "1002", "1003", "1007")


def assign(*fields: FieldReading) -> tuple[FieldReading, ...]:
    return assign_roster(fields, ROSTER, AcceptancePolicy(0.9))


@pytest.mark.parametrize("seed", range(12))
def test_no_assignment_is_cheaper(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.integers(0, 6, (4, 4 + seed % 3)).astype(np.float64)
    table[random.random(table.shape) < 0.3] = 1000.0
    costs = [
        {int(c): float(row[c]) for c in np.flatnonzero((row < 1000) | (seed < 4))}
        | {100 + n: 50.0}
        for n, row in enumerate(table)
    ]
    columns = assign_rows(costs)
    assert len(set(columns)) == 4
    wide = np.concatenate([np.minimum(table, 50.0), np.full((4, 4), 50.0)], axis=1)
    least = min(
        sum(wide[row, column] for row, column in enumerate(chosen))
        for chosen in permutations(range(table.shape[1] + 4), 4)
    )
    assert sum(costs[row][column] for row, column in enumerate(columns)) == least


def test_rows_without_enough_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="too few for 2"):
        assign_rows([{0: 1.0}, {0: 2.0}])


def test_an_entry_goes_to_the_field_that_is_surer_of_it() -> None:
    sure = reading("1001", 0.99)
    unsure = reading("1001", 0.55, ("1007", 0.44))
    first, second = assign(sure, unsure)
    assert (first.value, second.value) == ("1001", "1007")
    assert second.flags == (Flag.RULE_CORRECTED,)
    assert second.confidence > 0.9
    assert not second.needs_review
    assert second.alternatives[0].value == "1001"


def test_the_order_of_the_batch_does_not_matter() -> None:
    sure, unsure = reading("1001", 0.99), reading("1001", 0.55, ("1007", 0.44))
    forth, back = assign(sure, unsure), assign(unsure, sure)
    assert [f.value for f in forth] == [f.value for f in reversed(back)]
    assert forth[1].confidence == pytest.approx(back[0].confidence)


def test_a_chain_of_fields_gives_way() -> None:
    values = assign(
        reading("1001", 0.95, ("1002", 0.03)),
        reading("1001", 0.50, ("1002", 0.49)),
        reading("1002", 0.50, ("1003", 0.48)),
    )
    assert [field.value for field in values] == ["1001", "1002", "1003"]


def test_two_fields_that_surely_say_the_same_both_need_review() -> None:
    fields = assign(reading("1001", 0.995), reading("1001", 0.99))
    assert [field.value for field in fields] == ["1001", "1001"]
    assert all(field.needs_review for field in fields)
    assert sum(Flag.RULE_FAILED in field.flags for field in fields) == 1
    assert min(field.confidence for field in fields) < 0.9


def test_a_number_that_is_not_on_the_roster_stays_and_fails() -> None:
    (field,) = assign(reading("4711", 0.999))
    assert (field.value, field.confidence) == ("4711", 0.999)
    assert field.flags == (Flag.RULE_FAILED,)
    assert field.needs_review


def test_an_entry_does_not_mend_a_check_that_failed() -> None:
    (field,) = assign(reading("1001", 0.999, flags=(Flag.RULE_FAILED,)))
    assert field.value == "1001"
    assert field.flags == (Flag.RULE_FAILED,)
    assert field.needs_review


def test_an_entry_that_no_reading_proposes_is_never_given() -> None:
    fields = assign(
        reading("1001", 0.99), reading("1002", 0.99), reading("1003", 0.99),
        reading("9999", 0.4, ("9998", 0.3)),
    )  # fmt: skip
    assert fields[3].value == "9999"
    assert Flag.RULE_FAILED in fields[3].flags


def test_a_match_that_leaves_nothing_open_keeps_its_confidence() -> None:
    (field,) = assign(reading("1001", 0.97, ("1801", 0.02)))
    assert field.confidence == pytest.approx(0.97)
    assert field.flags == ()


def test_blank_and_unreadable_fields_take_no_part() -> None:
    blank = reading("", 0.99, raw="____", flags=(Flag.BLANK,))
    unreadable = reading("", 0.9, ("1001", 0.1), raw="1?01")
    assert assign(blank, unreadable) == (blank, unreadable)


def test_a_large_batch_is_matched_in_no_time() -> None:
    roster = [f"{number:06}" for number in range(3000)]
    fields = [
        reading(entry, 0.7, (roster[(n + 1) % 3000], 0.2))
        for n, entry in enumerate(roster)
    ]
    matched = assign_roster(fields, roster, AcceptancePolicy(0.9))
    assert [field.value for field in matched] == roster


@given(
    st.lists(
        st.lists(st.sampled_from((*ROSTER, "4711")), min_size=1, unique=True),
        min_size=1,
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_each_entry_is_given_once(batch: list[list[str]], random: Random) -> None:
    fields = []
    for values in batch:
        parts = sorted((random.random() + 0.01 for _ in (*values, 0)), reverse=True)
        shares = [part / sum(parts) for part in parts]
        fields.append(
            reading(values[0], shares[0], *zip(values[1:], shares[1:-1], strict=True))
        )
    matched = assign(*fields)
    given_out = [f.value for f in matched if Flag.RULE_FAILED not in f.flags]
    assert len(given_out) == len(set(given_out))
    assert set(given_out) <= set(ROSTER)
    for before, after in zip(fields, matched, strict=True):
        assert after.raw == before.raw
        total = after.confidence + sum(a.probability for a in after.alternatives)
        assert after.confidence >= 0
        assert total <= 1 + 1e-9


def form(name: str) -> FormTemplate:
    """Make a form whose field `number` has an entry of the roster to itself."""
    field = FieldTemplate(
        name="number", box=Box(10, 10, 110, 30), one_of=ROSTER, assign="unique"
    )
    page = PageTemplate(number=1, reference=Path("a.png"), width=200, height=200)
    return FormTemplate(name=name, pages=(page,), fields=(field,))


def page(form_name: str | None, *fields: FieldReading) -> PageReading:
    return PageReading("scan.pdf", 0, fields, form=form_name)


def test_pages_are_matched_by_form_and_field_and_keep_their_other_fields() -> None:
    sure, unsure = reading("1001", 0.99), reading("1001", 0.55, ("1007", 0.44))
    other = reading("55", 0.99, name="votes")
    pages = [
        page("exam", other, sure),
        page("survey", sure),
        page(None, sure),
        page("exam", unsure),
    ]
    matched = assign_pages(pages, [form("exam"), form("survey")], AcceptancePolicy(0.9))
    values = [[field.value for field in one.fields] for one in matched]
    assert values == [["55", "1001"], ["1001"], ["1001"], ["1007"]]
    assert matched[2] is pages[2]
    assert [one.form for one in matched] == ["exam", "survey", None, "exam"]
