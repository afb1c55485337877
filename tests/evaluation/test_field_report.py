from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
from made_results import measured, result, truth

from formreader.evaluation import field_report
from formreader.evaluation.crops import cut_crops, find_source
from formreader.evaluation.outcomes import wilson_interval
from formreader.evaluation.tables import Area


def test_text_json_and_html_say_the_same(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        [result("a", "1", 0.97), result("b", "2"), result("stray", "<3>")],
        [truth("a", "7"), truth("b", "2")],
    )
    text = field_report.write_text(found)
    assert re.search(r"^exact +1/2 +50\.00%", text, re.MULTILINE)
    assert re.search(r"^a\.png +1 +a +7 +1 +1 +0\.9700 +SILENT$", text, re.MULTILINE)
    figures = json.loads(field_report.write_json(found))
    assert figures["exact"]["hits"] == figures["silent"]["hits"] == 1
    assert figures["silent"]["interval"] == [
        round(end, 6) for end in wilson_interval(1, 2)
    ]
    assert figures["errors"][0]["truth"] == "7"
    page = field_report.write_html("Report", found)
    assert "<td>1/2</td><td>50.00%</td>" in page
    assert "SILENT" in page
    assert "SPURIOUS" in page
    assert "&lt;3&gt;" in page
    assert "<3>" not in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)


def test_nothing_wrong_is_a_report_as_well(tmp_path: Path) -> None:
    found = measured(tmp_path, [result("a", "1")], [truth("a", "1")])
    assert "Errors" not in field_report.write_text(found)
    assert "None." in field_report.write_html("Report", found)


def test_long_lists_of_errors_are_cut_in_text(tmp_path: Path) -> None:
    rows = [result("a", "1", page=page) for page in range(1, 31)]
    typed = [truth("a", "2", page=page) for page in range(1, 31)]
    text = field_report.write_text(measured(tmp_path, rows, typed))
    assert "... and 10 more" in text


def test_html_shows_the_fields_that_were_misread(tmp_path: Path) -> None:
    pixels = np.full((300, 400), 255, np.uint8)
    pixels[120:140, 60:160] = 0
    (tmp_path / "scans").mkdir()
    cv2.imwrite(str(tmp_path / "scans" / "a.png"), pixels)
    row = result("a", "1", box=(60, 120, 100, 20))
    found = measured(tmp_path, [row], [truth("a", "7")])
    assert "data:image" not in field_report.write_html("Report", found)
    page = field_report.write_html("Report", found, tmp_path)
    assert page.count("data:image/png;base64,") == 1
    assert "7 read as 1 (0.9900) SILENT: a.png, page 1, a" in page
    assert "data:image" not in field_report.write_html("R", found, tmp_path / "x")


def test_a_crop_has_its_field_and_a_margin(tmp_path: Path) -> None:
    pixels = np.full((300, 400), 255, np.uint8)
    pixels[120:140, 60:160] = 0
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    places = [
        ("a.png", 1, Area(60, 120, 100, 20)),
        ("a.png", 2, Area(60, 120, 100, 20)),
        ("a.png", 1, Area(900, 0, 10, 10)),
        ("a.png", 1, None),
        ("gone.png", 1, Area(0, 0, 10, 10)),
    ]
    crop, *rest = cut_crops(places, tmp_path)
    assert crop is not None
    assert crop.shape == (30, 110)
    assert (crop[5:25, 5:105] == 0).all()
    assert (crop[:5] == 255).all()
    assert rest == [None] * 4


def test_sources_are_found_by_the_end_of_their_path_and_only_inside(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "scans"
    (folder / "b").mkdir(parents=True)
    for path in (folder / "a.png", folder / "b" / "a.png", tmp_path / "secret.png"):
        path.touch()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    found = {
        "a.png": "a.png",
        "elsewhere/scans/b/a.png": "b/a.png",
        "/b/a.png": "b/a.png",
        "../secret.png": None,
        str(tmp_path / "secret.png"): None,
        "link.png": None,
        "b": None,
        "a\0.png": None,
        "x" * 5000: None,
    }
    for source, name in found.items():
        wanted = folder.resolve() / name if name else None
        assert find_source(folder, source) == wanted, source
