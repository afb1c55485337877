from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from formreader.digits.runtime import open_network, quiet_stderr
from formreader.errors import ModelError


def test_only_native_log_lines_are_held_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"INFO: Created a delegate.\nimportant\n")
        os.write(2, b"I0000 00:00:1.2 12 port.cc:1] on\nE0000 00:00:1.2 1 x.cc] no\n")
    os.write(2, b"INFO: later\n")
    assert capfd.readouterr().err == "important\nINFO: later\n"


def test_stderr_comes_back_after_an_error_and_when_nested(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyError), quiet_stderr(), quiet_stderr():
        raise KeyError
    os.write(2, b"here\n")
    assert capfd.readouterr().err == "here\n"


def test_a_process_without_stderr_works() -> None:
    program = (
        "import os, sys\n"
        "from formreader.digits.runtime import quiet_stderr\n"
        "os.close(2); sys.stderr = None\n"
        "with quiet_stderr(): print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "done\n"


@pytest.mark.parametrize("content", [b"", b"text", b"\0" * 5000])
def test_a_damaged_litert_file_is_named_in_one_line(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        open_network(path)
    assert str(caught.value).startswith(f"{path}: cannot be opened")
    assert "\n" not in str(caught.value)


def test_a_damaged_keras_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    path = tmp_path / "broken.keras"
    path.write_bytes(b"text")
    with pytest.raises(ModelError, match=r"broken\.keras: cannot be opened"):
        open_network(path)


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("digits.tflite", "ai_edge_litert", "ai-edge-litert"),
        ("digits.keras", "keras", r"formreader\[train\]"),
    ],
)
def test_a_missing_runtime_is_an_error_with_the_package_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    module: str,
    package: str,
) -> None:
    for loaded in [key for key in sys.modules if key.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / name).write_bytes(b"text")
    with pytest.raises(ModelError, match=f"pip install '{package}'"):
        open_network(tmp_path / name)


@pytest.mark.parametrize(
    ("shape", "activation", "complaint"),
    [
        ((28, 28, 1), "linear", "softmax"),
        ((32, 32, 1), "softmax", "28 x 28"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    tmp_path: Path, shape: tuple[int, ...], activation: str, complaint: str
) -> None:
    pytest.importorskip("tensorflow")
    import keras

    other = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(
                10, activation=activation, bias_initializer="random_normal"
            ),
        ]
    )
    other.save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match=complaint):
        open_network(tmp_path / "other.keras")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (784,)])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_keras_model_of_ones_own_may_take_any_layout(
    tmp_path: Path, suffix: str, shape: tuple[int, ...]
) -> None:
    pytest.importorskip("tensorflow")
    import keras

    own = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(12, activation="softmax"),
        ]
    )
    path = tmp_path / f"own{suffix}"
    own.save(path)
    network, classes = open_network(path)
    assert classes == 12
    assert network(np.zeros((5, 28, 28), np.float32)).shape == (5, 12)
