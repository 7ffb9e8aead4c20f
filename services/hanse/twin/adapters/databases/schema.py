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
    # Branches (0 the living twin, above it scenarios, below it versions of the past), heights, types, scopes, history.
    """
    ALTER TABLE entity ADD COLUMN branch INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE entity ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE entity ADD COLUMN created TEXT NOT NULL DEFAULT '';
    ALTER TABLE entity ADD COLUMN since TEXT NOT NULL DEFAULT '';
    ALTER TABLE entity ADD COLUMN until TEXT NOT NULL DEFAULT '';
    ALTER TABLE entity ADD COLUMN base TEXT NOT NULL DEFAULT '';
    ALTER TABLE entity ADD COLUMN low REAL;
    ALTER TABLE entity ADD COLUMN high REAL;
    ALTER TABLE entity ADD COLUMN height REAL;
    UPDATE entity SET created=modified, since=modified,
      low=(SELECT MIN(value) FROM entity_scalar s WHERE s.tenant=entity.tenant AND s.number=entity.number
           AND s.name='groundHeight' AND typeof(value) IN ('integer','real')),
      high=(SELECT MAX(value) FROM entity_scalar s WHERE s.tenant=entity.tenant AND s.number=entity.number
           AND s.name='ridgeHeight' AND typeof(value) IN ('integer','real')),
      height=(SELECT MAX(value) FROM entity_scalar s WHERE s.tenant=entity.tenant AND s.number=entity.number
           AND s.name='heightAboveGround' AND typeof(value) IN ('integer','real'));
    DROP INDEX entity_id;
    DROP INDEX entity_type;
    CREATE UNIQUE INDEX entity_id ON entity (tenant, branch, id);
    CREATE INDEX entity_version ON entity (tenant, id, since) WHERE branch<0;
    ALTER TABLE entity_body ADD COLUMN system BLOB;
    CREATE TABLE entity_kind (
      tenant TEXT NOT NULL, branch INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,
      PRIMARY KEY (tenant, branch, type, id, number)
    ) WITHOUT ROWID;
    INSERT INTO entity_kind SELECT tenant, 0, type, id, number FROM entity;
    CREATE INDEX entity_kind_number ON entity_kind (number);
    CREATE TABLE entity_scope (
      tenant TEXT NOT NULL, scope TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (tenant, scope, number)
    ) WITHOUT ROWID;
    CREATE INDEX entity_scope_number ON entity_scope (number);
    CREATE VIRTUAL TABLE entity_past_geo USING rtree(number, west, east, south, north);
    CREATE VIRTUAL TABLE entity_past_plane USING rtree(number, min_x, max_x, min_y, max_y);
    CREATE TABLE attribute_use (
      tenant TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
      PRIMARY KEY (tenant, type, name, kind)
    ) WITHOUT ROWID;
    INSERT OR IGNORE INTO attribute_use SELECT s.tenant, e.type, s.name, 'Property' FROM entity_scalar s
      JOIN entity e ON e.number=s.number;
    CREATE INDEX attribute_use_name ON attribute_use (tenant, name);
    CREATE TABLE change (
      tenant TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, outcome TEXT NOT NULL,
      time TEXT NOT NULL, PRIMARY KEY (tenant, position)
    ) WITHOUT ROWID;
    CREATE INDEX change_time ON change (tenant, time);
    CREATE TABLE scenario (
      tenant TEXT NOT NULL, id TEXT NOT NULL, branch INTEGER NOT NULL, name TEXT NOT NULL, created TEXT NOT NULL,
      contract TEXT NOT NULL, revision TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX scenario_name ON scenario (tenant, name);
    CREATE UNIQUE INDEX scenario_branch ON scenario (tenant, branch);
    CREATE TABLE change_image (
      tenant TEXT NOT NULL, position INTEGER NOT NULL, past BLOB, present BLOB, PRIMARY KEY (tenant, position)
    );
    CREATE TABLE subscription (
      tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, created TEXT NOT NULL,
      modified TEXT NOT NULL, start INTEGER NOT NULL, due TEXT NOT NULL, sent INTEGER NOT NULL, failed INTEGER NOT NULL,
      last TEXT NOT NULL, success TEXT NOT NULL, failure TEXT NOT NULL, streak INTEGER NOT NULL, again TEXT NOT NULL,
      refused TEXT NOT NULL, PRIMARY KEY (tenant, kind, id)
    ) WITHOUT ROWID;
    CREATE TABLE subscription_cursor (
      tenant TEXT NOT NULL, kind TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (tenant, kind)
    ) WITHOUT ROWID;
    CREATE TABLE notification (
      tenant TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, subscription TEXT NOT NULL,
      created TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (tenant, number)
    );
    CREATE INDEX notification_queue ON notification (tenant, kind, subscription, number);
    CREATE TABLE registration (
      tenant TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
      sent INTEGER NOT NULL, failed INTEGER NOT NULL, success TEXT NOT NULL, failure TEXT NOT NULL,
      streak INTEGER NOT NULL, again TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE TABLE registration_change (
      tenant TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, past TEXT NOT NULL, present TEXT NOT NULL,
      time TEXT NOT NULL, PRIMARY KEY (tenant, position)
    ) WITHOUT ROWID;
    CREATE TABLE context (
      tenant TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
      created TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX context_url ON context (tenant, url);
    CREATE TABLE series (
      number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, entity TEXT NOT NULL, attribute TEXT NOT NULL,
      instance TEXT NOT NULL, shape BLOB NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL
    );
    CREATE UNIQUE INDEX series_key ON series (tenant, entity, attribute, instance);
    CREATE INDEX series_attribute ON series (tenant, attribute);
    CREATE TABLE point (
      series INTEGER NOT NULL, time_us INTEGER NOT NULL, amount REAL, json BLOB, written_us INTEGER NOT NULL,
      observed INTEGER NOT NULL, PRIMARY KEY (series, time_us)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE load_run (
      tenant TEXT NOT NULL, id TEXT NOT NULL, run TEXT NOT NULL, number INTEGER NOT NULL, piece INTEGER NOT NULL,
      line INTEGER NOT NULL, rows INTEGER NOT NULL, tally TEXT NOT NULL, changed TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE INDEX load_run_changed ON load_run (tenant, changed);
    CREATE TABLE load_part (
      tenant TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, piece INTEGER NOT NULL, line INTEGER NOT NULL,
      ids TEXT NOT NULL, refusals TEXT NOT NULL, PRIMARY KEY (tenant, id, number)
    ) WITHOUT ROWID;
    """,
    # What hours of series add up to. Division rounds towards zero, so hours before 1970 are counted from long before.
    """
    CREATE TABLE point_hour (
      series INTEGER NOT NULL, hour INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
      count INTEGER NOT NULL, total REAL NOT NULL, squares REAL NOT NULL,
      spread REAL NOT NULL, lowest REAL NOT NULL, highest REAL NOT NULL, PRIMARY KEY (series, hour)
    ) WITHOUT ROWID;
    CREATE TRIGGER point_added AFTER INSERT ON point BEGIN
      DELETE FROM point_hour WHERE series=NEW.series
        AND hour=(NEW.time_us+72000000000000000)/3600000000-20000000;
    END;
    CREATE TRIGGER point_changed AFTER UPDATE ON point BEGIN
      DELETE FROM point_hour WHERE series IN (OLD.series, NEW.series)
        AND hour IN ((OLD.time_us+72000000000000000)/3600000000-20000000,
                     (NEW.time_us+72000000000000000)/3600000000-20000000);
    END;
    CREATE TRIGGER point_gone AFTER DELETE ON point BEGIN
      DELETE FROM point_hour WHERE series=OLD.series
        AND hour=(OLD.time_us+72000000000000000)/3600000000-20000000;
    END;
    """,
    """
    CREATE TABLE entity_map (
      tenant TEXT NOT NULL, id TEXT NOT NULL, expires TEXT NOT NULL, entities TEXT NOT NULL, PRIMARY KEY (tenant, id)
    ) WITHOUT ROWID;
    CREATE INDEX entity_map_expires ON entity_map (tenant, expires);
    """,
    # A branch's number is never used again: who still reads a scenario that was dropped finds nothing of another's.
    """
    CREATE TABLE scenario_counter (tenant TEXT NOT NULL PRIMARY KEY, branch INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO scenario_counter SELECT tenant, MAX(branch) FROM scenario GROUP BY tenant;
    """,
    # How often the documents of a shelf were changed: registrations ("sources"), and subscriptions of each kind.
    """
    CREATE TABLE shelf_counter (
      tenant TEXT NOT NULL, shelf TEXT NOT NULL, changes INTEGER NOT NULL, PRIMARY KEY (tenant, shelf)
    ) WITHOUT ROWID;
    """,
)
