"""Routes that begin runs, start and stop reading, and say how far it is."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.concurrency import run_in_threadpool

from formreader.errors import OutputError
from formreader.server.bodies import RunWish, StartWish
from formreader.server.removal import remove_run
from formreader.server.run_process import find_process, start_process, stop_process
from formreader.server.run_queue import has_room, leave_queue, wait_in_queue
from formreader.server.run_settings import RunSettings
from formreader.server.runs import (
    RunSummary,
    describe_run,
    list_failures,
)
from formreader.server.scan_folders import find_scan_folder, list_subfolders
from formreader.server.site import Site
from formreader.server.work_folder import WorkFolder, check_name
from formreader.station.refusals import say_to
from formreader.store.errors import StoreError
from formreader.store.tables.connection import RunStore

__all__ = ["RunRoutes"]

_STARTING = Lock()


class RunRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter(tags=["runs"])
        for path, endpoint, method in (
            ("/runs", self.list_all, "GET"),
            ("/runs", self.begin, "POST"),
            ("/runs/{run}", self.describe, "GET"),
            ("/runs/{run}/failures", self.list_failures, "GET"),
            ("/runs/{run}/start", self.start, "POST"),
            ("/runs/{run}/stop", self.stop, "POST"),
            ("/runs/{run}/remove", self.remove, "POST"),
            ("/folders", self.list_folders, "GET"),
        ):
            self.router.add_api_route(path, endpoint, methods=[method])

    def list_all(self) -> list[RunSummary]:
        """List the runs, the one that was changed last first."""
        return [describe_run(path) for path in self._site.work.list_runs()]

    def begin(self, wish: RunWish) -> RunSummary:
        """Make a run without pages; bring scans to it, then start it.

        Raises:
            HTTPException: If there is a run of this name, or no such form.
        """
        work = self._site.work
        settings = _settle(work, wish)
        name = check_name(wish.name) if wish.name.strip() else name_run(work)
        return describe_run(_make(work, name, settings))

    def describe(self, run: str) -> RunSummary:
        """Say how far a run is."""
        return describe_run(self._site.get_run(run))

    def list_folders(
        self, path: Annotated[str, Query(max_length=4000)] = ""
    ) -> list[str]:
        """List the folders in a folder of the computer; without one, those allowed.

        Raises:
            InputError: If it may not be read.
        """
        return list_subfolders(self._site.work.allowed, path)

    def list_failures(self, run: str, request: Request) -> list[dict[str, Any]]:
        """List what cannot be read: source, page, error and remedy; at most 200."""
        folder = self._site.get_run(run)
        if describe_run(folder).failed == 0:
            return []
        said = ("error", "remedy")
        return [
            row | {key: say_to(request, row[key]) for key in said}
            for row in list_failures(folder)
        ]

    def start(self, run: str, wish: StartWish) -> RunSummary:
        """Begin to read the pages of a run, or go on.

        While as many runs are read as may be at once, it waits: its state is `queued`,
        and `place` says how many are before it, with itself.

        Raises:
            HTTPException: If it has no scans, or was not begun here.
        """
        folder = self._site.get_run(run)
        start_run(self._site.work, folder, retry_failed=wish.retry_failed)
        return describe_run(folder)

    def stop(self, run: str) -> RunSummary:
        """Stop reading after the pages under way; `start` goes on."""
        folder = self._site.get_run(run)
        leave_queue(folder)
        stop_process(folder)
        return describe_run(folder)

    async def remove(self, run: str) -> dict[str, str]:
        """Remove a run with its scans, readings and decisions, for good.

        Raises:
            HTTPException: If it is being read.
            StoreError: If its database cannot be reached; it is left as it was.
        """
        folder = self._site.get_run(run)
        process = find_process(folder)
        if process is not None and process.is_alive:
            raise HTTPException(409, "The run is being read; stop it first.")
        await self._site.services.reviews.close(run)
        await run_in_threadpool(remove_run, folder)
        return {"removed": run}


def start_run(work: WorkFolder, run: Path, *, retry_failed: bool = False) -> None:
    """Begin to read a run, or go on; let it wait if others are read already.

    Args:
        work: The folder of work.
        run: The run folder.
        retry_failed: Try once more what failed.

    Raises:
        HTTPException: If it has no scans, or was not begun here.
        InputError: If its folder may not be read any more.
    """
    settings = RunSettings.load(run)
    if settings is None:
        raise HTTPException(
            409, "The run was begun by a command; go on with the same command."
        )
    if settings.folder:
        find_scan_folder(work.allowed, settings.folder)
    arguments = [*settings.make_arguments(run, work)]
    if retry_failed and not settings.watch:
        arguments.append("--retry-failed")
    with _STARTING:
        summary = describe_run(run)
        if summary.is_alive:
            return
        if not (summary.scans or settings.folder):
            raise HTTPException(422, "The run has no scans yet; bring some first.")
        if not settings.watch and not has_room(work):
            wait_in_queue(run, retry_failed=retry_failed)
            return
        pages = summary.pages + summary.failed
        start_process(run, arguments, pages, summary.scans)
        leave_queue(run)


def name_run(work: WorkFolder) -> str:
    """Give a new run a name by the date."""
    today, number = date.today().isoformat(), 1
    name = f"run {today}"
    while (work.runs / name).exists():
        number += 1
        name = f"run {today} ({number})"
    return name


def _settle(work: WorkFolder, wish: RunWish) -> RunSettings:
    """Make sure that what a run is to be read by is there.

    Raises:
        HTTPException: If it is not.
        InputError: If its folder may not be read.
    """
    for kind, names, find in (
        ("form", wish.forms, work.find_form),
        ("model", [wish.model], work.find_model),
        ("calibration", [wish.calibration], work.find_calibration),
    ):
        for name in filter(None, names):
            if find(name) is None:
                raise HTTPException(422, f"There is no {kind} {name!r}.")
    folder = wish.folder and str(find_scan_folder(work.allowed, wish.folder))
    return RunSettings(
        tuple(wish.forms),
        wish.threshold,
        wish.target_error,
        wish.calibration,
        wish.model,
        wish.second,
        folder,
        wish.watch,
    )


def _make(work: WorkFolder, name: str, settings: RunSettings) -> Path:
    """Make a run folder.

    Raises:
        HTTPException: If there is one of this name.
        OutputError: If it cannot be made, or its database cannot be used.
    """
    run = work.runs / name
    try:
        run.mkdir()
    except FileExistsError:
        raise HTTPException(
            409, f"There is a run {name!r} already; choose another name."
        ) from None
    except OSError as error:
        raise OutputError(
            f"the run cannot be written ({error.strerror}); make room on the disk",
            path=run,
        ) from error
    settings.save(run)
    if work.machines.store_url is not None:
        _keep_in_database(run, work.machines.store_url)
    return run


def _keep_in_database(run: Path, url: str) -> None:
    """Make the store of a new run; the folder remembers where it is.

    Raises:
        StoreError: If the database cannot be used; the run is gone then.
    """
    try:
        RunStore.create(run, url).close()
    except StoreError:
        shutil.rmtree(run, ignore_errors=True)
        raise
