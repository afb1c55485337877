"""Takes in connections: how many at once, and how long each may keep still.

uvicorn alone would wait without end for a request that never comes or stays half sent,
and answer a lack of file descriptors with a flood of log lines.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from formreader.station.door.guard import STREAMED, App, Message, Receive, Send

__all__ = ["BoundedServer", "Connection", "Patience", "count_places", "watch_requests"]

_LOG = logging.getLogger("uvicorn.error")
_STATE = "connection"  # where a request finds the connection that it came by
_MOST = 200  # connections at once
_OWN_FILES = 100  # descriptors for the store, the scans and the rest of the station
_FEWEST = 8
_SWEEP_S = 0.5
_PAUSE_S = 0.5  # after an error, and while all connections are at work


@dataclass(frozen=True)
class Patience:
    """How long the station waits for a browser, in seconds.

    Attributes:
        request_s: For TLS and the head of a request, and between two requests.
        body_s: For the body of a request.
        taking_s: Until a browser has taken what it is sent.
    """

    request_s: float = 10.0
    body_s: float = 20.0
    taking_s: float = 60.0


@dataclass(eq=False)
class Connection:
    """A connection, and how long it may keep the station waiting.

    Attributes:
        socket: What was accepted; closed once the connection is over.
        host: The address of the other end.
        patience: How long it may take.
        deadline: When it is ended unless something happens, in seconds of the monotonic
            clock; None while the station is at work for it.
        transport: Carries its bytes, after TLS has begun.
    """

    socket: socket.socket
    host: str
    patience: Patience
    deadline: float | None = None
    transport: asyncio.Transport | None = None
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Wait for the first request."""
        self.wait(self.patience.request_s)

    @property
    def is_over(self) -> bool:
        """Whether its descriptor has been given back."""
        return self.socket.fileno() < 0

    def wait(self, seconds: float) -> None:
        """Wait for the other end from now on."""
        self.deadline = time.monotonic() + seconds

    def work(self) -> None:
        """Let it wait for the station from now on."""
        self.deadline = None

    def end(self) -> None:
        """Hang up, whatever state it is in."""
        with suppress(OSError):  # during TLS, nothing else is there to be ended
            self.socket.shutdown(socket.SHUT_RDWR)
        if self.transport is not None:
            self.transport.abort()


def count_places() -> int:
    """Say how many connections there may be, with the descriptors that there are."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _MOST
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return _MOST
    return max(_FEWEST, min(_MOST, (limit - _OWN_FILES) // 2))


def watch_requests(app: App) -> App:
    """Note with each connection whom it waits for while a request is under way."""

    async def watched(
        scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        connection = scope.get("state", {}).get(_STATE)
        if connection is None:
            await app(scope, receive, send)
            return
        patience = connection.patience
        connection.wait(patience.body_s)
        try:
            await app(
                scope,
                _watch_body(receive, connection, scope["state"]),
                _watch_taking(send, connection),
            )
        finally:
            connection.wait(patience.request_s)

    return watched


def _watch_body(
    receive: Receive, connection: Connection, state: MutableMapping[str, Any]
) -> Receive:
    """Wait for a body as a whole, or, if the guard lets it stream, for each part."""

    async def watched() -> Message:
        message = await receive()
        if not message.get("more_body", False):
            connection.work()
        elif state.get(STREAMED):
            connection.wait(connection.patience.body_s)
        return message

    return watched


def _watch_taking(send: Send, connection: Connection) -> Send:
    async def watched(message: Message) -> None:
        connection.wait(connection.patience.taking_s)
        await send(message)
        connection.work()

    return watched


class BoundedServer(uvicorn.Server):
    """A server with a place for so many connections, which none may keep for nothing.

    When all places are taken, a new connection is given that of one which keeps the
    station waiting: the oldest of the address that has the most. So a crowd of silent
    connections shuts nobody out.

    Args:
        config: What uvicorn is told; its application is wrapped by `watch_requests`.
        listener: A socket that listens; closed at the end.
        places: How many connections there may be.
        patience: How long each may take.
        at_stop: Is called as soon as the server begins to stop.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        places: int,
        patience: Patience | None = None,
        at_stop: Callable[[], None] | None = None,
    ) -> None:
        """Take in nobody yet."""
        super().__init__(config)
        self._listener, self._places = listener, places
        self._patience = patience or Patience()
        self._at_stop = at_stop
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then take in connections."""
        await super().startup(sockets=[])  # uvicorn itself listens nowhere
        # What was loaded so far stays to the end. To look through it for garbage again
        # and again takes tenths of a second each time, and no page is answered then.
        gc.collect()
        gc.freeze()
        self._listener.setblocking(False)
        self._start(self._take_in())
        self._start(self._sweep())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in nobody any more, and let answers under way go out."""
        if self._at_stop is not None:
            self._at_stop()
        for task in self._tasks:
            task.cancel()
        self._listener.close()
        for connection in self._connections:
            if connection.deadline is not None and _has_sent_all(connection):
                connection.end()
        await super().shutdown(sockets=[])

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take_in(self) -> None:
        """Accept connections; what goes wrong ends neither the loop nor the disk."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(self._listener)
            except OSError as error:
                _LOG.error("a connection cannot be taken in (%s)", error.strerror)
                await asyncio.sleep(_PAUSE_S)
                continue
            while not self._make_room():
                await asyncio.sleep(_PAUSE_S)
            connection = Connection(accepted, str(address[0]), self._patience)
            self._connections.add(connection)
            self._start(self._open(connection))
            await asyncio.sleep(0)  # so that those that were ended are closed

    def _make_room(self) -> bool:
        """See that a place is free; False if the station works for all of them."""
        self._forget_ended()
        if len(self._connections) < self._places:
            return True
        per_host = Counter(connection.host for connection in self._connections)
        waiting = [one for one in self._connections if one.deadline is not None]
        if not waiting:
            return False
        last = min(waiting, key=lambda one: (-per_host[one.host], one.began))
        last.end()
        self._connections.discard(last)
        return True

    async def _open(self, connection: Connection) -> None:
        """Begin to speak TLS, if it is asked for, and HTTP."""
        loop = asyncio.get_running_loop()

        def make_protocol() -> asyncio.Protocol:
            make: Any = self.config.http_protocol_class
            state = {**self.lifespan.state, _STATE: connection}
            protocol: asyncio.Protocol = make(
                config=self.config, server_state=self.server_state, app_state=state
            )
            return protocol

        try:
            transport, _ = await loop.connect_accepted_socket(
                make_protocol, connection.socket, ssl=self.config.ssl
            )
        except OSError:  # it went away, or does not speak TLS; asyncio closes it
            return
        connection.transport = transport

    async def _sweep(self) -> None:
        """End the connections that keep the station waiting for too long."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            self._forget_ended()
            now = time.monotonic()
            for connection in self._connections:
                if connection.deadline is not None and connection.deadline < now:
                    connection.end()

    def _forget_ended(self) -> None:
        self._connections = {one for one in self._connections if not one.is_over}


def _has_sent_all(connection: Connection) -> bool:
    transport = connection.transport
    return transport is None or transport.get_write_buffer_size() == 0
