from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from made_digits import make_digits

from formreader.cli import main
from formreader.digits.model import shipped_folder
from formreader.errors import ExitCode


@pytest.fixture
def digits_file(tmp_path: Path) -> Path:
    digits = make_digits(60)
    path = tmp_path / "drawn.npz"
    np.savez(path, x=digits.images, y=digits.labels)
    return path


@pytest.mark.model
def test_info_says_what_the_shipped_model_is() -> None:
    result = CliRunner().invoke(main, ["model", "info"])
    assert result.exit_code == ExitCode.OK
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert lines["network"].strip() == "default"
    assert lines["classes"].split() == [*"0123456789", "crossed", "other"]


@pytest.mark.model
def test_evaluate_counts_each_class_and_all(digits_file: Path) -> None:
    result = CliRunner().invoke(
        main, ["model", "evaluate", str(digits_file), "--format", "json"]
    )
    assert result.exit_code == ExitCode.OK
    figures = json.loads(result.stdout)["drawn"]
    assert figures["count"] == 60
    assert {row["count"] for row in figures["per_class"].values()} == {6}
    assert figures["accuracy"] >= 0.95


@pytest.mark.model
def test_evaluate_writes_text_and_a_page_with_pictures(
    digits_file: Path, tmp_path: Path
) -> None:
    result = CliRunner().invoke(main, ["model", "evaluate", f"{digits_file}@0:0.5"])
    assert result.exit_code == ExitCode.OK
    assert result.stdout.splitlines()[1].split()[:2] == ["drawn", "30"]
    page = tmp_path / "report.html"
    result = CliRunner().invoke(
        main,
        f"model evaluate {digits_file} --format html -o {page}".split(),
    )
    assert result.exit_code == ExitCode.OK
    assert result.stdout == ""
    assert "<svg" in page.read_text()


@pytest.mark.model
def test_a_report_that_cannot_be_written_exits_6(
    digits_file: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "no" / "report.html"
    result = CliRunner().invoke(
        main, ["model", "evaluate", str(digits_file), "-o", str(gone)]
    )
    assert result.exit_code == ExitCode.OUTPUT
    assert str(gone) in result.stderr


def test_a_missing_model_exits_5_and_says_which(tmp_path: Path) -> None:
    gone = tmp_path / "gone.tflite"
    result = CliRunner().invoke(main, ["model", "info", "--model", str(gone)])
    assert result.exit_code == ExitCode.MODEL
    assert str(gone) in result.stderr
    assert result.stdout == ""


@pytest.mark.model
def test_unreadable_digits_exit_3_and_say_which(tmp_path: Path) -> None:
    text = tmp_path / "digits.npz"
    text.write_text("text")
    result = CliRunner().invoke(main, ["model", "evaluate", str(text)])
    assert result.exit_code == ExitCode.INPUT
    assert str(text) in result.stderr


def test_training_without_tensorflow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    result = CliRunner().invoke(main, ["model", "train", "-o", str(tmp_path)])
    assert result.exit_code == ExitCode.MODEL
    assert "pip install 'formreader[train]'" in result.stderr


def test_too_few_digits_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    digits = make_digits(5)
    np.savez(tmp_path / "few.npz", x=digits.images, y=digits.labels)
    result = CliRunner().invoke(
        main,
        ["model", "train", "-o", str(tmp_path), "--data", str(tmp_path / "few.npz")],
    )
    assert result.exit_code == ExitCode.INPUT
    assert "5 digits in few are too few" in result.stderr


def test_train_writes_a_model_that_info_and_evaluate_take(
    tmp_path: Path, digits_file: Path
) -> None:
    pytest.importorskip("tensorflow")
    out = tmp_path / "model"
    result = CliRunner().invoke(
        main,
        f"model train -o {out} --data {digits_file} --test {digits_file} --epochs 2 "
        "--epoch-size 512".split(),
    )
    assert result.exit_code == ExitCode.OK, result.stderr
    assert result.stdout == ""
    assert "epoch 3/3" in result.stderr
    assert {path.name for path in out.iterdir()} == {
        "digits.keras",
        "digits.tflite",
        "digits.json",
        "learning-curve.png",
        "log.csv",
    }
    manifest = json.loads((out / "digits.json").read_text())
    assert manifest["network"] == "default"
    assert len(manifest["classes"]) == 12
    assert manifest["training"] == {
        "data": "drawn",
        "digits fitted": 55,
        "crops shown": 1536,
        "epochs": 3,
        "seed": 1,
    }
    assert set(manifest["accuracy"]) == {
        "held out",
        "held out, degraded",
        "held-out non-digits",
        "held-out non-digits, degraded",
        "drawn",
    }
    for command in (["info"], ["evaluate", str(digits_file)]):
        result = CliRunner().invoke(main, ["model", *command, "--model", str(out)])
        assert result.exit_code == ExitCode.OK, result.stderr


@pytest.mark.model
def test_train_goes_on_from_a_model_with_letters_and_strokes(
    tmp_path: Path, digits_file: Path
) -> None:
    pytest.importorskip("tensorflow")
    crops = np.zeros((120, 20, 20), np.uint8)
    crops[:, 2:18, 4:7] = crops[:, 15:18, 4:16] = 255
    codes = np.tile([ord("L"), ord("x")], 60)
    np.savez(tmp_path / "abc.npz", x=crops, y=codes, w=np.arange(120) // 2)
    rows = [[7, writer, [[[0, 0], [60, 0], [30, 100]]]] for writer in range(40)]
    strokes = tmp_path / "pen.json.gz"
    strokes.write_bytes(gzip.compress(json.dumps(rows).encode()))
    without = tmp_path / "without.csv"
    without.write_text("file,writer\npen,1\n")
    out = tmp_path / "model"
    result = CliRunner().invoke(
        main,
        f"model train -o {out} --data {digits_file} --test {digits_file} --epochs 1 "
        f"--epoch-size 256 --letters {tmp_path / 'abc.npz'}*0.5 --strokes {strokes} "
        f"--without {without} --model {shipped_folder()}".split(),
    )
    assert result.exit_code == ExitCode.OK, result.stderr
    manifest = json.loads((out / "digits.json").read_text())
    shipped = json.loads((shipped_folder() / "digits.json").read_text())
    assert manifest["training"]["started from"] == shipped["sha256"]["digits.keras"]
    assert manifest["training"]["letters"] == "abc"
    assert manifest["training"]["strokes"] == "pen"
    assert manifest["accuracy"]["drawn"] > 0.8  # it knew digits before
    assert "held-out letters" in manifest["accuracy"]


def test_a_stopped_training_says_how_to_go_on(
    tmp_path: Path, digits_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("formreader.training.digits.run.fit_network", stop)
    result = CliRunner().invoke(
        main, f"model train -o {tmp_path} --data {digits_file} --epoch-size 64".split()
    )
    assert result.exit_code != ExitCode.OK
    assert "--resume" in result.stderr
