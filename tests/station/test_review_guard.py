from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from station_process import StationProcess

from formreader.station.door.auth import OneTimeLinks, Sessions

RECOGNIZE = "/pad/recognize"


@dataclass(frozen=True)
class Visitor:
    """A client that was let in, and what its pages know."""

    client: httpx.Client
    origin: str
    csrf: str

    def post(self, body: bytes = b"", **headers: str) -> httpx.Response:
        """Send a drawing as a page would; a header that is empty is left out."""
        given = {"Origin": self.origin, "X-CSRF-Token": self.csrf}
        given |= {name.replace("_", "-"): text for name, text in headers.items()}
        kept = {name: text for name, text in given.items() if text}
        return self.client.post(RECOGNIZE, content=body, headers=kept)


@pytest.fixture(scope="module")
def station() -> Iterator[StationProcess]:
    with StationProcess("draw") as process:
        yield process


@pytest.fixture(scope="module")
def visitor(station: StationProcess) -> Iterator[Visitor]:
    address = station.next_address()
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    with httpx.Client(base_url=origin, trust_env=False) as client:
        assert client.get(address).status_code == 200
        found = re.search(r'name="csrf" content="([^"]+)"', client.get("/pad").text)
        assert found is not None
        yield Visitor(client, origin, found[1])


@pytest.fixture
def stranger(visitor: Visitor) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=visitor.origin, trust_env=False) as client:
        yield client


# Links and sessions


def test_a_link_works_once_and_the_next_one_is_announced() -> None:
    announced: list[str] = []
    links = OneTimeLinks(announced.append)
    first = announced[0]
    assert not links.redeem("guess")
    assert links.redeem(first)
    assert not links.redeem(first)
    assert links.redeem(announced[1])
    assert len(set(announced)) == len(announced) == 3


def test_too_many_sessions_end_the_oldest() -> None:
    sessions = Sessions()
    first = sessions.begin("ann")
    for _ in range(199):
        sessions.begin("ann")
    assert sessions.find(first.key) is first
    last = sessions.begin("ann")
    assert sessions.find(first.key) is None
    assert sessions.find(last.key) is last


def test_secrets_do_not_show_when_a_session_is_printed() -> None:
    session = Sessions().begin("ann")
    assert session.key not in repr(session)
    assert session.csrf not in repr(session)


# Over the network


def test_without_a_session_nothing_is_shown(stranger: httpx.Client) -> None:
    for path in ("/", "/pad", "/nothing", "/docs", "/openapi.json"):
        answer = stranger.get(path)
        assert answer.status_code == 403
        assert "terminal" in answer.text
    assert stranger.post(RECOGNIZE).status_code == 403
    assert stranger.get("/static/station.css").status_code == 200


def test_a_wrong_or_used_token_lets_nobody_in(stranger: httpx.Client) -> None:
    for query in ("", "?token=", "?token=guess", "?token=%00", "?token=ä"):
        answer = stranger.get(f"/enter{query}")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_the_cookie_is_strict_and_hidden_from_scripts(
    station: StationProcess, visitor: Visitor, stranger: httpx.Client
) -> None:
    cookie = stranger.get(station.next_address()).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/pad").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", ""]
)
def test_another_host_is_refused(visitor: Visitor, host: str) -> None:
    for path in ("/pad", "/enter", "/static/station.css"):
        answer = visitor.client.get(path, headers={"Host": host})
        assert answer.status_code in {400, 421}


def test_localhost_is_the_same_host(visitor: Visitor) -> None:
    port = urlsplit(visitor.origin).port
    answer = visitor.client.get("/pad", headers={"Host": f"localhost:{port}"})
    assert answer.status_code == 200


def test_a_post_needs_the_token_and_the_origin(visitor: Visitor) -> None:
    assert visitor.post(b"no drawing").status_code == 422  # it passed
    assert visitor.post(X_CSRF_Token="").status_code == 403
    assert visitor.post(X_CSRF_Token="guess").status_code == 403
    assert visitor.post(Origin="").status_code == 403
    assert visitor.post(Origin="null").status_code == 403
    assert visitor.post(Origin="http://evil.example").status_code == 403


def test_every_answer_forbids_what_pages_do_not_need(
    visitor: Visitor, stranger: httpx.Client
) -> None:
    answers = [
        visitor.client.get("/pad"),
        visitor.client.get("/nothing"),
        visitor.post(b"no drawing"),
        stranger.get("/pad"),
        stranger.get("/static/pad.js"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy and "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert [a.headers["cache-control"] for a in answers[:4]] == ["no-store"] * 4


def test_pages_hold_no_script_or_style_of_their_own(visitor: Visitor) -> None:
    page = visitor.client.get("/pad").text
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/..\\app.py",
        "/static/%00",
        "/static/templates/base.html",
    ],
)
def test_no_path_leaves_the_static_folder(visitor: Visitor, path: str) -> None:
    answer = ask(visitor, f"GET {path} HTTP/1.1")
    assert answer.split()[1] in {b"400", b"403", b"404"}
    assert b"import" not in answer and b"root:" not in answer


def test_a_body_that_says_it_is_too_large_is_refused_unread(visitor: Visitor) -> None:
    length = "Content-Length: 900000000000"
    answer = ask(visitor, f"POST {RECOGNIZE} HTTP/1.1", length)
    assert answer.split()[1] == b"413"


def test_a_body_that_grows_too_large_is_refused(visitor: Visitor) -> None:
    chunk = b"186a0\r\n" + bytes(100_000) + b"\r\n"
    answer = ask(
        visitor, f"POST {RECOGNIZE} HTTP/1.1", "Transfer-Encoding: chunked", body=chunk
    )
    assert answer.split()[1] == b"413"
    assert visitor.client.get("/pad").status_code == 200


def test_a_stranger_cannot_make_it_read_a_body(visitor: Visitor) -> None:
    answer = ask(
        visitor, f"POST {RECOGNIZE} HTTP/1.1", "Content-Length: 999999", cookie=False
    )
    assert answer.split()[1] == b"403"  # although the body never came


def test_a_port_in_use_is_a_usage_error_that_names_it(visitor: Visitor) -> None:
    port = urlsplit(visitor.origin).port
    with StationProcess("draw", "--port", str(port)) as second:
        assert second.process.wait(60) == 2
        second.kill()
        assert f"port {port} cannot be used" in "".join(second.printed)


def ask(
    visitor: Visitor, line: str, *headers: str, cookie: bool = True, body: bytes = b""
) -> bytes:
    """Send a request that no client library would.

    Args:
        visitor: Whose token to send.
        line: The first line.
        headers: More than those that a page of the station sends.
        cookie: Whether to send the cookie.
        body: Sent again and again, a hundred times at most, until the station hangs up.

    Returns:
        The whole answer.
    """
    where = urlsplit(visitor.origin)
    assert where.hostname is not None and where.port is not None
    lines = [line, f"Host: {where.netloc}", "Connection: close", *headers]
    lines += [f"Origin: {visitor.origin}", f"X-CSRF-Token: {visitor.csrf}"]
    if cookie:
        held = [f"{name}={key}" for name, key in visitor.client.cookies.items()]
        lines.append(f"Cookie: {'; '.join(held)}")
    with socket.create_connection((where.hostname, where.port), timeout=30) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        with suppress(OSError):  # it has hung up; its answer may still be there
            for _ in range(100 if body else 0):
                wire.sendall(body)
        return read_answer(wire)


def read_answer(wire: socket.socket) -> bytes:
    """Read until the other side hangs up, however it does."""
    answer = b""
    with suppress(ConnectionError):
        while part := wire.recv(65536):
            answer += part
    return answer
