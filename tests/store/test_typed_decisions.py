from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import review_by_truth
from drawn_runs import Made, make_run
from fastapi import HTTPException

from formreader.station.bodies import FieldVerdict
from formreader.station.door.auth import Session
from formreader.station.pages import Pages
from formreader.station.queue_routes import QueueRoutes
from formreader.store.contents import list_names, read_pages
from formreader.store.people.queue import Queue
from formreader.store.tables.connection import RunStore
from formreader.value_types import ValueKind, ValueType

DATE = ValueType(ValueKind.DATE, "DD/MM/YYYY")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    fields = [Made("05042021", 0.5, name="born", type=DATE), Made("12", 0.5, name="n")]
    with RunStore.open(make_run(tmp_path, [fields])) as opened:
        yield opened


def answer(store: RunStore, field: int, value: str, action: str = "accept") -> None:
    verdict = FieldVerdict.model_validate(
        {"field": field, "action": action, "value": value, "seen": None}
        | {"place": "queue"}
    )
    QueueRoutes(Pages("run", ()), Queue(store)).decide(verdict, Session("ann"))


def values_of(store: RunStore) -> list[object]:
    with store.read() as connection:
        (page,) = read_pages(connection)
    return [row["value"] for row in page.fields]


@pytest.mark.parametrize("typed", ["6/4/2021", "06.04.2021", "2021-04-06"])
def test_a_correction_of_a_typed_field_takes_its_canonical_form(
    store: RunStore, typed: str
) -> None:
    answer(store, 1, typed)
    assert values_of(store) == ["2021-04-06", "12"]


def test_what_is_no_value_of_the_type_is_refused_and_nothing_is_decided(
    store: RunStore,
) -> None:
    with pytest.raises(HTTPException, match="is no date") as caught:
        answer(store, 1, "31/4/2021")
    assert caught.value.status_code == 422
    assert "'format': 'DD/MM/YYYY'" in str(caught.value)
    assert values_of(store) == ["05042021", "12"]


def test_a_field_without_a_type_takes_any_number(store: RunStore) -> None:
    answer(store, 2, "1/2")
    assert values_of(store) == ["05042021", "1/2"]


def test_a_typed_field_may_be_blank(store: RunStore) -> None:
    answer(store, 1, "", action="blank")
    assert values_of(store)[0] == ""


def test_a_run_knows_the_types_of_its_fields(store: RunStore) -> None:
    with store.read() as connection:
        assert list_names(connection) == {"born": DATE, "n": None}


def test_a_truth_that_no_field_takes_is_left_out_and_the_rest_is_stored(
    store: RunStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    truth = tmp_path / "truth.csv"
    page = "page-001.png,1"
    truth.write_text(f"file,page,field,value\n{page},born,1/13/20\n{page},n,7\n")
    monkeypatch.setattr("sys.argv", ["review", str(tmp_path / "run"), str(truth)])
    assert review_by_truth.main() == 0
    assert values_of(store) == ["05042021", "7"]
    said = capsys.readouterr().err
    assert "page-001.png, page 1, born: '1/13/20' is none of its type" in said
    assert "0 accepted, 1 corrected, 1 left out" in said
