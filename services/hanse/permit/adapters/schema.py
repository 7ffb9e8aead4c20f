# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of the permit service's database, as migrations."""

from __future__ import annotations

from hanse.kernel.events import OUTBOX_SCHEMA

_FIRST = """
CREATE TABLE model (
  tenant TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL, filename TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL, schema TEXT NOT NULL, created TEXT NOT NULL, request_id TEXT NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX model_request ON model (tenant, subject, request_id) WHERE request_id <> '';
CREATE TABLE permit_check (
  tenant TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL, input TEXT NOT NULL, request_id TEXT NOT NULL,
  state TEXT NOT NULL, sequence INTEGER NOT NULL, step TEXT NOT NULL, percent INTEGER NOT NULL,
  created TEXT NOT NULL, updated TEXT NOT NULL, verdict TEXT NOT NULL,
  outdated INTEGER NOT NULL, outdated_reason TEXT NOT NULL,
  error_reason TEXT NOT NULL, error_detail TEXT NOT NULL, sources TEXT NOT NULL,
  contract TEXT NOT NULL, revision TEXT NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX permit_check_request ON permit_check (tenant, subject, request_id) WHERE request_id <> '';
CREATE INDEX permit_check_open ON permit_check (tenant, id) WHERE state IN ('queued', 'running');
CREATE TABLE check_document (
  tenant TEXT NOT NULL, check_id TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (tenant, check_id, kind));
CREATE TABLE check_area (
  tenant TEXT NOT NULL, check_id TEXT NOT NULL,
  west REAL NOT NULL, south REAL NOT NULL, east REAL NOT NULL, north REAL NOT NULL,
  PRIMARY KEY (tenant, check_id)) WITHOUT ROWID;
CREATE TABLE check_rests_on (
  tenant TEXT NOT NULL, cause TEXT NOT NULL, check_id TEXT NOT NULL,
  PRIMARY KEY (tenant, cause, check_id)) WITHOUT ROWID;
CREATE TABLE zoning (
  tenant TEXT NOT NULL, id TEXT NOT NULL, sha256 TEXT NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL,
  body BLOB NOT NULL, created TEXT NOT NULL, is_current INTEGER NOT NULL,
  PRIMARY KEY (tenant, id, sha256));
CREATE UNIQUE INDEX zoning_current ON zoning (tenant, id) WHERE is_current = 1;
"""
# When a model's bytes came last: the same upload may come again after they were removed.
_STORED = """
ALTER TABLE model ADD COLUMN stored TEXT NOT NULL DEFAULT '';
UPDATE model SET stored = created;
"""
# What was stored before rows named it is of the first revision.
_CONTRACTS = """
ALTER TABLE model ADD COLUMN contract TEXT NOT NULL DEFAULT 'permit/v1';
ALTER TABLE model ADD COLUMN revision TEXT NOT NULL DEFAULT '1.0.0';
ALTER TABLE check_document ADD COLUMN contract TEXT NOT NULL DEFAULT 'permit/v1';
ALTER TABLE check_document ADD COLUMN revision TEXT NOT NULL DEFAULT '1.0.0';
"""
# What a subject has: its quota is counted at each upload.
_QUOTAS = "CREATE INDEX model_subject ON model (tenant, subject, stored);"
MIGRATIONS = (_FIRST, OUTBOX_SCHEMA, _STORED, _CONTRACTS, _QUOTAS)
