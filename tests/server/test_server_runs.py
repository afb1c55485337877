from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_field, make_run
from server_client import ServerClient, open_client
from station_process import PATIENCE_S, ROOT, StationProcess

from formreader.server.run_settings import RunSettings

PAGE, OTHER = (
    (ROOT / "samples" / f"meter-reading-{number}.jpg").read_bytes() for number in (1, 2)
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerClient]:
    work = tmp_path_factory.mktemp("serve") / "work"
    fields = [make_field("total", "12", 0.5), make_field("votes", "345")]
    make_run(work / "runs" / "made", {"a.jpg": [fields], "<b>.jpg": [fields]})
    with (
        StationProcess("serve", work, "--user", "ann") as process,
        open_client(process, work) as client,
    ):
        yield client


def begin(server: ServerClient, **wish: Any) -> str:
    answer = server.post("/api/runs", wish)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["name"])


def wait_for(server: ServerClient, run: str, state: str) -> dict[str, Any]:
    give_up = time.monotonic() + 3 * PATIENCE_S
    while True:
        now: dict[str, Any] = server.get(f"/api/runs/{run}").json()
        if now["state"] == state:
            return now
        assert time.monotonic() < give_up, now
        time.sleep(0.2)


def test_a_run_has_a_name_of_its_own(server: ServerClient) -> None:
    first, second = begin(server), begin(server)
    assert first != second
    again = server.post("/api/runs", {"name": first})
    assert again.status_code == 409
    for name in ("../up", "a/b", ".hidden", "<b>", "a\nb", "x" * 300):
        assert server.post("/api/runs", {"name": name}).status_code == 422


def test_what_is_refused_is_said_in_the_language_of_the_browser(
    server: ServerClient,
) -> None:
    name = begin(server)
    unlike = {"name": "x", "model": "mine", "target_error": 0.01}
    said = [
        server.post("/api/runs", wish, **{"Accept-Language": "de"}).json()["detail"]
        for wish in ({"name": name}, {"name": "a/b"}, unlike)
    ]
    assert said[0] == (
        f"Es gibt schon einen Lauf {name!r}; wählen Sie einen anderen Namen."
    )
    assert [text[:12] for text in said[1:]] == ["Dieser Name ", "Ein eigenes "]


@pytest.mark.parametrize(
    "wish",
    [
        {"forms": ["no such form"]},
        {"forms": ["../../secret"]},
        {"threshold": 2},
        {"target_error": 0},
        {"threshold": 0.9, "target_error": 0.01},
        {"folder": "/etc"},
    ],
)
def test_what_a_run_cannot_be_told_is_refused(
    server: ServerClient, wish: dict[str, Any]
) -> None:
    before = len(server.get("/api/runs").json())
    assert server.post("/api/runs", wish).status_code == 422
    assert len(server.get("/api/runs").json()) == before


def test_a_run_without_scans_does_not_start(server: ServerClient) -> None:
    run = begin(server)
    answer = server.post(f"/api/runs/{run}/start", {})
    assert answer.status_code == 422
    assert "bring some first" in answer.json()["detail"]


def test_a_scan_stays_in_its_run_whatever_it_is_called(server: ServerClient) -> None:
    run = begin(server)
    for name in ("../../../up.jpg", "..%5C..%5Cup2.jpg", "%00%1b.jpg", "/etc/up.jpg"):
        answer = server.post(f"/api/runs/{run}/scans?name={name}", PAGE)
        assert answer.status_code == 200
    outside = [p for p in server.work.rglob("*up*.jpg") if "scans" not in p.parts]
    assert outside == []
    assert server.get(f"/api/runs/{run}").json()["scans"] == 4
    assert not list(server.work.parent.glob("*.jpg"))


def test_a_scan_is_refused_with_the_reason(server: ServerClient) -> None:
    run = begin(server)
    path = f"/api/runs/{run}/scans?name"
    assert server.post(f"{path}=a.html", b"<html>").status_code == 415
    assert server.post(f"{path}=a.jpg", b"").status_code == 415
    assert server.post("/api/runs/nothing/scans?name=a.jpg", PAGE).status_code == 404
    assert server.post("/api/runs/made/scans?name=a.jpg", PAGE).status_code == 409
    assert server.get(f"/api/runs/{run}").json()["scans"] == 0


