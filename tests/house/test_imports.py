"""Who may import whom, beyond what the import contracts of `make lint` keep (docs/architecture.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("portal", "agencies", "placements", "activity", "ledger", "conduct", "scorecards")
EDGES = frozenset({"views", "api", "forms", "commands", "jobs", "kinds_of_file", "pages"})
SPEAKING = EDGES | {"words", "charts", "listings"}  # what is written for people knows the reader's language
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
FLOORS = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "portal"]

# Besides queries and models, these modules write set-based SQL of their own, for the reason given.
SELECTS = {
    "portal/audit.py": "walks and extends the chain",
    "portal/work.py": "claims items",
    "portal/tasks.py": "opens and closes by key",
    "portal/idempotency.py": "claims keys",
    "portal/lists.py": "counts and pages any list",
    "ledger/invariants.py": "each invariant is one select",
    "placements/placing.py": "INSERT … SELECT of a whole plan",
}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module (or name inside it) that a file imports, and the line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nobody_imports_the_application_or_the_demo(path: Path) -> None:
    assert not [at for module, at in imports(path) if module.split(".")[0] in ("app", "demo", "tests", "samples")]


@pytest.mark.parametrize("path", FLOORS, ids=name)
def test_edges_belong_to_their_own_package(path: Path) -> None:
    """Another package's views, api, forms, jobs … are its own business."""
    own = path.relative_to(ROOT).parts[0]
    foreign = [
        (module, at)
        for module, at in imports(path)
        if module.split(".")[0] in PACKAGES[1:] and module.split(".")[0] != own and EDGES & set(module.split(".")[1:2])
    ]
    assert not foreign


@pytest.mark.parametrize(
    "path", [path for path in FLOORS if not SPEAKING & set(path.relative_to(ROOT).with_suffix("").parts)], ids=name
)
def test_nothing_below_the_edges_knows_the_web(path: Path) -> None:
    assert not [
        (module, at)
        for module, at in imports(path)
        if module.split(".")[0] in ("flask", "flask_babel", "flask_wtf", "wtforms")
    ]


@pytest.mark.parametrize("path", [path for path in SOURCES if path.stem in ("views", "api", "admin")], ids=name)
def test_views_write_no_sql(path: Path) -> None:
    assert not [(module, at) for module, at in imports(path) if module.split(".")[0] == "sqlalchemy"]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_one_hand_commits(path: Path) -> None:
    if name(path) == "portal/db.py":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_selects_stand_in_queries(path: Path) -> None:
    if any(part.endswith(("queries", "models")) for part in path.with_suffix("").parts) or name(path) in SELECTS:
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "select"]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if name(path) == "portal/clock.py":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    naive = [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("now", "utcnow", "today")
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("datetime", "date")
    ]
    assert not naive


def test_no_room_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "core", "services", "service", "managers", "misc"}
    assert not [name(path) for path in SOURCES if nothing & set(path.relative_to(ROOT).with_suffix("").parts)]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_module_says_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "a module begins with a docstring that says what it is for"
