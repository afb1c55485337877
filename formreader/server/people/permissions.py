"""Which role each route needs: one table, looked up before a request goes on.

A route that does not stand in it is open to those alone who manage.
"""

from __future__ import annotations

from dataclasses import dataclass
from re import Pattern

from starlette.routing import compile_path

from formreader.server.people.people import People
from formreader.server.people.roles import ALL_ROLES, Role, covers, read_roles
from formreader.station.door.auth import Session

__all__ = ["REVIEW", "ROUTES", "Permissions"]

REVIEW = "/runs/{name}/review"
"""Where the review station of a run lies."""

ROUTES: dict[str, Role | None] = {
    # Whoever came in.
    "GET /": None,
    "GET /session": None,
    "POST /logout": None,
    "GET /account": None,
    "POST /api/account/password": None,
    "GET /api/openapi.json": None,
    # Runs.
    "GET /runs/{run}": None,
    "GET /api/runs": None,
    "GET /api/runs/{run}": None,
    "GET /api/runs/{run}/failures": None,
    "GET /new": Role.SCAN,
    "POST /api/runs": Role.SCAN,
    "POST /api/runs/{run}/scans": Role.SCAN,
    "POST /api/runs/{run}/start": Role.SCAN,
    "POST /api/runs/{run}/stop": Role.SCAN,
    "POST /api/readings": Role.SCAN,
    "GET /api/folders": Role.SCAN,
    "POST /api/runs/{run}/remove": Role.MANAGE,
    # What was read.
    "GET /runs/{run}/table": Role.REVIEW,
    "GET /api/runs/{run}/fields": Role.REVIEW,
    "GET /api/runs/{run}/files/{kind}": Role.SUPERVISE,
    "GET /runs/{run}/accuracy": Role.SUPERVISE,
    "GET /api/runs/{run}/accuracy": Role.SUPERVISE,
    "POST /api/runs/{run}/accuracy": Role.SUPERVISE,
    "GET /api/runs/{run}/corrections": Role.SUPERVISE,
    "POST /api/runs/{run}/audit": Role.SUPERVISE,
    "GET /api/runs/{run}/promises": Role.SUPERVISE,
    "POST /api/runs/{run}/calibration": Role.SUPERVISE,
    "GET /api/calibrations/{name}.threshold": Role.SUPERVISE,
    # The review station.
    f"GET {REVIEW}/": Role.REVIEW,
    f"GET {REVIEW}/session": Role.REVIEW,
    f"GET {REVIEW}/queue": Role.REVIEW,
    f"POST {REVIEW}/queue/next": Role.REVIEW,
    f"POST {REVIEW}/queue/open": Role.REVIEW,
    f"POST {REVIEW}/decisions": Role.REVIEW,
    f"POST {REVIEW}/undo": Role.REVIEW,
    f"POST {REVIEW}/hold": Role.REVIEW,
    f"POST {REVIEW}/release": Role.REVIEW,
    f"POST {REVIEW}/rules": Role.REVIEW,
    f"GET {REVIEW}/pages": Role.REVIEW,
    f"GET {REVIEW}/pages/list": Role.REVIEW,
    f"POST {REVIEW}/pages/turn": Role.REVIEW,
    f"GET {REVIEW}/pages/{{page_id}}.jpg": Role.REVIEW,
    f"GET {REVIEW}/pages/{{page_id}}/template.zip": Role.REVIEW,
    f"GET {REVIEW}/crops/{{field_id}}.jpg": Role.REVIEW,
    f"GET {REVIEW}/digits/{{field_id}}/{{position}}.png": Role.REVIEW,
    f"GET {REVIEW}/fields/{{field_id}}/likes": Role.REVIEW,
    f"POST {REVIEW}/pages/prepare": Role.REVIEW,
    f"POST {REVIEW}/revisions": Role.REVIEW,
    f"GET {REVIEW}/carpet": Role.REVIEW,
    f"POST {REVIEW}/carpet/next": Role.REVIEW,
    f"POST {REVIEW}/carpet/confirm": Role.REVIEW,
    f"POST {REVIEW}/carpet/undo": Role.REVIEW,
    f"GET {REVIEW}/groups": Role.REVIEW,
    f"GET {REVIEW}/recent": Role.REVIEW,
    f"GET {REVIEW}/summary": Role.REVIEW,
    f"GET {REVIEW}/pad": Role.REVIEW,
    f"POST {REVIEW}/pad/recognize": Role.REVIEW,
    f"GET {REVIEW}/results.csv": Role.SUPERVISE,
    f"GET {REVIEW}/audit": Role.SUPERVISE,
    f"GET {REVIEW}/progress": Role.SUPERVISE,
    # Forms.
    "GET /forms": Role.MANAGE,
    "GET /forms/{name}": Role.MANAGE,
    "POST /api/form-files": Role.MANAGE,
    "POST /api/forms": Role.MANAGE,
    "GET /api/forms/{name}": Role.MANAGE,
    "POST /api/forms/{name}": Role.MANAGE,
    "POST /api/forms/{name}/copy": Role.MANAGE,
    "POST /api/forms/{name}/remove": Role.MANAGE,
    "POST /api/forms/{name}/check": Role.MANAGE,
    "POST /api/forms/{name}/printed": Role.MANAGE,
    "POST /api/forms/{name}/trial": Role.MANAGE,
    "GET /api/forms/{name}/pages/{number}.png": Role.MANAGE,
    "GET /api/forms/{name}/print.pdf": Role.MANAGE,
    # Models.
    "GET /models": Role.MANAGE,
    "GET /api/models": Role.MANAGE,
    "POST /api/models": Role.MANAGE,
    "GET /api/models/{name}": Role.MANAGE,
    "POST /api/models/{name}/start": Role.MANAGE,
    "POST /api/models/{name}/stop": Role.MANAGE,
    "POST /api/models/{name}/remove": Role.MANAGE,
    # People.
    "GET /people": Role.MANAGE,
    "GET /api/people": Role.MANAGE,
    "POST /api/people": Role.MANAGE,
    "POST /api/people/remove": Role.MANAGE,
}
"""The role by method and path; None for whoever came in."""


