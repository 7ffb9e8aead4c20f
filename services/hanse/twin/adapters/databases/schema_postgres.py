# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's tables in PostgreSQL with PostGIS; the same as in SQLite but for boxes, scalars and partitions.

Texts compare by their bytes (`COLLATE "C"`), so that pages come in the same order from both. `point` is partitioned
by time; the entities' tables can be distributed by tenant as they are (`docs/growth.md`).
"""

from __future__ import annotations

_TEXT = 'TEXT COLLATE "C" NOT NULL'

# Of points by month, made when the first of a month comes: its name, and the month's two ends in microseconds.
PARTITION = "CREATE TABLE {} PARTITION OF point FOR VALUES FROM ({}) TO ({})"

MIGRATIONS = (
    f"""
    CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
    CREATE TABLE dataset (
      tenant {_TEXT}, id {_TEXT}, title {_TEXT}, owner {_TEXT}, licence {_TEXT}, terms {_TEXT}, jurisdiction {_TEXT},
      crs {_TEXT}, vertical_datum {_TEXT}, vertical_datum_source {_TEXT}, contract {_TEXT}, revision {_TEXT},
      PRIMARY KEY (tenant, id)
    );
    CREATE TABLE entity (
      number BIGINT PRIMARY KEY, tenant {_TEXT}, id {_TEXT}, type {_TEXT}, dataset {_TEXT}, sha256 {_TEXT},
      modified {_TEXT}, contract {_TEXT}, revision {_TEXT}, west DOUBLE PRECISION, south DOUBLE PRECISION,
      east DOUBLE PRECISION, north DOUBLE PRECISION, min_x DOUBLE PRECISION, min_y DOUBLE PRECISION,
      max_x DOUBLE PRECISION, max_y DOUBLE PRECISION, branch BIGINT NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0,
      created {_TEXT}, since {_TEXT} DEFAULT '', until {_TEXT} DEFAULT '', base {_TEXT} DEFAULT '',
      low DOUBLE PRECISION, high DOUBLE PRECISION, height DOUBLE PRECISION
    );
    CREATE UNIQUE INDEX entity_id ON entity (tenant, branch, id);
    CREATE INDEX entity_version ON entity (tenant, id, since) WHERE branch<0;
    CREATE TABLE entity_body (number BIGINT PRIMARY KEY, wire BYTEA NOT NULL, footprint BYTEA, system BYTEA);
    ALTER TABLE entity_body ALTER wire SET STORAGE EXTERNAL;
    CREATE TABLE entity_geo (number BIGINT PRIMARY KEY, box GEOMETRY(POLYGON) NOT NULL);
    CREATE INDEX entity_geo_box ON entity_geo USING gist (box);
    CREATE TABLE entity_plane (number BIGINT PRIMARY KEY, box GEOMETRY(POLYGON) NOT NULL);
    CREATE INDEX entity_plane_box ON entity_plane USING gist (box);
    CREATE TABLE entity_past_geo (number BIGINT PRIMARY KEY, box GEOMETRY(POLYGON) NOT NULL);
    CREATE INDEX entity_past_geo_box ON entity_past_geo USING gist (box);
    CREATE TABLE entity_past_plane (number BIGINT PRIMARY KEY, box GEOMETRY(POLYGON) NOT NULL);
    CREATE INDEX entity_past_plane_box ON entity_past_plane USING gist (box);
    CREATE TABLE entity_alias (
      tenant {_TEXT}, dataset {_TEXT}, source_id {_TEXT}, id {_TEXT}, PRIMARY KEY (tenant, dataset, source_id)
    );
    CREATE INDEX entity_alias_source ON entity_alias (tenant, source_id);
    CREATE INDEX entity_alias_id ON entity_alias (tenant, id);
    CREATE TABLE entity_scalar (
      tenant {_TEXT}, name {_TEXT}, text TEXT COLLATE "C", amount DOUBLE PRECISION, truth BOOLEAN,
      number BIGINT NOT NULL
    );
    CREATE INDEX entity_scalar_text ON entity_scalar (tenant, name, text, number);
    CREATE INDEX entity_scalar_amount ON entity_scalar (tenant, name, amount, number);
    CREATE INDEX entity_scalar_number ON entity_scalar (number);
    CREATE TABLE entity_kind (
      tenant {_TEXT}, branch BIGINT NOT NULL, type {_TEXT}, id {_TEXT}, number BIGINT NOT NULL,
      PRIMARY KEY (tenant, branch, type, id, number)
    );
    CREATE INDEX entity_kind_number ON entity_kind (number);
    CREATE TABLE entity_scope (
      tenant {_TEXT}, scope {_TEXT}, number BIGINT NOT NULL, PRIMARY KEY (tenant, scope, number)
    );
    CREATE INDEX entity_scope_number ON entity_scope (number);
    CREATE TABLE entity_retired (tenant {_TEXT}, id {_TEXT}, PRIMARY KEY (tenant, id));
    CREATE TABLE upsert_request (
      tenant {_TEXT}, request_id {_TEXT}, fingerprint {_TEXT}, written {_TEXT}, created {_TEXT},
      PRIMARY KEY (tenant, request_id)
    );
    CREATE INDEX upsert_request_created ON upsert_request (tenant, created);
    CREATE TABLE attribute_use (
      tenant {_TEXT}, type {_TEXT}, name {_TEXT}, kind {_TEXT}, PRIMARY KEY (tenant, type, name, kind)
    );
    CREATE INDEX attribute_use_name ON attribute_use (tenant, name);
    CREATE TABLE change (
      tenant {_TEXT}, position BIGINT NOT NULL, id {_TEXT}, type {_TEXT}, outcome {_TEXT}, time {_TEXT},
      PRIMARY KEY (tenant, position)
    );
    CREATE INDEX change_time ON change (tenant, time);
    CREATE TABLE load_request (
      tenant {_TEXT}, request_id {_TEXT}, fingerprint {_TEXT}, written BYTEA NOT NULL, created {_TEXT},
      PRIMARY KEY (tenant, request_id)
    );
    CREATE INDEX load_request_created ON load_request (tenant, created);
    CREATE TABLE scenario (
      tenant {_TEXT}, id {_TEXT}, branch BIGINT NOT NULL, name {_TEXT}, created {_TEXT}, contract {_TEXT},
      revision {_TEXT}, PRIMARY KEY (tenant, id)
    );
    CREATE UNIQUE INDEX scenario_name ON scenario (tenant, name);
    CREATE UNIQUE INDEX scenario_branch ON scenario (tenant, branch);
    CREATE TABLE change_image (
      tenant {_TEXT}, position BIGINT NOT NULL, past BYTEA, present BYTEA, PRIMARY KEY (tenant, position)
    );
    CREATE TABLE subscription (
      tenant {_TEXT}, kind {_TEXT}, id {_TEXT}, document {_TEXT}, created {_TEXT},
      modified {_TEXT}, start BIGINT NOT NULL, due {_TEXT}, sent INTEGER NOT NULL, failed INTEGER NOT NULL,
      last {_TEXT}, success {_TEXT}, failure {_TEXT}, streak INTEGER NOT NULL, again {_TEXT},
      refused {_TEXT}, PRIMARY KEY (tenant, kind, id)
    );
    CREATE TABLE subscription_cursor (
      tenant {_TEXT}, kind {_TEXT}, position BIGINT NOT NULL, PRIMARY KEY (tenant, kind)
    );
    CREATE TABLE notification (
      tenant {_TEXT}, number BIGINT NOT NULL, kind {_TEXT}, subscription {_TEXT},
      created {_TEXT}, body BYTEA NOT NULL, PRIMARY KEY (tenant, number)
    );
    CREATE INDEX notification_queue ON notification (tenant, kind, subscription, number);
    CREATE TABLE registration (
      tenant {_TEXT}, id {_TEXT}, document {_TEXT}, created {_TEXT}, modified {_TEXT},
      sent INTEGER NOT NULL, failed INTEGER NOT NULL, success {_TEXT}, failure {_TEXT},
      streak INTEGER NOT NULL, again {_TEXT}, PRIMARY KEY (tenant, id)
    );
    CREATE TABLE registration_change (
      tenant {_TEXT}, position BIGINT NOT NULL, id {_TEXT}, past {_TEXT}, present {_TEXT},
      time {_TEXT}, PRIMARY KEY (tenant, position)
    );
    CREATE TABLE context (
      tenant {_TEXT}, id {_TEXT}, url {_TEXT}, kind {_TEXT}, body {_TEXT}, created {_TEXT}, PRIMARY KEY (tenant, id)
    );
    CREATE UNIQUE INDEX context_url ON context (tenant, url);
    CREATE TABLE series (
      number BIGINT PRIMARY KEY, tenant {_TEXT}, entity {_TEXT}, attribute {_TEXT}, instance {_TEXT},
      shape BYTEA NOT NULL, contract {_TEXT}, revision {_TEXT}
    );
    CREATE UNIQUE INDEX series_key ON series (tenant, entity, attribute, instance);
    CREATE INDEX series_attribute ON series (tenant, attribute);
    CREATE TABLE point (
      series BIGINT NOT NULL, time_us BIGINT NOT NULL, amount DOUBLE PRECISION, json BYTEA, written_us BIGINT NOT NULL,
      observed INTEGER NOT NULL, PRIMARY KEY (series, time_us)
    ) PARTITION BY RANGE (time_us);
    CREATE TABLE point_rest PARTITION OF point DEFAULT;
    CREATE TABLE outbox (
      tenant {_TEXT}, position BIGINT NOT NULL, id {_TEXT}, subject {_TEXT}, contract {_TEXT}, revision {_TEXT},
      body BYTEA NOT NULL, created {_TEXT}, published TEXT, PRIMARY KEY (tenant, position)
    );
    CREATE INDEX outbox_pending ON outbox (tenant, position) WHERE published IS NULL;
    CREATE TABLE inbox (
      tenant {_TEXT}, city {_TEXT}, id {_TEXT}, contract {_TEXT}, name {_TEXT}, received {_TEXT},
      PRIMARY KEY (tenant, city, id)
    );
    CREATE INDEX inbox_received ON inbox (tenant, received)
    """,
    f"""
    CREATE TABLE load_run (
      tenant {_TEXT}, id {_TEXT}, run {_TEXT}, number BIGINT NOT NULL, piece BIGINT NOT NULL,
      line BIGINT NOT NULL, rows BIGINT NOT NULL, tally {_TEXT}, changed {_TEXT}, PRIMARY KEY (tenant, id)
    );
    CREATE INDEX load_run_changed ON load_run (tenant, changed);
    CREATE TABLE load_part (
      tenant {_TEXT}, id {_TEXT}, number BIGINT NOT NULL, piece BIGINT NOT NULL, line BIGINT NOT NULL,
      ids {_TEXT}, refusals {_TEXT}, PRIMARY KEY (tenant, id, number)
    )
    """,
    # What hours of series add up to. Division rounds towards zero, so hours before 1970 are counted from long before.
    """
    CREATE TABLE point_hour (
      series BIGINT NOT NULL, hour BIGINT NOT NULL, first_us BIGINT NOT NULL, last_us BIGINT NOT NULL,
      count BIGINT NOT NULL, total DOUBLE PRECISION NOT NULL, squares DOUBLE PRECISION NOT NULL,
      spread DOUBLE PRECISION NOT NULL, lowest DOUBLE PRECISION NOT NULL, highest DOUBLE PRECISION NOT NULL,
      PRIMARY KEY (series, hour)
    );
    CREATE FUNCTION forget_hours() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM point_hour h USING (
        SELECT DISTINCT series, (time_us+72000000000000000)/3600000000-20000000 AS hour FROM changed
      ) c WHERE h.series=c.series AND h.hour=c.hour;
      RETURN NULL;
    END $$;
    CREATE TRIGGER point_added AFTER INSERT ON point REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION forget_hours();
    CREATE TRIGGER point_changed AFTER UPDATE ON point REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION forget_hours();
    CREATE TRIGGER point_moved AFTER UPDATE ON point REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION forget_hours();
    CREATE TRIGGER point_gone AFTER DELETE ON point REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION forget_hours()
    """,
    f"""
    CREATE TABLE entity_map (
      tenant {_TEXT}, id {_TEXT}, expires {_TEXT}, entities {_TEXT}, PRIMARY KEY (tenant, id)
    );
    CREATE INDEX entity_map_expires ON entity_map (tenant, expires)
    """,
    # A branch's number is never used again: who still reads a scenario that was dropped finds nothing of another's.
    f"""
    CREATE TABLE scenario_counter (tenant {_TEXT} PRIMARY KEY, branch BIGINT NOT NULL);
    INSERT INTO scenario_counter SELECT tenant, MAX(branch) FROM scenario GROUP BY tenant
    """,  # noqa: S608 - our own names
    # How often the documents of a shelf were changed: registrations ("sources"), and subscriptions of each kind.
    f"""
    CREATE TABLE shelf_counter (
      tenant {_TEXT}, shelf {_TEXT}, changes BIGINT NOT NULL, PRIMARY KEY (tenant, shelf)
    )
    """,
)
