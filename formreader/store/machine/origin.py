"""What a run was begun with: its folder, its options, and where its files are moved."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from formreader.store.errors import DamagedStoreError, StoreError
from formreader.store.tables.connection import RunStore, read_setting, write_setting

__all__ = [
    "add_archive",
    "check_options",
    "find_archives",
    "find_folder",
    "find_models",
    "find_target_error",
    "has_split_sheets",
    "ignores_marks",
    "load_threshold",
]

_OPTIONS = "options"
_ARCHIVES = "move_targets"
_THRESHOLD = 0.9  # of the model that ships
# As `ReadingOptions` names them.
_MODELS = (
    "model",
    "string model",
    "marked model",
    "mark model",
    "sign model",
    "ink model",
)


def check_options(store: RunStore, folder: Path, options: Mapping[str, object]) -> None:
    """Make sure that a run goes on as it was begun.

    Args:
        store: The store; a new one takes what it is given.
        folder: The folder that is read.
        options: What readings depend on, as JSON holds it.

    Raises:
        StoreError: If the run was begun with another folder or other options.
    """
    given = json.loads(json.dumps({"folder": str(folder.resolve()), **options}))
    began = _read_options(store)
    if began is None:
        store.set_setting(_OPTIONS, given)
        return
    keys = {**given, **began}  # an option that is not given is in one of them alone
    changed = [key for key in keys if began.get(key) != given.get(key)]
    if changed:
        raise StoreError(
            f"the run was begun with another {' and '.join(changed)}; go on with "
            "the same, name another run with -o, or read all again with --redo",
            path=store.run,
        )


def find_folder(store: RunStore) -> Path:
    """Find the folder that was read; the run folder itself if none was noted.

    Raises:
        DamagedStoreError: If what was noted is no path.
    """
    folder = (_read_options(store) or {}).get("folder", str(store.run))
    if not _is_path(folder):
        raise DamagedStoreError.of("its folder is no path", store.run)
    return Path(folder)


def has_split_sheets(store: RunStore) -> bool:
    """Tell whether each sheet of its files was read as two pages."""
    return bool((_read_options(store) or {}).get("split"))


def ignores_marks(store: RunStore) -> bool:
    """Tell whether marks between digits were left out."""
    return bool((_read_options(store) or {}).get("ignore marks"))


def find_models(store: RunStore) -> dict[str, str]:
    """Find the checksums of the models that read a run, by what they are for."""
    options = _read_options(store) or {}
    return {name: str(options[name]) for name in _MODELS if name in options}


def find_target_error(store: RunStore) -> float | None:
    """Find the share of its accepted fields that may be wrong, if one was promised.

    Raises:
        DamagedStoreError: If what was noted is no share.
    """
    promise = (_read_options(store) or {}).get("target error")
    if promise is None:
        return None
    share = promise.get("share") if isinstance(promise, dict) else None
    if not isinstance(share, int | float) or not 0 < share <= 1:
        raise DamagedStoreError.of("its target error is no share", store.run)
    return float(share)


def load_threshold(connection: Connection) -> float:
    """Load the least confidence that a run accepts; infinite if it follows a promise.

    Where none was given it is that of the model that ships.
    """
    options = read_setting(connection, _OPTIONS) or {}
    if options.get("target error"):
        return math.inf
    threshold = options.get("threshold")
    return threshold if isinstance(threshold, float) else _THRESHOLD


def add_archive(store: RunStore, folder: Path) -> None:
    """Note that files of the run may be moved to a folder."""
    with store.write() as transaction:
        known = _check_paths(read_setting(transaction, _ARCHIVES))
        if str(folder) not in known:
            write_setting(transaction, _ARCHIVES, [*known, str(folder)])


def find_archives(store: RunStore) -> list[Path]:
    """List the folders that files of the run were ever to be moved to.

    Raises:
        DamagedStoreError: If what was noted are no paths.
    """
    with store.read() as transaction:
        return [Path(f) for f in _check_paths(read_setting(transaction, _ARCHIVES))]


def _read_options(store: RunStore) -> dict[str, Any] | None:
    options = store.get_setting(_OPTIONS)
    if options is not None and not isinstance(options, dict):
        raise DamagedStoreError.of("its options are none", store.run)
    return options


def _check_paths(found: Any) -> list[str]:
    """Refuse what is no list of paths; nothing is an empty one."""
    paths = [] if found is None else found
    if not isinstance(paths, list) or not all(map(_is_path, paths)):
        raise DamagedStoreError.of("its archives are no paths")
    return paths


def _is_path(found: Any) -> bool:
    return isinstance(found, str) and "\0" not in found
