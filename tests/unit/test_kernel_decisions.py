# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Decisions that cannot be added later, held over all of the code: one clock, one source of ids, the tenant first."""

from __future__ import annotations

import ast
import importlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("services", "gateway", "libs", "cli", "contracts", "examples/hanse")
    for path in (ROOT / folder).rglob("*.py")
]
# What tells the time or makes an id, by the dotted name under which it is called.
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.ctime"}
IDS = {"uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1"}
ALLOWED = {
    "services/hanse/kernel/clock.py": CLOCKS,
    "services/hanse/kernel/ids.py": IDS,
}
STORES = {
    "hanse.identity.adapters": "identity",
    "hanse.twin.adapters": "twin",
    "hanse.permit.adapters": "permit",
    "hanse.gateway.exchange.store": "gateway",
}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain, its last two names at most."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        names.append(node.id)
    return ".".join(reversed(names[:2]))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_kernel_asks_for_the_time_or_a_uuid(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    allowed = ALLOWED.get(str(path.relative_to(ROOT)), set())
    assert called & (CLOCKS | IDS) <= allowed


def migrations() -> dict[str, list[str]]:
    """The SQL of every store, found in its adapters."""
    found: dict[str, list[str]] = {}
    for module, service in STORES.items():
        package = importlib.import_module(module)
        names = [module]
        if hasattr(package, "__path__"):
            names += [f"{module}.{path.stem}" for path in Path(next(iter(package.__path__))).glob("*.py")]
        for name in names:
            scripts = getattr(importlib.import_module(name), "MIGRATIONS", None)
            if scripts:
                found[service] = list(scripts)
    return found


@pytest.fixture(scope="module")
def schemas() -> Iterator[dict[str, sqlite3.Connection]]:
    made = {}
    for service, scripts in migrations().items():
        made[service] = sqlite3.connect(":memory:")
        for script in scripts:
            made[service].executescript(script)
    assert set(made) == set(STORES.values())
    yield made
    for connection in made.values():
        connection.close()


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type='table' AND sql IS NOT NULL")
    return {
        name: sql
        for name, sql in rows
        if "VIRTUAL" not in sql and not re.match(r"(sqlite_|\w+_(node|rowid|parent)$)", name)
    }


@pytest.mark.parametrize("service", STORES.values())
def test_every_stored_key_begins_with_the_tenant(schemas: dict[str, sqlite3.Connection], service: str) -> None:
    connection = schemas[service]
    for name in tables(connection):
        columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
        key = [column[1] for column in sorted(columns, key=lambda column: column[5]) if column[5]]
        if key == ["number"]:  # a row number, joined to a table whose own unique key begins with the tenant
            continue
        assert key[:1] == ["tenant"], f"{service}.{name}: key {key}"
    for index in connection.execute("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL").fetchall():
        first = connection.execute(f"PRAGMA index_info({index[0]})").fetchone()[2]
        assert first in {"tenant", "number"}, f"{service}.{index[0]}: begins with {first}"


@pytest.mark.parametrize(
    ("service", "table"),
    [("twin", "entity"), ("twin", "dataset"), ("identity", "credential"), ("gateway", "leaf"), ("gateway", "exchange")],
)
def test_stored_rows_name_contract_and_revision(
    schemas: dict[str, sqlite3.Connection], service: str, table: str
) -> None:
    columns = {column[1] for column in schemas[service].execute(f"PRAGMA table_info({table})")}
    assert {"contract", "revision"} <= columns


@pytest.mark.parametrize("service", ["twin", "identity", "permit"])
def test_events_wait_in_the_service_s_own_database(schemas: dict[str, sqlite3.Connection], service: str) -> None:
    names = tables(schemas[service])
    outbox = next(name for name in names if "outbox" in name)
    columns = {column[1] for column in schemas[service].execute(f"PRAGMA table_info({outbox})")}
    assert {"contract", "revision"} <= columns
