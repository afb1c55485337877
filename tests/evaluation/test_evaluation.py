from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import measured, result, truth

from formreader.evaluation import field_report
from formreader.evaluation.fields import FieldMeasurement
from formreader.evaluation.matching import edit_distance
from formreader.evaluation.outcomes import wilson_interval


def matched(found: FieldMeasurement) -> dict[str, str | None]:
    """Say which result each row of truth got."""
    return {p.truth.field: p.result.field if p.result else None for p in found.pairs}


# Figures


def test_every_figure_can_be_counted_by_hand(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [
            result("right", "1234", 0.99, raw="_1234"),
            result("silent", "17", 0.95),
            result("flagged", "5", 0.40, needs_review=True),
            result("nothing", "", 0.99, raw="__"),
            result("stray", "8", 0.90),
            result("speck", "", 0.30, needs_review=True, raw="_?"),
        ],
        [
            truth("right", "1234", cells="_1234"),
            truth("silent", "71", cells="71"),
            truth("flagged", "56"),
            truth("nothing", ""),
            truth("gone", "90", box=(500, 500, 10, 10)),
        ],
    )
    assert (found.exact.hits, found.exact.count) == (2, 5)
    # Two digits to change, one to add, two of the field that is not there.
    assert (found.digit_edits, found.digit_count) == (5, 10)
    assert found.digit_accuracy == 0.5
    assert (found.cells.hits, found.cells.count) == (1, 2)
    assert (found.review.hits, found.review.count) == (2, 5)
    assert (found.silent.hits, found.silent.count) == (1, 3)
    assert found.not_found == 1
    assert [row.field for row in found.spurious] == ["stray"]
    assert [row.field for row in found.extra] == ["stray", "speck"]
    # Four of five are kept; two of them are right.
    assert found.error_after_rejecting(0.1) == 0.5
    assert [pair.truth.field for pair in found.list_errors()] == [
        "silent",
        "flagged",
        "gone",
    ]


def test_writing_in_a_field_that_is_blank_costs_one_digit(tmp_path: Path) -> None:
    found = measured(tmp_path, [result("a", "123")], [truth("a", "")])
    assert (found.digit_edits, found.digit_count) == (1, 0)


def test_what_was_not_found_says_nothing_about_calibration(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("a", "1", 0.75), result("b", "2", 0.75)],
        [truth("a", "1"), truth("b", "3"), truth("c", "4", box=(900, 0, 5, 5))],
    )
    assert found.reliability == [(2, 0.75, 0.5)]
    assert found.calibration_error == pytest.approx(0.25)
    assert found.mean_confidence == 0.75


def test_the_surest_are_kept_and_of_equals_the_first(tmp_path: Path) -> None:
    rows = [result(f"f{n}", "1", 0.9) for n in range(9)] + [result("last", "2", 0.9)]
    typed = [truth(f"f{n}", "1") for n in range(9)] + [truth("last", "1")]
    found = measured(tmp_path, rows, typed)
    assert found.error_after_rejecting(0.1) == 0
    assert found.error_after_rejecting(0) == pytest.approx(0.1)


def test_fields_are_counted_by_name_the_worst_first(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [
            *(result("good", "1", page=page) for page in (1, 2)),
            result("bad", "1", page=1),
            result("bad", "1", page=2, needs_review=True),
        ],
        [
            *(truth("good", "1", page=page) for page in (1, 2)),
            *(truth("bad", "2", page=page) for page in (1, 2)),
        ],
    )
    assert list(found.by_field) == ["bad", "good"]
    exact, silent = found.by_field["bad"]
    assert (exact.hits, exact.count, silent.hits, silent.count) == (0, 2, 1, 1)


def test_each_kind_of_field_has_a_calibration_error_of_its_own(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [
            *(result(f"b{n}", "1", 0.9, kind="box") for n in range(10)),
            *(result(f"l{n}", "1", 0.9, kind="line") for n in range(4)),
        ],
        [
            *(truth(f"b{n}", "1" if n else "2") for n in range(10)),
            *(truth(f"l{n}", "1" if n > 1 else "2") for n in range(4)),
            truth("gone", "1"),
        ],
    )
    errors = {kind: own.calibration_error for kind, own in found.by_kind.items()}
    assert list(errors) == ["box", "line"]
    assert errors["box"] == pytest.approx(0.0)
    assert errors["line"] == pytest.approx(0.4)
    assert found.summary()["by_kind"]["line"]["calibration_error"] == 0.4
    text = field_report.write_text(found)
    assert re.search(r"^line +4 +50.00% .* 2/4 +90.00% +40.00%$", text, re.MULTILINE)


def test_the_wilson_interval_is_the_published_one() -> None:
    # Newcombe, Stat. Med. 17, 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    low, high = wilson_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    low, high = wilson_interval(0, 20)
    assert (low, round(high, 4)) == (0, 0.1611)
    assert wilson_interval(0, 0) == (0, 1)


