"""What the documentation says is so: commands exist, links resolve, examples run."""

from __future__ import annotations

import ast
import csv
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest

from formreader import errors
from formreader.cli import main as formreader
from formreader.export import COLUMNS
from formreader.records import Flag

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import make_cli_docs  # noqa: E402  # scripts are no package

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "models/*.md", "samples/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
CONTEXTS = list(make_cli_docs.walk_commands(formreader, "formreader"))
TOLERANCE = 0.02  # of a probability: processors round the network's sums differently
BOX_TOLERANCE = 2  # pixels
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\b([01]\.\d+)\b")


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fences(text: str) -> list[tuple[str, str]]:
    """List the fenced blocks of a page as language and text."""
    return [(found[1], found[2]) for found in _FENCE.finditer(text)]


def tracked_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


# Commands


def test_the_page_of_commands_is_not_stale() -> None:
    assert read("docs/cli.md") == make_cli_docs.make_page(), (
        "run: python scripts/make_cli_docs.py"
    )


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda one: str(one.command_path))
def test_every_command_shows_an_example_of_itself(context: click.Context) -> None:
    shown = context.get_help()
    assert re.search(r"^  Examples?:\n +formreader ", shown, re.MULTILINE), shown
    assert re.search(rf"^ +{context.command_path} ", shown, re.MULTILINE), shown


def commands_shown(text: str) -> Iterator[list[str]]:
    """List the formreader commands in the code of a page, without redirections."""
    code = [block for language, block in fences(text) if language != "text"]
    outside = _FENCE.sub("", text)
    code += re.findall(r"^    .*$", outside, re.MULTILINE)
    for line in "\n".join(code).splitlines():
        command = re.split(r"[|>#]", line.strip().removeprefix("$ "))[0]
        words = shlex.split(command) if command.startswith("formreader ") else []
        if words:
            yield words[1:]


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_every_command_shown_exists_with_its_options(path: Path) -> None:
    for words in commands_shown(path.read_text(encoding="utf-8")):
        parse_command(formreader, words)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda one: str(one.command_path))
def test_the_examples_in_help_can_be_parsed(context: click.Context) -> None:
    for line in context.get_help().splitlines():
        if line.startswith("      formreader "):
            parse_command(formreader, shlex.split(line)[1:])


def parse_command(command: click.Command, words: list[str]) -> None:
    """Let click parse a command line; it raises a UsageError if there is none such."""
    while isinstance(command, click.Group) and words and words[0][0] != "-":
        context = click.Context(command)
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]!r}"
        command, words = found, words[1:]
    if words not in (["--help"], ["--version"]):
        command.make_context(command.name, list(words))


# Pages


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) < 150


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_relative_links_lead_somewhere(path: Path) -> None:
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = path.parent / name if name else path
        assert linked.exists(), f"{page_id(path)} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{page_id(path)} links to {target}"


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}


def test_no_file_speaks_of_a_developers_machine() -> None:
    private = re.compile(
        rb"(?<![\w.~}/-])/(?:home|root|Users|work)/\w+|[A-Z]:\\Users\\"
    )
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content:
            found = private.search(content)
            assert found is None, f"{page_id(path)} names {found[0]!r}"


def test_pictures_are_small() -> None:
    for path in (ROOT / "docs" / "images").iterdir():
        assert path.stat().st_size < 150_000, path.name


# Completeness


def test_every_column_and_flag_is_explained() -> None:
    page = read("docs/output.md")
    for name in (*COLUMNS, *Flag):
        assert f"`{name}`" in page, name


def test_every_error_class_and_exit_code_is_explained() -> None:
    page = read("docs/errors.md")
    for code in errors.ExitCode:
        assert f"| {code.value} | `{code.name}` |" in page
    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, errors.FormReaderError):
            assert f"`{name}`" in page, name


