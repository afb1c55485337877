"""Run the services of compose.yaml by hand, and read pages on them from end to end.

Where no container engine is at hand, this starts a database, a scheduler, two workers,
the station and the server of the whole job on this machine with the commands of
compose.yaml. The tables must be the same, byte for byte, as those of a batch on this
machine alone, also with a worker killed at a random moment; a person must be able to
log in and decide; and pages that are brought to the server must be read by the workers,
and be kept in the database:

    python scripts/run_cluster.py --pages 1000 --kills 5
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import httpx
import numpy as np
import numpy.typing as npt
import psutil
import yaml
from PIL import Image
from postgresql_server import find_programs, run_postgresql

from formreader.training.drawing.handwriting import draw_digit, draw_writer

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "compose.yaml"
TABLES = ("fields.csv", "flagged.csv", "failures.csv", "skipped.csv")
WORKERS = 2
USER, PASSWORD = "ann", "correct horse battery"
PATIENCE_S = 60.0
PAGES_A_TIFF = 10
BROUGHT = 50  # pages to the server


@dataclass
class Cluster:
    """The services, each a process or several.

    Attributes:
        place: Stands for the root of a container: `runs`, `scans` and `tls` are in it.
        names: What stands in compose.yaml, and what it is here.
        environment: Of all processes.
        processes: All that was started.
    """

    place: Path
    names: dict[str, str]
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def command(self, service: str) -> list[str]:
        """Give the command of a service as it is run here."""
        words = read_commands()[service]
        translated = [self._translate(word) for word in words[1:]]
        return [sys.executable, "-m", words[0], *translated]

    def start(self, service: str) -> subprocess.Popen[bytes]:
        """Start a service; what it says goes into a file of its name."""
        with (self.place / f"{service}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(service),
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.place,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def run(self, command: Sequence[str], text: str = "") -> str:
        """Run a command to its end; give what it says on stderr.

        Raises:
            RuntimeError: If it fails.
        """
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.place,
            input=text,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr}")
        return done.stderr

    def stop(self) -> None:
        """End all that was started."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _translate(self, word: str) -> str:
        for theirs, ours in self.names.items():
            word = word.replace(theirs, ours)
        if word.startswith(("/runs", "/scans", "/tls", "/tmp")):
            return str(self.place / word[1:])
        return word


def read_commands() -> dict[str, list[str]]:
    """Read the commands of all services from compose.yaml; the database has none."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return {name: service.get("command", []) for name, service in services.items()}


@contextmanager
def run_cluster(place: Path) -> Iterator[Cluster]:
    """Run all services but the station, until the block ends.

    Raises:
        RuntimeError: If PostgreSQL is not installed.
    """
    programs = find_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed: apt install postgresql")
    for name in ("runs", "scans", "tls", "tmp"):
        (place / name).mkdir()
    with run_postgresql(programs) as server:
        names = {
            "scheduler:8786": f"127.0.0.1:{(scheduler := find_port())}",
            "8786": str(scheduler),
            "8443": str(find_port()),
            "8444": str(find_port()),
            "0.0.0.0": "127.0.0.1",
            "@db/forms": f"@127.0.0.1:{server.port}/postgres",
        }
        added = {"PYTHONPATH": str(ROOT), "PGPASSWORD": server.password}
        cluster = Cluster(place, names, os.environ | added)
        try:
            cluster.start("scheduler")
            for _ in range(WORKERS):
                cluster.start("worker")
            yield cluster
        finally:
            cluster.stop()


def find_port() -> int:
    """Find a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def draw_pages(folder: Path, count: int) -> None:
    """Draw small pages with a row of boxes; every tenth file is a TIFF of ten pages."""
    rng = np.random.default_rng(1)
    number = 0
    while number < count:
        some = PAGES_A_TIFF if number % 100 == 0 and count - number >= 100 else 1
        pages = [Image.fromarray(draw_page(rng)) for _ in range(some)]
        below = folder / f"room-{number % 7}"
        below.mkdir(exist_ok=True)
        suffix = "png" if some == 1 else "tif"
        path = below / f"page-{number:05d}.{suffix}"
        pages[0].save(path, save_all=some > 1, append_images=pages[1:])
        number += some


