"""Build the wheel, install it in a new environment, and read a sample with it.

Run from anywhere; needs the packages of the dependency group `dev`:

    python scripts/check_wheel.py
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SAMPLE = CHECKOUT / "samples" / "exam-cover-1.jpg"
MUST_HOLD = (
    "formreader/py.typed",
    "formreader/station/static/station.css",
    "formreader/station/templates/base.html",
    "formreader/_models/digits.json",
    "formreader/_models/digits.tflite",
    "formreader/_models/digits.keras",
    "formreader/_models/upright.tflite",
    "formreader/_models/contents.json",
    "formreader/_models/contents.tflite",
    "formreader/_models/doubt.json",
    "formreader/_models/ticks.json",
    "formreader/_models/upright.json",
)


def main() -> None:
    """Check the wheel from its contents to the numbers it reads."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wheel = build_wheel(scratch)
        check_contents(wheel)
        python = install(wheel, scratch / "venv")
        shutil.copy(SAMPLE, scratch)
        found = scan(python, scratch / SAMPLE.name)
    wanted = expected_values()
    if found != wanted:
        sys.exit(f"error: the installed wheel reads {found}, expected {wanted}")
    print(f"{wheel.name}: installed alone, it reads {SAMPLE.name} rightly")


def build_wheel(scratch: Path) -> Path:
    """Build the sdist and, from it, the wheel; so the sdist is checked too."""
    build = (sys.executable, "-m", "build", "--installer", "uv")
    run(*build, "--outdir", str(scratch), str(CHECKOUT))
    (wheel,) = scratch.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Stop if a file is missing, or if tests or samples came along."""
    names = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in MUST_HOLD if name not in names]
    foreign = [name for name in names if not name.startswith("formreader")]
    if missing or foreign:
        sys.exit(f"error: the wheel lacks {missing} and has {foreign}")


def install(wheel: Path, venv: Path) -> Path:
    """Install the wheel with its dependencies and nothing else."""
    uv = (sys.executable, "-m", "uv")
    run(*uv, "venv", "--quiet", "--python", sys.executable, str(venv))
    python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(*uv, "pip", "install", "--quiet", "--python", str(python), str(wheel))
    return python


def scan(python: Path, page: Path) -> dict[str, str]:
    """Read a page with the installed command, away from the checkout."""
    command = python.parent / "formreader"
    output = run(str(command), "scan", page.name, cwd=page.parent)
    return {row["field"]: row["value"] for row in csv.DictReader(io.StringIO(output))}


def expected_values() -> dict[str, str]:
    """Take the right values from the list that belongs to the samples."""
    with (SAMPLE.parent / "expected.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["file"] == SAMPLE.name]
    return {f"field_{at:03}": row["value"] for at, row in enumerate(rows, 1)}


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command without this checkout on its path; stop if it fails."""
    clean = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=clean, text=True, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"error: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
