"""A station among silent and slow connections, and how it stops.

FORMREADER_CROWD and FORMREADER_DESCRIPTORS say how many silent connections there are
and how many descriptors the station has; in full, 500 and 300.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from stat import S_IMODE

import httpx
import pytest
from click.testing import CliRunner
from drawn_runs import Made, make_run
from station_process import StationProcess

from formreader.cli import main
from formreader.station.door.auth import Lifetime, Sessions
from formreader.station.door.log import ScarceHandler
from formreader.station.door.server import make_signpost

CROWD = int(os.environ.get("FORMREADER_CROWD", "80"))
DESCRIPTORS = int(os.environ.get("FORMREADER_DESCRIPTORS", "130"))
PASSWORD = "correct horse battery"
LISTENING = re.compile(r"https://localhost:(\d+)/")

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the certificate"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("crowd"), [[Made("12", 0.5)] * 4])
    let_in(run, "ann")
    return run


@pytest.fixture(scope="module")
def network(run: Path, certificate: Path) -> Iterator[tuple[StationProcess, int]]:
    options = ("--host", "127.0.0.1", "--name", "localhost")
    tls = ("--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem")
    with StationProcess(
        "review", run, *options, *tls, descriptors=DESCRIPTORS
    ) as process:
        yield process, int(process.wait_for(LISTENING)[1])


@pytest.fixture
def client(
    network: tuple[StationProcess, int], certificate: Path
) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    origin = f"https://localhost:{network[1]}"
    with httpx.Client(
        base_url=origin, verify=context, trust_env=False, headers={"Origin": origin}
    ) as client:
        yield client


def let_in(run: Path, name: str) -> None:
    arguments = ["review", str(run), "--add-user", name]
    assert CliRunner().invoke(main, arguments, input=PASSWORD + "\n").exit_code == 0


def log_in(client: httpx.Client, name: str) -> None:
    answer = client.post("/login", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def is_in(client: httpx.Client) -> bool:
    return client.get("/queue").status_code == 200


def is_closed_within(connection: socket.socket, seconds: float) -> bool:
    """Tell whether the other end hangs up, after all that it sends first."""
    connection.settimeout(seconds)
    try:
        while connection.recv(10_000):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


# Connections


@needs_posix
@needs_openssl
def test_a_crowd_of_silent_connections_keeps_no_reviewer_out_and_fills_no_log(
    network: tuple[StationProcess, int], client: httpx.Client
) -> None:
    process, port = network
    before = len("".join(process.printed))
    with ExitStack() as crowd:
        for number in range(CROWD):
            silent = socket.create_connection(("127.0.0.1", port), timeout=30)
            crowd.callback(silent.close)
            if number % 2:
                silent.sendall(b"\x16\x03\x01\x02")  # the beginning of TLS
        log_in(client, "ann")
        for _ in range(5):
            began = time.monotonic()
            assert is_in(client)
            assert time.monotonic() - began < 5
    assert process.process.poll() is None
    assert len("".join(process.printed)) - before < 1000


def test_connections_that_say_nothing_or_half_a_thing_are_ended() -> None:
    with StationProcess("draw") as process, ExitStack() as opened:
        address = process.next_address()
        origin = address.partition("/enter")[0]
        place = "127.0.0.1", int(origin.rpartition(":")[2])
        cookie, token = come_in(address, origin)
        icon = f"GET /static/icon.svg HTTP/1.1\r\nHost: {place[0]}:{place[1]}\r\n"
        post = f"POST /pad/recognize HTTP/1.1\r\nHost: {place[0]}:{place[1]}\r\n"
        post += f"Cookie: {cookie}\r\nOrigin: {origin}\r\nX-CSRF-Token: {token}\r\n"
        connections = []
        for sent in (
            "",
            "GET /pad HTTP/1.1\r\nHost: ",
            f"{icon}\r\nGET",
            f"{post}Content-Length: 1000\r\n\r\nhalf",
        ):
            connection = opened.enter_context(socket.create_connection(place))
            connection.sendall(sent.encode())
            connections.append(connection)
        assert [is_closed_within(one, 25) for one in connections] == [True] * 4


def come_in(address: str, origin: str) -> tuple[str, str]:
    """Give the cookie and the token of a browser that was let in."""
    answer = httpx.get(address, trust_env=False)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    page = httpx.get(f"{origin}/pad", headers={"Cookie": cookie}, trust_env=False)
    found = re.search(r'name="csrf" content="([^"]+)"', page.text)
    assert found is not None
    return cookie, found[1]


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_station_that_is_told_to_stop_ends_with_0_at_once(
    number: signal.Signals,
) -> None:
    with StationProcess("draw") as process:
        port = int(process.next_address().split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)):
            time.sleep(0.3)
            process.process.send_signal(number)
            assert process.process.wait(5) == 0


# What is logged


def test_a_flood_of_log_records_is_cut_off_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    handler = ScarceHandler(lambda: now)
    record = logging.LogRecord(
        "a", logging.ERROR, "", 1, "\x1b[31mred\nforged", (), None
    )
    for _ in range(1000):
        handler.handle(record)
    told = capsys.readouterr().err
    assert len(told) < 1000
    assert "\x1b" not in told
    assert "\n  forged" in told
    now = 300.0
    handler.handle(record)
    assert "995 more" in capsys.readouterr().err


# Sessions


def test_a_session_ends_when_nobody_does_anything_and_when_it_is_old() -> None:
    clock = [0.0]
    sessions = Sessions(Lifetime(idle_s=10, whole_s=25), lambda: clock[0])
    first, second = sessions.begin("ann"), sessions.begin("bob")
    for clock[0] in (6.0, 12.0):
        assert sessions.find(first.key) is first
    assert sessions.find(second.key) is None
    for clock[0] in (18.0, 24.0):
        assert sessions.find(first.key) is first
    clock[0] = 25.0
    assert sessions.find(first.key) is None


def test_what_a_page_asks_for_by_itself_keeps_no_session_alive() -> None:
    now = 0.0
    sessions = Sessions(Lifetime(idle_s=10, whole_s=25), lambda: now)
    session = sessions.begin("ann")
    now = 6.0
    assert sessions.find(session.key, by_hand=False) is session
    now = 12.0
    assert sessions.find(session.key, by_hand=False) is None


@needs_openssl
@pytest.mark.parametrize(
    ("change", "name"), [("--remove-user", "bob"), ("--add-user", "eve")]
)
def test_who_is_removed_or_given_a_new_password_is_out(
    run: Path, client: httpx.Client, change: str, name: str
) -> None:
    let_in(run, name)
    time.sleep(1.5)  # within which the station hears of who was let in or removed
    log_in(client, name)
    assert is_in(client)
    arguments = ["review", str(run), change, name]
    done = CliRunner().invoke(main, arguments, input="another password\n")
    assert done.exit_code == 0, done.stderr
    time.sleep(1.5)
    assert not is_in(client)


# Requests


@needs_openssl
def test_requests_beyond_their_limits_are_refused_as_such(
    client: httpx.Client,
) -> None:
    log_in(client, "ann")
    found = re.search(r'name="csrf" content="([^"]+)"', client.get("/queue").text)
    assert found is not None
    headers = {"X-CSRF-Token": found[1], "Content-Type": "application/json"}
    for body in (
        b'{"count": NaN}',
        b'{"count": 1e999}',
        b'{"count": 1, "search": "\\ud800"}',
        b'{"count": 1, "search": "\\u0000"}',
        b'{"count": 1, "\\ud800": 2}',
        b'{"count": 1, "search": "' + b"a" * 60_000 + b'"}',
        b'{"count": 1, "without": [-Infinity]}',
        b'"\\udfff"',
    ):
        answer = client.post("/queue/next", content=body, headers=headers)
        assert answer.status_code == 422, (body[:50], answer.text)
    bad_password = b'{"name": "ann", "password": "\\ud800"}'
    answer = client.post("/login", content=bad_password, headers=headers)
    assert answer.status_code == 422
    for path in ("/queue", "/groups"):
        for text in ("a" * 60_000, "\0"):
            for name in ("field", "flag", "form", "file", "search"):
                answer = client.get(path, params={name: text})
                assert answer.status_code in {400, 414, 422}, answer.text
        assert client.get(path, params={"search": "a" * 200}).status_code == 200


# The link


@needs_posix
def test_the_way_into_a_browser_is_a_file_for_its_user_alone() -> None:
    address = "http://127.0.0.1:1/enter?token=secret&more"
    with make_signpost(address) as page:
        assert S_IMODE(page.stat().st_mode) == 0o600
        assert S_IMODE(page.parent.stat().st_mode) == 0o700
        assert "url=http://127.0.0.1:1/enter?token=secret&amp;more" in page.read_text()
        assert "secret" not in page.as_uri()
    assert not page.parent.exists()
