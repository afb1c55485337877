"""The review stations of the runs, each opened when somebody comes to it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.responses import PlainTextResponse

from formreader.errors import FormReaderError, InputError
from formreader.options import ReadingOptions
from formreader.pipeline import FormReader
from formreader.server.run_settings import RunSettings
from formreader.server.work_folder import WorkFolder
from formreader.station.app import Door, Station, make_review_part
from formreader.station.door.guard import App, Receive, Send
from formreader.station.page_pictures import PagePictures
from formreader.store.machine.origin import find_folder
from formreader.store.people.asking import SecondShares, draw_decided
from formreader.store.people.identity import find_identity
from formreader.store.tables.connection import RunStore

__all__ = ["ReviewApps"]

_MOST_OPEN = 6  # each holds a process that draws its pages


@dataclass
class _Opened:
    """A station that is open.

    Attributes:
        app: Answers.
        resources: What is let go of when it is closed.
        busy: How many requests it is answering.
    """

    app: App
    resources: ExitStack
    busy: int = 0


class ReviewApps:
    """An ASGI application that hands each request to the station of its run.

    A thread of its own opens and closes stations: the processes that draw pages end
    with the thread that has started them.

    Args:
        work: The folder of work.
        user: Who decides.
        second: Which of the decided fields are asked of another person as well.
        supervisor: Who decides what two differ about, or what was escalated; empty for
            those of the door.
        has_figures: Whether there is a page with the figures of people.

    Attributes:
        work: The folder of work.
        user: Who decides.
        door: How people come in; set before the first of them does.
    """

    def __init__(
        self,
        work: WorkFolder,
        user: str,
        second: SecondShares | None = None,
        supervisor: str = "",
        *,
        has_figures: bool = True,
    ) -> None:
        """Open none yet."""
        self.work, self.user = work, user
        self._second, self._supervisor = second or SecondShares(), supervisor
        self._has_figures = has_figures
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "review-apps")
        self._reader: FormReader | None = None
        self.door = Door()

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """Answer a request."""
        name = scope["path_params"]["name"]
        loop = asyncio.get_running_loop()
        try:
            opened = await loop.run_in_executor(self._thread, self._enter, name)
        except FormReaderError as error:
            refusal = PlainTextResponse(f"{error.message}\n", status_code=404)
            await refusal(scope, receive, send)
            return
        try:
            await opened.app(scope, receive, send)
        finally:
            self._thread.submit(self._leave, opened)

    async def close(self, name: str) -> None:
        """Let go of a run, so that it can be removed."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._close, name)

    def end(self) -> None:
        """Close all, whatever they are at."""
        for opened in list(self._opened.values()):
            opened.resources.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _enter(self, name: str) -> _Opened:
        """Give the station of a run, for one request.

        Raises:
            FormReaderError: If there is none.
        """
        opened = self._opened.get(name)
        if opened is None:
            opened = self._opened[name] = self._open(self.work.runs / name)
            self._close_oldest()
        self._opened.move_to_end(name)
        opened.busy += 1
        return opened

    def _leave(self, opened: _Opened) -> None:
        opened.busy -= 1

    def _open(self, run: Path) -> _Opened:
        if self.work.find_run(run.name) is None:
            raise InputError("there is no run of this name")
        if self._reader is None:
            self._reader = ReadingOptions(ink_layers=False).make_reader()
        settings, second = RunSettings.load(run), self._second
        if settings is not None and settings.second:  # which goes before
            second = replace(second, overall=settings.second)
        with ExitStack() as resources:
            store = resources.enter_context(RunStore.open(run))
            if second.asks and not store.is_read_only:
                draw_decided(store, second, find_identity(store))
            pictures = PagePictures(store, find_folder(store))
            resources.enter_context(pictures)
            station = Station(
                store,
                pictures,
                user=self.user,
                reader=self._reader,
                read_only=store.is_read_only,
                has_figures=self._has_figures,
                second=second,
                supervisors=self._find_supervisors,
            )
            app = make_review_part(station, f"/runs/{quote(run.name)}", self.door)
            return _Opened(app, resources.pop_all())

    def _find_supervisors(self) -> frozenset[str]:
        if self._supervisor:
            return frozenset({self._supervisor})
        return self.door.supervisors()

    def _close_oldest(self) -> None:
        idle = [name for name, one in self._opened.items() if not one.busy]
        for name in idle[: max(0, len(self._opened) - _MOST_OPEN)]:
            self._close(name)

    def _close(self, name: str) -> None:
        opened = self._opened.pop(name, None)
        if opened is not None:
            opened.resources.close()
