"""The pad: a page to draw digits on, and its answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from formreader.digits.model import CLASSES
from formreader.errors import UnreadableFileError
from formreader.flags import describe_flags
from formreader.pipeline import FormReader
from formreader.station.drawing import (
    DrawnDigit,
    Recognition,
    decode_drawing,
    recognize,
)
from formreader.station.pages import Pages

__all__ = ["RECOGNIZE", "Pad"]

RECOGNIZE = "/pad/recognize"
"""Where drawings are sent; it changes nothing."""


class Pad:
    """The pad's routes.

    Args:
        pages: Shows pages.
        reader: Reads drawings.
    """

    def __init__(self, pages: Pages, reader: FormReader) -> None:
        """Add the routes to `router`."""
        self._pages, self._reader = pages, reader
        self.router = APIRouter()
        self.router.add_api_route("/pad", self.show, methods=["GET"])
        self.router.add_api_route(RECOGNIZE, self.recognize, methods=["POST"])

    def show(self, request: Request) -> HTMLResponse:
        """Show the page."""
        return self._pages.show(
            "pad.html", request, threshold=self._reader.threshold, recognize=RECOGNIZE
        )

    async def recognize(self, request: Request) -> dict[str, Any]:
        """Read the PNG in the body of a request.

        Raises:
            HTTPException: If it is none, or too large.
        """
        content = await request.body()
        try:
            found = await run_in_threadpool(self._read, content)
        except UnreadableFileError as error:
            raise HTTPException(422, error.message) from error
        return _describe(found)

    def _read(self, content: bytes) -> Recognition:
        return recognize(self._reader, decode_drawing(content))


def _describe(found: Recognition) -> dict[str, Any]:
    return {
        "value": found.value,
        "confidence": found.confidence,
        "is_sure": found.is_sure,
        "is_blank": found.is_blank,
        "reasons": describe_flags(found.flags),
        "digits": [_describe_digit(digit) for digit in found.digits],
    }


def _describe_digit(digit: DrawnDigit) -> dict[str, Any]:
    """Describe one digit; its image as 784 grey levels, 255 = ink, row by row."""
    seen = digit.image
    classes = None
    if digit.probabilities is not None:
        shares = digit.probabilities.tolist()
        classes = dict(zip(CLASSES, shares, strict=True))
    return {
        "character": digit.character,
        "confidence": digit.confidence,
        "image": None if seen is None else np.rint(seen * 255).ravel().tolist(),
        "classes": classes,
    }
