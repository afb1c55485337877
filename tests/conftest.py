from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from postgresql_server import Server, find_programs, run_postgresql

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session", autouse=True)
def default_sigint() -> Iterator[None]:
    """Let processes that tests start hear Ctrl-C, as at a terminal.

    A shell starts what it runs in the background with SIGINT ignored, and what is
    ignored stays so in processes started from there; what is handled does not.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests; skips those that need it where there is none."""
    from browsing import open_chromium

    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    programs = find_programs()
    if programs is None:
        # The gate installs it: there it must not be passed over.
        assert "FORMREADER_GATE" not in os.environ, "PostgreSQL is not installed"
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    with run_postgresql(programs) as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server whose password stands in the environment, as users would have it."""
    monkeypatch.setenv("PGPASSWORD", postgresql_server.password)
    return postgresql_server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str | None:
    """What `--store` says: nothing for SQLite, or the address of a database."""
    if request.param == "sqlite":
        return None
    server = request.getfixturevalue("postgresql")
    assert isinstance(server, Server)
    return server.url


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for this computer, cert.pem and key.pem."""
    folder = tmp_path_factory.mktemp("tls")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    command += " -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", names],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder
