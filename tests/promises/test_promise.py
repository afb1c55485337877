from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from made_checks import count_checks, draw_checks
from ruled_fields import reading

from formreader.acceptance import accept
from formreader.promises.bounds import luck
from formreader.promises.checks import STEPS, Check, find_step, load_checks
from formreader.promises.promise import (
    DOUBT,
    find_promise,
    make_policy,
    make_promise,
)
from formreader.promises.report import describe_promise, write_report
from formreader.records import FieldKind, Flag

BOX, CELL, LINE = FieldKind.BOX, FieldKind.CELL, FieldKind.LINE


def sure(
    kind: FieldKind, right: int, wrong: int = 0, confidence: float = 0.999
) -> list[Check]:
    return [Check(kind, confidence, i >= wrong) for i in range(right + wrong)]


def test_a_promise_is_broken_in_less_than_one_of_twenty_samples() -> None:
    chance = random.Random(1)
    rates = {BOX: 0.02, CELL: 0.05}
    everything = [
        c for k, rate in rates.items() for c in draw_checks(chance, 10_000, k, rate)
    ]
    broken = kept = 0
    for _ in range(100):
        sample = chance.sample(everything, 3000)
        limits = make_promise(count_checks(sample), 0.02).thresholds
        accepted = [c.is_right for c in everything if c.confidence >= limits[c.kind]]
        kept += bool(accepted)
        broken += accepted.count(False) > 0.02 * len(accepted)
    assert kept > 50  # it does promise something
    assert broken <= 9  # of 100 with 5 % each, in 97 of 100 cases


def test_what_is_promised_holds_by_an_exact_test() -> None:
    checks = count_checks(draw_checks(random.Random(2), 3000, CELL, 0.02))
    promise = make_promise(checks, 0.01)
    (kind,) = promise.kinds
    assert kind.accepted > 300
    assert luck(kind.wrong, kind.accepted, 0.01) <= DOUBT
    assert promise.bound <= 0.01


def test_fewer_errors_allowed_accept_fewer_fields() -> None:
    checks = count_checks(draw_checks(random.Random(3), 20_000, CELL, 0.02))
    accepted = [
        make_promise(checks, share).kinds[0].accepted for share in (0.03, 0.01, 0.004)
    ]
    assert accepted[0] > accepted[1] > accepted[2] > 0


@pytest.mark.parametrize(("count", "is_enough"), [(298, False), (299, True)])
def test_too_few_checks_prove_nothing(count: int, is_enough: bool) -> None:
    promise = make_promise(count_checks(sure(BOX, count)), 0.01)
    assert promise.is_empty != is_enough
    assert math.isinf(promise.thresholds[BOX]) != is_enough


def test_a_kind_that_was_not_checked_is_not_accepted() -> None:
    promise = make_promise(count_checks(sure(BOX, 1000)), 0.01)
    policy = make_policy(0.9, promise)
    certain = reading("12", 1.0)
    assert certain.kind is not BOX
    assert accept(certain, policy).needs_review


def test_many_kinds_with_few_checks_are_proved_together() -> None:
    promise = make_promise(count_checks([*sure(BOX, 200), *sure(CELL, 200)]), 0.01)
    assert promise.is_together
    assert promise.thresholds[BOX] == promise.thresholds[CELL] <= 0.999


def test_a_kind_that_is_often_wrong_does_not_spoil_another() -> None:
    checks = count_checks([*sure(BOX, 2000), *sure(CELL, 900, 100)])
    promise = make_promise(checks, 0.01)
    assert not promise.is_together
    assert promise.thresholds[BOX] <= 0.999
    assert math.isinf(promise.thresholds[CELL])


def test_where_the_mixture_is_unknown_nothing_is_proved_together() -> None:
    checks = count_checks([*sure(BOX, 200), *sure(CELL, 200)])
    assert make_promise(checks, 0.01, mixed_alike=False).is_empty


def test_nothing_is_accepted_that_is_less_certain_than_what_was_checked() -> None:
    checks = count_checks(sure(BOX, 3000), {BOX: 0.995})
    assert 0.995 <= make_promise(checks, 0.01).thresholds[BOX] <= 0.999


def test_a_kind_of_which_no_sure_field_was_checked_is_not_accepted() -> None:
    checks = count_checks([*sure(BOX, 1000), *sure(LINE, 1, 5, confidence=0.91)])
    promise = make_promise(checks, 0.001 * 4)
    assert promise.thresholds[BOX] <= 0.999
    assert math.isinf(promise.thresholds[LINE])


def test_no_order_of_errors_changes_where_testing_begins() -> None:
    # The first threshold that is tested accepts these and fails; a search for one that
    # passes would find it below.
    early = [*sure(BOX, 0, 20, 0.9999), *sure(BOX, 5000, 0, 0.95)]
    assert not make_promise(count_checks(early), 0.01).is_empty
    assert make_promise(count_checks(sure(BOX, 900, 100)), 0.01).is_empty


def test_all_wrong_promises_nothing_and_accepts_what_no_flag_forbids() -> None:
    policy = make_policy(0.9, find_promise(1.0))
    assert not accept(reading("12", 0.01, threshold=0), policy).needs_review
    flagged = reading("12", 0.99, flags=(Flag.SEPARATOR,))
    assert accept(flagged, policy).needs_review


@pytest.mark.parametrize("target", [0.0, -0.1, 1.5, math.nan])
def test_a_share_outside_of_0_to_1_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="share"):
        make_promise(count_checks(sure(BOX, 10)), target)


def test_the_summary_names_share_kinds_and_origin() -> None:
    said = describe_promise(make_promise(count_checks(sure(BOX, 1000)), 0.005))
    assert "0.5 %" in said and "box from 0.9" in said and "a test" in said
    nothing = describe_promise(make_promise(count_checks(sure(BOX, 10)), 0.005))
    assert "all go to review" in nothing


def test_the_report_says_how_many_more_checks_it_takes() -> None:
    report = write_report(count_checks(sure(BOX, 300)))
    lines = {line.split("  ")[0]: line for line in report.splitlines()}
    assert "300 of 300" in lines["1 %, box"]
    assert "about 298" in lines["0.5 %, box"]  # 598 in all
    spoilt = write_report(count_checks(sure(BOX, 80, 20)))
    assert "too many are wrong" in spoilt


@pytest.mark.parametrize("confidence", [1.0, 0.9999, 0.95, 0.9, 0.5, 0.0])
def test_a_confidence_is_counted_where_its_threshold_accepts_it(
    confidence: float,
) -> None:
    step = find_step(confidence)
    assert STEPS[step] <= confidence
    assert step == 0 or STEPS[step - 1] > confidence


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    checks = count_checks(draw_checks(random.Random(4), 500, CELL, 0.1))
    path = tmp_path / "my.threshold"
    path.write_text(checks.to_json(), encoding="utf-8")
    assert load_checks(path) == checks


def test_strips_have_a_threshold_of_their_own_unless_there_is_a_promise() -> None:
    assert make_policy(0.95, None, 0.9).find_threshold(FieldKind.STRIP) == 0.9
    assert make_policy(0.95, None, 0.9).find_threshold(FieldKind.CELL) == 0.95
    promised = make_policy(0.95, find_promise(1.0), 0.9)
    assert promised.by_kind == make_policy(0.95, find_promise(1.0)).by_kind
