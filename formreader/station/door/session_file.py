"""What of a station outlives it: its port, and the sessions of its browsers.

A file in the run folder, one for each port, that its owner alone can read. It holds no
secret of a browser, but what a secret can be recognised by. Where the folder cannot be
written, sessions end with the station.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from formreader.station.door.private_file import replace_private_file

__all__ = ["KeptSession", "SessionFile", "list_ports"]

_NAME = re.compile(r"\.station-(https?)-([0-9]{1,5})\.json")
_FORGET_S = 8 * 24 * 3600  # no session lasts as long


@dataclass(frozen=True)
class KeptSession:
    """A session as a file keeps it.

    Attributes:
        key_hash: SHA-256 of the secret in the browser's cookie, in hexadecimal digits.
        user: Who works there.
        browser: Names the browser; no secret.
        proof: What let the user in.
        age_s: Since it began, in seconds.
        idle_s: Since it was used last, in seconds.
    """

    key_hash: str
    user: str
    browser: str
    proof: str
    age_s: float = 0.0
    idle_s: float = 0.0


@dataclass(frozen=True)
class SessionFile:
    """The file of a station.

    Attributes:
        run: The run folder.
        scheme: `http` or `https`.
        port: TCP port.
    """

    run: Path
    scheme: str
    port: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.run / f".station-{self.scheme}-{self.port}.json"

    def load(self) -> list[KeptSession]:
        """Give the sessions that were kept; none if there are none to be read."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            past_s = max(0.0, time.time() - found["at"])
            kept = [KeptSession(**session) for session in found["sessions"]]
            return [
                KeptSession(
                    one.key_hash,
                    one.user,
                    one.browser,
                    one.proof,
                    one.age_s + past_s,
                    one.idle_s + past_s,
                )
                for one in kept
            ]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def save(self, sessions: Iterable[KeptSession]) -> None:
        """Replace the file, so that a station that is killed leaves a whole one."""
        kept = [asdict(session) for session in sessions]
        text = json.dumps({"at": time.time(), "sessions": kept})
        with suppress(OSError):
            replace_private_file(self.path, text)


def list_ports(run: Path, scheme: str) -> list[int]:
    """List the ports that stations of a run had, the last one first.

    Files of ports that nobody came to for long are removed, but for the last one.
    """
    found: list[tuple[float, int, Path]] = []
    with suppress(OSError):
        for path in run.iterdir():
            name = _NAME.fullmatch(path.name)
            if name is not None and name[1] == scheme:
                found.append((path.stat().st_mtime, int(name[2]), path))
    found.sort(reverse=True)
    for used, _, path in found[1:]:
        if time.time() - used > _FORGET_S:
            with suppress(OSError):
                path.unlink()
    return [port for _, port, _ in found if 0 < port < 65536]
