from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Connection, select, text, update

from formreader.batch.listing import FoundFile
from formreader.batch.store import recording
from formreader.batch.store.connection import RunStore
from formreader.batch.store.migrations import MIGRATIONS
from formreader.batch.store.schema import VERSION, files, settings

ADDED_IN_2 = ("ALTER TABLE {files} DROP COLUMN moved_to",)


def make_old(run: Path, url: str | None) -> None:
    """Make a store with a file in it, as version 1 would have."""
    with RunStore.create(run, url) as store, store.write() as connection:
        recording.add_files(connection, [FoundFile("a.png", 1, 1)])
        for statement in ADDED_IN_2:
            connection.execute(text(statement.format(files=qualify(connection))))
        connection.execute(
            update(settings).where(settings.c.key == "version").values(value="1")
        )


def qualify(connection: Connection) -> str:
    schemas = connection.get_execution_options().get("schema_translate_map")
    return f"{schemas[None]}.files" if schemas else "files"


def test_a_store_of_an_older_version_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, store_url: str | None
) -> None:
    make_old(tmp_path / "run", store_url)
    with RunStore.open(tmp_path / "run") as store:
        assert store.get_setting("version") == VERSION
        with store.read() as connection:
            [row] = connection.execute(select(files)).all()
    assert (row.name, row.size, row.moved_to) == ("a.png", 1, None)


def test_processes_that_open_an_old_store_at_once_migrate_it_once(
    tmp_path: Path, store_url: str | None
) -> None:
    make_old(tmp_path / "run", store_url)

    def find_version(_: int) -> object:
        with RunStore.open(tmp_path / "run") as store:
            return store.get_setting("version")

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(find_version, range(4))) == [VERSION] * 4


def test_there_is_a_way_from_every_version_to_this_one() -> None:
    assert list(MIGRATIONS) == list(range(1, VERSION))
