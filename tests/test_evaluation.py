from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import result, truth, write_results, write_truth

from formreader.errors import InputError, UnreadableFileError
from formreader.evaluation import field_report, tables
from formreader.evaluation.crops import cut_crops, find_source
from formreader.evaluation.fields import FieldMeasurement, measure_fields
from formreader.evaluation.matching import edit_distance
from formreader.evaluation.outcomes import wilson_interval
from formreader.evaluation.tables import Area, read_results, read_truth

Rows = list[dict[str, object]]


def measured(
    folder: Path, results: Rows, typed: Rows, *, names_only: bool = False
) -> FieldMeasurement:
    return measure_fields(
        write_results(folder, *results),
        write_truth(folder, *typed),
        names_only=names_only,
    )


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


def test_automatic_names_are_no_names(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [
            result("field_001", "111", box=(0, 0, 100, 20)),
            result("field_002", "222", box=(0, 50, 100, 20)),
        ],
        [truth("field_001", "222"), truth("field_002", "111")],
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


# Files


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


HEADER = "file,page,field,value\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: no column `file`"),
        ("name,value\n", "line 1: no column `file`, `field`"),
        (HEADER, "holds no row"),
        (HEADER + "a.png,1,x,12\na.png,one,x,1\n", "line 3: `page` is 'one'"),
        (HEADER + "a.png,0,x,12\n", "line 2: `page` is '0'"),
        (HEADER + ",1,x,12\n", "line 2: `file` is empty"),
        (HEADER + "a.png,1,x,12,500\n", "line 2: 5 cells, the first line has 4"),
        (HEADER.encode() + b"a.png,1,x,1\n\xff\xfe,1,x,1\n", "line 3: not text in UTF"),
        ((HEADER + "a.png,1,x,1\n").encode("utf-16"), "line 1: not text in UTF-8"),
        (HEADER + f"a.png,1,x,{'1' * 2000}\n", "line 2: `value` has 2000 characters"),
        (HEADER + f'a.png,1,x,"{"1" * 200_000}', "no CSV"),
        ("file,field,value,left\na.png,x,1,wide\n", "line 2: `left` is 'wide'"),
        ("file,field,value,left\na.png,x,1,nan\n", "line 2: `left` is 'nan'"),
        ("file,field,value,value\na.png,x,1,1\n", "two columns are called `value`"),
    ],
)
def test_truth_that_cannot_be_used_names_file_and_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = write(tmp_path / "truth.csv", content)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_truth(path)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("a.png,x,1,1.5,true", "line 2: `confidence` is 1.5"),
        ("a.png,x,1,sure,true", "line 2: `confidence` is 'sure'"),
        ("a.png,x,1,0.5,yes", "line 2: `needs_review` is 'yes'"),
    ],
)
def test_results_that_cannot_be_used_name_file_and_line(
    tmp_path: Path, cells: str, message: str
) -> None:
    header = "source,field,value,confidence,needs_review\n"
    path = write(tmp_path / "fields.csv", header + cells)
    with pytest.raises(InputError, match=re.escape(message)):
        list(read_results(path))


def test_a_wide_table_is_told_from_results(tmp_path: Path) -> None:
    path = write(tmp_path / "wide.csv", "source,page,total,needs_review\na.png,1,3,\n")
    with pytest.raises(InputError, match="without --wide"):
        list(read_results(path))


def test_missing_files_and_folders_without_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no such file"):
        read_truth(tmp_path / "gone.csv")
    with pytest.raises(UnreadableFileError, match="not a file"):
        read_truth(tmp_path)
    with pytest.raises(UnreadableFileError) as caught:
        list(read_results(tmp_path))
    assert caught.value.path == tmp_path / "fields.csv"


def test_huge_files_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "truth.csv", HEADER + "a.png,1,x,12\n" * 3)
    monkeypatch.setattr(tables, "MOST_TRUTH", 2)
    with pytest.raises(InputError, match="line 4: the truth has more than 2 rows"):
        read_truth(path)
    monkeypatch.setattr(tables, "LARGEST_TABLE", 10)
    with pytest.raises(InputError, match="larger than"):
        read_truth(path)


