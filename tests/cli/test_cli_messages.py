"""What commands say, whatever files and fields are called."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from formreader.cli import main

PACKAGE = Path(__file__).parents[2] / "formreader"
COMMAND = (sys.executable, "-m", "formreader")
TITLE = "\x1b]0;title\x07\x1b[31mred\u202e.png"
FORGED = "a\n12:00:00 forged.png: 9 fields, 0 to review.png"

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def test_all_that_commands_say_passes_one_function() -> None:
    spoken = re.compile(r"click\.(echo|secho)\(|(?<![\w.])print\(|stderr\.write\(")
    speakers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if spoken.search(re.sub(r">>> .*|\.\.\. .*", "", path.read_text("utf-8")))
    }
    assert speakers == {"cli/messages.py", "station/door/log.py"}


@needs_posix
@pytest.mark.model
def test_watch_prints_no_name_raw_and_ends_with_0_when_a_service_is_stopped(
    tmp_path: Path,
) -> None:
    (tmp_path / "inbox").mkdir()
    for number, name in enumerate((TITLE, FORGED)):
        content = b"\x89PNG\r\n\x1a\njunk" + bytes([number])
        (tmp_path / "inbox" / name).write_bytes(content)
    told, code = watch_until(tmp_path, 2, "cannot|damaged|another kind|not an image")
    assert code == 0
    assert all(letter.isprintable() or letter == "\n" for letter in told)
    assert not re.search(r"^12:00:00 forged", told, re.MULTILINE)
    assert r"\x1b[31mred\u202e.png" in told


@needs_posix
@pytest.mark.model
def test_a_log_in_json_has_no_line_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    page = tmp_path / "inbox" / "a.tif"
    Image.new("L", (300, 300), 255).save(page, compression="tiff_lzw")
    content = bytearray(page.read_bytes())
    content[10:60] = b"\xff" * 50  # libtiff complains of that on its own
    page.write_bytes(content)
    told, _ = watch_until(tmp_path, 1, '"page"|"file"', "--log-json")
    events = [json.loads(line) for line in told.splitlines()]
    assert events[-1]["event"] == "end"


def watch_until(
    place: Path, times: int, pattern: str, *options: str
) -> tuple[str, int]:
    """Watch until something has been told so often, then stop as a service is."""
    log = place / "log"
    arguments = ["watch", str(place / "inbox"), "-o", str(place / "run")]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*COMMAND, *arguments, "--jobs", "1", "--settle", "0.5", *options],
            stderr=stream,
        )
    give_up = time.monotonic() + 90
    while len(re.findall(pattern, log.read_text())) < times:
        assert process.poll() is None and time.monotonic() < give_up, log.read_text()
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    code = process.wait(60)
    return log.read_text(), code


def test_template_check_prints_no_name_raw(tmp_path: Path) -> None:
    form = tmp_path / "form.toml"
    form.write_text(
        'name = "a\\u001b[31m"\nreference = "r.png"\nwidth = 100\nheight = 100\n'
        '[[field]]\nname = "f\\u001b[32m"\nbox = [1, 1, 20, 20]\n'
    )
    result = CliRunner().invoke(main, ["template", "check", str(form)])
    assert "\x1b" not in result.output


def test_wrong_usage_quotes_no_name_raw_and_is_json_if_that_was_asked_for() -> None:
    result = CliRunner().invoke(main, ["scan", "--\x1b[31mred"])
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    result = CliRunner().invoke(main, ["batch", "--log-json", "nowhere", "-o", "run"])
    assert result.exit_code == 3
    assert json.loads(result.stderr)["event"] == "message"


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [
        ("postgresql://ann:secret@db/forms", True),
        ("postgresql://ann@db/forms?password=secret", True),
        ("postgresql://ann@db:5432/forms", False),
    ],
)
def test_a_password_in_a_command_line_is_warned_of(
    tmp_path: Path, url: str, is_warned: bool
) -> None:
    run = str(tmp_path / "nowhere")
    result = CliRunner().invoke(main, ["review", run, "--store", url])
    assert ("can see the password" in result.stderr) is is_warned
    assert "secret" not in result.stderr
