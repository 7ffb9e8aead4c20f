# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's tables: the Merkle log, what its leaves commit to, checkpoints, replay guard, peers, trust lists.

Leaves and nodes are never changed. What a leaf commits to lies in `body`, sealed with a key of the subject, so that
erasing the key forgets the person and leaves the tree as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.kernel.storage import Database

if TYPE_CHECKING:
    from pathlib import Path

# States of an exchange, as in ExchangeRecord.State.
OPEN, COMPLETE, BROKEN = 1, 2, 3
# Contract and revision of the trust lists that are kept.
TRUST_LIST = ("identity/v1", "1.0.0")

_SCHEMA = """
CREATE TABLE leaf (
    tenant TEXT NOT NULL, idx INTEGER NOT NULL, contract TEXT NOT NULL, revision TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (tenant, idx)
) WITHOUT ROWID;
CREATE TABLE node (
    tenant TEXT NOT NULL, level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (tenant, level, position)
) WITHOUT ROWID;
CREATE TABLE head (tenant TEXT PRIMARY KEY, size INTEGER NOT NULL, hashes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE checkpoint (
    tenant TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (tenant, size)
) WITHOUT ROWID;
CREATE TABLE exchange (
    tenant TEXT NOT NULL, id TEXT NOT NULL, role TEXT NOT NULL, city TEXT NOT NULL, method TEXT NOT NULL,
    contract TEXT NOT NULL, revision TEXT NOT NULL, purpose TEXT NOT NULL, subject BLOB, owner BLOB,
    caller TEXT NOT NULL, state INTEGER NOT NULL, status TEXT NOT NULL, create_time TEXT NOT NULL,
    trust BLOB NOT NULL, request_leaf INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE INDEX exchange_newest ON exchange (tenant, request_leaf);
CREATE INDEX exchange_city ON exchange (tenant, city, request_leaf);
CREATE INDEX exchange_open ON exchange (tenant, id) WHERE state=1;
CREATE INDEX exchange_subject ON exchange (tenant, subject);
CREATE INDEX exchange_owner ON exchange (tenant, owner);
CREATE TABLE subject (
    tenant TEXT NOT NULL, handle BLOB NOT NULL, sealed_key BLOB NOT NULL, PRIMARY KEY (tenant, handle)
) WITHOUT ROWID;
CREATE TABLE body (
    tenant TEXT NOT NULL, id TEXT NOT NULL, leaf INTEGER NOT NULL, kind TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (tenant, id, leaf)
);
CREATE TABLE seen (
    tenant TEXT NOT NULL, issuer TEXT NOT NULL, id TEXT NOT NULL, expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, issuer, id)
) WITHOUT ROWID;
CREATE INDEX seen_expires ON seen (tenant, expires);
CREATE TABLE trust_list (
    tenant TEXT NOT NULL, digest BLOB NOT NULL, document BLOB NOT NULL, PRIMARY KEY (tenant, digest)
) WITHOUT ROWID;
CREATE TABLE peer (
    tenant TEXT NOT NULL, authority TEXT NOT NULL, address TEXT NOT NULL, leaf_address TEXT NOT NULL,
    neighbour INTEGER NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, last_seen TEXT NOT NULL,
    PRIMARY KEY (tenant, authority)
) WITHOUT ROWID;
"""
# What was stored before rows named it is of the first revision.
_CONTRACTS = """
ALTER TABLE checkpoint ADD COLUMN contract TEXT NOT NULL DEFAULT 'exchange/v1';
ALTER TABLE checkpoint ADD COLUMN revision TEXT NOT NULL DEFAULT '1.0.0';
ALTER TABLE body ADD COLUMN contract TEXT NOT NULL DEFAULT 'exchange/v1';
ALTER TABLE body ADD COLUMN revision TEXT NOT NULL DEFAULT '1.0.0';
ALTER TABLE trust_list ADD COLUMN contract TEXT NOT NULL DEFAULT 'identity/v1';
ALTER TABLE trust_list ADD COLUMN revision TEXT NOT NULL DEFAULT '1.0.0';
"""
MIGRATIONS = (_SCHEMA, _CONTRACTS)


def open_store(path: Path) -> Database:
    """The gateway's database, made or migrated. Raises UnavailableError STORAGE_UNAVAILABLE."""
    return Database(path, MIGRATIONS)
