"""Typed truth that browsers bring for a run, kept in its folder."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from formreader.errors import InputError, OutputError
from formreader.evaluation.tables import read_truth

__all__ = ["TRUTH", "take_truth"]

TRUTH = "truth.csv"
"""The truth that was brought last, in the run folder."""

_MOST_BYTES = 50_000_000


async def take_truth(chunks: AsyncIterator[bytes], run: Path) -> Path:
    """Take typed truth for a run; it takes the place of what was brought before.

    Args:
        chunks: The CSV, as it comes.
        run: The run folder.

    Returns:
        Where it lies.

    Raises:
        InputError: If it is too large, or no truth.
        OutputError: If it cannot be written.
    """
    part = run / f".truth-{secrets.token_hex(8)}.csv"
    try:
        with await run_in_threadpool(part.open, "wb") as stream:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > _MOST_BYTES:
                    raise InputError(
                        f"the truth is larger than {_MOST_BYTES // 1_000_000} MB; "
                        "split it"
                    )
                await run_in_threadpool(stream.write, chunk)
        await run_in_threadpool(read_truth, part)
        await run_in_threadpool(part.replace, run / TRUTH)
    except OSError as error:
        raise OutputError(
            f"the truth cannot be written ({error.strerror}); make room on the disk"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return run / TRUTH