@given(st.text("0123", max_size=8), st.text("0123", max_size=8))
def test_the_edit_distance_is_a_distance(one: str, other: str) -> None:
    distance = edit_distance(one, other)
    assert distance == edit_distance(other, one)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))
    assert (distance == 0) == (one == other)
    assert edit_distance(one + "7" + other, one + other) == 1


# Matching


def test_a_name_goes_before_a_box_and_a_box_before_a_value(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [
            result("total", "1", box=(0, 0, 100, 20)),
            result("field_002", "2", box=(0, 100, 100, 20)),
            result("field_003", "7", box=(0, 200, 100, 20)),
            result("field_004", "44", box=(0, 300, 100, 20)),
        ],
        [
            truth("total", "9", box=(0, 100, 100, 20)),
            truth("boxed", "3", box=(5, 105, 90, 10)),
            truth("typed", "43"),
        ],
    )
    assert matched(found) == {
        "total": "total",
        "boxed": "field_002",
        "typed": "field_004",
    }


def test_a_page_without_fields_is_there_but_is_no_field(tmp_path: Path) -> None:
    whole = result("page", "", 0.0, needs_review=True, box=(0, 0, 900, 900))
    typed = [truth("field_001", "12", box=(10, 10, 90, 20))]
    found = measured(tmp_path, [whole | {"flags": "no_field"}], typed)
    (pair,) = found.pairs
    assert (pair.result, pair.needs_review) == (None, True)
    assert (found.matches.unmatched, found.matches.warnings) == ((), ())


@pytest.mark.parametrize(
    ("first", "second"), [("field_001", "field_002"), ("t1_r01_c01", "t1_r02_c01")]
)
def test_automatic_names_are_no_names(tmp_path: Path, first: str, second: str) -> None:
    found = measured(
        tmp_path,
        [
            result(first, "111", box=(0, 0, 100, 20)),
            result(second, "222", box=(0, 50, 100, 20)),
        ],
        [truth(first, "222"), truth(second, "111")],
    )
    assert found.exact.hits == 2


def test_half_of_the_smaller_box_must_be_shared(tmp_path: Path) -> None:
    row = result("field_001", "1", box=(0, 0, 100, 20))
    shared = {51: "field_001", 50: None}
    for part, name in shared.items():
        typed = truth("a", "1", box=(100 - part, 0, 100, 20))
        assert matched(measured(tmp_path, [row], [typed])) == {"a": name}


def test_the_only_field_matches_the_only_result_whatever_it_says(
    tmp_path: Path,
) -> None:
    found = measured(tmp_path, [result("field_001", "99")], [truth("a", "11")])
    assert matched(found) == {"a": "field_001"}


def test_values_without_a_common_digit_do_not_match(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("field_001", "55"), result("field_002", "13")],
        [truth("a", "12"), truth("b", "77")],
    )
    assert matched(found) == {"a": "field_002", "b": None}
    assert [row.field for row in found.spurious] == ["field_001"]


def test_by_names_alone_nothing_else_counts(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("a", "1"), result("field_002", "2", box=(0, 50, 100, 20))],
        [truth("a", "9"), truth("b", "2", box=(0, 50, 100, 20)), truth("c", "2")],
        names_only=True,
    )
    assert matched(found) == {"a": "a", "b": None, "c": None}


def test_pages_do_not_mix(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("a", "1", page=1), result("a", "2", page=2)],
        [truth("a", "2", page=2), truth("a", "1", page=1)],
    )
    assert found.exact.hits == 2


def test_a_folder_in_the_truth_tells_files_of_one_name_apart(tmp_path: Path) -> None:
    rows = [result("a", "1", source="x/1/p.png"), result("a", "2", source="x/2/p.png")]
    apart = [truth("a", "2", file="2/p.png"), truth("a", "1", file="1/p.png")]
    found = measured(tmp_path, rows, apart)
    assert found.exact.hits == 2
    assert found.matches.warnings == ()
    mixed = measured(tmp_path, rows, [truth("a", "2", file="p.png")])
    assert "p.png may be x/1/p.png or x/2/p.png" in mixed.matches.warnings[0]


def test_warnings_say_what_was_not_compared(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("a", "1"), result("a", "1", source="other.png")],
        [truth("a", "1 "), truth("a", "1", file="gone.png")],
    )
    assert [warning.split(" ", 1)[0] for warning in found.matches.warnings] == ["1"] * 3
    assert "1 of 2 pages" in found.matches.warnings[0]
    nothing = measured(tmp_path, [result("a", "1")], [truth("a", "1", file="b.png")])
    assert "no page of the truth" in nothing.matches.warnings[0]
