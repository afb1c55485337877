from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import open_page
from click.testing import CliRunner
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from sqlalchemy import select
from station_process import StationProcess

from formreader.cli import main
from formreader.store.people.audit import AuditResult, draw_sample, measure_errors
from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.people.filters import Filters
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, fields

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ACCEPTED = 100


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a hundred accepted fields and ten that are flagged."""
    return make_run(tmp_path, [[Made("34")] * ACCEPTED, [Made("12", 0.5)] * 10])


@pytest.fixture
def store(run: Path) -> Iterator[RunStore]:
    with RunStore.open(run) as opened:
        yield opened


def put(store: RunStore, field_id: int, action: Action, value: str = "") -> None:
    with store.write() as connection:
        decide(connection, Decision(field_id, action, value, "ann", "queue", None))


def drawn(store: RunStore) -> list[int]:
    with store.read() as connection:
        return list(connection.scalars(select(audit.c.field_id)))


def test_a_share_of_the_accepted_fields_is_drawn_once(store: RunStore) -> None:
    assert draw_sample(store, 0.05, random.Random(1)) == 5
    assert draw_sample(store, 0.05, random.Random(2)) == 0
    assert draw_sample(store, 0.2, random.Random(3)) == 15
    with store.read() as connection:
        reviews = connection.scalars(
            select(fields.c.needs_review).where(fields.c.id.in_(drawn(store)))
        ).all()
    assert reviews == [False] * 20


def test_different_chance_draws_different_fields(store: RunStore) -> None:
    draw_sample(store, 0.1, random.Random(1))
    first = set(drawn(store))
    assert len(first) == 10
    assert first != set(range(1, 11))


def test_fields_that_were_decided_before_are_not_drawn(store: RunStore) -> None:
    for field_id in range(1, 91):
        put(store, field_id, Action.ACCEPT, "34")
    assert draw_sample(store, 1.0, random.Random(1)) == 10
    assert set(drawn(store)) == set(range(91, 101))


def test_the_error_rate_counts_what_people_changed(store: RunStore) -> None:
    draw_sample(store, 0.1, random.Random(1))
    sample = drawn(store)
    assert measure_errors(store) == AuditResult(drawn=10, seen=0, wrong=0)
    assert measure_errors(store).rate is None
    for field_id in sample[:5]:
        put(store, field_id, Action.ACCEPT, "34")
    put(store, sample[5], Action.CORRECT, "84")
    put(store, sample[6], Action.BLANK)
    put(store, sample[7], Action.UNREADABLE)
    put(store, sample[8], Action.DOUBT, "34")  # not settled yet
    result = measure_errors(store)
    assert result == AuditResult(drawn=10, seen=8, wrong=3)
    low, high = result.interval
    # Wilson's interval of 3 of 8, by hand: (0.136..., 0.694...)
    assert low == pytest.approx(0.1368, abs=0.001)
    assert high == pytest.approx(0.6943, abs=0.001)


def test_errors_outside_of_the_sample_do_not_count(store: RunStore) -> None:
    draw_sample(store, 0.01, random.Random(1))
    others = set(range(1, ACCEPTED + 1)) - set(drawn(store))
    put(store, others.pop(), Action.CORRECT, "99")
    put(store, ACCEPTED + 1, Action.CORRECT, "99")
    assert measure_errors(store) == AuditResult(drawn=1, seen=0, wrong=0)


def test_the_sample_is_spread_over_the_queue(store: RunStore) -> None:
    draw_sample(store, 0.1, random.Random(1))
    queue = Queue(store, chance=random.Random(4).random)
    values = [item.value for item in queue.next("a", 20, [], Filters())]
    assert sorted(values) == ["12"] * 10 + ["34"] * 10
    assert "34" in values[:6] and "12" in values[-6:]


@pytest.mark.parametrize("share", ["x", "-1%", "101%", "1.5", "nan"])
def test_what_is_no_share_is_a_usage_error(run: Path, share: str) -> None:
    done = CliRunner().invoke(main, ["review", str(run), "--audit", share])
    assert done.exit_code == 2
    assert "a share is written as 2%" in done.output


def test_the_page_states_the_rate_with_its_interval(
    chromium: Browser, run: Path
) -> None:
    with (
        StationProcess("review", run, "--user", "ann", "--audit", "4%") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        expect(page.locator("#left")).to_have_text("14 left")
        wrong = 0
        for number in range(14):
            expect(page.locator("#left")).to_have_text(f"{14 - number} left")
            if page.locator("#reading").text_content() == "34" and not wrong:
                page.keyboard.type("84")
                wrong = 1
            page.keyboard.press("Enter")
        expect(page.locator("#name")).to_have_text("Nothing is left to review.")
        page.get_by_role("link", name="Audit").click()
        expect(page.locator("#rate")).to_have_text("25.00 %")
        # Wilson's interval of 1 of 4: (0.0456, 0.6994)
        expect(page.locator("#interval")).to_contain_text("between 4.56 % and 69.94 %")
        expect(page.locator(".row")).to_have_count(1)
        expect(page.locator(".row")).to_contain_text("read as 34")
    assert "audit: 4 accepted fields" in "".join(station.printed)
