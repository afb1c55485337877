"""How commands end when they cannot go on, tried on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from formreader.cli import main
from formreader.errors import UnreadableFileError

COMMAND = (sys.executable, "-m", "formreader")
SAMPLES = Path(__file__).parents[2] / "samples"

needs_dev_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs /dev/full"
)
needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")


def run(
    *arguments: object, stdout: int, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        check=False,
    )


@needs_dev_full
@pytest.mark.model
@pytest.mark.parametrize(
    "arguments", [["--help"], ["scan", "--help"], ["model", "info"]]
)
def test_a_full_disk_behind_stdout_exits_6_with_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(*arguments, stdout=full.fileno())
    assert done.returncode == 6
    assert done.stderr == b"error: cannot write (No space left on device)\n"


@needs_posix
@pytest.mark.model
def test_a_reader_that_has_gone_exits_141_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run("model", "info", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@needs_posix
@pytest.mark.model
def test_ctrl_c_exits_130_with_one_line(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.jpg").symlink_to(SAMPLES / "exam-cover-1.jpg")
    process = subprocess.Popen(
        [*COMMAND, "scan", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()  # the header: it is at work now
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.split() == ["stopped"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_without_a_model_nothing_is_written(tmp_path: Path, form: str) -> None:
    page, gone = SAMPLES / "exam-cover-1.jpg", tmp_path / "gone.keras"
    done = run(
        *("scan", page, "--format", form, "--model", gone), stdout=subprocess.PIPE
    )
    assert done.returncode == 5
    assert done.stdout == b""


@needs_posix
@pytest.mark.model
@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.5])
def test_ctrl_c_of_a_terminal_stops_a_batch_without_a_traceback(
    tmp_path: Path, after_s: float
) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(200):
        content = (SAMPLES / "exam-cover-1.jpg").read_bytes() + bytes([number])
        (scans / f"{number}.jpg").write_bytes(content)
    process = subprocess.Popen(
        [*COMMAND, "batch", str(scans), "-o", str(tmp_path / "run"), "--jobs", "1"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "run" / ".lock").exists():
        time.sleep(0.01)
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGINT)  # the workers hear it as well
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert told.count("stopped") == 1


@needs_posix
@pytest.mark.model
def test_a_closed_stdout_exits_6_and_says_what_to_do() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "scan", "nowhere.png"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 6
    assert done.stderr == "error: there is no stdout to write to; give a file with -o\n"


@pytest.mark.model
def test_stdout_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    page = tmp_path / "café.png"
    Image.new("L", (400, 300), 255).save(page)
    done = run(
        "scan",
        page,
        "--wide",
        stdout=subprocess.PIPE,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    assert done.stdout.endswith(f"{page},1,page\r\n".encode())


@needs_posix
def test_processes_that_tests_start_hear_ctrl_c() -> None:
    heard = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    done = subprocess.run([sys.executable, "-c", heard], capture_output=True)
    assert done.stdout.split() == [b"False"]


def test_an_error_stays_in_its_line_whatever_the_file_is_called() -> None:
    error = UnreadableFileError("is empty", path=Path("a\nb\x1b[31m\udce9.jpg"))
    assert str(error) == r"a\nb\x1b[31m\udce9.jpg: is empty"


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", ""],
        ["scan", "page.png", "-o", ""],
        ["scan", "page.png", "-t", ""],
        ["batch", "scans", "-o", ""],
        ["scan", "page.png", "--threshold", "nan"],
        ["batch", "scans", "-o", "run", "--page-timeout", "inf"],
    ],
)
def test_an_empty_path_and_no_number_are_wrong_usage(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "the path is empty" in result.stderr or "is no number" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs names that are no UTF-8")
def test_a_template_is_not_given_a_name_that_toml_cannot_hold(tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.toml")
    blank = SAMPLES / "exam-cover-blank.png"
    result = CliRunner().invoke(main, ["template", "new", str(blank), "-o", odd])
    assert result.exit_code == 2
    assert "choose another" in result.stderr
    assert list(tmp_path.iterdir()) == []
