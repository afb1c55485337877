"""A server in this process, to which people come in by password."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from formreader.server.people.people import People
from formreader.server.services import Services
from formreader.station.door.guard import Endpoint, Guard

PASSWORD = "correct horse battery"
ENDPOINT = Endpoint(8443, ("forms.test",), "https")
ORIGIN = "https://forms.test:8443"


@dataclass
class Visitor:
    """Sends what a browser or a program sends."""

    app: Guard
    headers: dict[str, str] = field(default_factory=lambda: {"Origin": ORIGIN})
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.request("POST", path, json=body)

    def request(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """Send in a thread of its own: a browser may have a loop in this one."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(
                asyncio.run, self._request(method, path, sent)
            ).result()

    async def _request(
        self, method: str, path: str, sent: dict[str, Any]
    ) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=ORIGIN,
            headers=self.headers,
            cookies=self.cookies,
        ) as client:
            answer = await client.request(method, path, **sent)
            self.cookies = client.cookies
            return answer


@dataclass(frozen=True)
class Office:
    """The server, its people, and what works for it."""

    app: Guard
    people: People
    services: Services
    visitors: dict[str, Visitor]

    def visit(self, name: str) -> Visitor:
        """Come in as somebody; whoever did so before is still in."""
        if name not in self.visitors:
            self.visitors[name] = self._let_in(name)
        return self.visitors[name]

    def _let_in(self, name: str) -> Visitor:
        visitor = Visitor(self.app)
        given = {"name": name, "password": PASSWORD}
        assert visitor.post("/login", given).status_code == 200
        visitor.headers["X-CSRF-Token"] = visitor.get("/session").json()["csrf"]
        return visitor
