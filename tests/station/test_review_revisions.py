"""People put right which fields a page has: over HTTP, with the readers that ship."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from browsing import open_page
from drawn_runs import Made, make_run
from playwright.sync_api import expect
from station_process import StationProcess

from formreader.forms.templates.template import FormTemplate
from formreader.store.contents import read_pages
from formreader.store.tables.connection import RunStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.model

REQUEST = "0123456789abcdef-{}"
BOX = {"left": 95, "top": 75, "width": 250, "height": 70}  # about 5861


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages with two fields each, at the same places."""
    pages = [[Made("5861"), Made("34", 0.6)], [Made("7", name="seven"), Made("12")]]
    return make_run(tmp_path_factory.mktemp("revisions"), pages)


@pytest.fixture(scope="module")
def client(run: Path) -> Iterator[httpx.Client]:
    """A browser that was let in."""
    with StationProcess("review", run, "--user", "ann") as station:
        address = station.next_address()
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        with httpx.Client(base_url=origin, trust_env=False, timeout=60) as client:
            client.get(address)
            found = re.search(r'name="csrf" content="([^"]+)"', client.get("/pad").text)
            assert found is not None
            client.headers.update({"X-CSRF-Token": found[1], "Origin": origin})
            yield client


def revise(client: httpx.Client, number: int, **body: Any) -> httpx.Response:
    return client.post(
        "/revisions", json={"page": 1, "request": REQUEST.format(number), **body}
    )


def values(run: Path) -> list[tuple[str, str]]:
    """Name and value of each field of the first page."""
    with RunStore.open(run) as store, store.read() as connection:
        page = next(read_pages(connection))
        return [(str(row["field"]), str(row["value"])) for row in page.fields]


def test_a_box_takes_the_place_of_a_field_and_is_read_at_once(
    client: httpx.Client, run: Path
) -> None:
    assert client.post("/pages/prepare", json={"page": 1}).json() == {"ready": True}
    wish = {
        "removed": [{"field": 1, "seen": None}],
        "added": [{**BOX, "name": "number"}],
    }
    answers = [revise(client, 1, **wish) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    [item] = answers[0].json()["added"]
    assert (item["name"], item["value"], item["crop"][:1]) == ("number", "5861", [74])
    assert values(run) == [("number", "5861"), ("field_002", "34")]
    assert client.post("/undo", json={}).json()["item"]["id"] == item["id"]
    assert values(run) == [("field_001", "5861"), ("field_002", "34")]


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ({**BOX, "left": 10_000}, "not on the page"),
        ({**BOX, "height": 3}, "not as it should be"),
        ({**BOX, "width": 600, "height": 300, "left": 0, "top": 0}, "too large"),
        ({**BOX, "name": "needs_review"}, "can be called"),
        ({**BOX, "name": "field_002"}, "has this name"),
    ],
)
def test_a_box_that_can_be_no_field_is_refused(
    client: httpx.Client, run: Path, box: dict[str, Any], reason: str
) -> None:
    before = values(run)
    answer = revise(client, 2, added=[box])
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]
    assert values(run) == before


def test_likes_are_listed_before_they_go(client: httpx.Client, run: Path) -> None:
    [like] = client.get("/fields/2/likes").json()["likes"]
    assert (like["id"], like["name"], like["page"]) == (4, "field_002", 1)
    removal = {"field": 2, "seen": None}
    answer = revise(client, 3, removed=[removal], alike=[like["id"]])
    assert answer.json() == {"removed": [2, 4], "added": []}
    assert revise(client, 4, removed=[removal]).status_code == 409
    assert values(run) == [("field_001", "5861")]


def test_the_fields_of_a_page_make_a_template_with_an_empty_reference(
    client: httpx.Client, tmp_path: Path
) -> None:
    answer = client.get("/pages/1/template.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    template = FormTemplate.load(tmp_path / "page-001.toml")
    field = template.fields[0]
    assert (field.name, field.cells) == ("field_001", 4)
    assert (field.box.left, field.box.top) == (100, 80)
    reference = template.pages[0].load_pixels()
    inner = field.box.expanded(-14, -14)
    assert reference[inner.slices].mean() > 200  # but for the walls of its cells
    assert client.get("/pages/99/template.zip").status_code == 404


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[tuple[Page, Path]]:
    """The view of a page on which the machine has found two of three numbers."""
    run = make_run(tmp_path, [[Made("5861", name="first"), Made("34", name="second")]])
    with (
        StationProcess("review", run, "--user", "ann") as station,
        open_page(chromium, station.next_address()) as page,
    ):
        origin = page.url.partition("/queue")[0]
        page.goto(f"{origin}/pages?page=1")
        expect(page.locator("#name")).to_have_text("first")
        yield page, run


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw from one place of the page picture to another, in pixels of the page."""
    paper = page.locator("#paper").bounding_box()
    size = page.locator("#paper svg").get_attribute("viewBox")
    assert paper is not None
    assert size is not None
    scale = paper["width"] / float(size.split()[2])
    for (x, y), press in ((start, page.mouse.down), (end, page.mouse.up)):
        page.mouse.move(paper["x"] + x * scale, paper["y"] + y * scale, steps=3)
        press()


def test_a_number_is_removed_drawn_and_moved_with_the_pointer(
    page: tuple[Page, Path],
) -> None:
    view, run = page
    name, reading = view.locator("#name"), view.locator("#reading")
    view.keyboard.press("Delete")
    expect(name).to_have_text("second")
    view.keyboard.press("e")
    drag(view, (95, 75), (350, 145))
    expect(name).to_have_text("field_001")
    expect(reading).to_have_text("5861")
    expect(view.locator("#left")).to_have_text("1 to review here")
    drag(view, (350, 110), (222, 110))  # its right edge
    expect(reading).to_have_text("58")
    view.keyboard.press("u")
    expect(reading).to_have_text("5861")
    view.keyboard.press("Enter")
    expect(view.locator("#left")).to_have_attribute("data-unsaved", "0")
    expect(view.locator("polygon[data-state=decided]")).to_have_count(1)
    assert values(run) == [("field_001", "5861"), ("second", "34")]
