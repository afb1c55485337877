from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from formreader.digits.model import checksum
from formreader.errors import ModelError
from formreader.ink.model import InkManifest, find_ink_model
from formreader.ink.resolution import choose_scale
from formreader.ink.runtime import open_ink_network
from formreader.ink.separation import InkLayers, InkSeparator


class DarkIsPen:
    """Takes all that is dark for pen, and remembers what it was given."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        self.shapes.append(tiles.shape)
        answer = np.zeros((*tiles.shape[:3], 4), np.uint8)
        answer[..., 1] = tiles.min(axis=-1)
        answer[..., 0] = 255 - answer[..., 1]
        return answer


def separator(network: DarkIsPen) -> InkSeparator:
    return InkSeparator(network, InkManifest("fake"))


def speckled(height: int, width: int) -> np.ndarray:
    """Draw a page whose every pixel differs from its neighbours."""
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (height, width), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(20, 30), (100, 1500), (1411, 707), (64, 64)])
def test_every_pixel_is_answered_at_its_own_place(shape: tuple[int, int]) -> None:
    page = speckled(*shape)
    layers = separator(DarkIsPen()).separate(page)
    np.testing.assert_array_equal(layers.pen, 255 - page)
    assert not layers.rule.any() and not layers.print_.any()


def test_the_network_is_given_tiles_of_one_size_in_multiples_of_32() -> None:
    network = DarkIsPen()
    separator(network).separate(speckled(1700, 1240))
    assert len(set(network.shapes)) == 1
    assert all(side % 32 == 0 for side in network.shapes[0][1:3])


def test_bare_paper_costs_nothing_and_is_no_ink() -> None:
    network = DarkIsPen()
    page = np.full((1700, 1240), 245, np.uint8)
    layers = separator(network).separate(page)
    assert network.shapes == [] and not layers.pen.any()


def test_only_tiles_that_hold_anything_are_looked_at() -> None:
    network = DarkIsPen()
    page = np.full((3200, 3200), 245, np.uint8)
    page[100:110, 100:110] = page[3000:3010, 3000:3010] = 0
    layers = separator(network).separate(page)
    assert len(network.shapes) == 2
    assert layers.pen[105, 105] == layers.pen[3005, 3005] == 255


def test_pale_yellow_is_no_bare_paper() -> None:
    network = DarkIsPen()
    page = np.full((64, 64, 3), 255, np.uint8)
    page[30:33, :, 2] = 200
    separator(network).separate(page)
    assert len(network.shapes) == 1


def test_layers_are_as_large_as_the_scale_says_and_lead_back_to_the_page() -> None:
    page = np.full((400, 300, 3), 255, np.uint8)
    page[200:240, 100:140] = 0
    layers = separator(DarkIsPen()).separate(page, scale=0.5)
    assert layers.pen.shape == (200, 150)
    assert layers.pen[110, 60] == 255
    on_page = layers.to_page(layers.pen)
    assert on_page.shape == (400, 300)
    assert on_page[220, 120] == 255 and on_page[150, 120] == 0


def test_layers_cannot_be_written_to() -> None:
    layers = separator(DarkIsPen()).separate(speckled(64, 64))
    with pytest.raises(ValueError, match="read-only"):
        layers.pen[0, 0] = 1


def test_the_likeliest_class_of_a_pixel_may_be_paper() -> None:
    def layer(*values: int) -> np.ndarray:
        return np.array([values], np.uint8)

    layers = InkLayers(
        layer(200, 30, 60), layer(30, 30, 0), layer(10, 180, 60), 1.0, (1, 3)
    )
    assert layers.classes.tolist() == [[1, 3, 0]]


@pytest.mark.parametrize(
    ("pixels", "scale"),
    [
        (np.zeros((4, 4), np.float32), 1.0),
        (np.zeros((4, 4, 4), np.uint8), 1.0),
        (np.zeros((0, 4), np.uint8), 1.0),
        (np.zeros((4, 4), np.uint8), 0.0),
    ],
)
def test_what_is_no_page_is_refused(pixels: np.ndarray, scale: float) -> None:
    with pytest.raises(ValueError, match="pixels are"):
        separator(DarkIsPen()).separate(pixels, scale)


# The working resolution


def test_a_credible_resolution_tells_the_scale() -> None:
    assert choose_scale(np.full((3508, 2480), 255, np.uint8), 300) == 0.5


def test_a_resolution_that_makes_a_page_as_large_as_a_door_is_not_believed() -> None:
    photo = np.full((4000, 3000), 255, np.uint8)
    assert choose_scale(photo, 72) == choose_scale(photo)
    assert choose_scale(photo) == pytest.approx(1754 / 4000, rel=0.01)


def test_a_small_picture_is_enlarged_twice_at_most() -> None:
    assert choose_scale(np.full((300, 200), 255, np.uint8)) == 2.0


@pytest.mark.parametrize(("letter", "larger"), [(8, True), (32, False)])
def test_small_text_is_enlarged_and_large_text_made_smaller(
    letter: int, larger: bool
) -> None:
    page = np.full((1754, 1240), 255, np.uint8)
    for top in range(50, 1700, 2 * letter):
        for left in range(50, 1150, 2 * letter):
            page[top : top + letter, left : left + letter // 2] = 0
    assert (choose_scale(page) > 1) == larger


# Files


def write_model(folder: Path, content: bytes, sha256: str) -> None:
    manifest = InkManifest("ink", sha256={"ink.tflite": sha256})
    (folder / "ink.tflite").write_bytes(content)
    (folder / "ink.json").write_text(manifest.to_json(), encoding="utf-8")


def test_a_file_that_its_manifest_does_not_speak_of_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, b"replaced", "0" * 64)
    with pytest.raises(ModelError, match="not the one") as caught:
        InkSeparator.load(tmp_path)
    assert caught.value.path == tmp_path / "ink.tflite"


def test_a_damaged_file_is_no_ink_network(tmp_path: Path) -> None:
    write_model(tmp_path, b"no network", "")
    write_model(tmp_path, b"no network", checksum(tmp_path / "ink.tflite"))
    with pytest.raises(ModelError, match="ink network"):
        InkSeparator.load(tmp_path)


def test_another_network_is_no_ink_network(tmp_path: Path) -> None:
    digits = Path(__file__).parents[2] / "models" / "digits.tflite"
    shutil.copy(digits, tmp_path / "ink.tflite")
    with pytest.raises(ModelError, match="ink network"):
        open_ink_network(tmp_path / "ink.tflite")


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', '{"format": 1}'])
def test_a_manifest_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ink.json").write_text(text, encoding="utf-8")
    (tmp_path / "ink.tflite").write_bytes(b"")
    with pytest.raises(ModelError) as caught:
        find_ink_model(tmp_path)
    assert caught.value.path == tmp_path / "ink.json"
