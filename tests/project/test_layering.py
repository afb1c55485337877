from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "formreader"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_models" not in path.parts)

# Lowest first; a module may import from lower layers, and from its own package.
LAYERS = (
    {"errors"},
    {"geometry", "manifests", "settings", "value_kinds"},
    {"value_moments", "value_numbers"},
    {"value_types"},
    {"records", "reports", "output", "workers"},
    {"readings"},
    {"pages", "rows", "flags", "acceptance"},
    {"digits"},
    {"promises"},
    {"contents", "ink", "ticks"},
    {"layout"},
    {"loose_pieces", "reconciliation", "row_numbers", "unread_ink", "written_numbers"},
    {"field_pictures"},
    {"forms", "orientation", "field_reader"},
    {"export"},
    {"pipeline", "evaluation", "drawn_boxes"},
    {"options"},
    {"store"},
    {"batch"},
    {"training"},
    {"station"},
    {"server"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# Along these a page flows; none of them may know another.
STAGES = (
    "formreader.pages.loading",
    "formreader.layout.binarization",
    "formreader.layout.fields",
    "formreader.digits.segmentation",
    "formreader.digits.normalization",
    "formreader.digits.classification",
    "formreader.digits.decoding",
)
# Packages that belong to a room or a few modules, and stay out of all others.
HOMES = {
    "sqlalchemy": ("formreader.store",),
    "psycopg": ("formreader.store",),
    "fastapi": ("formreader.station", "formreader.server"),
    "jinja2": ("formreader.station", "formreader.server"),
    "starlette": ("formreader.station", "formreader.server"),
    "uvicorn": ("formreader.station", "formreader.server"),
}
# What rooms outside the store may know of its tables: how it is opened and put aside.
STORE_FRONT = {
    "formreader.store.tables.connection",
    "formreader.store.tables.retirement",
}
WITH_OPENCV = {"formreader.station.drawing"}  # in the station; none in the store

HEAVY = {
    "ai_edge_litert",
    "cv2",
    "fastapi",
    "keras",
    "pandas",
    "rich",
    "skimage",
    "tensorflow",
    "uvicorn",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """List what a module imports anywhere, by full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the layer"
            assert node.module is not None
            yield node.module


def everything_imported(path: Path) -> set[str]:
    return set(imported(ast.parse(path.read_text(encoding="utf-8"))))


def own_imports(path: Path) -> Iterator[tuple[str, str]]:
    """List pairs of full name and layer name, for imports from formreader."""
    for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
        if name.partition(".")[0] == "formreader":
            yield name, name.split(".")[1] if "." in name else ""


def needed_modules(path: Path) -> set[str]:
    """List the modules of the package that one imports, anywhere in it."""
    names = {module_name(other) for other in MODULES}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # What is imported may be a module, or be defined in one.
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= parts & names or {str(node.module)}
    return (found & names) - {"formreader", module_name(path)}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    name = module_name(path)
    if name == "formreader":
        return  # the package itself shows what is public, from any layer
    own = name.split(".")[1]
    assert own in RANK, f"{name} is in no layer; say in LAYERS where it belongs"
    for target, layer in own_imports(path):
        assert layer in RANK, f"{name} imports {target}"
        assert RANK[layer] < RANK[own] or layer == own, f"{name} imports {target}"


def test_no_module_needs_one_that_needs_it() -> None:
    needs = {module_name(path): needed_modules(path) for path in MODULES}
    # The package itself shows what is public, from any layer.
    order = TopologicalSorter({n: of for n, of in needs.items() if n != "formreader"})
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" needs ".join(error.args[1][::-1]))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_sql_stays_in_the_store_and_the_web_in_the_station(path: Path) -> None:
    name = module_name(path)
    packages = {target.partition(".")[0] for target in everything_imported(path)}
    for package, homes in HOMES.items():
        is_home = any(f"{name}.".startswith(f"{home}.") for home in homes)
        assert package not in packages or is_home, f"{name} imports {package}"
    if name.split(".")[1:2] in (["store"], ["station"]) and name not in WITH_OPENCV:
        assert "cv2" not in packages, f"{name} imports cv2"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_other_room_knows_the_tables_of_the_store(path: Path) -> None:
    name = module_name(path)
    if name.startswith("formreader.store"):
        return
    tables = {
        target
        for target in everything_imported(path)
        if target.startswith("formreader.store.tables")
    }
    assert tables <= STORE_FRONT, f"{name} imports {tables - STORE_FRONT}"


def test_each_rule_of_a_home_has_something_to_guard() -> None:
    found = {
        target.partition(".")[0]
        for path in MODULES
        for target in everything_imported(path)
    }
    assert {"sqlalchemy", "fastapi", "jinja2", "uvicorn"} <= found


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_no_other_stage(stage: str) -> None:
    path = PACKAGE.parent / Path(*stage.split(".")).with_suffix(".py")
    found = {target for target, _ in own_imports(path)}
    assert found.isdisjoint(STAGES), f"{stage} imports {found & set(STAGES)}"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "cli").glob("*.py")), ids=module_name
)
def test_a_command_loads_nothing_heavy_before_it_runs(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    at_once = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    for name in (name for node in at_once for name in imported(node)):
        assert name.partition(".")[0] not in HEAVY
        assert not name.startswith("formreader.") or name.split(".")[1] in {
            "errors",
            "cli",
            "output",
            "workers",
        }
