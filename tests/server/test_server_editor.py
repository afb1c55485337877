"""Forms are made, changed, checked and tried in the browser: over HTTP, and by hand."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import open_page
from click.testing import CliRunner
from playwright.sync_api import expect
from server_client import ServerClient, open_client
from station_process import StationProcess

from formreader.cli import main
from formreader.forms.templates.template import FormTemplate

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
BLANK = SAMPLES / "exam-cover-blank.png"
FORMS = "/api/forms"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("editor") / "work"


@pytest.fixture(scope="module")
def process(work: Path) -> Iterator[StationProcess]:
    with StationProcess("serve", work) as process:
        yield process


@pytest.fixture(scope="module")
def server(process: StationProcess, work: Path) -> Iterator[ServerClient]:
    with open_client(process, work) as client:
        yield client


@pytest.fixture(scope="module")
def form(server: ServerClient) -> Path:
    """A form of the blank page of an exam."""
    file = server.post("/api/form-files", BLANK.read_bytes()).json()["file"]
    made = server.post(FORMS, {"name": "exam", "file": file})
    assert made.json() == {"name": "exam", "warnings": []}
    return server.work / "forms" / "exam.toml"


def open_draft(server: ServerClient) -> dict[str, Any]:
    form = server.get(f"{FORMS}/exam").json()
    for field in (*form["fields"], *form["proposals"]):
        del field["note"]
    return {key: form[key] for key in ("tag", "fields", "checks")}


def check(server: ServerClient, draft: dict[str, Any]) -> dict[str, Any]:
    answer = server.post(f"{FORMS}/exam/check", draft)
    assert answer.status_code == 200, answer.text
    verdict: dict[str, Any] = answer.json()
    return verdict


def test_a_blank_page_becomes_a_form_and_stays_one(
    server: ServerClient, form: Path
) -> None:
    assert [field.cells for field in FormTemplate.load(form).fields] == [8, 4, None]
    picture = server.get(f"{FORMS}/exam/pages/1.png")
    assert picture.content[:4] == b"\x89PNG"
    assert server.get(f"{FORMS}/exam/print.pdf").content[:5] == b"%PDF-"
    assert server.post("/api/form-files", b"not an image").status_code == 422
    file = server.post("/api/form-files", BLANK.read_bytes()[:9000]).json()["file"]
    assert server.post(FORMS, {"name": "other", "file": file}).status_code == 422
    again = server.post("/api/form-files", BLANK.read_bytes()).json()["file"]
    refused = server.post(FORMS, {"name": "exam", "file": again})
    assert refused.status_code == 409
    assert [path.name for path in sorted(form.parent.iterdir())] == [
        "exam.png",
        "exam.toml",
    ]


def test_a_change_on_disk_is_never_overwritten(
    server: ServerClient, form: Path
) -> None:
    before = form.read_text()
    draft = open_draft(server)
    draft["fields"][0]["name"] = "student"
    form.write_text(before + "# mine\n")
    try:
        assert server.post(f"{FORMS}/exam", draft).status_code == 409
        assert check(server, draft)["changed"] is True
        assert form.read_text() == before + "# mine\n"
        draft["tag"] = open_draft(server)["tag"]
        assert server.post(f"{FORMS}/exam", draft).status_code == 200
        assert form.read_text() == before.replace("field_01", "student") + "# mine\n"
    finally:
        form.write_text(before)


@pytest.mark.usefixtures("form")
def test_a_check_names_the_field_and_places_the_cells(server: ServerClient) -> None:
    draft = open_draft(server)
    assert check(server, draft)["doubts"] == []
    first = draft["fields"][0]
    left, top, width, height = first["box"]
    first["keys"]["cells"] = 2
    one, other = check(server, draft)["places"]["field_01"]
    assert one[:2] == [left, top] and one[3] == other[3] == height
    assert other[0] == left + one[2] and one[2] + other[2] == width
    draft["fields"].append({**first, "was": "", "name": "twin"})
    doubts = check(server, draft)["doubts"]
    assert ["field_01", "twin"] in [doubt["names"] for doubt in doubts]
    draft["fields"][-1]["name"] = "no name"
    fault = check(server, draft)["fault"]
    assert fault["field"] == "no name" and "cannot be a column" in fault["text"]


@pytest.mark.usefixtures("form")
def test_a_printed_box_is_given_with_its_cells(server: ServerClient) -> None:
    left, top, width, height = open_draft(server)["fields"][1]["box"]
    within = {"page": 1, "at": [left + width // 2, top + height // 2]}
    printed = server.post(f"{FORMS}/exam/printed", within).json()["printed"]
    assert printed == {"box": [left, top, width, height], "keys": {"cells": 4}}
    beside = server.post(f"{FORMS}/exam/printed", {"page": 1, "at": [5, 5]})
    assert beside.json() == {"printed": None}


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize(
    "change",
    [
        {"name": "a\nb"},
        {"box": [0, 0, 10]},
        {"box": [-1, 0, 10, 10]},
        {"box": [0, 0, 10.5, 10]},
        {"keys": {"include": "/etc/passwd"}},
        {"keys": {"pattern": "x" * 1000}},
        {"keys": {"one_of": [[]]}},
        {"was": "nobody"},
        {"reference": "../x.png"},
    ],
)
def test_what_no_editor_sends_is_refused(
    server: ServerClient, change: dict[str, Any]
) -> None:
    draft = open_draft(server)
    draft["fields"][0] |= change
    assert server.post(f"{FORMS}/exam", draft).status_code == 422


def test_a_copy_shares_the_blank_page_until_the_last_form_is_removed(
    server: ServerClient, form: Path
) -> None:
    name = server.post(f"{FORMS}/exam/copy", {"name": "again"}).json()["name"]
    copy = form.with_stem(name)
    assert FormTemplate.load(copy).name == "again"
    assert FormTemplate.load(copy).fields == FormTemplate.load(form).fields
    assert server.post(f"{FORMS}/exam/copy", {"name": "again"}).status_code == 409
    assert server.post(f"{FORMS}/exam/copy", {"name": "../up"}).status_code == 422
    assert server.post(f"{FORMS}/again/remove", {}).json() == {"removed": "again"}
    assert not copy.exists() and form.with_suffix(".png").exists()
    alone = form.with_stem("alone")
    text = form.read_text().replace("exam.png", "alone.png")
    alone.write_text(text)
    alone.with_suffix(".png").write_bytes(form.with_suffix(".png").read_bytes())
    assert server.post(f"{FORMS}/alone/remove", {}).status_code == 200
    assert not list(form.parent.glob("alone*"))
    assert server.post(f"{FORMS}/alone/remove", {}).status_code == 404


def test_a_form_never_leaves_its_folder(server: ServerClient, form: Path) -> None:
    before = form.read_text()
    for name in ("..%2Fexam", "%2Fetc%2Fpasswd", ".exam", "nothing"):
        assert server.get(f"{FORMS}/{name}").status_code == 404
    file = server.post("/api/form-files", BLANK.read_bytes()).json()["file"]
    for name in ("../up", "a/b", ".x", "con", "x" * 100):
        refused = server.post(FORMS, {"name": name, "file": file})
        assert refused.status_code == 422, name
    draft = open_draft(server)
    for unknown in ("0" * 32, "../../etc/passwd"):
        trial = {"draft": draft, "file": unknown}
        assert server.post(f"{FORMS}/exam/trial", trial).status_code in (410, 422)
    draft["fields"][0]["keys"]["one_of"] = "../../roster.csv"
    assert "not in the template's folder" in check(server, draft)["fault"]["text"]
    assert server.post(f"{FORMS}/exam", draft).status_code == 422
    assert form.read_text() == before


def wait_until_checked(page: Page) -> None:
    expect(page.locator("#checked")).to_have_text(re.compile("wrong|to look at"))


@pytest.mark.model
def test_a_form_is_drawn_in_the_browser_and_reads_a_scan(
    process: StationProcess, work: Path, chromium: Browser, tmp_path: Path
) -> None:
    with open_page(chromium, process.next_address()) as page:
        page.get_by_role("link", name="Forms").click()
        page.set_input_files("[name=file]", BLANK)
        page.get_by_label("Name", exact=True).fill("drawn")
        page.get_by_role("button", name="Make the form").click()
        first = page.locator("#fields button", has_text="field_01")
        first.click()
        page.keyboard.press("Enter")
        expect(page.locator('[data-key="name"]')).to_be_focused()
        page.keyboard.type("student_id")
        page.keyboard.press("Enter")
        expect(page.locator("#fields")).to_contain_text("student_id")

        page.locator("#fields button", has_text="field_03").click()
        before = int(page.locator('[data-side="2"]').input_value())
        edge = page.locator('.handle[data-edges="e"]').bounding_box()
        assert edge is not None
        x, y = edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 40, y, steps=3)
        page.mouse.up()
        narrower = int(page.locator('[data-side="2"]').input_value())
        assert narrower < before

        paper = page.locator("#paper").bounding_box()
        assert paper is not None
        page.mouse.move(paper["x"] + 300, y - 30)
        page.mouse.down()
        page.mouse.move(paper["x"] + 400, y - 60, steps=3)
        page.mouse.up()
        expect(page.locator("#fields button")).to_have_count(4)
        page.locator("#viewport").focus()
        page.keyboard.press("Delete")
        page.keyboard.press("Control+z")
        expect(page.locator("#fields button")).to_have_count(4)
        wait_until_checked(page)
        page.keyboard.press("Control+s")
        expect(page.locator("#state")).to_have_text("Saved")
    form = work / "forms" / "drawn.toml"
    checked = CliRunner().invoke(main, ["template", "check", str(form)])
    assert checked.exit_code == 0 and "4 fields" in checked.output
    fields = {field.name: field for field in FormTemplate.load(form).fields}
    assert fields["field_03"].box.width == narrower
    results = tmp_path / "out.csv"
    scan = ["scan", str(SAMPLES / "exam-cover-1.jpg"), "-t", str(form)]
    assert CliRunner().invoke(main, [*scan, "-o", str(results)]).exit_code == 0
    with results.open() as read, (SAMPLES / "expected.csv").open() as expected:
        values = {row["field"]: row["value"] for row in csv.DictReader(read)}
        truth = {
            row["field"]: row["value"]
            for row in csv.DictReader(expected)
            if row["file"] == "exam-cover-1.jpg"
        }
    assert values["student_id"] in truth.values()
