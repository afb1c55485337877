"""Run a network from a file: LiteRT for `.tflite`, Keras for `.keras` and `.h5`."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from formreader.digits.ctc import SYMBOL_COUNTS, SYMBOLS
from formreader.digits.model import INPUT_SHAPE
from formreader.digits.strip_normalization import COLUMN_PX, HEIGHT
from formreader.errors import ModelError

CHUNK = 32
"""Digits a LiteRT call; larger chunks are no faster and take more memory."""
STRIP_CHUNK = 4
"""Strips a LiteRT call; larger chunks take up to half as long again for each."""


class Network(Protocol):
    """Anything that turns digits, or other images, into class probabilities."""

    def __call__(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Classify (N, H, W) float32 images, N > 0, into (N, C) probabilities."""
        ...


class StripNetwork(Protocol):
    """Anything that turns strips into the logits of their columns."""

    def __call__(self, strips: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Turn (N, 32, W) float32 strips, N > 0, into (N, T, C) logits."""
        ...


def has_litert() -> bool:
    """Tell whether the LiteRT runtime is installed, without importing it."""
    return find_spec("ai_edge_litert") is not None


def open_network(
    path: Path,
    *,
    input_shape: tuple[int, int] = INPUT_SHAPE,
    num_threads: int = 1,
) -> tuple[Network, int]:
    """Open a network by the kind of its file.

    Args:
        path: A `.tflite`, `.keras` or `.h5` file.
        input_shape: Height and width of the images that it classifies.
        num_threads: Threads that LiteRT may use; Keras takes its own count.

    Returns:
        The network, and the number of its classes.

    Raises:
        ModelError: If the runtime is not installed, or the file is damaged or holds
            something else than a classifier of such images.
    """
    height, width = input_shape
    try:
        with quiet_stderr():
            network: Network = (
                _LiteRtNetwork(path, num_threads)
                if path.suffix.lower() == ".tflite"
                else _KerasNetwork(path)
            )
            probe = network(np.zeros((1, *input_shape), dtype=np.float32))
    except ImportError as error:
        package = "ai-edge-litert" if path.suffix == ".tflite" else "formreader[train]"
        raise ModelError(
            f"this kind of model needs another package: pip install '{package}' "
            f"({error})",
            path=path,
        ) from error
    except Exception as error:  # the runtimes raise all sorts on a damaged file
        raise ModelError(
            f"cannot be opened as a model of {height} x {width} images: "
            f"{_first_line(error)}",
            path=path,
        ) from error
    _check_output(probe, path)
    return network, probe.shape[1]


def open_strip_network(path: Path, *, num_threads: int = 1) -> StripNetwork:
    """Open a network that reads whole strips of digits.

    Args:
        path: A `.tflite` file.
        num_threads: Threads that LiteRT may use.

    Raises:
        ModelError: If LiteRT is not installed, or the file is damaged or holds
            something else than a network for strips.
    """
    try:
        with quiet_stderr():
            network = _LiteRtStripNetwork(path, num_threads)
            probe = network(np.zeros((1, HEIGHT, 2 * HEIGHT), dtype=np.float32))
    except ImportError as error:
        raise ModelError(
            f"reading strips needs another package: pip install ai-edge-litert "
            f"({error})",
            path=path,
        ) from error
    except Exception as error:  # the runtime raises all sorts on a damaged file
        raise ModelError(
            f"cannot be opened as a model of digit strips: {_first_line(error)}",
            path=path,
        ) from error
    if probe.shape[:2] != (1, HEIGHT) or probe.shape[2] not in SYMBOL_COUNTS:
        raise ModelError(
            f"its output for one strip has shape {probe.shape}, not "
            f"{(1, HEIGHT, SYMBOLS)}",
            path=path,
        )
    return network


class _LiteRtNetwork:
    """A `.tflite` file in an interpreter; safe to call from several threads."""

    def __init__(self, path: Path, num_threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=num_threads)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._item_shape = tuple(int(size) for size in self._input["shape"][1:])
        self._allocated = 0
        self._lock = threading.Lock()

    def __call__(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        with self._lock:
            return np.concatenate(
                [
                    self._run(images[first : first + CHUNK])
                    for first in range(0, len(images), CHUNK)
                ]
            )

    def _run(self, chunk: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Classify a chunk; the interpreter's tensors take its size."""
        shape = (len(chunk), *self._item_shape)
        if self._allocated != len(chunk):
            self._interpreter.resize_tensor_input(self._input["index"], shape)
            self._interpreter.allocate_tensors()
            self._allocated = len(chunk)
        self._interpreter.set_tensor(self._input["index"], chunk.reshape(shape))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output), np.float32)


class _LiteRtStripNetwork:
    """A `.tflite` file for strips of any width; safe to call from several threads."""

    def __init__(self, path: Path, num_threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=num_threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._allocated: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def __call__(self, strips: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        with self._lock:
            return np.concatenate(
                [
                    self._run(strips[first : first + STRIP_CHUNK])
                    for first in range(0, len(strips), STRIP_CHUNK)
                ]
            )

    def _run(self, chunk: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Read a chunk; the interpreter's tensors take its shape."""
        shape = (*chunk.shape, 1)
        if self._allocated != shape:
            self._interpreter.resize_tensor_input(self._input, shape)
            self._interpreter.allocate_tensors()
            self._allocated = shape
        self._interpreter.set_tensor(self._input, chunk[..., None])
        self._interpreter.invoke()
        logits = np.asarray(self._interpreter.get_tensor(self._output), np.float32)
        # Each of the network's columns holds the logits of several, side by side.
        return logits.reshape(len(chunk), chunk.shape[2] // COLUMN_PX, -1)


class _KerasNetwork:
    """A `.keras` or `.h5` file in Keras."""

    def __init__(self, path: Path) -> None:
        load_keras()
        import keras

        self._model: Any = keras.models.load_model(path, compile=False)

    def __call__(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        shape = (len(images), *self._model.input_shape[1:])
        return np.asarray(
            self._model.predict(images.reshape(shape), verbose=0), np.float32
        )


def load_keras() -> None:
    """Import Keras and TensorFlow without their log on stderr.

    What goes wrong in them reaches Python as an exception all the same. A log level
    that the user has set stays.

    Raises:
        ImportError: If they are not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr():
        import keras  # noqa: F401


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back log lines that C++ code writes to file descriptor 2.

    LiteRT announces its delegate there and TensorFlow the graphics card it lacks, and
    neither has a setting against it. What is no such line comes through afterwards.
    """
    with _STDERR_LOCK, tempfile.TemporaryFile() as held:
        try:
            sys.stderr.flush()
            saved = os.dup(2)
        except (AttributeError, OSError, ValueError):
            yield  # no stderr to keep clean, as under pythonw or a daemon
            return
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            for line in held:
                if not _NATIVE_LOG.match(line):
                    os.write(2, line)


_STDERR_LOCK = threading.RLock()
_NATIVE_LOG = re.compile(rb"INFO: |WARNING: All log messages|[IWE]\d{4} ")


def _check_output(probe: npt.NDArray[np.float32], path: Path) -> None:
    """Refuse a network whose answer to one image is no row of probabilities."""
    if probe.ndim != 2 or probe.shape[0] != 1:
        raise ModelError(
            f"its output for one image has shape {probe.shape}, not (1, classes)",
            path=path,
        )
    if probe.min() < 0 or not np.isclose(probe.sum(), 1, atol=1e-2):
        raise ModelError(
            "its output is not a set of probabilities; end the network with a softmax",
            path=path,
        )


def _first_line(error: Exception) -> str:
    """Shorten an error of a runtime, which may run over many lines."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
