"""Joins the scripts of a page into one file.

A browser asks for modules in turn, each after the one that names it, and for six at a
time: over a slow network that takes seconds. So each page names one file that holds all
of its modules, each as a function of its own.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

__all__ = ["BUNDLES", "join_scripts", "name_bundle"]

BUNDLES = "/static/bundles/"
"""Where the joined files are, whose names change with what they hold."""

_IMPORT = re.compile(
    r'^import (?:\{(?P<names>[^}]*)\} from )?"(?:/static|\.)/(?P<module>\w+)\.js";\n',
    re.MULTILINE,
)
_EXPORT = re.compile(
    r"^export ((?:async )?(?:const|class|function) (?P<name>\w+))", re.MULTILINE
)


@cache
def name_bundle(folder: Path, entries: tuple[str, ...]) -> str:
    """Give the path of the joined file of some modules, which tells what it holds."""
    content = join_scripts(folder, entries)
    mark = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
    return f"{BUNDLES}{'.'.join(entries)}-{mark}.js"


@cache
def join_scripts(folder: Path, entries: tuple[str, ...]) -> str:
    """Join modules with all that they import, each once, in the order of need.

    Args:
        folder: Where they lie.
        entries: The modules of a page, without `.js`.

    Raises:
        FileNotFoundError: If there is no such module.
    """
    parts: dict[str, str] = {}
    for entry in entries:
        _add(folder, entry, parts)
    return "".join(parts.values())


def _add(folder: Path, module: str, parts: dict[str, str]) -> None:
    if module in parts:
        return
    text = (folder / f"{module}.js").read_text(encoding="utf-8")
    for found in _IMPORT.finditer(text):
        _add(folder, found["module"], parts)
    names = ", ".join(found["name"] for found in _EXPORT.finditer(text))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(_take, text))
    made = f"async () => {{\n{body}return {{ {names} }};\n}}"
    parts[module] = f"const ${module} = await ({made})();\n"


def _take(found: re.Match[str]) -> str:
    """Take what a module imports from the one before."""
    if found["names"] is None:
        return ""
    names = found["names"].replace(" as ", ": ")
    return f"const {{{names}}} = ${found['module']};\n"
