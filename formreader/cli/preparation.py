"""What every training command does first, and when it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from formreader.cli.messages import tell
from formreader.errors import ModelError


@contextmanager
def resumable() -> Iterator[None]:
    """Say after Ctrl-C that nothing but the epoch is lost."""
    try:
        yield
    except KeyboardInterrupt:
        tell("stopped; go on with the same command and --resume")
        raise


def prepare_training() -> None:
    """See that TensorFlow is there before anything else needs it.

    Raises:
        ModelError: If TensorFlow is not installed.
    """
    from formreader.digits.runtime import load_keras

    try:
        load_keras()
    except ImportError as error:
        raise ModelError(
            "training needs TensorFlow (Python 3.11 to 3.13): "
            "pip install 'formreader[train]'"
        ) from error
