# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Decisions that cannot be added later, held over all of the code: one clock, one source of ids, the tenant first."""

from __future__ import annotations

import ast
import hashlib
import importlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sourcescan

from hanse.contracts import get
from hanse.kernel.storage import Database

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("services", "gateway", "libs", "cli", "contracts", "examples/hanse")
    for path in (ROOT / folder).rglob("*.py")
]
ALLOWED = {
    "services/hanse/kernel/clock.py": {"datetime.datetime.now": "this is the clock"},
    "services/hanse/kernel/ids.py": {
        "secrets.randbits": "this is the source of ids",
        "secrets.token_urlsafe": "of nonces",
        "secrets.token_bytes": "and of salts",
    },
    "services/hanse/identity/adapters/repository.py": {
        "secrets.randbelow": "a place in a status list must tell nothing of the order of issue"
    },
    "libs/hanse/sdjwt/issuer.py": {"secrets.token_bytes": "salts, unless the caller gives another source"},
    "services/hanse/twin/edge/distributed/calls.py": {"random.SystemRandom": "spreads retries over time"},
    "services/hanse/twin/subscriptions/delivery.py": {
        "random.SystemRandom": "spreads retries over time",
        "random.Random": "the kind that it is of",
    },
    "cli/hanse/cli/init.py": {"secrets.randbelow": "tries ports until one is free"},
    "cli/hanse/cli/keys.py": {
        "secrets.token_bytes": "makes a city's secret keys",
        "cryptography.x509.random_serial_number": "RFC 5280 clause 4.1.2.2 wants it random",
    },
}
STORES = {
    "identity": "hanse.identity.adapters.repository",
    "twin": "hanse.twin.adapters.databases.schema",
    "permit": "hanse.permit.adapters.schema",
    "gateway": "hanse.gateway.exchange.store",
}
INBOX = "says that an event was done, and keeps nothing of it"
# Tables without contract and revision, and why: they hold nothing that a contract describes.
BARE = {
    "identity.issue_request": "answers a retry; its credential's own row names both",
    "identity.challenge": "a nonce",
    "identity.sign_in": "a place in a list, for an hour",
    "identity.neighbour_revocation": "a place in a list, told by an event",
    "identity.inbox": INBOX,
    "twin.entity_body": "the body of a row of entity, which names both, and so do the bytes themselves",
    "twin.entity_geo": "boxes of rows of entity",
    "twin.entity_plane": "boxes of rows of entity",
    "twin.entity_alias": "names in a source",
    "twin.entity_scalar": "an index of rows of entity",
    "twin.entity_retired": "ids that are never given out again",
    "twin.upsert_request": "answers a retry, for a day",
    "twin.load_request": "answers a retry, for a day",
    "twin.load_run": "how far a load is, for a week",
    "twin.load_part": "what a load saw and refused, for a week",
    "twin.entity_kind": "types of rows of entity",
    "twin.entity_scope": "an index of rows of entity",
    "twin.entity_past_geo": "boxes of rows of entity",
    "twin.entity_past_plane": "boxes of rows of entity",
    "twin.attribute_use": "names of attributes by type",
    "twin.scenario_counter": "the last number given to a row of scenario",
    "twin.change": "an id, what happened and when; the entity itself names both",
    "twin.point": "a value of a row of series, which names both",
    "twin.point_hour": "what values of a row of series add up to, made from them again at any time",
    "twin.context": "JSON-LD contexts as they came",
    "twin.change_image": "bytes of an entity, which names both",
    "twin.subscription": "an NGSI-LD document as it came",
    "twin.subscription_cursor": "how far the feed was followed",
    "twin.notification": "an NGSI-LD message on its way",
    "twin.entity_map": "ids that a query found, until they expire",
    "twin.registration": "an NGSI-LD document as it came",
    "twin.registration_change": "NGSI-LD documents as they came",
    "twin.shelf_counter": "how often rows of registration and subscription were changed",
    "twin.inbox": INBOX,
    "permit.check_area": "the place that a row of permit_check rests on",
    "permit.check_rests_on": "the ids that a row of permit_check rests on",
    "permit.inbox": INBOX,
    "gateway.node": "hashes of a Merkle tree, as RFC 6962 has them",
    "gateway.head": "hashes of a Merkle tree, as RFC 6962 has them",
    "gateway.subject": "a sealed key",
    "gateway.seen": "ids that must not come twice",
    "gateway.peer": "addresses; no document",
}
# Keys and indexes that begin with a row number, and why that is no way around the tenant.
NUMBERED = {
    "twin.entity": "numbers are the file's own; entity_id, which is unique, begins with the tenant",
    "twin.entity_body": "joined to entity by its number",
    "twin.entity_geo": "an R*Tree is keyed by numbers; joined to entity",
    "twin.entity_plane": "an R*Tree is keyed by numbers; joined to entity",
    "twin.entity_scalar_number": "finds what goes with a row of entity when that goes",
    "twin.entity_kind_number": "finds what goes with a row of entity when that goes",
    "twin.entity_scope_number": "finds what goes with a row of entity when that goes",
    "twin.entity_past_geo": "an R*Tree is keyed by numbers; joined to entity",
    "twin.entity_past_plane": "an R*Tree is keyed by numbers; joined to entity",
    "twin.series": "numbers are the file's own; series_key, which is unique, begins with the tenant",
    "twin.point": "joined to series by its number",
    "twin.point_hour": "joined to series by its number",
}
# SHA-256 of migrations that stand in databases of cities: a change to one would never reach them.
WRITTEN = {
    "identity": ("506d2e37dfe7f114", "b509bde276818b1d", "b9d0015a6293a1b9", "2da0c09c1dc36404"),
    "twin": (
        "5e92d1bffd31b9f9",
        "b509bde276818b1d",
        "dded65d3e645d864",
        "7c4b3a55016557b9",
        "405264f0b5dd8c21",
        "4b289be11cd1882e",
        "8b4ab7d94f7e1cd5",
        "af8a0a62d7e8d43f",
        "3010efb52f3de855",
    ),
    "permit": ("304e962e89e6cfae", "b509bde276818b1d", "0137a9863b8b7fa5", "b2ddb3df967afd01", "add0253f4ad3797e"),
    "gateway": ("30f5df4495f43a19", "a13ab748ca45fb5b"),
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_kernel_asks_for_the_time_or_an_id(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    allowed = ALLOWED.get(str(path.relative_to(ROOT)), {})
    assert sourcescan.asked(source) == set(allowed), "use hanse.kernel.clock and hanse.kernel.ids"
    assert sourcescan.sql_asked(source) == set(), "times and ids are values that the kernel gave"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.localtime()", "time.localtime"),
        ("import time as t\nt.gmtime()", "time.gmtime"),
        ("from time import time\ntime()", "time.time"),
        ("from time import time as now\nat = now", "time.time"),
        ("from datetime import datetime\ndatetime.today()", "datetime.datetime.today"),
        ("import datetime as d\nd.datetime.now(d.UTC)", "datetime.datetime.now"),
        ("from datetime import date as day\nday.today()", "datetime.date.today"),
        ("def f():\n  from datetime import datetime\n  return datetime.utcnow()", "datetime.datetime.utcnow"),
        ("import time\ntime.strftime('%Y')", "time.strftime"),
        ("from uuid import uuid7\nuuid7()", "uuid.uuid7"),
        ("import uuid\nfield(default_factory=uuid.uuid4)", "uuid.uuid4"),
        ("import secrets\nsecrets.token_hex(8)", "secrets.token_hex"),
        ("from secrets import token_urlsafe as t\nt()", "secrets.token_urlsafe"),
        ("import os\nos.urandom(8).hex()", "os.urandom"),
        ("import random\nrandom.getrandbits(64)", "random.getrandbits"),
        ("from random import Random\nRandom()", "random.Random"),
        ("import numpy as np\nnp.random.default_rng()", "numpy.random.default_rng"),
        ("from time import *", "time.*"),
        ("import time\ngetattr(time, 'ti' + 'me')()", "time.*"),
        ("__import__('uuid').uuid4()", "uuid.*"),
        ("import importlib\nimportlib.import_module('time')", "time.*"),
    ],
)
def test_the_reader_of_sources_sees_every_way_to_ask(source: str, found: str) -> None:
    assert sourcescan.asked(source) == {found}


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()\ntime.sleep(1)",
        "from datetime import datetime\ndatetime.fromisoformat(text)",
        "import uuid\nuuid.UUID(text)",
        "import numpy as np\nnp.random.default_rng(7)",
        "clock.time()",
        "self.secrets.token_hex()",
    ],
)
def test_the_reader_of_sources_lets_the_rest_be(source: str) -> None:
    assert sourcescan.asked(source) == set()


