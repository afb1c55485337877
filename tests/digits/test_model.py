from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from formreader.digits import model
from formreader.digits.classification import DigitClassifier
from formreader.digits.model import (
    CLASSES,
    DIGITS,
    Manifest,
    checksum,
    find_model,
    load_manifest,
    shipped_folder,
)
from formreader.errors import ModelError

CONTENT = b"not a real network"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as training writes it, with a file that only looks like a network."""
    (tmp_path / "digits.tflite").write_bytes(CONTENT)
    sha256 = {"digits.tflite": hashlib.sha256(CONTENT).hexdigest()}
    manifest = Manifest("made", temperature=1.25, threshold=0.8, sha256=sha256)
    (tmp_path / "digits.json").write_text(manifest.to_json())
    return tmp_path


def change_manifest(folder: Path, **values: Any) -> Path:
    path = folder / "digits.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return path


def test_classes_are_the_digits_first() -> None:
    assert list(CLASSES) == [*"0123456789", "crossed", "other"]


def test_a_folder_and_its_file_give_the_same_model(folder: Path) -> None:
    assert find_model(folder) == find_model(folder / "digits.tflite")
    manifest = find_model(folder).manifest
    assert manifest is not None
    assert (manifest.temperature, manifest.threshold) == (1.25, 0.8)


def test_a_manifest_survives_being_written_and_read(folder: Path) -> None:
    manifest = Manifest(
        "other",
        classes=CLASSES,
        temperature=0.7,
        ink_value=0,
        training={"data": "made", "seed": 3},
        accuracy={"made": 0.5},
        sha256={"digits.tflite": "0"},
    )
    path = folder / "digits.json"
    path.write_text(manifest.to_json())
    assert load_manifest(path) == manifest


def test_a_changed_file_is_refused_by_name(folder: Path) -> None:
    (folder / "digits.tflite").write_bytes(CONTENT + b"!")
    with pytest.raises(ModelError, match=r"digits\.tflite: .*damaged.*restore"):
        find_model(folder)


def test_a_file_that_the_manifest_does_not_know_is_refused(folder: Path) -> None:
    change_manifest(folder, sha256={})
    with pytest.raises(ModelError, match=r"not the one that digits\.json speaks of"):
        find_model(folder)


def test_a_model_without_a_manifest_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes(CONTENT)
    assert find_model(path).manifest is None


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.tflite: there is no such file"):
        find_model(tmp_path / "gone.tflite")


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        find_model(tmp_path)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(CONTENT)
    with pytest.raises(ModelError, match=r"model\.onnx: not a model.*\.tflite"):
        find_model(path)


@pytest.mark.parametrize(
    "values",
    [
        {"format": 2},
        {"temperature": 0},
        {"temperature": "warm"},
        {"temperature": 5e-324},
        {"temperature": float("nan")},
        {"temperature": 10**400},
        {"non_digit_odds": 1e308},
        {"threshold": True},
        {"sha256": []},
        {"sha256": {"digits.tflite": 1}},
        {"accuracy": {"made": "good"}},
        {"training": [[]] * 3},
        {"network": None},
        {"threshold": 1.5},
        {"ink_value": 255},
        {"input_shape": [32, 32]},
        {"classes": list(DIGITS[:9])},
        {"classes": [*DIGITS, "9"]},
        {"classes": [*DIGITS, "letter"]},
        {"classes": None},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_manifest_with_a_wrong_value_names_the_file(
    folder: Path, values: dict[str, Any]
) -> None:
    path = change_manifest(folder, **values)
    with pytest.raises(ModelError, match="not a model manifest") as caught:
        load_manifest(path)
    assert caught.value.path == path


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '"text"'])
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "digits.json"
    path.write_text(text)
    with pytest.raises(ModelError, match="not a model manifest"):
        load_manifest(path)


def test_the_wheel_comes_before_the_checkout(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any
) -> None:
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / "digits.json").write_bytes((folder / "digits.json").read_bytes())
    monkeypatch.setattr(model, "_SHIPPED_FOLDERS", (folder, checkout))
    assert shipped_folder() == folder
    (folder / "digits.json").unlink()
    assert shipped_folder() == checkout


def test_a_lost_model_says_the_remedy(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(model, "_SHIPPED_FOLDERS", (tmp_path,))
    with pytest.raises(ModelError, match="install formreader again"):
        find_model()


@pytest.mark.model
def test_the_shipped_files_are_those_of_their_manifest() -> None:
    folder = shipped_folder()
    manifest = load_manifest(folder / "digits.json")
    assert set(manifest.sha256) == {"digits.keras", "digits.tflite"}
    for name, sha256 in manifest.sha256.items():
        assert checksum(folder / name) == sha256
    assert manifest.accuracy["mnist_test"] >= 0.996


@pytest.mark.model
def test_the_shipped_file_alone_is_taken_with_all_its_classes(tmp_path: Path) -> None:
    copy = tmp_path / "mine.tflite"
    copy.write_bytes((shipped_folder() / "digits.tflite").read_bytes())
    manifest = DigitClassifier.load(copy).manifest
    assert (manifest.classes, manifest.temperature) == (CLASSES, 1.0)
