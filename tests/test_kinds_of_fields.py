"""Fields that are no number, all the way: read, kept, decided, exported, evaluated."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from drawn_pages import Pixels, draw_row
from fake_classifier import FakeClassifier
from pyarrow import parquet

from formreader import FormReader
from formreader.batch.worker import record_field
from formreader.cli import main
from formreader.forms.templates.entries import FieldTemplate, Option, PageTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.geometry import Box
from formreader.pages.loading import page_from_array
from formreader.store.machine import inventory, recording
from formreader.store.machine.form_rules import note_rules
from formreader.store.people.carpet import Carpet
from formreader.store.people.decisions import Action, Decision
from formreader.store.people.filters import Filters
from formreader.store.people.items import FieldItem
from formreader.store.people.page_view import PageDesk
from formreader.store.people.queue import Queue
from formreader.store.people.typed_values import NoNumberError
from formreader.store.records import (
    FoundFile,
    Inspected,
    InspectFile,
    PageRecord,
    ReadPage,
)
from formreader.store.tables.connection import RunStore

WIDTH, HEIGHT = 1240, 1754
VALUES = ("yes", "no", "never", "once", "often", "unknown")
"""More than can be chosen by key."""


def draw_form() -> Pixels:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for line in range(24):
        text = f"{line * 37}: what is asked for here"
        cv2.putText(page, text, (90, 200 + 60 * line), 0, 0.8, 0, 2)
    for column in range(len(VALUES)):
        left = 760 + 70 * column
        for top in (320, 440, 560):
            cv2.rectangle(page, (left, top), (left + 30, top + 30), 0, 2)
    draw_row(page, 760, 660, 4)
    cv2.rectangle(page, (760, 780), (1180, 880), 0, 2)
    return page


def make_choice(name: str, top: int, **more: object) -> FieldTemplate:
    options = tuple(
        Option(value=value, box=Box(762 + 70 * n, top + 2, 788 + 70 * n, top + 28))
        for n, value in enumerate(VALUES)
    )
    entry = {"name": name, "kind": "choice", "options": options, **more}
    return FieldTemplate.model_validate(entry)


def make_form(folder: Path) -> FormTemplate:
    path = folder / "form.png"
    cv2.imwrite(str(path), draw_form())
    sheet = PageTemplate(number=1, reference=path, width=WIDTH, height=HEIGHT)
    tick = Box(762, 562, 788, 588)
    return FormTemplate(
        name="survey",
        pages=(sheet,),
        fields=(
            make_choice("smokes", 320),
            make_choice("drinks", 440, select="many", blank="allow"),
            FieldTemplate(name="agrees", box=tick, kind="tick"),
            FieldTemplate(name="age", box=Box(762, 662, 1000, 720), cells=4),
            FieldTemplate(
                name="remark", box=Box(762, 782, 1178, 878), kind="text", required=True
            ),
        ),
        checks=("age >= agrees",),
    )


def cross(page: Pixels, left: int, top: int) -> None:
    cv2.line(page, (left, top + 2), (left + 31, top + 31), 60, 3, cv2.LINE_AA)
    cv2.line(page, (left + 30, top), (left + 2, top + 31), 60, 3, cv2.LINE_AA)


@pytest.fixture(scope="module")
def read_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a page on which two answers are crossed where one may be."""
    folder = tmp_path_factory.mktemp("kinds")
    form, page = make_form(folder), draw_form()
    for place in ((760, 320), (1110, 320), (830, 440), (970, 440), (760, 560)):
        cross(page, *place)
    cv2.putText(
        page, "thank you", (780, 850), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 2, 60, 3
    )
    scan = folder / "scan.png"
    cv2.imwrite(str(scan), page)
    reading = FormReader(FakeClassifier(), template=form).read_page(
        page_from_array(page, "scan.png")
    )
    with RunStore.create(folder / "run") as store:
        store.set_setting("options", {"folder": str(folder)})
        note_rules(store, [form])
        found, sha256 = scan.stat(), hashlib.sha256(scan.read_bytes()).hexdigest()
        with store.write() as connection:
            listed = FoundFile(scan.name, found.st_size, found.st_mtime_ns)
            inventory.add_files(connection, [listed])
            ((file_id, _),) = inventory.next_files(connection, 0, 1)
            seen = InspectFile(file_id, scan), sha256, found.st_size, found.st_mtime_ns
            recording.record(connection, Inspected(*seen, 1))
            ((page_id, _, _),) = inventory.next_pages(connection, 0, 1)
            fields = tuple(record_field(one, page) for one in reading.fields)
            task = ReadPage(page_id, scan, 0)
            recording.record(
                connection,
                PageRecord(task, WIDTH, HEIGHT, fields, form="survey", form_page=1),
            )
    return folder / "run"


