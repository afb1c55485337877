"""Run an upright network from a file: LiteRT for `.tflite`, Keras for `.keras`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from formreader.digits.runtime import load_keras, quiet_stderr
from formreader.errors import ModelError
from formreader.orientation.features import FEATURES

__all__ = ["UprightNetwork", "open_upright_network"]

Values = npt.NDArray[np.float32]


class UprightNetwork(Protocol):
    """Anything that tells how upright windows look."""

    def __call__(self, features: Values) -> Values:
        """Turn (N, 512) float32, N > 0, into (N, 1), in natural logarithms."""
        ...


def open_upright_network(path: Path) -> UprightNetwork:
    """Open an upright network by the kind of its file.

    Args:
        path: A `.tflite` or `.keras` file.

    Raises:
        ModelError: If the runtime is not installed, or the file is damaged or holds
            something else than an upright network.
    """
    try:
        with quiet_stderr():
            network: UprightNetwork = (
                _LiteRtUprightNetwork(path)
                if path.suffix.lower() == ".tflite"
                else _KerasUprightNetwork(path)
            )
            probe = network(np.zeros((2, FEATURES), np.float32))
    except ImportError as error:
        package = "ai-edge-litert" if path.suffix == ".tflite" else "formreader[train]"
        raise ModelError(
            f"this kind of model needs another package: pip install '{package}' "
            f"({error})",
            path=path,
        ) from error
    except Exception as error:  # the runtimes raise all sorts on a damaged file
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"cannot be opened as an upright network: {reason}", path=path
        ) from error
    if probe.shape != (2, 1):
        raise ModelError(
            f"its output for two windows has shape {probe.shape}, not (2, 1)", path=path
        )
    return network


class _LiteRtUprightNetwork:
    """A `.tflite` file for any number of windows; safe in several threads."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=1)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._allocated = 0
        self._lock = threading.Lock()

    def __call__(self, features: Values) -> Values:
        with self._lock:
            if self._allocated != len(features):
                self._interpreter.resize_tensor_input(self._input, features.shape)
                self._interpreter.allocate_tensors()
                self._allocated = len(features)
            self._interpreter.set_tensor(self._input, features)
            self._interpreter.invoke()
            answer = self._interpreter.get_tensor(self._output)
        return np.array(answer, np.float32)


class _KerasUprightNetwork:
    """A `.keras` file in Keras."""

    def __init__(self, path: Path) -> None:
        load_keras()
        import keras

        self._model: Any = keras.models.load_model(path, compile=False)

    def __call__(self, features: Values) -> Values:
        return np.asarray(self._model(features, training=False), np.float32)