def test_another_site_can_bring_no_scan_and_begin_no_run(server: ServerClient) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"X-CSRF-Token": "guess"}):
        for path in ("/api/runs", "/api/runs/made/scans?name=a.jpg"):
            assert server.post(path, PAGE, **headers).status_code == 403


def test_the_table_is_searched_sorted_and_cut_by_the_server(
    server: ServerClient,
) -> None:
    def rows(query: str) -> list[tuple[str, str]]:
        part = server.get(f"/api/runs/made/fields?{query}").json()
        return [(row["source"], row["value"]) for row in part["rows"]]

    assert [value for _, value in rows("sort=value")] == ["12", "12", "345", "345"]
    assert rows("sort=value&descending=true&count=1")[0][1] == "345"
    assert rows("show=review&search=a.jp") == [("a.jpg", "12")]
    assert rows("show=accepted&offset=1") == [("a.jpg", "345")]
    assert rows("search=%25") == []
    assert rows("show=decided") == []


def test_the_page_of_the_table_warns_and_escapes_what_files_are_called(
    server: ServerClient,
) -> None:
    page = server.get("/runs/made/table").text
    assert "2 fields are not reviewed" in page
    assert "&lt;b&gt;.jpg" in page
    assert "<b>.jpg" not in page


@pytest.mark.parametrize("kind", ["csv", "wide-csv", "xlsx", "wide-xlsx", "json"])
def test_the_table_can_be_taken_in_every_kind(server: ServerClient, kind: str) -> None:
    answer = server.get(f"/api/runs/made/files/{kind}")
    assert answer.status_code == 200
    assert kind.removeprefix("wide-") in answer.headers["content-disposition"]
    assert len(answer.content) > 50


def test_a_run_of_a_command_can_be_looked_at_but_not_gone_on_with(
    server: ServerClient,
) -> None:
    now = server.get("/api/runs/made").json()
    assert (now["pages"], now["review"], now["state"]) == (2, 2, "done")
    assert server.post("/api/runs/made/start", {}).status_code == 409


def test_a_removed_run_is_gone_even_if_its_station_was_open(
    server: ServerClient,
) -> None:
    work = server.work / "runs" / "short"
    make_run(work, {"a.jpg": [[make_field("total", "12", 0.5)]]})
    assert server.get("/runs/short/review/queue").status_code == 200
    assert server.post("/api/runs/short/remove", {}).json() == {"removed": "short"}
    assert not work.exists()
    assert server.get("/runs/short/review/queue").status_code == 404


@pytest.mark.model
@pytest.mark.timeout(400)  # two cores may be shared with much else
def test_a_server_that_is_killed_loses_no_run_and_keeps_no_half_scan(
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    with StationProcess("serve", work) as process, open_client(process, work) as client:
        run = begin(client, name="killed", threshold=0.5)
        scans = f"/api/runs/{run}/scans?name"
        assert client.post(f"{scans}=a.jpg", PAGE).status_code == 200
        assert client.post(f"/api/runs/{run}/start", {}).status_code == 200

        def break_off() -> Iterator[bytes]:
            yield PAGE
            while not list((work / "runs" / run).glob(".incoming/*")):
                time.sleep(0.01)
            process.kill()
            yield PAGE

        with pytest.raises(Exception, match=r"disconnected|reset|Broken pipe"):
            client.post(f"{scans}=b.jpg", break_off())
        assert list((work / "runs" / run / ".incoming").iterdir())
    with StationProcess("serve", work) as process, open_client(process, work) as client:
        assert not (work / "runs" / run / ".incoming").exists()
        assert client.get(f"/api/runs/{run}").json()["state"] in {"reading", "done"}
        assert client.post(f"{scans}=b.jpg", OTHER).status_code == 200
        now = wait_for(client, run, "done")  # by itself: b.jpg came later
        assert (now["pages"], now["failed"], now["scans"]) == (2, 0, 2)
    assert RunSettings.load(work / "runs" / run) == RunSettings(threshold=0.5)
