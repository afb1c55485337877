from __future__ import annotations

from formreader.options import ReadingOptions
from formreader.promises.promise import find_promise


def test_the_checked_fields_that_ship_were_read_by_the_models_that_ship() -> None:
    promise = find_promise(0.05)
    assert promise.models
    assert promise.origin
    ReadingOptions(promise=promise).check_promise()
