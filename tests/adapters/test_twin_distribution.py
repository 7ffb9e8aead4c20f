# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What docs/growth.md says of keys holds in PostgreSQL: each holds the tenant, or a number of a row that names it."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from postgres_cluster import new_schema, roomy_url

from hanse.kernel.postgres import PostgresDatabase
from hanse.twin.adapters.databases.schema_postgres import MIGRATIONS

PAGE = Path(__file__).resolve().parents[2] / "docs/growth.md"
# Their keys are numbers, counted inside the schema; `entity` and `series` name the tenant of each.
NUMBERED = {
    "entity": {"number"},
    "entity_body": {"number"},
    "entity_geo": {"number"},
    "entity_plane": {"number"},
    "entity_past_geo": {"number"},
    "entity_past_plane": {"number"},
    "series": {"number"},
    "point": {"series", "time_us"},
    "point_rest": {"series", "time_us"},
    "point_hour": {"series", "hour"},
}
_KEYS = """
SELECT t.relname, i.relname, array_agg(a.attname::text) FROM pg_index x
JOIN pg_class t ON t.oid=x.indrelid JOIN pg_class i ON i.oid=x.indexrelid
JOIN pg_namespace n ON n.oid=t.relnamespace JOIN pg_attribute a ON a.attrelid=t.oid AND a.attnum=ANY(x.indkey)
WHERE n.nspname=%s AND x.indisunique GROUP BY t.relname, i.relname
"""


@pytest.mark.usefixtures("postgres")
def test_every_unique_key_holds_the_tenant_or_a_number_that_does() -> None:
    url, schema = roomy_url(), new_schema()
    PostgresDatabase(url, schema, MIGRATIONS).close()
    with psycopg.connect(url) as connection:
        keys = connection.execute(_KEYS.encode(), (schema,)).fetchall()
        columns = connection.execute(
            b"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema=%s", (schema,)
        ).fetchall()
    assert len(keys) > 20
    assert {table: set(names) for table, _, names in keys if "tenant" not in names} == NUMBERED
    of_tenant = {table for table, name in columns if name == "tenant"}
    assert {"entity", "series"} <= of_tenant
    every = {table for table, _ in columns} - {"schema_version"}
    assert every - of_tenant == set(NUMBERED) - {"entity", "series"}
    # Both that give numbers have a unique key besides, by which others name their rows, and it holds the tenant.
    named = {table for table, _, names in keys if "tenant" in names}
    assert {"entity", "series"} <= named


@pytest.mark.usefixtures("postgres")
def test_the_page_lists_the_tables_as_they_are() -> None:
    url, schema = roomy_url(), new_schema()
    PostgresDatabase(url, schema, MIGRATIONS).close()
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            b"SELECT table_name FROM information_schema.tables WHERE table_schema=%s", (schema,)
        ).fetchall()
    section = PAGE.read_text(encoding="utf-8").partition("## Keys")[2].partition("\n## ")[0]
    said = set(re.findall(r"`([a-z_]+)`", section))
    assert {name for (name,) in tables} - {"schema_version", "point_rest"} <= said
