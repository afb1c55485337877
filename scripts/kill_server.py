"""Kill `formreader serve` at random moments while scans come, are read and reviewed.

    python scripts/kill_server.py --kills 50

Three people work at once: one brings scans, one reviews, one draws a form; pages are
read meanwhile, and the process that reads is killed every other time, too. After each
kill it is looked at what was confirmed: each scan whole, each decision once, the form
as it was saved last; no half scan is left. In the end the run must have read all pages
without being told to go on.
"""

from __future__ import annotations

import io
import random
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import click
import httpx
import psutil
from exercise_reviewers import fill_run
from PIL import Image, ImageDraw
from served_work import ServedWork, ask
from sqlalchemy import select

from formreader.server.run_process import find_process
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import decisions

SCANS = "/api/runs/killed/scans?name="
STATION = "/runs/reviewed/review"
FORM = "/api/forms/drawn"
_FORM = """name = "drawn"
reference = "drawn.png"
width = 400
height = 200

[[field]]
name = "total"
box = [10, 20, 100, 40]
length = [1, 4]
"""


class Actor(Protocol):
    """Somebody at work, who knows what was confirmed."""

    def act(self, client: httpx.Client) -> None:
        """Do the next thing."""

    def check(self, client: httpx.Client) -> None:
        """See that nothing was lost."""


class Scanner:
    """Brings one scan after the other, and those again whose answer never came."""

    def __init__(self, work: Path) -> None:
        """Have brought none."""
        self._folder = work / "runs" / "killed" / "scans"
        self.confirmed: dict[str, bytes] = {}

    def act(self, client: httpx.Client) -> None:
        """Bring the next one, a part at a time, so that it can be killed in between."""
        name = f"page-{len(self.confirmed):04d}.png"
        content = draw_page(len(self.confirmed))
        parts = (content[at : at + 2000] for at in range(0, len(content), 2000))
        answer = client.post(SCANS + name, content=slowly(parts))
        answer.raise_for_status()
        self.confirmed[answer.json()["name"]] = content

    def check(self, client: httpx.Client) -> None:
        """See that all that was confirmed is there."""
        for name, content in self.confirmed.items():
            assert (self._folder / name).read_bytes() == content, f"{name} was lost"
        assert not (self._folder.parent / ".incoming").exists(), "half a scan is left"


class Reviewer:
    """Decides one field after the other; sends again what was not confirmed."""

    def __init__(self, work: Path) -> None:
        """Have decided none."""
        self._run = work / "runs" / "reviewed"
        self.confirmed: dict[int, str] = {}
        self._waiting: dict[str, Any] | None = None

    def act(self, client: httpx.Client) -> None:
        """Decide the next field."""
        if self._waiting is None:
            wish = {"count": 1, "without": []}
            items = ask(client, f"{STATION}/queue/next", wish)["items"]
            if not items:
                time.sleep(0.1)
                return
            value = str(10_000 + len(self.confirmed))
            verdict = {"field": items[0]["id"], "action": "accept", "value": value}
            verdict |= {"seen": items[0]["decision_id"], "place": "queue"}
            self._waiting = {**verdict, "request": str(uuid.uuid4())}
        ask(client, f"{STATION}/decisions", self._waiting)
        self.confirmed[self._waiting["field"]] = self._waiting["value"]
        self._waiting = None

    def check(self, client: httpx.Client) -> None:
        """See that each decision is there once, and no other."""
        query = select(decisions.c.field_id, decisions.c.value)
        with RunStore.open(self._run) as store, store.read() as connection:
            rows = connection.execute(query).all()
        stored = {row.field_id: row.value for row in rows}
        assert len(stored) == len(rows), "a decision was stored twice"
        if self._waiting is not None:
            stored.pop(self._waiting["field"], None)
        assert stored == self.confirmed, "a decision was lost"


class Drawer:
    """Moves a field of a form, and saves."""

    def __init__(self, work: Path) -> None:
        """Begin with the form as it is."""
        self.confirmed = 10
        self._tried = 10

    def act(self, client: httpx.Client) -> None:
        """Move it to where it never was."""
        form = ask(client, FORM)
        for field in form["fields"]:
            del field["note"]
        self._tried = 10 + (self._tried - 9) % 200
        form["fields"][0]["box"][0] = self._tried
        draft = {key: form[key] for key in ("tag", "fields", "checks")}
        ask(client, FORM, draft)
        self.confirmed = self._tried

    def check(self, client: httpx.Client) -> None:
        """See that the form is as it was saved, or as it was being saved."""
        left = ask(client, FORM)["fields"][0]["box"][0]
        assert left in {self.confirmed, self._tried}, "the form was lost"
        self.confirmed = left


