from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
from made_runs import make_field, make_run
from server_client import ServerClient, open_client
from sqlalchemy import select
from station_process import StationProcess

from formreader.store.people.decisions import Action, Decision, decide
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import fields

TRUTH = "file,field,value\na.jpg,total,17\na.jpg,votes,345\na.jpg,valid,9\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerClient]:
    """A server with a run of which one field in doubt, and one accepted, is wrong."""
    work = tmp_path_factory.mktemp("serve") / "work"
    read = [("total", "11", 0.5), ("votes", "346", 0.99), ("valid", "9", 0.99)]
    made = [make_field(*one) for one in read]
    run = make_run(work / "runs" / "made", {"a.jpg": [made]})
    correct(run, total="17", valid="9")
    cells = {"t1_r01_c02": "12", "t1_r02_c01": "=3", "t1_r02_c02": "4"}
    made = [make_field(name, value, 0.5) for name, value in cells.items()]
    make_run(work / "runs" / "grid", {"b.jpg": [made]})
    with (
        StationProcess("serve", work, "--user", "ann") as process,
        open_client(process, work) as client,
    ):
        yield client


def correct(run: Path, **values: str) -> None:
    with RunStore.open(run) as store, store.write() as connection:
        for row in connection.execute(select(fields.c.id, fields.c.name)).all():
            if row.name in values:
                value = values[row.name]
                decide(
                    connection,
                    Decision(row.id, Action.ACCEPT, value, "ann", "queue", None),
                )


def measure(server: ServerClient, truth: str, query: str = "") -> dict[str, Any]:
    answer = server.post(f"/api/runs/made/accuracy?{query}", truth.encode())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_truth_measures_the_machine_or_what_holds_now_and_leads_to_the_errors(
    server: ServerClient,
) -> None:
    found = measure(server, TRUTH)
    assert (found["exact"]["hits"], found["exact"]["count"]) == (1, 3)
    assert (found["review"]["hits"], found["silent"]["hits"]) == (1, 1)
    silent, doubted = found["errors"]
    assert (silent["field"], silent["truth"], silent["value"]) == (
        "votes",
        "345",
        "346",
    )
    assert (silent["silent"], doubted["silent"]) == (True, False)
    page, field = silent["page_id"], silent["field_id"]
    shown = server.get(f"/runs/made/review/pages?page={page}&field={field}")
    assert shown.status_code == 200
    assert measure(server, TRUTH, "reviewed=true")["exact"]["hits"] == 2
    assert server.get("/api/runs/made/accuracy").json()["exact"]["hits"] == 2


def test_what_is_no_truth_is_refused_and_the_truth_before_stays(
    server: ServerClient,
) -> None:
    measure(server, TRUTH)
    for text in ("", "file,value\na.jpg,1\n", "\0"):
        answer = server.post("/api/runs/made/accuracy", text.encode())
        assert answer.status_code == 422
    promise = server.get("/api/runs/made/promises?by=truth").json()
    assert (promise["checks"], promise["wrong"]) == (2, 1)


def test_checks_become_a_calibration_that_new_runs_may_go_by(
    server: ServerClient,
) -> None:
    measure(server, TRUTH)
    path = "/api/runs/made/calibration"
    kept = server.post(path, {"name": "ours", "by": "truth"}).json()
    assert (kept["calibration"], kept["checks"]) == ("ours", 2)
    assert kept["rows"][0][0] == "at most wrong"
    again = server.post(path, {"name": "ours", "by": "truth"})
    assert again.status_code == 409
    file = server.get("/api/calibrations/ours.threshold")
    assert file.json()["origin"] == "checked by truth.csv"
    wish = {"name": "by ours", "calibration": "ours"}
    assert server.post("/api/runs", wish).status_code == 422
    assert server.post("/api/runs", wish | {"target_error": 0.01}).status_code == 200
    assert "<option>ours</option>" in server.get("/new").text


def test_accepted_fields_are_drawn_for_people_to_look_at(server: ServerClient) -> None:
    nothing = server.get("/api/runs/made/promises")
    assert nothing.status_code == 422
    assert "nobody has checked" in nothing.json()["detail"].lower()
    drawn = server.post("/api/runs/made/audit", {"share": 1}).json()
    assert drawn["drawn"] == 1  # one of the two was decided about


def test_what_people_corrected_is_summed_up_by_field_and_digit(
    server: ServerClient,
) -> None:
    found = server.get("/api/runs/made/corrections").json()
    assert (found["decided"], found["corrected"], found["silent"]) == (2, 1, 0)
    assert found["fields"] == [{"name": "total", "corrected": 1, "decided": 1}]
    assert found["mistakes"] == [{"read": "1", "written": "7", "count": 1}]
    rows = server.get("/api/runs/made/fields?show=corrected").json()["rows"]
    assert [(row["read"], row["value"]) for row in rows] == [("11", "17")]


def test_tables_come_as_on_paper_and_only_where_there_are_any(
    server: ServerClient,
) -> None:
    assert "files/tables" not in server.get("/runs/made/table").text
    assert server.get("/api/runs/made/files/tables").status_code == 503
    assert "files/tables" in server.get("/runs/grid/table").text
    answer = server.get("/api/runs/grid/files/tables")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [[cell.value for cell in row] for row in book["table 1"].rows]
    assert cells == [[None, "12 ?"], ["=3 ?", "4 ?"]]
    assert [cell.value for cell in book["contents"][2]] == [
        *("table 1", "b.jpg", "1", "1", "3"),
    ]


def test_parquet_holds_what_people_decided(server: ServerClient) -> None:
    answer = server.get("/api/runs/made/files/wide-parquet")
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    assert table.to_pylist()[0]["total"] == "17"
