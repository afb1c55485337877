from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_results import result, truth, write_results, write_truth
from made_runs import make_field, make_run
from sqlalchemy import ColumnElement

from formreader.cli import main
from formreader.errors import ExitCode
from formreader.promises.checks import load_checks
from formreader.promises.promise import make_promise
from formreader.records import FieldKind
from formreader.store.errors import DamagedStoreError
from formreader.store.machine.origin import check_options, find_target_error
from formreader.store.people.audit import draw_sample
from formreader.store.people.checked import check_by_people
from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import audit, fields


def calibrate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["calibrate", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Truth and results of 400 fields; one is wrong and flagged, one wrong and not."""
    names = [f"f{number}" for number in range(400)]
    read = [result(name, "7", kind="box") for name in names]
    read[0] |= {"value": "8", "needs_review": "true"}
    read[1] |= {"value": "8", "confidence": "0.9100"}
    typed = [truth(name, "7") for name in names]
    return write_truth(tmp_path, *typed), write_results(tmp_path, *read)


def test_only_accepted_fields_are_checks(files: tuple[Path, Path]) -> None:
    written = calibrate(*files)
    assert written.exit_code == ExitCode.OK, written.stderr
    assert written.stdout.startswith("399 accepted fields were checked, 1 are wrong")


def test_the_file_keeps_a_promise_and_no_value(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    mine = tmp_path / "my.threshold"
    assert calibrate(*files, "-o", mine).stderr == f"written: {mine}\n"
    promise = make_promise(load_checks(mine), 0.01)
    assert 0.91 < promise.thresholds[FieldKind.BOX] <= 0.99
    content = json.loads(mine.read_text(encoding="utf-8"))
    del content["models"]  # whose checksums may hold any two letters
    assert "f1" not in json.dumps(content)


def test_a_run_stands_for_its_results(files: tuple[Path, Path]) -> None:
    assert calibrate(files[0], files[1].parent).stdout == calibrate(*files).stdout


def test_results_of_which_no_accepted_field_is_known_are_refused(
    tmp_path: Path,
) -> None:
    read = write_results(tmp_path, result("a", "1", needs_review=True, kind="box"))
    refused = calibrate(write_truth(tmp_path, truth("a", "1")), read)
    assert refused.exit_code == ExitCode.INPUT
    assert "no accepted field" in refused.stderr


def test_truth_without_results_is_wrong_usage(files: tuple[Path, Path]) -> None:
    assert calibrate(files[0]).exit_code == ExitCode.USAGE


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of 40 accepted fields and 10 for review."""
    made = [make_field(f"f{i}", str(i), 0.95 + i / 1000) for i in range(40)]
    made += [make_field(f"g{i}", str(i), 0.5) for i in range(10)]
    return make_run(tmp_path / "run", {"a.png": [made]})


def look(store: RunStore, ids: list[int], value: str | None = None) -> None:
    """Accept fields as they are, or give all the same value."""
    with store.write() as connection:
        values = dict(
            connection.execute(
                fields.select().with_only_columns(fields.c.id, fields.c.value)
            ).all()
        )
        for one in ids:
            right = values[one] if value is None else value
            decide(
                connection, Decision(one, Action.ACCEPT, right, "ann", "queue", None)
            )


def list_ids(store: RunStore, *conditions: ColumnElement[bool]) -> list[int]:
    with store.read() as connection:
        query = fields.select().with_only_columns(fields.c.id).where(*conditions)
        return list(connection.scalars(query))


def test_the_audit_of_a_run_gives_checks(run: Path) -> None:
    with RunStore.open(run) as store:
        draw_sample(store, 0.5, random.Random(1))
        with store.read() as connection:
            drawn = list(connection.scalars(audit.select()))
        look(store, drawn[:15])
        look(store, drawn[15:18], "999")
        assert check_by_people(store).total == (18, 3)
    assert calibrate(run).stdout.startswith("18 accepted fields were checked, 3 are")


def test_a_run_names_its_models_and_its_promise(run: Path) -> None:
    with RunStore.open(run) as store:
        assert find_target_error(store) is None
        models = {"model": "1" * 64, "ink model": "2" * 64}
        promise = {"share": 0.01, "thresholds": {}, "together": False}
        check_options(store, run, {**models, "strip": None, "target error": promise})
        assert find_target_error(store) == 0.01
        look(store, list_ids(store, ~fields.c.needs_review))
        assert check_by_people(store).models == models


@pytest.mark.parametrize("target", [3, {"share": "1%"}, {"share": 0}, {}])
def test_a_promise_that_is_none_is_damage(run: Path, target: object) -> None:
    with RunStore.open(run) as store:
        check_options(store, run, {"target error": target})
        with pytest.raises(DamagedStoreError, match="target error"):
            find_target_error(store)


def test_what_people_looked_at_by_choice_is_no_sample(run: Path) -> None:
    with RunStore.open(run) as store:
        look(store, list_ids(store, fields.c.needs_review))
        look(store, list_ids(store, ~fields.c.needs_review)[:5])
        assert check_by_people(store).total.checks == 0
    refused = calibrate(run)
    assert refused.exit_code == ExitCode.INPUT
    assert "--audit" in refused.stderr


def test_where_all_accepted_fields_were_looked_at_all_count(run: Path) -> None:
    with RunStore.open(run) as store:
        look(store, list_ids(store, ~fields.c.needs_review))
        checks = check_by_people(store)
    assert checks.total == (40, 0)
    assert checks.kinds[0].lowest == 0.95