@pytest.fixture
def store(read_run: Path) -> Iterator[RunStore]:
    with RunStore.open(read_run) as opened:
        yield opened


def list_items(store: RunStore) -> dict[str, FieldItem]:
    view = PageDesk(store).show("one", 1)
    assert view is not None
    return {item.name: item for item in view.items}


def decide(store: RunStore, item: FieldItem, value: str) -> None:
    chosen = Decision(item.id, Action.ACCEPT, value, "ann", "queue", item.decision_id)
    Queue(store).decide("one", chosen)


def export(run: Path, name: str, *options: str) -> Path:
    path = run.parent / name
    result = CliRunner().invoke(main, ["export", str(run), "-o", str(path), *options])
    assert result.exit_code == 0, result.output
    return path


def measure(read_run: Path) -> None:
    """Compare what was exported with typed truth."""
    truth = read_run.parent / "truth.csv"
    typed = "smokes,yes\ndrinks,no once\nagrees,1\nremark,thank you\n"
    lines = [f"scan.png,1,{line}" for line in typed.splitlines()]
    truth.write_text("\n".join(["file,page,field,value", *lines, ""]), encoding="utf-8")
    results = export(read_run, "long.csv")
    result = CliRunner().invoke(main, ["evaluate", str(results), str(truth)])
    assert result.exit_code == 0, result.output
    assert "4/4  100.00%" in result.output


def test_every_kind_goes_all_the_way_from_the_page_to_the_table(
    store: RunStore, read_run: Path
) -> None:
    items = list_items(store)
    assert items["agrees"].value == "1"
    assert items["drinks"].value == "no once"
    asked = {item.name for item in Queue(store).next("one", 20, [], Filters())}
    assert {"smokes", "remark"} <= asked
    assert not Carpet(store).count()["1"]  # a tick is no digit
    # Two are crossed: these come first, and all answers can be chosen.
    assert items["smokes"].alternatives[:2] in (("yes", "unknown"), ("unknown", "yes"))
    assert set(items["smokes"].alternatives) == set(VALUES)
    assert items["remark"].takes_words
    assert not items["age"].takes_words
    with pytest.raises(NoNumberError):
        decide(store, items["age"], "often")
    (breach,) = Queue(store).find_breaches(items["smokes"].id, "maybe")
    assert breach.breach.text.startswith("maybe is none of yes, no")
    for name, value in (("smokes", "yes"), ("remark", "thank you"), ("age", "44")):
        decide(store, items[name], value)
    wide = {
        "smokes": "yes",
        "drinks": "no once",
        "agrees": "1",
        "age": "44",
        "remark": "thank you",
        "remark.picture": "texts/scan.png.1.remark.jpg",
        "needs_review": "",
    }
    options = "--wide", "--pictures", str(read_run.parent / "texts")
    with export(read_run, "wide.csv", *options).open(encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert row == {"source": "scan.png", "page": "1", **wide}
    picture = cv2.imread(str(read_run.parent / wide["remark.picture"]), 0)
    assert picture is not None
    assert picture.shape[0] > 96  # as large as it was written
    book = openpyxl.load_workbook(export(read_run, "wide.xlsx", *options))
    cells = [[cell.value or "" for cell in row] for row in book.active.iter_rows()]
    assert dict(zip(*cells, strict=True)) == {"source": "scan.png", "page": 1, **wide}
    table = parquet.read_table(export(read_run, "long.parquet")).to_pylist()
    kinds = {row["field"]: row["kind"] for row in table}
    assert kinds["smokes"] == "choice"
    assert kinds["remark"] == "text"

    measure(read_run)
