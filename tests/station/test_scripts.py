"""One script a page, joined from modules, and how it is served."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from formreader.station.files import make_files
from formreader.station.pages import FOLDER
from formreader.station.scripts import BUNDLES, join_scripts, name_bundle

_MODULES = {
    "shared": "export const made = [];\nexport function add(one) {\n}\n",
    "one": 'import { made } from "/static/shared.js";\nexport class One {}\n',
    "two": 'import { add as put } from "./shared.js";\n'
    'import "/static/one.js";\nput(2);\n',
}


def write_modules(folder: Path) -> Path:
    for name, text in _MODULES.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def test_each_module_stands_once_before_those_that_need_it(tmp_path: Path) -> None:
    joined = join_scripts(write_modules(tmp_path), ("two", "one"))
    places = [joined.index(f"const ${name} =") for name in ("shared", "one", "two")]
    assert places == sorted(places)
    assert joined.count("const made = []") == 1
    assert "const { made } = $shared;" in joined
    assert "const { add: put } = $shared;" in joined
    assert "return { made, add };" in joined
    assert "import " not in joined
    assert "export " not in joined


def test_the_name_of_a_script_changes_with_what_it_holds(tmp_path: Path) -> None:
    before = name_bundle(write_modules(tmp_path), ("one",))
    other = tmp_path / "other"
    other.mkdir()
    write_modules(other)
    assert name_bundle(other, ("one",)) == before
    newer = tmp_path / "newer"
    newer.mkdir()
    (write_modules(newer) / "shared.js").write_text("export const made = [1];\n")
    assert name_bundle(newer, ("one",)) != before


def ask(path: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(make_files())
        async with httpx.AsyncClient(
            transport=transport, base_url="http://x"
        ) as client:
            return await client.get(path)

    with ThreadPoolExecutor(1) as thread:  # a browser's tests have a loop in this one
        return thread.submit(asyncio.run, get()).result()


def test_scripts_come_compressed_and_nothing_else_is_given() -> None:
    path = name_bundle(FOLDER / "static", ("queue", "waiting"))
    answer = ask(path.removeprefix("/static"))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text.count("class Outbox ") == 1  # shared by both
    below = BUNDLES.removeprefix("/static")
    mark = "-0123456789abcdef.js"
    for name in (f"nothing{mark}", "queue.js", f"..%2Fapp{mark}"):
        assert ask(f"{below}{name}").status_code == 404


@pytest.mark.parametrize("module", sorted(p.stem for p in FOLDER.glob("static/*.js")))
def test_every_module_can_be_joined(module: str) -> None:
    joined = join_scripts(FOLDER / "static", (module,))
    assert "\nimport " not in joined
    assert "\nexport " not in joined
