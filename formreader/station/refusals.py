"""Says what is refused, and why, in the language of whoever asked.

Programs ask for none, and get English.
"""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as RawHTTPException

from formreader.station.languages import choose_language, make_translate
from formreader.station.told import say_told

__all__ = ["explain_refusals", "explain_wishes", "say_to"]


def explain_refusals(app: FastAPI) -> None:
    """Let an application say its refusals in the language of each request."""
    app.add_exception_handler(RawHTTPException, _explain)


def explain_wishes(app: FastAPI) -> None:
    """Let an application say what about a request goes against another part of it."""
    app.add_exception_handler(RequestValidationError, _explain_wish)


def say_to(request: Request, text: str) -> str:
    """Say a sentence, or a part of one, in the language that a request asks for."""
    return say_told(text, make_translate(choose_language(request)))


async def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, RawHTTPException)
    detail = error.detail
    if isinstance(detail, str):
        detail = say_to(request, detail)
    said = HTTPException(error.status_code, detail, error.headers)
    return await http_exception_handler(request, said)


async def _explain_wish(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    for one in error.errors():
        if one["type"] == "value_error":
            text = str(one["ctx"]["error"])
            said = say_to(request, f"{text[0].upper()}{text[1:]}.")
            return JSONResponse({"detail": said}, 422)
    return await request_validation_exception_handler(request, error)