@dataclass(frozen=True)
class Permissions:
    """Looks up who may do what.

    Attributes:
        people: Know the roles.
        everything_to: The user who may do everything without standing among the
            people: whoever started a server for this computer alone; empty for nobody.
    """

    people: People
    everything_to: str = ""

    def find_roles(self, session: Session) -> frozenset[Role]:
        """Give the roles of who came in, as they are now."""
        if session.grants is not None:
            return read_roles(session.grants)
        if self.everything_to and session.user == self.everything_to:
            return ALL_ROLES
        return self.people.find_roles(session.user)

    def allow(self, session: Session, path: str, method: str = "GET") -> bool:
        """Tell whether somebody may go to a path."""
        return self.refuse(session, method, path) is None

    def list_supervisors(self) -> frozenset[str]:
        """List who decides where two people differ; nobody if nobody is to supervise.

        Whoever manages may do it, too, but has not to.
        """
        people = self.people.list_all()
        if not any(Role.SUPERVISE in one.roles for one in people):
            return frozenset()
        return frozenset(
            one.name for one in people if covers(one.roles, Role.SUPERVISE)
        )

    def refuse(self, session: Session, method: str, path: str) -> str | None:
        """Say why somebody may not go to a path by a method; None if he may."""
        roles = self.find_roles(session)
        needed = _find_role("GET" if method == "HEAD" else method, path)
        if needed is None or covers(roles, needed):
            return None
        return (
            f"This needs the role {needed.value!r}, which you do not have; ask "
            "whoever manages the people."
        )


def _compile() -> tuple[tuple[str, Pattern[str], Role | None], ...]:
    parts = ((key.partition(" "), role) for key, role in ROUTES.items())
    return tuple(
        (method, compile_path(path)[0], role) for (method, _, path), role in parts
    )


_COMPILED = _compile()


def _find_role(method: str, path: str) -> Role | None:
    for known, pattern, role in _COMPILED:
        if known == method and pattern.match(path):
            return role
    return Role.MANAGE
