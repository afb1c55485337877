"""Install the oldest version of every package that formreader allows, and try them.

    python scripts/check_floors.py

A floor in pyproject.toml that nobody installs says nothing. This makes an environment
of all of them, reads a sample there, and runs tests that touch each package: images and
PDFs, templates, the store, exports and the review station.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = "samples/exam-cover-1.jpg"
TOOLS = ("httpx", "hypothesis", "openpyxl", "psutil", "pytest", "pytest-timeout")
TESTS = (
    "tests/digits/test_runtime.py",
    "tests/export/test_export_files.py",
    "tests/forms/test_template.py",
    "tests/forms/test_printing.py",
    "tests/pages/test_image_kinds.py",
    "tests/station/test_review_guard.py",
    "tests/station/test_review_routes.py",
    "tests/store/test_store.py",
    "tests/test_manifests.py",
)


def main() -> None:
    """Make the environment and try it; end with 1 if anything fails."""
    with tempfile.TemporaryDirectory() as name:
        floors, python = Path(name, "floors.txt"), Path(name, "venv", "bin", "python")
        run_uv("venv", "--quiet", "--python", sys.executable, str(Path(name, "venv")))
        run_uv(
            *("pip", "compile", "--quiet", "--resolution", "lowest-direct"),
            *("--extra", "export", "--python", str(python), "--output-file"),
            *(str(floors), "pyproject.toml"),
        )
        print(list_floors(floors), flush=True)
        install = ("pip", "install", "--quiet", "--python", str(python))
        run_uv(*install, "--requirement", str(floors))
        run_uv(*install, "--constraint", str(floors), *TOOLS)
        run_uv(*install, "--no-deps", "--editable", ".")
        numbers = run(str(python), "-m", "formreader", "scan", SAMPLE)
        assert numbers.count("\n") > 1, f"nothing was read: {numbers!r}"
        # Old packages warn of what newer ones have mended.
        tests = ("-m", "pytest", "-q", "-k", "not postgresql", "-o", "filterwarnings=")
        print(run(str(python), *tests, *TESTS).splitlines()[-1])


def list_floors(path: Path) -> str:
    """List the packages that pyproject.toml names, with the versions chosen."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {line.partition(">")[0] for line in project["dependencies"]}
    chosen = [line.strip() for line in path.read_text().splitlines()]
    return " ".join(line for line in chosen if line.partition("==")[0] in named)


def run_uv(*arguments: str) -> None:
    """Run uv, and end if it fails."""
    run(sys.executable, "-m", "uv", *arguments)


def run(*command: str) -> str:
    """Run a command in the checkout, and end if it fails.

    Returns:
        What it wrote to stdout.
    """
    # Of the environment this is run in, nothing counts.
    kept = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    ended = subprocess.run(
        command, cwd=ROOT, env=kept, stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        print(ended.stdout, file=sys.stderr)
        sys.exit(f"failed: {' '.join(command)}")
    return ended.stdout


if __name__ == "__main__":
    main()