@pytest.mark.parametrize(
    "sql", ["DEFAULT CURRENT_TIMESTAMP", "datetime('now')", "SELECT unixepoch()", "hex(randomblob(16))", "random()"]
)
def test_the_reader_of_sources_sees_sql_that_asks(sql: str) -> None:
    assert sourcescan.sql_asked(f"connection.execute({sql!r})")
    assert not sourcescan.sql_asked(f"def f():\n  {sql!r}\n")


def migrations(service: str) -> tuple[str, ...]:
    return tuple(importlib.import_module(STORES[service]).MIGRATIONS)


def test_every_store_is_looked_at() -> None:
    """A module that makes tables is one of the four stores, or the kernel's part of them."""
    makers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and re.search(r"(?i)\bcreate\s+(virtual\s+)?table\b", str(node.value))
    }
    known = {importlib.import_module(module).__file__ or "" for module in STORES.values()}
    others = {"events_store.py", "postgres.py"}
    twin = "services/hanse/twin/adapters/databases/schema_postgres.py"
    assert makers == {str(Path(p).relative_to(ROOT)) for p in known} | {twin} | {
        f"services/hanse/kernel/{x}" for x in others
    }


@pytest.fixture(scope="module")
def schemas() -> Iterator[dict[str, sqlite3.Connection]]:
    made = {}
    for service in STORES:
        made[service] = sqlite3.connect(":memory:")
        for script in migrations(service):
            made[service].executescript(script)
    yield made
    for connection in made.values():
        connection.close()


