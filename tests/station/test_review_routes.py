from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from drawn_runs import Made, make_run
from sqlalchemy import event, select, update

from formreader.batch.archive import Archive
from formreader.errors import UnreadableFileError
from formreader.station.bodies import FieldVerdict, PlaceBodies, QueueWish
from formreader.station.door.auth import Session
from formreader.station.door.passwords import Passwords
from formreader.station.page_pictures import PagePictures
from formreader.station.pages import Pages
from formreader.station.queue_routes import QueueRoutes
from formreader.store.people.carpet import Carpet
from formreader.store.people.queue import Queue
from formreader.store.people.users import RunUsers
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import files

NORMAL, FULL = 1, 2  # `PRAGMA synchronous`: FULL waits for the disk at each commit


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, [[Made("12", 0.5), Made("34", 0.6)]])


@pytest.fixture
def store(run: Path) -> Iterator[RunStore]:
    with RunStore.open(run) as opened:
        yield opened


@pytest.fixture
def routes(store: RunStore) -> QueueRoutes:
    return QueueRoutes(Pages("run", ()), Queue(store))


@pytest.fixture
def levels(store: RunStore) -> list[Any]:
    """How safely each transaction is committed, in their order."""
    found = []

    @event.listens_for(store.engine, "commit")
    def note(connection: Any) -> None:
        found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())

    return found


def test_what_a_person_does_is_on_the_disk_when_it_is_confirmed(
    store: RunStore, routes: QueueRoutes, levels: list[Any]
) -> None:
    ann, carpet = Session("ann"), Carpet(store)
    verdict = FieldVerdict(
        field=1, action="accept", value="12", seen=None, place="queue"
    )
    routes.decide(verdict, ann)
    assert routes.undo(ann)["item"] is not None
    carpet.confirm(ann.browser, ann.user, [(2, 0)], [(2, 1)])
    assert carpet.undo(ann.browser, ann.user) == 2
    Passwords(RunUsers(store)).set("ann", "correct horse battery")
    assert levels == [FULL] * 5


def test_what_a_machine_does_waits_for_no_disk(
    store: RunStore, routes: QueueRoutes, levels: list[Any]
) -> None:
    ann = Session("ann")
    Passwords(RunUsers(store)).set(
        "ann", "correct horse battery"
    )  # over the same connection
    routes.give_next(QueueWish(count=1, without=[]), ann)
    routes.hold(PlaceBodies(places=[]), ann)
    store.set_setting("anything", 1)
    assert levels == [FULL, NORMAL, NORMAL, NORMAL]


def accept(routes: QueueRoutes, session: Session, field: int, value: str) -> None:
    verdict = FieldVerdict(
        field=field, action="accept", value=value, seen=None, place="queue"
    )
    routes.decide(verdict, session)


def undone(routes: QueueRoutes, session: Session) -> int | None:
    """Take back the last decision, and say which field it was about."""
    item = routes.undo(session)["item"]
    return None if item is None else item.id


def test_no_browser_takes_back_what_another_of_the_same_name_decided(
    routes: QueueRoutes,
) -> None:
    one, two = Session("ann"), Session("ann")
    accept(routes, one, 1, "12")
    accept(routes, two, 2, "34")
    assert undone(routes, one) == 1  # though the other decision is newer
    assert undone(routes, one) is None
    assert undone(routes, two) == 2


def test_what_was_decided_before_the_station_was_started_can_be_taken_back(
    store: RunStore, routes: QueueRoutes
) -> None:
    accept(routes, Session("ann"), 1, "12")
    again = QueueRoutes(Pages("run", ()), Queue(store))
    assert undone(again, Session("bob")) is None
    assert undone(again, Session("ann")) == 1


def test_no_browser_takes_back_a_carpet_page_of_another(store: RunStore) -> None:
    carpet = Carpet(store)
    carpet.confirm("one", "ann", [(1, 0)], [])
    carpet.confirm("two", "ann", [(2, 0), (2, 1)], [])
    assert carpet.undo("one", "ann") == 1
    assert carpet.undo("one", "ann") == 0
    assert carpet.undo("two", "ann") == 2


def move_all(store: RunStore, archive: Path) -> None:
    """Move what was read, as `formreader watch --move-to` does."""
    errors: list[object] = []
    scans = store.run.parent / "scans"
    mover = Archive(store, scans, archive, lambda *error: errors.append(error))
    assert list(mover.move_read_files()) == ["page-001.png"]
    assert errors == []


def show(store: RunStore, folder: Path) -> bytes | None:
    with PagePictures(store, folder) as pictures:
        picture = pictures.get(1)
        if picture is None:
            return None
        assert len(picture.small) < len(picture.large)
        return picture.large


def test_a_page_is_shown_from_where_its_file_was_moved(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = tmp_path / "scans"
    before = show(store, scans)
    monkeypatch.chdir(tmp_path)
    move_all(store, Path("archive"))  # relative to where `watch` was started
    other = tmp_path / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    assert not list(scans.iterdir())
    shown = show(store, scans)
    assert shown == before
    assert shown is not None
    page = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert page is not None
    assert page.min() < 100  # something is written on it


def test_a_moved_page_is_shown_from_no_folder_but_the_archive(
    store: RunStore, tmp_path: Path
) -> None:
    archive, scans = tmp_path / "archive", tmp_path / "scans"
    move_all(store, archive)
    outside = tmp_path / "archive-2" / "page-001.png"
    outside.parent.mkdir()
    (archive / "page-001.png").rename(outside)
    (archive / "link.png").symlink_to(outside)
    for path in (outside, archive / ".." / "archive-2" / outside.name):
        claim_place(store, path)
        with pytest.raises(UnreadableFileError, match="outside the folders"):
            show(store, scans)
    claim_place(store, archive / "link.png")
    with pytest.raises(UnreadableFileError, match="outside the folders"):
        show(store, scans)


def claim_place(store: RunStore, path: Path) -> None:
    """Let the store say that the file lies somewhere."""
    with store.write() as connection:
        assert len(connection.execute(select(files.c.id)).all()) == 1
        connection.execute(update(files).values(moved_to=str(path)))
