"""A PostgreSQL server that a test run starts for itself, from what Debian installs."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "formreader"


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: On the loopback address.
        password: Of the only user.
    """

    port: int
    password: str

    @property
    def url(self) -> str:
        """Of its database, without the password."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"


def find_programs() -> Path | None:
    """Find the folder of PostgreSQL's programs; Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def run_postgresql(programs: Path) -> Iterator[Server]:
    """Run a server with an empty database and one user, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="formreader-pg-") as name:
        place = Path(name)
        server = Server(_find_port(), secrets.token_hex(8))
        (place / "password").write_text(server.password)
        as_owner: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            as_owner = ["runuser", "-u", "postgres", "--"]
            for path in (place, place / "password"):
                shutil.chown(path, "postgres")
        data = str(place / "data")
        access = ("-U", USER, "--auth=scram-sha-256", f"--pwfile={place / 'password'}")
        kind = ("--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        run([*as_owner, str(programs / "initdb"), "-D", data, *access, *kind])
        options = f"-c listen_addresses=127.0.0.1 -p {server.port} -k {place} -F"
        control = [*as_owner, str(programs / "pg_ctl"), "-D", data, "-w"]
        run([*control, "-l", str(place / "log"), "-o", options, "start"])
        try:
            yield server
        finally:
            run([*control, "-m", "immediate", "stop"])


def run(command: list[str]) -> None:
    """Run a program of the server, with what it says if it fails."""
    # A file takes the output: the server that pg_ctl starts would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, cwd="/", stdout=output, stderr=output, check=False
        )
        output.seek(0)
        assert done.returncode == 0, output.read().decode(errors="replace")


def _find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