def tables(connection: sqlite3.Connection) -> list[str]:
    """Every table that somebody made, virtual ones too; not what SQLite keeps behind those."""
    rows = connection.execute("SELECT name FROM pragma_table_list WHERE type IN ('table', 'virtual') AND schema='main'")
    return sorted(name for (name,) in rows if not name.startswith("sqlite_"))


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_every_table_names_contract_and_revision_or_says_why_not(schemas: dict[str, sqlite3.Connection]) -> None:
    bare = {
        f"{service}.{table}"
        for service, connection in schemas.items()
        for table in tables(connection)
        if not {"contract", "revision"} <= set(columns(connection, table))
    }
    assert bare == set(BARE)
    assert all(len(reason.split()) > 1 for reason in BARE.values())


def beginnings(connection: sqlite3.Connection, service: str) -> Iterator[tuple[str, str]]:
    """Each primary key, unique constraint and index, with the column that it begins with."""
    for table in tables(connection):
        info = connection.execute(f"PRAGMA table_info({table})").fetchall()
        key = [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]
        yield f"{service}.{table}", key[0] if key else (info[0][1] if _is_virtual(connection, table) else "")
        for _, index, _, origin, _ in connection.execute(f"PRAGMA index_list({table})").fetchall():
            if origin != "pk":
                yield f"{service}.{index}", connection.execute(f"PRAGMA index_info({index})").fetchone()[2]


def _is_virtual(connection: sqlite3.Connection, table: str) -> bool:
    row = connection.execute("SELECT type FROM pragma_table_list WHERE name=?", (table,)).fetchone()
    return bool(row[0] == "virtual")


def test_every_stored_key_and_index_begins_with_the_tenant(schemas: dict[str, sqlite3.Connection]) -> None:
    found = [begin for service, connection in schemas.items() for begin in beginnings(connection, service)]
    assert len(found) > 40
    others = {name: first for name, first in found if first != "tenant"}
    assert others == {name: "series" if name.startswith("twin.point") else "number" for name in NUMBERED}
    unique = {index[1] for index in schemas["twin"].execute("PRAGMA index_list(entity)") if index[2]}
    assert "entity_id" in unique


@pytest.mark.parametrize("service", ["twin", "identity", "permit"])
def test_events_wait_in_the_service_s_own_database(schemas: dict[str, sqlite3.Connection], service: str) -> None:
    assert {"contract", "revision"} <= set(columns(schemas[service], "outbox"))


@pytest.mark.parametrize(
    ("module", "contract"),
    [
        ("hanse.identity.model", "identity/v1"),
        ("hanse.twin.model", "twin/v1"),
        ("hanse.permit.report.document", "permit/v1"),
        ("hanse.gateway.exchange.leaf", "exchange/v1"),
    ],
)
def test_what_is_stored_is_of_the_revision_that_the_contract_has(module: str, contract: str) -> None:
    found = importlib.import_module(module)
    stored, revision = found.CONTRACT, found.REVISION
    assert stored == contract
    assert revision == get(contract).revision


def test_trust_lists_are_kept_under_their_own_contract() -> None:
    contract, revision = importlib.import_module(STORES["gateway"]).TRUST_LIST
    assert get(contract).revision == revision
    assert get(contract).entry("trust-list")


@pytest.mark.parametrize("service", STORES)
def test_written_migrations_are_never_changed(service: str) -> None:
    """Databases have them behind them: what is new is a further step."""
    made = tuple(hashlib.sha256(" ".join(script.split()).encode()).hexdigest()[:16] for script in migrations(service))
    assert made[: len(WRITTEN[service])] == WRITTEN[service]
    assert len(made) == len(WRITTEN[service]), f"pin the new step: {made}"


def fill(connection: sqlite3.Connection) -> dict[str, int]:
    """One row in each table, of values as the columns want them; rows by table."""
    for table in tables(connection):
        values = []
        for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
            given = {"INTEGER": 1, "INT": 1, "REAL": 1.0, "BLOB": b"x"}.get(kind, name)
            values.append(1 if _is_virtual(connection, table) else given)
        connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
    connection.commit()
    return counts(connection)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables(connection)}


@pytest.mark.parametrize(
    ("service", "version"), [(service, version) for service in STORES for version in range(1, len(migrations(service)))]
)
def test_databases_of_every_former_version_are_taken_over(tmp_path: Path, service: str, version: int) -> None:
    path = tmp_path / f"{service}.db"
    with sqlite3.connect(path) as former:
        for script in migrations(service)[:version]:
            former.executescript(script)
        former.execute(f"PRAGMA user_version={version}")
        before = fill(former)
    former.close()
    database = Database(path, migrations(service))
    now = database.read()
    held = counts(now)
    assert {table: held[table] for table in before} == before
    assert all(count == 1 for count in before.values())
    for table in before:
        if f"{service}.{table}" not in BARE and table != "outbox":
            contract, revision = now.execute(f"SELECT contract, revision FROM {table}").fetchone()
            # What was stored before rows named it is of the first revision, whatever the contract's is by now.
            assert (contract, revision) == ("contract", "revision") or (bool(get(contract)), revision) == (
                True,
                "1.0.0",
            )
    assert now.execute("PRAGMA user_version").fetchone()[0] == len(migrations(service))
    database.close()
