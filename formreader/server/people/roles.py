"""What people may do, by their roles."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["ALL_ROLES", "PROGRAM_ROLES", "Role", "covers", "read_roles"]


class Role(StrEnum):
    """A role; somebody may have several."""

    SCAN = "scan"
    REVIEW = "review"
    SUPERVISE = "supervise"
    MANAGE = "manage"

    @property
    def description(self) -> str:
        """What it allows, for people."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Role.SCAN: "begin runs, bring scans, start and stop reading",
    Role.REVIEW: "decide fields in the review station, look at tables",
    Role.SUPERVISE: (
        "the same; decide where two differ, download tables, see who did what"
    ),
    Role.MANAGE: "everything; draw forms, remove runs, say who comes in",
}

ALL_ROLES = frozenset(Role)

PROGRAM_ROLES = frozenset({Role.SCAN, Role.SUPERVISE})
"""Those of a program, unless it is given others."""

_INCLUDED = {
    Role.SUPERVISE: frozenset({Role.REVIEW}),
    Role.MANAGE: ALL_ROLES,
}


def covers(roles: Iterable[Role], needed: Role) -> bool:
    """Tell whether roles allow what one of them is needed for.

    Example:
        >>> covers({Role.SUPERVISE}, Role.REVIEW), covers({Role.REVIEW}, Role.SCAN)
        (True, False)
    """
    return any(
        needed is role or needed in _INCLUDED.get(role, frozenset()) for role in roles
    )


def read_roles(names: Iterable[str]) -> frozenset[Role]:
    """Read names of roles; what is none gives nothing.

    Example:
        >>> read_roles(["scan", "rule the world"])
        frozenset({<Role.SCAN: 'scan'>})
    """
    known = {role.value: role for role in Role}
    return frozenset(known[name] for name in names if name in known)
