from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from dask_processes import run_dask
from postgresql_server import Server
from server_client import ServerClient, open_client
from sqlalchemy import create_engine, text
from station_process import ROOT, StationProcess
from test_server_runs import begin, wait_for

SCAN = (ROOT / "samples" / "exam-cover-1.jpg").read_bytes()


def list_schemas(database: Server) -> list[str]:
    engine = create_engine(database.url)
    query = text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'formreader_%'")
    with engine.connect() as connection:
        found = [str(row.nspname) for row in connection.execute(query)]
    engine.dispose()
    return found


def decide(client: ServerClient, item: dict[str, Any], value: str) -> int:
    verdict = {"field": item["id"], "action": "accept", "value": value}
    verdict |= {"seen": item["decision_id"], "place": "queue"}
    path = "/runs/far/review/decisions"
    return client.post(path, verdict, **{"X-Tab": "0123456789"}).status_code


@pytest.mark.model
@pytest.mark.timeout(300)  # two cores may be shared with much else
def test_two_servers_review_what_other_machines_keep_and_read(
    postgresql: Server, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    before = list_schemas(postgresql)
    with run_dask(tmp_path / "dask", 1) as dask:
        machines = ("--store", postgresql.url, "--dask", dask.address)
        with (
            StationProcess("serve", one, "--user", "ann", *machines) as first,
            StationProcess("serve", other, "--user", "bob") as second,
            open_client(first, one) as anns,
            open_client(second, other) as bobs,
        ):
            run = begin(anns, name="far", threshold=1)
            assert anns.get("/api/runs/far").json()["state"] == "new"
            scans = f"/api/runs/{run}/scans?name=a.jpg"
            assert anns.post(scans, SCAN).status_code == 200
            assert anns.post("/api/runs/far/start", {}).status_code == 200
            now = wait_for(anns, "far", "done")
            assert (now["pages"], now["failed"]) == (1, 0), dask.log
            assert not (one / "runs" / "far" / "run.sqlite").exists()
            (other / "runs" / "far").mkdir()
            shutil.copy(one / "runs" / "far" / "run.toml", other / "runs" / "far")
            wish = {"count": 1, "without": []}
            path = "/runs/far/review/queue/next"
            [mine] = anns.post(path, wish).json()["items"]
            [theirs] = bobs.post(path, wish).json()["items"]
            assert mine["id"] != theirs["id"]
            for client in (anns, bobs):
                crop = client.get(f"/runs/far/review/crops/{theirs['id']}.jpg")
                assert (crop.status_code, crop.content[:2]) == (200, b"\xff\xd8")
            assert (decide(anns, mine, "11"), decide(bobs, theirs, "22")) == (200, 200)
            for client in (anns, bobs):
                rows = client.get("/api/runs/far/fields?show=decided").json()["rows"]
                assert {row["value"]: row["decided_by"] for row in rows} == {
                    "11": "ann",
                    "22": "bob",
                }
            assert "22" in bobs.get("/api/runs/far/files/csv").text
            assert len(list_schemas(postgresql)) == len(before) + 1
            assert anns.post("/api/runs/far/remove", {}).status_code == 200
            assert list_schemas(postgresql) == before


def test_a_run_whose_database_is_away_is_not_made_and_not_removed(
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    nowhere = "postgresql+psycopg://ann@127.0.0.1:9/forms"
    with (
        StationProcess("serve", work, "--store", nowhere) as process,
        open_client(process, work) as client,
    ):
        answer = client.post("/api/runs", {"name": "lost"})
        assert (answer.status_code, "database" in answer.text) == (503, True)
        assert not list((work / "runs").iterdir())
        run = work / "runs" / "away"
        run.mkdir()
        (run / "run.toml").write_text(
            f'store = "{nowhere}"\nschema = "formreader_away"\n', encoding="utf-8"
        )
        assert client.post("/api/runs/away/remove", {}).status_code == 503
        assert run.is_dir()
