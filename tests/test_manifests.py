from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from formreader.cli import main
from formreader.digits.model import shipped_folder
from formreader.errors import ModelError
from formreader.manifests import LARGEST_MANIFEST, ManifestRecord, load_manifest_file


@dataclass(frozen=True)
class Known(ManifestRecord):
    network: str
    shape: tuple[int, ...] = (1, 2)
    temperature: float = 1.0


def message_of(folder: Path, content: str) -> str:
    path = folder / "known.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_manifest_file(path, Known, "not a record ({}); restore it")
    assert caught.value.path == path
    assert len(caught.value.message) < 500
    return caught.value.message


def test_a_record_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    record = Known("a", shape=(3, 4, 5), temperature=2)
    path.write_text(record.to_json(), encoding="utf-8")
    assert load_manifest_file(path, Known, "not a record ({})") == record


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ('"network": 1', "key 'network': "),
        ('"network": "a", "shape": 3', "key 'shape': "),
        ('"network": "a", "shape": [1, "2"]', "key 'shape.1': "),
        ('"network": "a", "temperature": NaN', "key 'temperature': "),
        ('"network": "a", "temperature": 1e999', "key 'temperature': "),
        ('"network": "a", "shape": [' + "9" * 5000 + "]", "line 1 column"),
        ('"network": "a", "x": ' + "[" * 100_000, "line 1 column"),
        ('"network": "a",\n"x": 1', "key 'x': "),
        ('"network": "a",\n"' + "x" * 900_000 + '": 1', "key 'xxxx"),
        ('"network": "a",\n"temperature": 1e', "line 2 column"),
        ('"shape": []', "key 'network': "),
    ],
    ids=lambda value: value[:40],
)
def test_a_wrong_value_is_named_by_key_or_place(
    tmp_path: Path, values: str, told: str
) -> None:
    message = message_of(tmp_path, f'{{"format": 1, {values}}}')
    assert message.startswith("not a record (")
    assert message.endswith("; restore it")
    assert told in message


def test_a_file_of_another_format_is_refused_before_its_keys(tmp_path: Path) -> None:
    assert "its format is not 1" in message_of(tmp_path, '{"format": 2, "x": 1}')
    assert "its format is not 1" in message_of(tmp_path, "{}")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    assert "larger than 1 MB" in message_of(tmp_path, " " * (LARGEST_MANIFEST + 1))


@pytest.mark.model
@pytest.mark.parametrize(
    "change",
    [{"temperature": 5e-324}, {"sha256": []}, {"training": 1}, None],
    ids=str,
)
def test_a_damaged_manifest_ends_a_command_with_5(
    tmp_path: Path, change: dict[str, Any] | None
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(shipped_folder(), folder)
    path = folder / "digits.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text("[" * 100_000 if change is None else json.dumps(values | change))
    page = Path(__file__).parents[1] / "samples" / "exam-cover-1.jpg"
    result = CliRunner().invoke(main, ["scan", str(page), "--model", str(folder)])
    assert result.exit_code == 5
    assert "digits.json" in result.stderr
    assert len(result.stdout.splitlines()) <= 1  # the header of the CSV at most
