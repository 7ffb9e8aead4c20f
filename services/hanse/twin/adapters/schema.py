# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's tables. The tenant begins every key that outsiders could name; `number` joins tables inside the file."""

from __future__ import annotations

from hanse.kernel.events import OUTBOX_SCHEMA

MIGRATIONS = (
    """
    CREATE TABLE dataset (
      tenant TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, owner TEXT NOT NULL, licence TEXT NOT NULL,
      terms TEXT NOT NULL, jurisdiction TEXT NOT NULL, crs TEXT NOT NULL, vertical_datum TEXT NOT NULL,
      vertical_datum_source TEXT NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL,
      PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE TABLE entity (
      number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, dataset TEXT NOT NULL,
      sha256 TEXT NOT NULL, modified TEXT NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL,
      west REAL, south REAL, east REAL, north REAL, min_x REAL, min_y REAL, max_x REAL, max_y REAL
    );
    CREATE UNIQUE INDEX entity_id ON entity (tenant, id);
    CREATE INDEX entity_type ON entity (tenant, type, id);
    CREATE TABLE entity_body (number INTEGER PRIMARY KEY, wire BLOB NOT NULL, footprint BLOB);
    CREATE VIRTUAL TABLE entity_geo USING rtree(number, west, east, south, north);
    CREATE VIRTUAL TABLE entity_plane USING rtree(number, min_x, max_x, min_y, max_y);
    CREATE TABLE entity_alias (
      tenant TEXT NOT NULL, dataset TEXT NOT NULL, source_id TEXT NOT NULL, id TEXT NOT NULL,
      PRIMARY KEY (tenant, dataset, source_id)
    ) WITHOUT ROWID;
    CREATE INDEX entity_alias_source ON entity_alias (tenant, source_id);
    CREATE INDEX entity_alias_id ON entity_alias (tenant, id);
    CREATE TABLE entity_scalar (
      tenant TEXT NOT NULL, name TEXT NOT NULL, value, number INTEGER NOT NULL,
      PRIMARY KEY (tenant, name, value, number)
    ) WITHOUT ROWID;
    CREATE INDEX entity_scalar_number ON entity_scalar (number);
    CREATE TABLE entity_retired (tenant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
    CREATE TABLE upsert_request (
      tenant TEXT NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, written TEXT NOT NULL,
      created TEXT NOT NULL, PRIMARY KEY (tenant, request_id)
    ) WITHOUT ROWID;
    CREATE INDEX upsert_request_created ON upsert_request (tenant, created);
    """,
    OUTBOX_SCHEMA,
    """
    CREATE TABLE load_request (
      tenant TEXT NOT NULL, request_id TEXT NOT NULL, fingerprint TEXT NOT NULL, written BLOB NOT NULL,
      created TEXT NOT NULL, PRIMARY KEY (tenant, request_id)
    ) WITHOUT ROWID;
    CREATE INDEX load_request_created ON load_request (tenant, created);
    """,
)
