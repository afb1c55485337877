"""What stands between the network and the station: every request passes here first.

A request goes on only if it names this server as its host, comes from a browser that
was let in, proves that a page of the station sent it if it changes something, and has a
body of bounded size. Everything is refused that is not allowed by name, so a new page
is guarded without doing anything.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from formreader.station.door.auth import Session, Sessions
from formreader.station.scripts import BUNDLES
from formreader.store.errors import StoreError

if TYPE_CHECKING:
    from fastapi import Response

__all__ = [
    "ENTRANCE",
    "LOGIN",
    "SESSION",
    "STATE",
    "STREAMED",
    "App",
    "Endpoint",
    "Guard",
    "PathRules",
]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
"""An ASGI application."""

ENTRANCE = "/enter"
"""Where links with a secret lead; open to browsers without a session."""

LOGIN = "/login"
"""Where people come in by password, if the station knows any."""

SESSION = "session"
"""The name of the session in the state of a request."""

STREAMED = "streamed"
"""In the state of a request: whether its body is taken as it comes, with patience."""

_OPEN = (ENTRANCE, "/static/")  # without a session
STATE = "/session"
"""Where a page asks whether its session still holds."""

_UNATTENDED = frozenset({"/hold", "/queue/next", STATE})
_READING = {"GET", "HEAD"}
_LARGEST_BODY = 1_000_000  # bytes
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_NO_STORE = "The store of the run cannot be used now; try again later."
_LOG_IN = "Your session has ended; load the page again and log in."
_USE_LINK = (
    "Open the station with the address that stands in its terminal. Each address works "
    "once; after it was used, the terminal shows the next."
)
_HEADERS = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)
_CACHING = ("cache-control", "no-store")
_STATIC_CACHING = ("cache-control", "no-cache")  # asked again, sent if changed
_BUNDLE_CACHING = ("cache-control", "public, max-age=31536000, immutable")


@dataclass(frozen=True)
class Endpoint:
    """Where the station listens.

    Attributes:
        port: TCP port.
        hosts: Names that a browser may call it by.
        scheme: `http`, or `https` behind TLS.
    """

    port: int
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    scheme: str = "http"

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers do not keep the ports of a host apart."""
        return f"formreader-{self.port}"

    @property
    def authorities(self) -> frozenset[str]:
        """What the Host header may say."""
        return frozenset(f"{host}:{self.port}" for host in self.hosts)

    @property
    def origins(self) -> frozenset[str]:
        """What the Origin header may say."""
        return frozenset(f"{self.scheme}://{name}" for name in self.authorities)

    def set_cookie(self, response: Response, session: Session) -> None:
        """Let a browser keep a session; scripts and other sites cannot use it."""
        response.set_cookie(
            self.cookie,
            session.key,
            httponly=True,
            samesite="strict",
            secure=self.scheme == "https",
        )


@dataclass(frozen=True)
class PathRules:
    """What paths are treated in another way than all others.

    Attributes:
        unattended: Tells whether open pages ask for a path by themselves, so that it
            keeps no session alive.
        streamed: Tells whether the body that is sent to a path is handed on as it comes
            instead of being bounded here; what takes it must bound it.
    """

    unattended: Callable[[str], bool] = _UNATTENDED.__contains__
    streamed: Callable[[str], bool] = lambda _: False


