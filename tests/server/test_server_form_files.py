from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from formreader.server.editor import kept_files
from formreader.server.editor.kept_files import KeptFiles


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def send(kept: KeptFiles, *chunks: bytes) -> str:
    """Send in a thread of its own: a browser may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, kept.keep(stream(*chunks))).result()


def test_the_oldest_pages_of_forms_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_files, "_MOST_FILES", 2)
    kept = KeptFiles(tmp_path / "kept")
    names = [send(kept, b"%PDF-1.7", bytes([number])) for number in range(2)]
    for second, name in enumerate(names):
        path = kept.find(name)
        assert path is not None
        os.utime(path, (second, second))
    names.append(send(kept, b"%PDF-1.7"))
    paths = [kept.find(name) for name in names]
    assert [path and path.read_bytes() for path in paths] == [
        None,
        b"%PDF-1.7\x01",
        b"%PDF-1.7",
    ]
    after_a_kill = KeptFiles(tmp_path / "kept")
    assert [after_a_kill.find(name) for name in names] == [None] * 3
