from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_results import result, truth, write_results, write_truth

from formreader.cli import main
from formreader.errors import ExitCode


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Three fields, one of them a silent error and one flagged."""
    return (
        write_results(
            tmp_path,
            result("a", "1"),
            result("b", "2"),
            result("c", "3", needs_review=True),
        ),
        write_truth(tmp_path, truth("a", "1"), truth("b", "9"), truth("c", "3")),
    )


def test_the_report_goes_to_stdout_and_warnings_to_stderr(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    written = evaluate(*files)
    assert written.exit_code == ExitCode.OK
    assert written.stdout.startswith("fields")
    assert written.stderr == ""
    figures = json.loads(evaluate(*files, "--format", "json").stdout)
    assert (figures["fields"], figures["silent"]["hits"]) == (3, 1)
    lonely = write_truth(tmp_path, truth("a", "1"), truth("a", "1", file="b.png"))
    assert "warning: 1 of 2 pages" in evaluate(files[0], lonely).stderr


def test_a_run_folder_stands_for_the_results_inside(files: tuple[Path, Path]) -> None:
    assert evaluate(files[0].parent, files[1]).stdout == evaluate(*files).stdout


@pytest.mark.parametrize(
    ("name", "start"),
    [("r.html", "<!DOCTYPE"), ("r.json", "{"), ("r.txt", "fields"), ("r", "fields")],
)
def test_the_ending_of_the_file_says_the_format(
    tmp_path: Path, files: tuple[Path, Path], name: str, start: str
) -> None:
    report = tmp_path / name
    written = evaluate(*files, "-o", report)
    assert (written.exit_code, written.stdout) == (ExitCode.OK, "")
    assert written.stderr == f"written: {report}\n"
    assert report.read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(
    ("option", "kept", "missed"),
    [
        ("--min-exact", 0.66, 0.67),
        ("--max-silent", 0.5, 0.49),
        ("--max-review", 0.34, 0.33),
    ],
)
def test_a_limit_that_is_missed_exits_7_after_the_report(
    files: tuple[Path, Path], option: str, kept: float, missed: float
) -> None:
    assert evaluate(*files, option, kept).exit_code == ExitCode.OK
    failed = evaluate(*files, option, missed)
    assert failed.exit_code == ExitCode.SOME_FAILED
    assert failed.stdout == evaluate(*files).stdout
    assert failed.stderr.startswith("error: ")


def test_files_that_cannot_be_used_exit_3_and_name_file_and_line(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    gone = evaluate(tmp_path / "gone.csv", files[1])
    assert gone.exit_code == ExitCode.INPUT
    assert "gone.csv: there is no such file" in gone.stderr
    nowhere = evaluate(*files, "--sources", tmp_path / "nowhere")
    assert nowhere.exit_code == ExitCode.INPUT
    assert "nowhere: there is no such folder" in nowhere.stderr
    files[1].write_text("file,field,value\na.png,x\n,y,1\n", encoding="utf-8")
    bad = evaluate(*files)
    assert bad.exit_code == ExitCode.INPUT
    assert f"{files[1]}: line 3: `file` is empty" in bad.stderr


def test_a_report_that_cannot_be_written_exits_6(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    failed = evaluate(*files, "-o", tmp_path / "no" / "report.html")
    assert failed.exit_code == ExitCode.OUTPUT
