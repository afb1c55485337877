"""Send `formreader serve` what it must refuse, and see that nobody else notices.

    python scripts/fuzz_server.py --count 200 --connections 500

Hostile files under hostile names go through upload and are read; each must end as it
does through `batch`. Then so many connections say nothing, and so many files come at
once: each file is taken or refused in words, and pages go on to answer.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import click
import httpx
import psutil
from hostile_files import HostileFile, make_file
from served_work import ServedWork, ask
from sqlalchemy import select

from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import files, pages

RUN = "hostile"
SCANS = f"/api/runs/{RUN}/scans?name="
_PATIENCE_S = 1800


@click.command()
@click.option("--count", default=200, show_default=True, help="Hostile files.")
@click.option("--connections", default=500, show_default=True, help="At once.")
@click.option("--seed", default=1, show_default=True, help="Of the files.")
def main(count: int, connections: int, seed: int) -> None:
    """Send it all, and end with an error if anything went wrong."""
    place = Path(tempfile.mkdtemp(prefix="formreader-"))
    server = ServedWork(place / "work")
    try:
        with server.come_in() as client:
            sent = [make_file(seed, number) for number in range(count)]
            click.echo(fuzz(client, server, sent, place))
            click.echo(keep_silent(client, server, connections))
            click.echo(send_at_once(client, server, connections))
        memory = psutil.Process(server.pid).memory_info().rss / 1e6
        click.echo(f"the server takes {memory:.0f} MB after all")
    finally:
        server.end()
        shutil.rmtree(place, ignore_errors=True)


def fuzz(
    client: httpx.Client, server: ServedWork, sent: list[HostileFile], place: Path
) -> str:
    """Send hostile files, read them, and compare with `batch`.

    Raises:
        AssertionError: If anything ends in another way.
    """
    ask(client, "/api/runs", {"name": RUN})
    answers = Counter(send(client, one) for one in sent)
    assert set(answers) <= {200, 415}, answers
    outside = [
        path
        for path in server.work.rglob("*")
        if path.is_file() and path.parent.name == "work" and path.name[0] != "."
    ]
    assert not outside, outside
    ask(client, f"/api/runs/{RUN}/start", {})
    give_up = time.monotonic() + _PATIENCE_S
    while ask(client, f"/api/runs/{RUN}")["state"] == "reading":
        assert time.monotonic() < give_up, "it hangs"
        time.sleep(0.5)
    now = ask(client, f"/api/runs/{RUN}")
    run = server.work / "runs" / RUN
    command = [sys.executable, "-m", "formreader", "batch", str(run / "scans")]
    other = place / "other"
    subprocess.run([*command, "-o", str(other)], check=False, capture_output=True)
    assert describe(run) == describe(other), "read in another way than by batch"
    return (
        f"{len(sent)} hostile files: {answers[200]} taken, {answers[415]} refused in "
        f"words; {now['pages']} pages read, {now['failed']} failed with a remedy, "
        f"{now['copies']} copies, as through batch"
    )


def send(client: httpx.Client, file: HostileFile) -> int:
    """Send a file under its name; give the status of the answer."""
    name = quote(file.name.encode("utf-8", "surrogateescape"))
    answer = client.post(SCANS + name, content=file.content)
    assert answer.status_code == 200 or answer.json()["detail"], answer.text
    return answer.status_code


def describe(run: Path) -> list[tuple[str, str, bool]]:
    """Say of each file, by its content, what came of it."""
    states = select(
        files.c.sha256, files.c.state, pages.c.state.label("page"), pages.c.problem
    ).select_from(files.outerjoin(pages, pages.c.file_id == files.c.id))
    with RunStore.open(run) as store, store.read() as connection:
        rows = connection.execute(states).all()
    return sorted((str(r.sha256), f"{r.state} {r.page}", bool(r.problem)) for r in rows)


def keep_silent(client: httpx.Client, server: ServedWork, count: int) -> str:
    """Open connections that say nothing, and look at a page meanwhile."""
    port = int(server.origin.rpartition(":")[2])
    slowest = 0.0
    with ExitStack() as wires:
        for number in range(count):
            wires.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 50 == 49:
                began = time.perf_counter()
                look(client, server)
                slowest = max(slowest, time.perf_counter() - began)
        held = len(psutil.Process(server.pid).net_connections("tcp"))
    return (
        f"{count} silent connections: {held} held at most, a page answered within "
        f"{1000 * slowest:.0f} ms"
    )


def look(client: httpx.Client, server: ServedWork) -> None:
    """Look at a page by a new connection: one that waited may have lost its place."""
    with httpx.Client(
        base_url=server.origin, cookies=client.cookies, trust_env=False, timeout=60
    ) as own:
        assert own.get("/").status_code == 200


def send_at_once(client: httpx.Client, server: ServedWork, count: int) -> str:
    """Send files at the same time, each slowly.

    Raises:
        AssertionError: If one is neither taken nor refused in words, or broken off.
    """

    def bring(number: int) -> str:
        def parts() -> Iterator[bytes]:
            yield b"%PDF-1.7\n"
            time.sleep(2)
            yield str(number).encode()

        with httpx.Client(
            base_url=server.origin,
            headers=client.headers,
            cookies=client.cookies,
            trust_env=False,
            timeout=120,
        ) as own:
            try:
                answer = own.post(f"{SCANS}burst-{number}.pdf", content=parts())
            except httpx.TransportError:
                return "broken off"
            assert answer.status_code in {200, 503}, answer.text
            return str(answer.status_code)

    with ThreadPoolExecutor(count) as threads:
        found = Counter(threads.map(bring, range(count)))
    folder = server.work / "runs" / RUN / "scans"
    assert len(list(folder.glob("burst-*"))) >= found["200"], "a file was lost"
    assert not list((folder.parent / ".incoming").glob("*")), "half a file is left"
    look(client, server)
    return (
        f"{count} files at once: {found['200']} taken, {found['503']} refused in "
        f"words, {found['broken off']} broken off; what was taken is there, and "
        "nothing half"
    )


if __name__ == "__main__":
    main()
