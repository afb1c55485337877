from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.routing import APIRoute
from made_runs import make_field, make_run
from server_office import ENDPOINT, PASSWORD, Office, Visitor
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from formreader.cli import main
from formreader.errors import InputError
from formreader.server.app import create_app
from formreader.server.editor.work import FormWork
from formreader.server.page_reader import PageReader
from formreader.server.people.people import People
from formreader.server.people.permissions import REVIEW, ROUTES
from formreader.server.people.roles import Role, covers
from formreader.server.review_apps import ReviewApps
from formreader.server.services import Services
from formreader.server.work_folder import WorkFolder
from formreader.station.door import passwords as door_passwords
from formreader.station.door.guard import Guard
from formreader.station.door.passwords import Passwords


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    work = WorkFolder(tmp_path_factory.mktemp("office"))
    work.prepare()
    make_run(work.runs / "r", {"a.jpg": [[make_field("total", "12", 0.5)]]})
    people = People(work.root)
    passwords = Passwords(people)
    hashed = passwords.hash(PASSWORD)
    for role in Role:
        people.put(role.value, {role}, hashed)
    people.put("nobody", (), hashed)
    services = Services(ReviewApps(work, "ann"), FormWork(), PageReader())
    app = create_app(ENDPOINT, passwords, services)
    assert isinstance(app, Guard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door_passwords, "_TRUST_S", 0)  # else it is a second
        yield Office(app, people, services, {})
    services.end()


def list_routes(routes: Iterable[BaseRoute], above: str = "") -> Iterator[str]:
    for route in routes:
        included = getattr(route, "original_router", None)  # of newer FastAPIs
        if included is not None:
            yield from list_routes(included.routes, above)
        elif isinstance(route, APIRoute):
            yield from (
                f"{method} {above}{route.path}" for method in route.methods or ()
            )
        elif isinstance(route, Mount) and isinstance(route.app, Starlette):
            yield from list_routes(route.app.routes, above + route.path)


def test_every_route_says_which_role_it_needs(office: Office) -> None:
    app = office.app._app
    assert isinstance(app, Starlette)
    found = set(list_routes(app.routes))
    assert "POST /api/runs" in found
    client = office.visit("manage")
    assert client.get("/runs/r/review/queue").status_code == 200
    station = office.services.reviews._opened["r"].app
    assert isinstance(station, Starlette)
    found |= set(list_routes(station.routes, REVIEW))
    doors = {"GET /login", "POST /login"}  # before anybody has come in
    assert found - doors == set(ROUTES) - {"GET /api/openapi.json"}


@pytest.mark.parametrize("name", [*(role.value for role in Role), "nobody"])
def test_each_role_is_refused_what_it_may_not_do(office: Office, name: str) -> None:
    roles = office.people.find_roles(name)
    client = office.visit(name)
    for route, needed in ROUTES.items():
        method, _, path = route.partition(" ")
        if needed is None or covers(roles, needed):
            continue
        answer = client.request(method, path.replace("{", "").replace("}", ""))
        assert answer.status_code == 403, route
        assert f"{needed.value!r}" in answer.text
    for method in ("GET", "POST", "DELETE"):
        answer = client.request(method, "/not/in/the/table")
        assert answer.status_code == (404 if name == "manage" else 403)


def test_whoever_supervises_decides_where_others_differ(office: Office) -> None:
    for name in ("supervise", "manage"):
        page = office.visit(name).get("/runs/r/review/queue").text
        assert 'data-decides="True"' in page
    page = office.visit("review").get("/runs/r/review/queue").text
    assert 'data-decides="False"' in page
    assert "Leave it to manage, supervise" in page


def test_each_role_may_do_what_it_is_for(office: Office) -> None:
    for name, path in (
        ("nobody", "/"),
        ("nobody", "/account"),
        ("scan", "/new"),
        ("scan", "/runs/r"),
        ("review", "/runs/r/review/queue"),
        ("review", "/runs/r/table"),
        ("supervise", "/runs/r/review/audit"),
        ("supervise", "/api/runs/r/files/csv"),
        ("manage", "/people"),
        ("manage", "/forms"),
    ):
        client = office.visit(name)
        assert client.get(path).status_code == 200, f"{name}: {path}"


def test_pages_offer_nobody_what_they_may_not_do(office: Office) -> None:
    client = office.visit("review")
    page = client.get("/").text
    assert 'href="/runs/r/review/queue"' in page
    for path in ("/new", "/forms", "/people"):
        assert f'href="{path}"' not in page
    run = client.get("/runs/r").text
    assert 'id="remove"' not in run
    assert 'id="drop"' not in run
    assert "/review/progress" not in client.get("/runs/r/review/queue").text
    table = client.get("/runs/r/table").text
    assert "/files/csv" not in table


