from __future__ import annotations

from formreader.promises.checks import load_shipped_checks


def test_the_checked_fields_that_ship_were_read_by_the_models_that_ship() -> None:
    checks = load_shipped_checks()
    assert checks.total.checks > 500
    assert checks.origin