class Guard:
    """The outermost ASGI application of the station.

    Args:
        app: Sees only requests that may pass, with the session in their state.
        sessions: The browsers that were let in.
        endpoint: Where the station listens.
        harmless: Paths that may be posted to although the station is read-only; None if
            it is not.
        admits: Tells whether what let somebody in still does; None if people come in
            by links, and not by password.
        paths: What paths are treated in another way.
        programs: Gives the session of a program that comes to a path with a token, or
            None; None if programs have no tokens here.
        permits: Says why somebody may not go to a path by a method, or None; None if
            who is let in may do everything.
    """

    def __init__(
        self,
        app: App,
        sessions: Sessions,
        endpoint: Endpoint,
        harmless: Iterable[str] | None = None,
        *,
        admits: Callable[[str, str], bool] | None = None,
        paths: PathRules | None = None,
        programs: Callable[[str, str], Session | None] | None = None,
        permits: Callable[[Session, str, str], str | None] | None = None,
    ) -> None:
        """Wrap an application."""
        self._programs, self._permits = programs, permits
        self._paths = paths or PathRules()
        self._admits, self._has_login = admits, admits is not None
        self._app, self._sessions, self._endpoint = app, sessions, endpoint
        self._harmless = None if harmless is None else frozenset(harmless)

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """Let a request pass or answer it with what is wrong."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing here speaks WebSocket
        send = _with_headers(send, scope["path"])
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        program = self._find_program(scope["path"], headers)
        try:
            session = program or await self._find_session(scope["path"], headers)
        except StoreError:
            await _answer(send, HTTPStatus.SERVICE_UNAVAILABLE, _NO_STORE)
            return
        refusal = self._refuse(scope, headers, session, is_program=program is not None)
        is_streamed = self._paths.streamed(scope["path"])
        if refusal is None and not is_streamed:
            body = await _read_body(headers, receive)
            if body is None:
                refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too big."
        if refusal is not None:
            if self._has_login and _is_stranger(scope, session, refusal):
                await _lead_to_login(send)
            else:
                await _answer(send, *refusal)
            return
        state = scope.setdefault("state", {})
        state[SESSION], state[STREAMED] = session, is_streamed
        rest = receive if is_streamed else _replay(body or b"", receive)
        await self._app(scope, rest, send)

    def _find_program(self, path: str, headers: dict[str, str]) -> Session | None:
        """Look up which program asks; None if none does."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if self._programs is None or scheme.lower() != "bearer":
            return None
        return self._programs(path, token.strip())

    async def _find_session(self, path: str, headers: dict[str, str]) -> Session | None:
        """Look up who asks; end a session whose user may not come in any more.

        Raises:
            StoreError: If the store cannot say who may.
        """
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        morsel = cookies.get(self._endpoint.cookie)
        if morsel is None:
            return None
        by_hand = not self._paths.unattended(path)
        session = self._sessions.find(morsel.value, by_hand=by_hand)
        if session is None or self._admits is None:
            return session
        if await run_in_threadpool(self._admits, session.user, session.proof):
            return session
        self._sessions.end(session.key)
        return None

    def _refuse(
        self,
        scope: MutableMapping[str, Any],
        headers: dict[str, str],
        session: Session | None,
        *,
        is_program: bool,
    ) -> tuple[HTTPStatus, str] | None:
        """Say why a request may not pass; None if it may."""
        path, method = scope["path"], scope["method"]
        if headers.get("host", "").lower() not in self._endpoint.authorities:
            return HTTPStatus.MISDIRECTED_REQUEST, "This is not the address of it."
        if method in _READING and path.startswith(_OPEN):
            return None
        if self._has_login and path == LOGIN:
            return None if method in _READING else self._refuse_origin(headers)
        if session is None:
            return HTTPStatus.FORBIDDEN, _LOG_IN if self._has_login else _USE_LINK
        reason = self._permits(session, method, path) if self._permits else None
        if reason is not None:
            return HTTPStatus.FORBIDDEN, reason
        if method in _READING or is_program:
            return None
        if (refusal := self._refuse_origin(headers)) is not None:
            return refusal
        token = headers.get("x-csrf-token", "")
        if not hmac.compare_digest(token.encode(), session.csrf.encode()):
            return HTTPStatus.FORBIDDEN, "The page is out of date; load it again."
        if self._harmless is not None and path not in self._harmless:
            return HTTPStatus.FORBIDDEN, "The station was started with --read-only."
        return None

    def _refuse_origin(self, headers: dict[str, str]) -> tuple[HTTPStatus, str] | None:
        if headers.get("origin", "").lower() in self._endpoint.origins:
            return None
        return HTTPStatus.FORBIDDEN, "The request comes from another site."


async def _read_body(headers: dict[str, str], receive: Receive) -> bytes | None:
    """Read the body of a request; None if it is too large, without keeping it."""
    if not _is_small(headers.get("content-length", "0")):
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > _LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _is_small(length: str) -> bool:
    """Tell whether a Content-Length is a number, and a small one."""
    is_number = length.isascii() and length.isdigit() and len(length) < 16
    return is_number and int(length) <= _LARGEST_BODY


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give an application a body that was read already, and then what comes later."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_headers(send: Send, path: str) -> Send:
    """Add the headers that every answer carries."""
    caching = _STATIC_CACHING if path.startswith("/static/") else _CACHING
    is_bundle = path.startswith(BUNDLES)

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            is_lasting = is_bundle and message["status"] == HTTPStatus.OK
            last = _BUNDLE_CACHING if is_lasting else caching
            added = [(a.encode(), b.encode()) for a, b in (*_HEADERS, last)]
            message["headers"] = [*message.get("headers", ()), *added]
        await send(message)

    return send_with_headers


def _is_stranger(
    scope: MutableMapping[str, Any],
    session: Session | None,
    refusal: tuple[HTTPStatus, str],
) -> bool:
    """Tell whether all that is wrong is that somebody has not come in yet."""
    is_page = scope["method"] in _READING
    return is_page and session is None and refusal[0] is HTTPStatus.FORBIDDEN


async def _lead_to_login(send: Send) -> None:
    """Send a browser without a session to where it gets one."""
    start = {
        "type": "http.response.start",
        "status": HTTPStatus.SEE_OTHER.value,
        "headers": [(b"location", LOGIN.encode()), (b"connection", b"close")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, status: HTTPStatus, text: str) -> None:
    """Answer with a line of text, and hang up: the body may never end."""
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"connection", b"close"),
    ]
    await send(
        {"type": "http.response.start", "status": status.value, "headers": headers}
    )
    await send({"type": "http.response.body", "body": text.encode() + b"\n"})