def test_too_many_values_to_compare_are_refused(tmp_path: Path) -> None:
    rows = [result(f"field_{n:04d}", "1", box=(0, 50 * n, 9, 9)) for n in range(1001)]
    typed = [truth("x", "1") for _ in range(1001)]
    with pytest.raises(InputError, match="give fields their names or boxes"):
        measured(tmp_path, rows, typed)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_truth_as_spreadsheets_save_it_is_read(tmp_path: Path, separator: str) -> None:
    text = separator.join(["File", "Field", "Value"]) + "\r\n"
    text += separator.join(["a.png", "x", "007"]) + "\r\n" + separator * 2 + "\r\n"
    (row,) = read_truth(write(tmp_path / "truth.csv", text.encode("utf-8-sig")))
    assert (row.file, row.page, row.field, row.value) == ("a.png", 1, "x", "007")


# Reports


def test_text_json_and_html_say_the_same(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("a", "1", 0.97), result("b", "2"), result("stray", "<3>")],
        [truth("a", "7"), truth("b", "2")],
    )
    text = field_report.write_text(found)
    assert re.search(r"^exact +1/2 +50\.00%", text, re.MULTILINE)
    assert re.search(r"^a\.png +1 +a +7 +1 +1 +0\.9700 +SILENT$", text, re.MULTILINE)
    figures = json.loads(field_report.write_json(found))
    assert figures["exact"]["hits"] == figures["silent"]["hits"] == 1
    assert figures["silent"]["interval"] == [
        round(end, 6) for end in wilson_interval(1, 2)
    ]
    assert figures["errors"][0]["truth"] == "7"
    page = field_report.write_html("Report", found)
    assert "<td>1/2</td><td>50.00%</td>" in page
    assert "SILENT" in page
    assert "SPURIOUS" in page
    assert "&lt;3&gt;" in page
    assert "<3>" not in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)


def test_nothing_wrong_is_a_report_as_well(tmp_path: Path) -> None:
    found = measured(tmp_path, [result("a", "1")], [truth("a", "1")])
    assert "Errors" not in field_report.write_text(found)
    assert "None." in field_report.write_html("Report", found)


def test_long_lists_of_errors_are_cut_in_text(tmp_path: Path) -> None:
    rows = [result("a", "1", page=page) for page in range(1, 31)]
    typed = [truth("a", "2", page=page) for page in range(1, 31)]
    text = field_report.write_text(measured(tmp_path, rows, typed))
    assert "... and 10 more" in text


def test_html_shows_the_fields_that_were_misread(tmp_path: Path) -> None:
    pixels = np.full((300, 400), 255, np.uint8)
    pixels[120:140, 60:160] = 0
    (tmp_path / "scans").mkdir()
    cv2.imwrite(str(tmp_path / "scans" / "a.png"), pixels)
    row = result("a", "1", box=(60, 120, 100, 20))
    found = measured(tmp_path, [row], [truth("a", "7")])
    assert "data:image" not in field_report.write_html("Report", found)
    page = field_report.write_html("Report", found, tmp_path)
    assert page.count("data:image/png;base64,") == 1
    assert "7 read as 1 (0.9900) SILENT: a.png, page 1, a" in page
    assert "data:image" not in field_report.write_html("R", found, tmp_path / "x")


def test_a_crop_has_its_field_and_a_margin(tmp_path: Path) -> None:
    pixels = np.full((300, 400), 255, np.uint8)
    pixels[120:140, 60:160] = 0
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    places = [
        ("a.png", 1, Area(60, 120, 100, 20)),
        ("a.png", 2, Area(60, 120, 100, 20)),
        ("a.png", 1, Area(900, 0, 10, 10)),
        ("a.png", 1, None),
        ("gone.png", 1, Area(0, 0, 10, 10)),
    ]
    crop, *rest = cut_crops(places, tmp_path)
    assert crop is not None
    assert crop.shape == (30, 110)
    assert (crop[5:25, 5:105] == 0).all()
    assert (crop[:5] == 255).all()
    assert rest == [None] * 4


def test_sources_are_found_by_the_end_of_their_path_and_only_inside(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "scans"
    (folder / "b").mkdir(parents=True)
    for path in (folder / "a.png", folder / "b" / "a.png", tmp_path / "secret.png"):
        path.touch()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    found = {
        "a.png": "a.png",
        "elsewhere/scans/b/a.png": "b/a.png",
        "/b/a.png": "b/a.png",
        "../secret.png": None,
        str(tmp_path / "secret.png"): None,
        "link.png": None,
        "b": None,
        "a\0.png": None,
        "x" * 5000: None,
    }
    for source, name in found.items():
        wanted = folder.resolve() / name if name else None
        assert find_source(folder, source) == wanted, source