def draw_page(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw one: (200, 640) uint8, 0 = black."""
    page = np.full((200, 640), 255, np.uint8)
    writer = draw_writer(rng)
    for cell in range(6):
        left = 80 + 80 * cell
        cv2.rectangle(page, (left, 60), (left + 80, 140), 0, 2)
        drawn = draw_digit(int(rng.integers(10)), writer, rng, 46)
        height, width = drawn.shape
        top, start = 100 - height // 2, left + 40 - min(width, 66) // 2
        target = page[top : top + height, start : start + min(width, 66)]
        np.minimum(target, 255 - drawn[:, :66], out=target)
    return page


def read_on_cluster(
    cluster: Cluster, name: str, kill_after_s: float | None
) -> list[bytes]:
    """Read all pages into a new run, and give its tables.

    Args:
        cluster: The services.
        name: Of the run.
        kill_after_s: When a worker is killed, if one is.
    """
    run = cluster.place / "runs" / name
    command = cluster.command("batch")
    command = [word.replace("/runs/run", f"/runs/{name}") for word in command]
    killer = threading.Timer(kill_after_s or 0, kill_worker, [cluster])
    if kill_after_s is not None:
        killer.start()
    cluster.run(command)
    if kill_after_s is not None:
        killer.join()
    return [(run / table).read_bytes() for table in TABLES]


def kill_worker(cluster: Cluster) -> None:
    """Kill a worker; its nanny starts another."""
    nannies = cluster.processes[1 : 1 + WORKERS]
    victim = psutil.Process(random.choice(nannies).pid)
    for child in victim.children():
        if "spawn_main" in " ".join(child.cmdline()):
            child.kill()


def read_here(cluster: Cluster) -> list[bytes]:
    """Read all pages on this machine alone, and give the tables."""
    run = cluster.place / "here"
    scans = str(cluster.place / "scans")
    command = [sys.executable, "-m", "formreader", "batch", scans]
    cluster.run([*command, "-o", str(run)])
    return [(run / table).read_bytes() for table in TABLES]


@contextmanager
def come_in(cluster: Cluster, service: str, run: str) -> Iterator[httpx.Client]:
    """Start a service that people come in to, and log in.

    Args:
        cluster: The services.
        service: The station or the server.
        run: The folder that it is started on.

    Raises:
        RuntimeError: If it does not answer.
    """
    words = cluster.command(service)[:4]  # python -m formreader COMMAND
    cluster.run([*words, run, "--add-user", USER], PASSWORD + "\n")
    cluster.start(service)
    port = {"station": "8443", "serve": "8444"}[service]
    origin = f"https://localhost:{cluster.names[port]}"
    context = ssl.create_default_context(cafile=cluster.place / "tls" / "cert.pem")
    with httpx.Client(base_url=origin, verify=context, trust_env=False) as client:
        wait_for_station(client)
        client.headers["Origin"] = origin
        typed = {"name": USER, "password": PASSWORD}
        client.post("/login", json=typed).raise_for_status()
        client.headers["X-CSRF-Token"] = client.get("/session").json()["csrf"]
        yield client


def bring(cluster: Cluster, scans: Sequence[Path]) -> list[str]:
    """Bring pages to the server, and have them read; give what was wrong.

    Raises:
        RuntimeError: If it does not answer, or reading does not end.
    """
    work = cluster.place / "runs" / "work"
    with come_in(cluster, "serve", str(work)) as client:
        client.post("/api/runs", json={"name": "brought"}).raise_for_status()
        for scan in scans:
            path = f"/api/runs/brought/scans?name={scan.name}"
            client.post(path, content=scan.read_bytes()).raise_for_status()
        client.post("/api/runs/brought/start", json={}).raise_for_status()
        give_up = time.monotonic() + PATIENCE_S
        while (now := client.get("/api/runs/brought").json())["state"] != "done":
            if time.monotonic() > give_up:
                raise RuntimeError(f"the run does not end: {now}")
            time.sleep(0.2)
    print(f"serve: {now['pages']} pages brought, read and kept elsewhere", flush=True)
    wrong = [] if now["pages"] == len(scans) else [f"pages are missing: {now}"]
    if (work / "runs" / "brought" / "run.sqlite").exists():
        wrong.append("the run is not in the database")
    return wrong


def review(cluster: Cluster) -> str:
    """Log in to the station, and decide about a field; give who the export names.

    Raises:
        RuntimeError: If the station does not answer.
    """
    run = str(cluster.place / "runs" / "run")
    program = [sys.executable, "-m", "formreader"]
    with come_in(cluster, "station", run) as client:
        # Anything of the run may be decided about, also what is not in doubt.
        verdict = {"field": 1, "action": "accept", "value": "4711", "seen": None}
        verdict |= {"place": "queue"}
        client.post("/decisions", json=verdict).raise_for_status()
    output = cluster.place / "out.csv"
    cluster.run([*program, "export", run, "-o", str(output), "--with-reviews"])
    [line] = [line for line in output.read_text().splitlines() if ",4711," in line]
    return USER if USER in line else ""


def wait_for_station(client: httpx.Client) -> None:
    """Wait until the station answers.

    Raises:
        RuntimeError: If it does not.
    """
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        with suppress(httpx.TransportError):
            client.get("/login").raise_for_status()
            return
        time.sleep(0.1)
    raise RuntimeError("the station does not answer")


def make_certificate(folder: Path) -> None:
    """Make a certificate for this machine alone."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    command += " -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command.split(), *names], cwd=folder, check=True, capture_output=True
    )


def exercise(place: Path, pages: int, kills: int) -> list[str]:
    """Do all of it.

    Args:
        place: An empty folder.
        pages: How many pages are read.
        kills: How many more times they are read with a worker killed meanwhile.

    Returns:
        What was wrong.
    """
    wrong = []
    with run_cluster(place) as cluster:
        draw_pages(place / "scans", pages)
        expected = read_here(cluster)
        took = 0.0
        for name in ("run", *(f"killed-{number + 1}" for number in range(kills))):
            moment = None if name == "run" else random.uniform(0.1, 0.8) * took
            began = time.monotonic()
            found = read_on_cluster(cluster, name, moment)
            took = time.monotonic() - began
            same = "the same tables" if found == expected else "OTHER TABLES"
            killed = "" if moment is None else f", a worker killed after {moment:.0f} s"
            print(f"{name}: {pages} pages in {took:.0f} s{killed}, {same}", flush=True)
            wrong += [] if found == expected else [f"other tables: {name}"]
        make_certificate(cluster.place / "tls")
        if review(cluster) != USER:
            wrong.append("the export does not name who decided")
        wrong += bring(cluster, sorted((place / "scans").rglob("*.png"))[:BROUGHT])
    return wrong


def main() -> None:
    """Exercise, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        wrong = exercise(Path(place), arguments.pages, arguments.kills)
    print(*wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
