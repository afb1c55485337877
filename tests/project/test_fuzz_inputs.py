from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz_inputs import Findings, check_scan, check_text
from hostile_files import HostileFile, make_file

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz_inputs.py"


def test_a_file_is_made_again_by_its_seed_and_number() -> None:
    files = [make_file(1, number) for number in range(50)]
    assert files == [make_file(1, number) for number in range(50)]
    assert files != [make_file(2, number) for number in range(50)]
    assert len({file.name for file in files}) == 50


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Traceback (most recent call last):\n  File", "traceback"),
        ("error: a.png: unexpected error (IndexError: x)", "unexpected"),
        ("warning: \x1b[31mred", "control"),
    ],
)
def test_what_a_command_may_not_show_is_a_fault(text: str, kind: str) -> None:
    findings = Findings()
    check_text("scan", text, findings)
    assert findings.counts[kind] == 1
    assert len(findings.faults) == 1


def test_a_file_that_nothing_is_said_of_is_missing(tmp_path: Path) -> None:
    files = [HostileFile(name, "png", b"") for name in ("a.png", "b.png", "c.png")]
    table, findings = tmp_path / "numbers.csv", Findings()
    table.write_text(f"source,page\n{tmp_path / 'a.png'},1\n")
    said = f"error: {tmp_path / 'b.png'}: the image is damaged; copy it again\n"
    check_scan(files, tmp_path, table, said, findings)
    assert findings.faults == ["missing: scan: c.png (png)"]
    assert findings.counts["scan failed"] == 1


@pytest.mark.model
@pytest.mark.timeout(400)
def test_hostile_files_cost_no_more_than_themselves() -> None:
    command = [sys.executable, str(SCRIPT), "--count", "200", "--page-timeout", "3"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "missing                   0" in ended.stdout
