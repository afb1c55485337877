from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from postgresql_server import Server
from sqlalchemy import create_engine, text

from formreader.errors import OutputError
from formreader.store.tables.address import ADDRESS_NAME, parse_url
from formreader.store.tables.connection import STORE_NAME, RunStore
from formreader.store.tables.retirement import set_aside


def test_a_run_folder_names_its_database_but_never_the_password(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD")
    secret = postgresql.password
    url = postgresql.url.replace("@", f":{secret}@") + "?sslpassword=hidden"
    with RunStore.create(tmp_path / "Räume 2", url) as store:
        store.set_setting("a", 1)
    written = (tmp_path / "Räume 2" / ADDRESS_NAME).read_text()
    assert secret not in written
    assert "hidden" not in written
    content = tomllib.loads(written)
    assert content["store"] == postgresql.url
    assert content["schema"].startswith("formreader_r_ume_2_")
    assert not (tmp_path / "Räume 2" / STORE_NAME).exists()
    with pytest.raises(OutputError, match="cannot be used"):
        RunStore.open(tmp_path / "Räume 2")
    monkeypatch.setenv("PGPASSWORD", secret)
    with RunStore.open(tmp_path / "Räume 2") as store:
        assert store.get_setting("a") == 1


def test_each_run_has_a_namespace_of_its_own(
    postgresql: Server, tmp_path: Path
) -> None:
    with (
        RunStore.create(tmp_path / "a" / "run", postgresql.url) as one,
        RunStore.create(tmp_path / "b" / "run", postgresql.url) as other,
    ):
        one.set_setting("whose", "one")
        assert other.get_setting("whose") is None


def test_one_process_reads_into_a_run_though_it_has_two_folders(
    postgresql: Server, tmp_path: Path
) -> None:
    with RunStore.create(tmp_path / "run", postgresql.url) as one:
        shutil.copytree(tmp_path / "run", tmp_path / "elsewhere")
        with RunStore.open(tmp_path / "elsewhere") as other:
            with (
                one.hold(),
                pytest.raises(OutputError, match="another formreader"),
                other.hold(),
            ):
                pass
            with other.hold():
                pass


def test_a_connection_that_the_server_ends_is_an_error_that_names_the_run(
    postgresql: Server, tmp_path: Path
) -> None:
    engine = create_engine(postgresql.url)
    ending = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'formreader'"
    )
    with RunStore.create(tmp_path / "run", postgresql.url) as store:
        with (
            pytest.raises(OutputError, match="store cannot be used"),
            store.write() as connection,
        ):
            with engine.connect() as other:
                other.execute(ending)
            connection.execute(text("SELECT 1"))
        store.set_setting("a", 1)  # the next transaction has a connection that works
    engine.dispose()


def test_a_run_is_redone_in_the_same_database_and_the_old_one_is_kept(
    postgresql: Server, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with RunStore.create(run, postgresql.url) as store:
        store.set_setting("a", 1)
    aside = set_aside(run)
    assert aside == run / "run-1.toml"
    with RunStore.create(run) as store:
        assert store.get_setting("a") is None
        assert store.engine.dialect.name == "postgresql"
    aside.replace(run / ADDRESS_NAME)
    with RunStore.open(run) as store:
        assert store.get_setting("a") == 1


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    url = "postgresql+psycopg://ann@127.0.0.1:9/forms"
    with pytest.raises(OutputError, match="check the disk or the database"):
        RunStore.create(tmp_path / "run", url)


def test_a_run_in_a_file_does_not_move_to_a_database(tmp_path: Path) -> None:
    RunStore.create(tmp_path / "run").close()
    with pytest.raises(OutputError, match="leave out --store"):
        RunStore.create(tmp_path / "run", "postgresql://ann@127.0.0.1/forms")


@pytest.mark.parametrize(
    "text", ["", "run.sqlite", "mysql://ann@host/db", "postgresql://ann@host", "a://["]
)
def test_what_is_no_address_of_a_database_is_refused(text: str) -> None:
    with pytest.raises(OutputError, match="give it as postgresql"):
        parse_url(text)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "store = 1",
        'store = "postgresql://a@b/c"',
        'store = "postgresql://a@b/c"\nschema = "x; DROP TABLE files"',
        "store = " + 4000 * "[",
        'store = "postgresql://a@b/c"\nschema = "x"\n' + 10_000 * "#",
    ],
    ids=str.__len__,
)
def test_a_damaged_address_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / ADDRESS_NAME).write_text(content)
    with pytest.raises(OutputError, match="does not say where the store is"):
        RunStore.open(tmp_path)


def test_a_missing_driver_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; sys.modules['psycopg'] = None\n"
        "from formreader.store.tables.connection import RunStore\n"
        "RunStore.create(pathlib.Path('run'), 'postgresql://ann@host/forms')"
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": root},
        text=True,
        capture_output=True,
        check=False,
    )
    assert "pip install 'formreader[postgresql]'" in done.stderr
