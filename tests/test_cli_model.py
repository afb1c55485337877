from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from made_digits import make_digits

from formreader.cli import main
from formreader.errors import ExitCode
from formreader.training import architectures


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
    assert lines["network"].strip() == "report"
    assert lines["classes"].strip() == "0 1 2 3 4 5 6 7 8 9"


@pytest.mark.model
def test_evaluate_counts_each_class_and_all(digits_file: Path) -> None:
    result = CliRunner().invoke(main, ["model", "evaluate", str(digits_file)])
    assert result.exit_code == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["class"] for row in rows] == [*"0123456789", "all"]
    assert [row["digits"] for row in rows] == ["6"] * 10 + ["60"]
    assert sum(int(row["right"]) for row in rows[:-1]) == int(rows[-1]["right"])
    assert float(rows[-1]["accuracy"]) >= 0.95
    assert "accuracy" in result.stderr


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
    assert "5 digits are too few" in result.stderr


def test_train_writes_a_model_that_info_and_evaluate_take(
    tmp_path: Path, digits_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")
    from test_training import build_small_network

    monkeypatch.setitem(
        architectures.ARCHITECTURES, "small", lambda classes: build_small_network()
    )
    out = tmp_path / "model"
    result = CliRunner().invoke(
        main,
        f"model train -o {out} --data {digits_file} --test {digits_file} "
        "--architecture small --epochs 2".split(),
    )
    assert result.exit_code == ExitCode.OK, result.stderr
    assert result.stdout == ""
    assert "epoch 2/2" in result.stderr
    names = {path.name for path in out.iterdir()}
    assert names == {"digits.keras", "digits.tflite", "digits.json", "log.csv"}
    manifest = json.loads((out / "digits.json").read_text())
    assert manifest["training"] == {
        "data": "drawn.npz",
        "digits fitted": 55,
        "epochs": 2,
        "seed": 1,
    }
    assert set(manifest["accuracy"]) == {"held out", "drawn"}
    for command in (["info"], ["evaluate", str(digits_file)]):
        result = CliRunner().invoke(main, ["model", *command, "--model", str(out)])
        assert result.exit_code == ExitCode.OK, result.stderr


def test_a_stopped_training_says_how_to_go_on(
    tmp_path: Path, digits_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("formreader.training.fit.fit_network", stop)
    result = CliRunner().invoke(
        main, f"model train -o {tmp_path} --data {digits_file}".split()
    )
    assert result.exit_code != ExitCode.OK
    assert "--resume" in result.stderr
