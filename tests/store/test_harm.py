from __future__ import annotations

import csv
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_runs import make_field, make_run
from sqlalchemy import select, update

from formreader.cli import main
from formreader.errors import ExitCode
from formreader.station import app
from formreader.station.app import Station
from formreader.station.door import server
from formreader.station.door.auth import OneTimeLinks
from formreader.station.door.guard import Endpoint
from formreader.store.errors import DamagedStoreError, StoreError
from formreader.store.machine.origin import check_options, find_archives, find_folder
from formreader.store.people.claims import LEASE_S, WHOLE, claim, is_free
from formreader.store.people.filters import Filters
from formreader.store.people.queue import Queue
from formreader.store.people.users import RunUsers
from formreader.store.tables import connection
from formreader.store.tables.connection import STORE_NAME, RunStore
from formreader.store.tables.schema import fields, settings

_NOBODY = 65534


def formreader(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def make_filled(run: Path) -> Path:
    return make_run(run, {"a.png": [[make_field("id", "007")]]})


def values(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [row["value"] for row in csv.DictReader(stream)]


def assert_ends_in_a_line(result: Result, message: str) -> None:
    assert result.exit_code == ExitCode.OUTPUT, result.output
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "name", ["50%41", "who?", "no #7", "a?mode=memory", "file:x", ":memory:"]
)
def test_a_store_lies_in_its_run_folder_whatever_that_is_called(
    tmp_path: Path, name: str
) -> None:
    run = make_filled(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [path.name for path in run.iterdir()] == [STORE_NAME]
    out = tmp_path / "fields.csv"
    assert formreader("export", run, "-o", out).exit_code == ExitCode.OK
    assert values(out) == ["007"]


@pytest.mark.parametrize("begin", [0, 4096])
def test_a_damaged_store_ends_every_command_with_a_line(
    tmp_path: Path, begin: int
) -> None:
    run = make_filled(tmp_path / "run")
    content = bytearray((run / STORE_NAME).read_bytes())
    content[begin:] = bytes(range(255, -1, -1)) * (len(content) // 256)
    (run / STORE_NAME).write_bytes(content)
    out = tmp_path / "fields.csv"
    assert_ends_in_a_line(formreader("export", run, "-o", out), "is damaged")
    assert_ends_in_a_line(formreader("review", run, "--add-user", "a"), "is damaged")
    (tmp_path / "scans").mkdir()
    found = formreader("batch", tmp_path / "scans", "-o", run, "--jobs", 1)
    assert_ends_in_a_line(found, "is damaged")


def test_an_empty_store_is_no_new_one_but_can_be_put_aside(tmp_path: Path) -> None:
    run = make_filled(tmp_path / "run")
    (run / STORE_NAME).write_bytes(b"")
    (tmp_path / "scans").mkdir()
    found = formreader("batch", tmp_path / "scans", "-o", run, "--jobs", 1)
    assert_ends_in_a_line(found, "is damaged (it is empty)")
    again = formreader("batch", tmp_path / "scans", "-o", run, "--jobs", 1, "--redo")
    assert "what was read before is in" in again.output
    assert (run / STORE_NAME).with_stem("run-1").stat().st_size == 0
    with RunStore.open(run) as store:
        assert find_folder(store) == (tmp_path / "scans").resolve()


def test_a_store_that_was_begun_and_never_whole_is_begun_anew(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / f".{STORE_NAME}.new").write_bytes(b"half")
    (run / f".{STORE_NAME}.new-wal").write_bytes(b"half")
    make_filled(run)
    assert [path.name for path in run.iterdir()] == [STORE_NAME]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("version", "no JSON"),
        ("version", '"2"'),
        ("version", "-1"),
        ("version", "null"),
        ("options", "[1, 2]"),
        ("options", '{"folder": 7}'),
        ("options", '{"folder": "a\\u0000b"}'),
        ("options", "[" * 100_000),
        ("move_targets", '{"a": 1}'),
        ("move_targets", "[1]"),
        ("users", "7"),
        ("users", '{"ann": 1}'),
    ],
)
def test_settings_that_were_tampered_with_are_damage(
    tmp_path: Path, key: str, text: str
) -> None:
    with RunStore.create(tmp_path / "run") as store:
        store.set_setting(key, None)
        with store.write() as transaction:
            transaction.execute(
                update(settings).where(settings.c.key == key).values(value=text)
            )
    with (
        pytest.raises(DamagedStoreError) as caught,
        RunStore.open(tmp_path / "run") as store,
    ):
        find_folder(store)
        find_archives(store)
        RunUsers(store).load_hashes()
    assert caught.value.path == tmp_path / "run"


def test_options_that_are_none_do_not_let_a_run_go_on(tmp_path: Path) -> None:
    with RunStore.create(tmp_path / "run") as store:
        store.set_setting("options", "anything")
        with pytest.raises(DamagedStoreError, match="its options"):
            check_options(store, tmp_path, {})


def test_a_clock_that_was_set_back_leaves_no_field_in_hand(tmp_path: Path) -> None:
    now, year = 1_000_000_000.0, 365 * 24 * 3600.0
    with RunStore.open(make_filled(tmp_path / "run")) as store:
        with store.write() as transaction:
            assert claim(transaction, [(1, WHOLE)], "ann", now + year) == [(1, WHOLE)]
        free = select(fields.c.id).where(is_free(fields.c.id, WHOLE, "bob", now))
        with store.read() as transaction:
            assert transaction.scalars(free).all() == [1]
        with store.write() as transaction:
            assert claim(transaction, [(1, WHOLE)], "bob", now) == [(1, WHOLE)]
            # A clock that is a little behind takes nothing from anybody.
            assert claim(transaction, [(1, WHOLE)], "ann", now - LEASE_S / 2) == []


def test_nobody_else_can_read_what_stands_in_a_store(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        run = make_filled(tmp_path / "run")
        with RunStore.open(run) as store, store.write() as transaction:
            transaction.execute(update(fields).values(value="8"))
            found = {
                path.name: stat.S_IMODE(path.stat().st_mode) for path in run.iterdir()
            }
    finally:
        os.umask(before)
    assert found == dict.fromkeys(
        [STORE_NAME, f"{STORE_NAME}-wal", f"{STORE_NAME}-shm"], 0o600
    )


@contextmanager
def as_somebody_else(run: Path) -> Iterator[None]:
    """Take away the right to write into a folder; root has to be nobody for that."""
    is_root = os.geteuid() == 0
    for path in [run, *run.iterdir()]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    if is_root:
        os.seteuid(_NOBODY)
    else:
        run.chmod(0o555)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        run.chmod(0o755)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody can use, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("in_use", [False, True])
def test_a_run_that_cannot_be_written_can_be_looked_at_and_exported(
    shared: Path, in_use: bool
) -> None:
    run = make_filled(shared / "who? 50%41")
    owner = RunStore.open(run)
    if in_use:
        with owner.write() as transaction:
            transaction.execute(update(fields).values(value="8"))
    else:
        owner.close()
    with as_somebody_else(run):
        out = shared / "fields.csv"
        result = formreader("export", run, "-o", out)
        assert result.exit_code == ExitCode.OK, result.output
        assert values(out) == ["8" if in_use else "007"]
        with RunStore.open(run) as store:
            assert store.is_read_only
            queue = Queue(store, read_only=True)
            assert queue.count(Filters()).left == 0
            with pytest.raises(StoreError, match="cannot be written"):
                store.set_setting("anything", 1)
        added = CliRunner().invoke(
            main, ["review", str(run), "--add-user", "ann"], input="a long password\n"
        )
        assert_ends_in_a_line(added, "the run cannot be written")
    owner.close()


def test_what_others_write_meanwhile_is_seen_by_those_who_only_look(
    shared: Path,
) -> None:
    run = make_filled(shared / "run")
    find = select(fields.c.value)
    with as_somebody_else(run):
        store = RunStore.open(run)
        with store.read() as transaction:
            assert transaction.scalars(find).all() == ["007"]
    with RunStore.open(run) as owner, owner.write() as transaction:
        transaction.execute(update(fields).values(value="8"))
    with as_somebody_else(run), store, store.read() as transaction:
        assert transaction.scalars(find).all() == ["8"]


def test_a_station_of_a_run_that_cannot_be_written_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_filled(tmp_path / "run")
    monkeypatch.setattr(connection, "_is_writable", lambda run: False)
    stations = []

    def note(listener: object, make_app: Callable[..., object], *_: object) -> None:
        make_app(Endpoint(1), OneTimeLinks(lambda secret: None))

    def make(endpoint: Endpoint, station: Station, links: OneTimeLinks) -> None:
        stations.append(station)

    monkeypatch.setattr(server, "serve", lambda *given, **_: note(*given))
    monkeypatch.setattr(app, "make_review_app", make)
    result = formreader("review", run, "--no-browser")
    assert "nothing can be decided" in result.output
    assert [station.read_only for station in stations] == [True]
