from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from server_client import ServerClient, open_client
from station_process import StationProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerClient]:
    work = tmp_path_factory.mktemp("serve") / "new" / "work"
    with (
        StationProcess("serve", work) as process,
        open_client(process, work) as client,
    ):
        yield client


def test_an_empty_folder_of_work_is_made_and_says_what_to_do_next(
    server: ServerClient,
) -> None:
    page = server.get("/")
    assert page.status_code == 200
    assert 'href="/new"' in page.text
    assert (server.work / "forms").is_dir()


def test_nothing_is_shown_to_who_has_no_session(server: ServerClient) -> None:
    with httpx.Client(base_url=server.origin, trust_env=False) as stranger:
        for path in ("/", "/api/openapi.json", "/runs/a/review/queue", "/nothing"):
            assert stranger.get(path).status_code == 403
        assert stranger.get("/static/server/server.css").status_code == 200


def test_a_run_that_is_not_there_has_no_station(server: ServerClient) -> None:
    for name in ("nothing", "%2e%2e", "a%00b", ".hidden"):
        assert server.get(f"/runs/{name}/review/queue").status_code == 404
