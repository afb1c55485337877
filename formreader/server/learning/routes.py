"""Routes that let models learn from reviewed runs, and say how far they are."""

from __future__ import annotations

import shutil
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from formreader.server.learning.jobs import (
    LearningJob,
    LearningState,
    LearningWish,
    begin_learning,
    can_learn,
    describe_learning,
    load_wish,
)
from formreader.server.run_process import find_process, stop_process
from formreader.server.site import Site
from formreader.server.work_folder import check_name

__all__ = ["LearningRoutes"]

_Name = Annotated[str, Field(max_length=200)]


class LearningBody(BaseModel):
    """A model to be learnt."""

    model_config = ConfigDict(extra="forbid")

    name: _Name = Field(description="What the model is called.")
    runs: Annotated[list[_Name], Field(min_length=1, max_length=100)] = Field(
        description="Reviewed runs whose confirmed and corrected digits it learns."
    )
    start: _Name = Field(
        "", description="The model that it goes on from; empty for the one that ships."
    )
    epochs: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="How often it goes through digits; by default 4 times."
    )
    epoch_size: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="Digits each time; by default 16,384."
    )


class LearningRoutes:
    """The routes.

    Args:
        site: What it works with.
    """

    def __init__(self, site: Site) -> None:
        """Add the routes to `router`."""
        self._work = site.work
        self._site = site
        self.router = APIRouter(tags=["models"])
        for path, endpoint, method in (
            ("/models", self.list_all, "GET"),
            ("/models", self.begin, "POST"),
            ("/models/{name}", self.describe, "GET"),
            ("/models/{name}/start", self.start, "POST"),
            ("/models/{name}/stop", self.stop, "POST"),
            ("/models/{name}/remove", self.remove, "POST"),
        ):
            self.router.add_api_route(path, endpoint, methods=[method])

    def list_all(self) -> list[LearningJob]:
        """List the models of the folder, and how far those are that learn."""
        names = self._work.list_models()
        return [describe_learning(self._work.models / name) for name in names]

    def begin(self, body: LearningBody) -> LearningJob:
        """Let a model learn from reviewed runs, as `formreader model train` does.

        Raises:
            HTTPException: If there is a model of this name, TensorFlow is missing, or
                another model is being learnt.
        """
        name = check_name(body.name)
        if self._work.find_model(name) is not None:
            raise HTTPException(
                409, f"There is a model {name!r} already; choose another name."
            )
        for run in body.runs:
            self._site.get_run(run)
        if body.start and self._work.find_model(body.start) is None:
            raise HTTPException(422, f"There is no model {body.start!r}.")
        wish = LearningWish(tuple(body.runs), body.start, body.epochs, body.epoch_size)
        return self._begin(name, wish)

    def describe(self, name: str) -> LearningJob:
        """Say what a model is at."""
        self._check(name)
        return describe_learning(self._work.models / name)

    def start(self, name: str) -> LearningJob:
        """Begin once more, from the start: after a stop, or with more reviews.

        Raises:
            HTTPException: If the model was not learnt here.
        """
        self._check(name)
        wish = load_wish(self._work.models / name)
        if wish is None:
            raise HTTPException(409, "The model was put there by hand.")
        return self._begin(name, wish)

    def stop(self, name: str) -> LearningJob:
        """Stop learning; what was learnt in this job is lost."""
        self._check(name)
        stop_process(self._work.models / name)
        return describe_learning(self._work.models / name)

    def remove(self, name: str) -> dict[str, str]:
        """Remove a model for good; what was read with it stays.

        Raises:
            HTTPException: If it is being learnt.
        """
        self._check(name)
        process = find_process(self._work.models / name)
        if process is not None and process.is_alive:
            raise HTTPException(409, "The model is being learnt; stop it first.")
        shutil.rmtree(self._work.models / name, ignore_errors=True)
        return {"removed": name}

    def _check(self, name: str) -> None:
        if self._work.find_model(name) is None:
            raise HTTPException(404, "There is no model of this name.")

    def _begin(self, name: str, wish: LearningWish) -> LearningJob:
        if not can_learn():
            raise HTTPException(
                409,
                "Learning needs TensorFlow (Python 3.11 to 3.13): pip install "
                "'formreader[train]'.",
            )
        if any(one.state is LearningState.LEARNING for one in self.list_all()):
            raise HTTPException(
                409, "Another model is being learnt; wait for it, or stop it first."
            )
        begin_learning(self._work, name, wish)
        return describe_learning(self._work.models / name)