def test_every_message_explained_is_one_of_the_code() -> None:
    code = "\n".join(texts_of_the_code())
    shown = [
        quoted[0] or quoted[1]
        for row in re.findall(r"^\| (.*?) \| ", read("docs/errors.md"), re.MULTILINE)
        for quoted in re.findall(r"``\s*(.+?)\s*``|`([^`]+)`", row)
    ]
    assert len(shown) > 100
    for message in shown:
        for part in _VARIES.split(message):
            assert part.strip(" :;,()") in code, f"no message says {message!r}"


# What a message fills in: names in quotes or backticks, files, numbers, or `...`.
_VARIES = re.compile(r"\.\.\.|'[^']*'|`[^`]*`?|\.?\w+\.\w+|\.\w+\b|--\S+|\d[\d,]*")


def texts_of_the_code() -> Iterator[str]:
    for path in sorted((ROOT / "formreader").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_dependency_has_its_reason() -> None:
    section = read("docs/architecture.md").partition("## Dependencies")[2]
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    for requirement in (*project["dependencies"], *(r for e in extras for r in e)):
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        assert f"`{name}`" in section, f"say in docs/architecture.md why {name}"


# Examples


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing but the samples, where examples run."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.model
@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/evaluation.md",
        "docs/forms.md",
        "docs/library.md",
        "docs/output.md",
        "docs/rules.md",
        "docs/templates.md",
        "docs/tutorial.md",
    ],
)
def test_examples_print_what_the_page_says(name: str, place: Path) -> None:
    names: dict[str, Any] = {}
    blocks = [*fences(read(name)), ("", "")]
    for (language, block), (following, text) in pairwise(blocks):
        if language == "python":
            shown = text if following == "text" else ""
            assert_same_text(run_python(block, names), shown.strip())
        elif language == "console" and block != first_csv():
            for command, shown in split_console(block):
                assert_same_text(run_shell(command, place), shown)


@pytest.mark.model
def test_the_readme_shows_what_the_command_prints(place: Path) -> None:
    ((command, shown),) = split_console(first_csv())
    printed = run_shell(command, place)
    assert printed.splitlines()[-1] == shown.splitlines()[-1]
    for found, wanted in zip(table(printed), table(shown), strict=True):
        for column in ("left", "top", "width", "height"):
            assert abs(int(found.pop(column)) - int(wanted.pop(column))) <= (
                BOX_TOLERANCE
            )
        assert_same_text(str(found), str(wanted))


def first_csv() -> str:
    return next(block for kind, block in fences(read("README.md")) if kind == "console")


def table(printed: str) -> list[dict[str, str]]:
    """Parse a command's CSV; the last line is the summary from stderr."""
    rows = csv.DictReader(io.StringIO(printed.rpartition("\n")[0]))
    assert rows.fieldnames == list(COLUMNS)
    return list(rows)


def split_console(block: str) -> list[tuple[str, str]]:
    """Split a block into commands and what each prints."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    return list(zip(parts[1::2], (text.strip() for text in parts[2::2]), strict=True))


def run_python(code: str, names: dict[str, Any]) -> str:
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "<example>", "exec"), names)
    return printed.getvalue().strip()


def run_shell(command: str, place: Path) -> str:
    """Run a command line where `formreader` is the one under test."""
    program = "from formreader.cli import main; main(prog_name='formreader')"
    script = (
        f'formreader() {{ {shlex.quote(sys.executable)} -c "{program}" "$@"; }}\n'
        f'python3() {{ {shlex.quote(sys.executable)} "$@"; }}\n{command}'
    )
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=place,
        env=os.environ | {"PYTHONPATH": search},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout.strip()


def assert_same_text(printed: str, shown: str) -> None:
    """Compare texts; probabilities may differ in their last digits."""
    found, wanted = _NUMBER.split(printed), _NUMBER.split(shown)
    assert found[::2] == wanted[::2], f"printed:\n{printed}\nshown:\n{shown}"
    for one, other in zip(found[1::2], wanted[1::2], strict=True):
        assert abs(float(one) - float(other)) <= TOLERANCE, f"{one}, shown {other}"
