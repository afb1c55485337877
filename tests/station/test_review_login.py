from __future__ import annotations

import re
import shutil
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from drawn_runs import Made, make_run
from station_process import StationProcess

from formreader.cli import main
from formreader.station.door.passwords import Attempts, Passwords, TooManyAttemptsError
from formreader.station.door.server import find_names
from formreader.store.people.users import RunUsers
from formreader.store.tables.connection import RunStore

PASSWORD = "correct horse battery"
LISTENING = re.compile(r"https://localhost:(\d+)/")

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the certificate"
)


@dataclass(frozen=True)
class Office:
    """A station that other computers can reach."""

    origin: str
    run: Path
    context: ssl.SSLContext

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.origin, verify=self.context, trust_env=False)

    def log_in(
        self, client: httpx.Client, name: str, password: str, **headers: str
    ) -> httpx.Response:
        given = {"Origin": self.origin} | headers
        return client.post(
            "/login", json={"name": name, "password": password}, headers=given
        )


@pytest.fixture(scope="module")
def office(
    certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    run = make_run(tmp_path_factory.mktemp("office"), [[Made("12", 0.5)] * 4])
    for name in ("ann", "bob", "eve"):
        assert add_user(run, name, PASSWORD).exit_code == 0
    files = [certificate / "cert.pem", certificate / "key.pem"]
    options = ("--host", "127.0.0.1", "--name", "localhost")
    tls = ("--tls-cert", files[0], "--tls-key", files[1])
    with StationProcess("review", run, *options, *tls) as process:
        port = process.wait_for(LISTENING)[1]
        context = ssl.create_default_context(cafile=files[0])
        yield Office(f"https://localhost:{port}", run, context)


def add_user(run: Path, name: str, password: str) -> Result:
    return CliRunner().invoke(
        main, ["review", str(run), "--add-user", name], input=password + "\n"
    )


def csrf(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" content="([^"]+)"', client.get("/queue").text)
    assert found is not None
    return found[1]


def test_without_a_session_every_page_leads_to_the_login(office: Office) -> None:
    with office.client() as client:
        for path in ("/", "/queue", "/crops/1.jpg", "/nothing"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert client.get("/login").status_code == 200
        assert client.post("/decisions", json={}).status_code == 403


def test_decisions_carry_the_name_of_who_came_in(office: Office) -> None:
    with office.client() as client:
        answer = office.log_in(client, "ann", PASSWORD)
        assert answer.json() == {"home": "/queue"}
        cookie = answer.headers["set-cookie"].lower()
        for attribute in ("httponly", "samesite=strict", "secure"):
            assert attribute in cookie
        assert ">ann<" in client.get("/queue").text
        headers = {"Origin": office.origin, "X-CSRF-Token": csrf(client)}
        wish = {"count": 1, "without": []}
        given = client.post("/queue/next", json=wish, headers=headers).json()
        [item] = given["items"]
        verdict = {"field": item["id"], "action": "accept", "value": "13"}
        verdict |= {"seen": item["decision_id"], "place": "queue"}
        made = client.post("/decisions", json=verdict, headers=headers)
        assert made.status_code == 200, made.text
    result = CliRunner().invoke(
        main,
        ["export", str(office.run), "-o", str(office.run / "e.csv"), "--with-reviews"],
    )
    assert result.exit_code == 0, result.stderr
    assert "ann" in (office.run / "e.csv").read_text()


def test_who_goes_out_is_out(office: Office) -> None:
    with office.client() as client:
        office.log_in(client, "ann", PASSWORD)
        headers = {"Origin": office.origin, "X-CSRF-Token": csrf(client)}
        assert client.post("/logout", headers=headers).json() == {"home": "/login"}
        assert client.get("/queue").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("bob", "wrong"), ("nobody", PASSWORD), ("", "")]
)
def test_a_wrong_name_or_password_is_refused_alike(
    office: Office, name: str, password: str
) -> None:
    with office.client() as client:
        answer = office.log_in(client, name, password)
        assert answer.status_code == 403
        assert answer.json() == {"detail": "The name or the password is wrong."}
        assert client.get("/queue").status_code == 303


def test_another_site_cannot_log_anybody_in(office: Office) -> None:
    with office.client() as client:
        answer = office.log_in(client, "bob", PASSWORD, Origin="https://evil.example")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_another_name_for_the_station_is_refused(office: Office) -> None:
    with office.client() as client:
        assert client.get("/login", headers={"Host": "evil.example"}).status_code == 421


def test_guessing_is_slowed_down_even_for_the_right_password(office: Office) -> None:
    with office.client() as client:
        codes = [office.log_in(client, "eve", "guess").status_code for _ in range(7)]
        assert codes[:5] == [403] * 5
        answer = office.log_in(client, "eve", PASSWORD)
    assert codes[-1] == answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_there_are_no_links_that_let_a_browser_in(office: Office) -> None:
    with office.client() as client:
        assert client.get("/enter?token=x").status_code in {303, 404}


def test_passwords_are_kept_as_hashes(office: Office) -> None:
    with RunStore.open(office.run) as store:
        users = store.get_setting("users")
    assert users["ann"].startswith("$argon2id$")
    content = b"".join(p.read_bytes() for p in office.run.glob("run.sqlite*"))
    assert PASSWORD.encode() not in content


# Without a station


def test_beyond_this_computer_a_station_needs_a_certificate_and_people(
    certificate: Path, tmp_path: Path
) -> None:
    run = str(make_run(tmp_path, [[Made("12", 0.5)]]))
    cert, key = str(certificate / "cert.pem"), str(certificate / "key.pem")
    for options, complaint in (
        (["--host", "127.0.0.1"], "--host needs --tls-cert and --tls-key"),
        (["--tls-cert", cert], "go with --host"),
        (["--host", "127.0.0.1", "--tls-cert", key, "--tls-key", cert], "PEM"),
        (["--host", "127.0.0.1", "--tls-cert", cert, "--tls-key", key], "--add-user"),
    ):
        result = CliRunner().invoke(main, ["review", run, *options])
        assert result.exit_code == 2
        assert complaint in " ".join(result.stderr.split()), result.stderr


def test_people_come_and_go(tmp_path: Path, store_url: str | None) -> None:
    run = make_run(tmp_path, [[Made("12", 0.5)]], store_url=store_url)
    assert "may come in: ann, bob" in (
        add_user(run, "bob", PASSWORD).stderr + add_user(run, "ann", PASSWORD).stderr
    )
    assert add_user(run, "eve", "short").exit_code == 2
    removed = CliRunner().invoke(main, ["review", str(run), "--remove-user", "bob"])
    assert "may come in: ann\n" in removed.stderr
    with RunStore.open(run) as store:
        passwords = Passwords(RunUsers(store))
        assert passwords.check("ann", PASSWORD, "here")
        assert not passwords.check("bob", PASSWORD, "here")
    again = CliRunner().invoke(main, ["review", str(run), "--remove-user", "bob"])
    assert again.exit_code == 2


def test_waiting_doubles_with_each_failure_and_ends_with_the_right_password() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    for _ in range(5):
        attempts.begin("ann", "here")
        attempts.end("ann", "here", is_right=False)
    for wait_s in (1, 2, 4):
        with pytest.raises(TooManyAttemptsError) as caught:
            attempts.begin("ann", "here")
        assert caught.value.wait_s == wait_s
        now += wait_s
        attempts.begin("ann", "here")
        attempts.end("ann", "here", is_right=False)
    attempts.begin("ann", "elsewhere")  # others are not kept out
    now += 8
    attempts.begin("ann", "here")
    attempts.end("ann", "here", is_right=True)
    attempts.begin("ann", "here")


def test_one_address_cannot_try_many_names() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(20):
        attempts.begin(f"name {number}", "here")
        attempts.end(f"name {number}", "here", is_right=False)
    with pytest.raises(TooManyAttemptsError):
        attempts.begin("another", "here")


@pytest.mark.skipif(sys.platform == "win32", reason="has other names")
def test_a_station_is_known_by_the_names_of_its_computer() -> None:
    assert "localhost" in find_names("0.0.0.0")
    assert "0.0.0.0" not in find_names("0.0.0.0")
    assert "192.0.2.1" in find_names("192.0.2.1")
    assert "[2001:db8::1]" in find_names("2001:db8::1")
