"""Run an ink network from a file: LiteRT for `.tflite`, Keras for `.keras`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from formreader.digits.runtime import load_keras, quiet_stderr
from formreader.errors import ModelError
from formreader.ink.model import CLASSES, TILE_STEP

__all__ = ["InkNetwork", "open_ink_network"]

Gray = npt.NDArray[np.uint8]

_SIGN = np.uint8(0x80)
_UNIT = 1 / 256  # of the probabilities, as LiteRT's 8-bit softmax gives them


class InkNetwork(Protocol):
    """Anything that turns tiles of a page into the probabilities of its pixels."""

    def __call__(self, tiles: Gray) -> Gray:
        """Turn (N, H, W, 3) darkness, 255 = black, into (N, H, W, 4) probabilities.

        H and W are multiples of 32; both are uint8, probabilities in 256ths.
        """
        ...


def open_ink_network(path: Path, *, num_threads: int = 1) -> InkNetwork:
    """Open an ink network by the kind of its file.

    Args:
        path: A `.tflite` or `.keras` file.
        num_threads: Threads that LiteRT may use; Keras takes its own count.

    Raises:
        ModelError: If the runtime is not installed, or the file is damaged or holds
            something else than an ink network.
    """
    try:
        with quiet_stderr():
            network: InkNetwork = (
                _LiteRtInkNetwork(path, num_threads)
                if path.suffix.lower() == ".tflite"
                else _KerasInkNetwork(path)
            )
            probe = network(np.zeros((1, TILE_STEP, 2 * TILE_STEP, 3), np.uint8))
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
            f"cannot be opened as an ink network: {reason}", path=path
        ) from error
    if probe.shape != (1, TILE_STEP, 2 * TILE_STEP, len(CLASSES)):
        raise ModelError(
            f"its output for one tile has shape {probe.shape}, not "
            f"{(1, TILE_STEP, 2 * TILE_STEP, len(CLASSES))}",
            path=path,
        )
    return network


class _LiteRtInkNetwork:
    """A `.tflite` file for tiles of any size; safe to call from several threads."""

    def __init__(self, path: Path, num_threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=num_threads)
        source = self._interpreter.get_input_details()[0]
        target = self._interpreter.get_output_details()[0]
        for tensor in (source, target):
            if tensor["dtype"] is not np.int8:
                raise ValueError(f"it takes or gives {tensor['dtype']}, not 8 bits")
        self._input, self._output = source["index"], target["index"]
        self._allocated: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def __call__(self, tiles: Gray) -> Gray:
        with self._lock:
            return np.concatenate([self._run(tile[None]) for tile in tiles])

    def _run(self, tile: Gray) -> Gray:
        """Classify one tile; the interpreter's tensors take its shape."""
        if self._allocated != tile.shape:
            self._interpreter.resize_tensor_input(self._input, tile.shape)
            self._interpreter.allocate_tensors()
            self._allocated = tile.shape
        # Its bytes are signed: 0 to 255 are -128 to 127.
        self._interpreter.set_tensor(self._input, (tile ^ _SIGN).view(np.int8))
        self._interpreter.invoke()
        answer = self._interpreter.get_tensor(self._output)
        return np.asarray(answer.view(np.uint8) ^ _SIGN, np.uint8)


class _KerasInkNetwork:
    """A `.keras` file in Keras."""

    def __init__(self, path: Path) -> None:
        load_keras()
        import keras

        self._model: Any = keras.models.load_model(path, compile=False)

    def __call__(self, tiles: Gray) -> Gray:
        inputs = tiles.astype(np.float32) / np.float32(255)
        answers = np.asarray(self._model(inputs, training=False), np.float32)
        scaled = np.clip(answers / _UNIT, 0, 255).round()
        return np.asarray(scaled, np.uint8)
