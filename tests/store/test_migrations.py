from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, inspect, select

from formreader.store.machine import inventory
from formreader.store.records import FoundFile
from formreader.store.tables.connection import RunStore
from formreader.store.tables.migrations import MIGRATIONS
from formreader.store.tables.schema import VERSION, files, metadata

# What later versions have made of each version, undone; in version 4 and 5 people had
# decided already.
BACK_TO_8 = """
ALTER TABLE {0}decisions DROP COLUMN comment;
UPDATE {0}settings SET value = '8' WHERE key = 'version'
"""
BACK_TO_7 = f"""{BACK_TO_8};
DROP TABLE {{0}}opinions;
DROP TABLE {{0}}seconds;
UPDATE {{0}}settings SET value = '7' WHERE key = 'version'
"""
BACK_TO_6 = f"""{BACK_TO_7};
ALTER TABLE {{0}}decisions DROP COLUMN override;
UPDATE {{0}}settings SET value = '6' WHERE key = 'version'
"""
BACK_TO_5 = f"""{BACK_TO_6};
ALTER TABLE {{0}}fields DROP COLUMN found_by;
ALTER TABLE {{0}}fields DROP COLUMN is_there;
ALTER TABLE {{0}}fields DROP COLUMN rank;
UPDATE {{0}}settings SET value = '5' WHERE key = 'version'
"""
BACK_TO_4 = f"""{BACK_TO_5};
DROP INDEX {{0}}decisions_by_request;
ALTER TABLE {{0}}decisions DROP COLUMN request;
UPDATE {{0}}settings SET value = '4' WHERE key = 'version'
"""
BACK_TO_1 = f"""{BACK_TO_5};
DROP TABLE {{0}}audit;
DROP TABLE {{0}}claims;
DROP TABLE {{0}}checks;
DROP TABLE {{0}}decisions;
DROP INDEX {{0}}fields_by_doubt;
DROP INDEX {{0}}digits_by_character;
ALTER TABLE {{0}}files DROP COLUMN moved_to;
ALTER TABLE {{0}}fields DROP COLUMN decision_id;
ALTER TABLE {{0}}fields DROP COLUMN kind;
ALTER TABLE {{0}}fields DROP COLUMN value_type;
ALTER TABLE {{0}}digits DROP COLUMN check_id;
CREATE INDEX fields_by_doubt ON {{0}}fields (needs_review, confidence, id);
CREATE INDEX digits_by_character
    ON {{0}}digits (character, confidence, field_id, position);
UPDATE {{0}}settings SET value = '1' WHERE key = 'version'
"""


def make_old(run: Path, url: str | None, back: str = BACK_TO_1) -> None:
    """Make a store with a file in it, as an older version would have."""
    with RunStore.create(run, url) as store, store.write() as connection:
        inventory.add_files(connection, [FoundFile("a.png", 1, 1)])
        schemas = connection.get_execution_options().get("schema_translate_map")
        # PostgreSQL makes an index where its table is, SQLite in the only place.
        prefix = f"{schemas[None]}." if schemas else ""
        for statement in back.split(";"):
            connection.exec_driver_sql(statement.format(prefix))


@pytest.mark.parametrize(
    "back",
    [BACK_TO_1, BACK_TO_4, BACK_TO_5, BACK_TO_6, BACK_TO_7, BACK_TO_8],
    ids="145678",
)
def test_a_store_of_an_older_version_is_brought_up_to_date_with_all_it_holds(
    tmp_path: Path, store_url: str | None, back: str
) -> None:
    make_old(tmp_path / "run", store_url, back)
    with RunStore.open(tmp_path / "run") as store:
        assert store.get_setting("version") == VERSION
        with store.read() as connection:
            [row] = connection.execute(select(files)).all()
            for table in metadata.sorted_tables:
                assert_as_defined(connection, table)
    assert (row.name, row.size, row.moved_to) == ("a.png", 1, None)


def assert_as_defined(connection: Connection, table: Table) -> None:
    """Compare a table with one that is made today."""
    schemas = connection.get_execution_options().get("schema_translate_map", {})
    found, schema = inspect(connection), schemas.get(None)
    columns = {column["name"] for column in found.get_columns(table.name, schema)}
    assert columns == {column.name for column in table.columns}
    indexes = {index["name"] for index in found.get_indexes(table.name, schema)}
    assert {index.name for index in table.indexes} <= indexes


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