def slowly(parts: Any) -> Any:
    """Yield parts with time between them."""
    for part in parts:
        yield part
        time.sleep(0.01)


def draw_page(number: int) -> bytes:
    """Draw a small page with a number; no two are the same."""
    image = Image.effect_noise((200, 100), 5).point(lambda grey: grey + 100)
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 30, 180, 70), outline=0, width=2)
    draw.text((40, 40), str(1000 + number), fill=0, font_size=20)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def act_until_killed(act: Callable[[httpx.Client], None], client: httpx.Client) -> None:
    """Act again and again until the server is gone."""
    with suppress(httpx.TransportError):
        while True:
            act(client)


def work_once(server: ServedWork, actors: Sequence[Actor], seconds: float) -> None:
    """Have all work at once, and kill the server after a while."""
    with server.come_in() as client:  # a client may be used by several threads
        threads = [
            threading.Thread(target=act_until_killed, args=(one.act, client))
            for one in actors
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        server.kill()
        for thread in threads:
            thread.join()


def prepare(work: Path, fields: int) -> None:
    """Make the run to review, and the form."""
    fill_run(work / "runs" / "reviewed", fields, None)
    (work / "forms").mkdir(parents=True)
    Image.new("L", (400, 200), 255).save(work / "forms" / "drawn.png")
    (work / "forms" / "drawn.toml").write_text(_FORM, encoding="utf-8")


def wait_until_read(client: httpx.Client, scans: int, patience_s: float) -> Any:
    """Wait until all pages are read, without telling the run to go on."""
    give_up = time.monotonic() + patience_s
    while True:
        now = ask(client, "/api/runs/killed")
        if now["pages"] + now["failed"] + now["copies"] >= scans:
            return now
        assert time.monotonic() < give_up, f"the run does not go on: {now}"
        time.sleep(0.5)


def kill_reader(work: Path) -> None:
    """Kill the process that reads the run, and its workers."""
    process = find_process(work / "runs" / "killed")
    if process is None or not process.is_alive:
        return
    reader = psutil.Process(process.pid)
    for one in (*reader.children(recursive=True), reader):
        one.kill()


def work_and_kill(server: ServedWork, kills: int, longest: float) -> str:
    """Work and kill in turn; say what was confirmed.

    Raises:
        AssertionError: If anything was lost.
    """
    work = server.work
    actors = (Scanner(work), Reviewer(work), Drawer(work))
    with server.come_in() as client:
        ask(client, "/api/runs", {"name": "killed", "threshold": 0.9})
        actors[0].act(client)
        ask(client, "/api/runs/killed/start", {})
    for number in range(kills):
        work_once(server, actors, random.uniform(0.2, longest))
        if number % 2:
            kill_reader(work)
        server.start()
        with server.come_in() as client:
            for one in actors:
                one.check(client)
        click.echo(f"{number + 1} kills, nothing is lost", err=True)
    with server.come_in() as client:
        now = wait_until_read(client, len(actors[0].confirmed), 600)
    return (
        f"{kills} kills: {len(actors[0].confirmed)} scans and "
        f"{len(actors[1].confirmed)} decisions were confirmed, none was lost; "
        f"{now['pages']} pages read, {now['failed']} failed, the run went on by itself"
    )


@click.command()
@click.option("--kills", default=50, show_default=True, help="How often to kill it.")
@click.option("--longest", default=3.0, show_default=True, help="Seconds to a kill.")
@click.option("--seed", default=1, show_default=True, help="Of the moments.")
def main(kills: int, longest: float, seed: int) -> None:
    """Work while the server is killed, and look for what is lost."""
    random.seed(seed)
    place = Path(tempfile.mkdtemp(prefix="formreader-"))
    work = place / "work"
    prepare(work, 5000)
    server = ServedWork(work)
    try:
        click.echo(work_and_kill(server, kills, longest))
    finally:
        server.end()
        kill_reader(work)
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
