from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from made_digits import make_digits
from test_measurement import measured

from formreader import reports
from formreader.training.curves import draw_learning_curve
from formreader.training.digits.model_report import write_html, write_json, write_text

FOUND = {"set <1>": measured([1, 2, 3, 4], [1, 2, 3, 9], [0.9, 0.8, 0.7, 0.95])}
DIGITS = {"set <1>": make_digits(4)}


def test_a_page_loads_nothing_from_elsewhere() -> None:
    page = write_html("Model", FOUND, DIGITS)
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "set &lt;1&gt;" in page
    assert "set <1>" not in page
    assert page.count("data:image/png;base64,") == 1
    assert "4 read as 9 (0.950)" in page


def test_a_chart_is_well_formed_and_keeps_within_its_frame() -> None:
    svg = reports.draw_chart({"a & b": [(0, 1), (10, 5)]}, "x", "y")
    lines = list(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == 2  # the axes, and what is shown
    for line in lines:
        for point in line.attrib["points"].split():
            x, y = (float(value) for value in point.split(","))
            assert 0 <= x <= 460
            assert 0 <= y <= 300


def test_a_chart_of_one_point_is_no_error() -> None:
    assert "polyline" in reports.draw_chart({"a": [(1, 1)]}, "x", "y")


def test_an_empty_gallery_says_so() -> None:
    assert "None." in reports.make_gallery([])


def test_a_colour_picture_keeps_its_channels() -> None:
    import base64

    import cv2

    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    html = reports.make_gallery([(red, "red")])
    data = re.search(r"base64,([^\"]+)", html)
    assert data is not None
    stored = np.frombuffer(base64.b64decode(data[1]), np.uint8)
    image = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    assert image is not None
    assert image[0, 0].tolist() == [0, 0, 255]  # blue, green, red


def test_text_and_json_say_the_same() -> None:
    text = write_text(FOUND)
    figures = json.loads(write_json(FOUND))["set <1>"]
    assert "75.00%" in text
    assert "4 as 9 1x" in text
    assert figures["accuracy"] == 0.75
    assert figures["per_class"]["4"] == {"count": 1, "right": 0}


def test_a_learning_curve_is_drawn_once_there_is_an_epoch(tmp_path: Path) -> None:
    log, picture = tmp_path / "log.csv", tmp_path / "curve.png"
    draw_learning_curve(log, picture)
    log.write_text("epoch,accuracy,loss,val_accuracy,val_loss\n")
    draw_learning_curve(log, picture)
    assert not picture.exists()
    log.write_text(log.read_text() + "1,0.9,0.5,1.0,0.1\n")
    draw_learning_curve(log, picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
