"""Routes that measure a run: against truth, by what people found, and as a promise."""

from __future__ import annotations

from random import SystemRandom
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from formreader.errors import OutputError
from formreader.output import replace_file
from formreader.promises.report import report_rows
from formreader.server.checking.measurement import (
    Judge,
    gather_checks,
    load_accuracy,
    measure_accuracy,
)
from formreader.server.checking.truth_files import take_truth
from formreader.server.runs import describe_run
from formreader.server.site import Site
from formreader.server.work_folder import CALIBRATION_SUFFIX, check_name
from formreader.store.people.audit import AuditResult, draw_sample, measure_errors
from formreader.store.people.corrections import Corrections, sum_up_corrections
from formreader.store.tables.connection import RunStore

__all__ = ["CheckingRoutes", "PromiseReport", "report_promise"]


class PromiseReport(BaseModel):
    """What checked fields prove.

    `rows` is a table with its heading, as `formreader calibrate` prints it.
    """

    checks: int
    wrong: int
    rows: list[tuple[str, ...]]
    calibration: str = ""


class CalibrationWish(BaseModel):
    """Checked fields to be kept, for the promises of later runs."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)]
    by: Judge = Judge.PEOPLE


class AuditWish(BaseModel):
    """Accepted fields to be looked at by people."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Of all accepted fields, what was drawn before among them."
    )


class CheckingRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._site = site
        self.router = APIRouter(tags=["accuracy"])
        add = self.router.add_api_route
        add("/runs/{run}/accuracy", self.show, methods=["GET"])
        add("/runs/{run}/accuracy", self.measure, methods=["POST"])
        add("/runs/{run}/corrections", self.list_corrections, methods=["GET"])
        add("/runs/{run}/audit", self.draw, methods=["POST"])
        add("/runs/{run}/promises", self.list_promises, methods=["GET"])
        add("/runs/{run}/calibration", self.calibrate, methods=["POST"])
        add(
            "/calibrations/{name}.threshold",
            self.download,
            methods=["GET"],
            response_class=FileResponse,
        )

    def show(self, run: str) -> dict[str, Any] | None:
        """Give what was measured last; null if nothing was."""
        return load_accuracy(self._site.get_run(run))

    async def measure(
        self, run: str, request: Request, names: bool = False, reviewed: bool = False
    ) -> dict[str, Any]:
        """Compare a run with typed truth: the body of the request is its CSV.

        It has the columns file, field and value and, where known, page, cells, left,
        top, width, height, as `formreader evaluate` takes it. With `names`, fields are
        matched by their names alone; with `reviewed`, what holds now is measured, and
        not what the machine read.

        Raises:
            HTTPException: If the file breaks off.
        """
        folder = self._site.get_run(run)
        try:
            await take_truth(request.stream(), folder)
        except ClientDisconnect:  # nobody hears it
            raise HTTPException(400, "The file broke off.") from None
        return await run_in_threadpool(
            measure_accuracy, folder, names_only=names, reviewed=reviewed
        )

    def list_corrections(self, run: str) -> Corrections:
        """Sum up what people corrected: fields, and characters that were mistaken."""
        folder = self._site.get_run(run)
        with RunStore.open(folder) as store, store.read() as transaction:
            return sum_up_corrections(transaction)

    def draw(self, run: str, wish: AuditWish) -> AuditResult:
        """Draw accepted fields at random, for people to look at in the review.

        Raises:
            HTTPException: If the run is being read.
        """
        folder = self._site.get_run(run)
        if describe_run(folder).is_alive:
            raise HTTPException(409, "Draw once all pages are read.")
        with RunStore.open(folder) as store:
            draw_sample(store, wish.share, SystemRandom())
            return measure_errors(store)

    def list_promises(
        self, run: str, by: Annotated[Judge, Query()] = Judge.PEOPLE
    ) -> PromiseReport:
        """Say which share of wrong fields can be promised, by the checks of the run.

        `people` are fields of the audit; `truth` is what was brought last.
        """
        return report_promise(self._site, run, by)

    def calibrate(self, run: str, wish: CalibrationWish) -> PromiseReport:
        """Keep the checks of a run, for the target error of later ones.

        Raises:
            HTTPException: If there is a calibration of this name.
            OutputError: If it cannot be written.
        """
        checks = gather_checks(self._site.get_run(run), wish.by)
        name = check_name(wish.name)
        folder = self._site.work.calibrations
        path = folder / f"{name}{CALIBRATION_SUFFIX}"
        if path.exists():
            raise HTTPException(
                409, f"There is a calibration {name!r} already; choose another name."
            )
        try:
            folder.mkdir(exist_ok=True)
            with replace_file(path) as stream:
                stream.write(checks.to_json())
        except OSError as error:
            raise OutputError(
                f"the calibration cannot be written ({error.strerror}); "
                "make room on the disk"
            ) from error
        report = report_promise(self._site, run, wish.by)
        return report.model_copy(update={"calibration": name})

    def download(self, name: str) -> FileResponse:
        """Give a calibration as a file, for `--calibration` of the commands.

        Raises:
            HTTPException: If there is none of this name.
        """
        path = self._site.work.find_calibration(name)
        if path is None:
            raise HTTPException(404, "There is no calibration of this name.")
        return FileResponse(path, media_type="application/json", filename=path.name)


def report_promise(site: Site, run: str, judge: Judge) -> PromiseReport:
    """Say which share of wrong fields can be promised.

    Raises:
        InputError: If nothing was checked.
    """
    checks = gather_checks(site.get_run(run), judge)
    total = checks.total
    return PromiseReport(
        checks=total.checks, wrong=total.wrong, rows=report_rows(checks)
    )