def test_a_role_that_is_taken_away_is_gone_at_once(office: Office) -> None:
    hashed = office.people.load_hashes()["scan"]
    office.people.put("eve", {Role.SCAN}, hashed)
    client = office.visit("eve")
    assert client.get("/new").status_code == 200
    office.people.put("eve", {Role.REVIEW})
    assert client.get("/new").status_code == 403
    manager = office.visit("manage")
    manager.post("/api/people/remove", {"name": "eve"})
    assert client.get("/").status_code == 303


def test_a_manager_lets_people_in_and_somebody_stays_who_manages(
    office: Office,
) -> None:
    client = office.visit("manage")
    wish = {"name": "bob", "roles": ["scan", "review"], "password": PASSWORD}
    assert client.post("/api/people", {**wish, "password": "short"}).is_error
    assert client.post("/api/people", {**wish, "roles": ["king"]}).is_error
    assert client.post("/api/people", {**wish, "password": None}).is_error
    known = client.post("/api/people", wish).json()
    assert {"name": "bob", "roles": ["review", "scan"]} in known
    for path, body in (
        ("/api/people", {"name": "manage", "roles": []}),
        ("/api/people/remove", {"name": "manage"}),
    ):
        answer = client.post(path, body)
        assert (answer.status_code, "manages" in answer.text) == (422, True)
    assert client.post("/api/people/remove", {"name": "x"}).status_code == 404
    client = office.visit("bob")
    change = {"old": PASSWORD, "new": "another horse battery"}
    wrong = client.post("/api/account/password", {**change, "old": "x"})
    assert wrong.status_code == 422
    assert client.post("/api/account/password", change).status_code == 200
    assert office.people.find_roles("bob") == {Role.SCAN, Role.REVIEW}


def test_a_program_may_do_what_its_token_says(office: Office) -> None:
    folder = office.services.reviews.work.root
    for arguments, may in (([], True), (["--role", "review"], False)):
        command = ["serve", str(folder), "--add-token", "archive", *arguments]
        token = CliRunner().invoke(main, command).stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        client = Visitor(office.app, headers)
        assert client.get("/api/runs/r/fields").status_code == 200
        done = client.get("/api/runs/r/files/csv")
        assert done.status_code == (200 if may else 403)
        assert client.get("/api/people").status_code == 403


# Without a server


def test_the_first_person_named_at_the_terminal_manages(tmp_path: Path) -> None:
    def add(*arguments: str, password: str = PASSWORD) -> str:
        command = ["serve", str(tmp_path), *arguments]
        return CliRunner().invoke(main, command, input=f"{password}\n").stderr

    assert "ann (manage)" in add("--add-user", "ann")
    assert "bob (review, scan)" in add(
        "--add-user", "bob", "--role", "scan", "--role", "review"
    )
    assert "bob (review, scan)" in add("--add-user", "bob")  # another password
    assert "fewer than 10" in add("--add-user", "eve", password="short")
    assert "somebody must stay" in add("--remove-user", "ann")
    assert "there is no 'eve'" in add("--remove-user", "eve")
    content = (tmp_path / ".people.json").read_text("utf-8")
    assert PASSWORD not in content
    assert (tmp_path / ".people.json").stat().st_mode & 0o077 == 0


def test_beyond_this_computer_a_server_needs_somebody_who_manages(
    certificate: Path, tmp_path: Path
) -> None:
    tls = ["--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem"]
    command = ["serve", tmp_path / "work", "--host", "127.0.0.1", *tls]
    result = CliRunner().invoke(main, [*map(str, command)])
    assert result.exit_code == 2
    assert "who manages" in " ".join(result.stderr.split())


def test_a_file_of_people_that_is_damaged_lets_nobody_in_and_stays(
    tmp_path: Path,
) -> None:
    people = People(tmp_path)
    people.put("ann", {Role.MANAGE}, "hash")
    (tmp_path / ".people.json").write_text("{", "utf-8")
    assert (people.list_all(), people.load_hashes()) == ([], {})
    with pytest.raises(Exception, match="put the file back"):
        people.put("eve", {Role.MANAGE}, "hash")
    assert (tmp_path / ".people.json").read_text("utf-8") == "{"
    (tmp_path / ".people.json").write_text(
        json.dumps({"ann": {"roles": ["manage", "king"], "password": "hash"}}), "utf-8"
    )
    assert people.find_roles("ann") == {Role.MANAGE}
    with pytest.raises(InputError, match="somebody must stay"):
        people.remove("ann")
