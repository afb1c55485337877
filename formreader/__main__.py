"""`python -m formreader` is the command `formreader`."""

from __future__ import annotations

from formreader.cli import main

if __name__ == "__main__":
    main(prog_name="formreader")
