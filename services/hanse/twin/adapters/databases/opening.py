# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Opens the twin's store where the configuration says: a SQLite file, or a PostgreSQL database with PostGIS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse.kernel.errors import UnavailableError
from hanse.kernel.storage import Database
from hanse.twin.adapters.aliases import PostgresAliases, SqliteAliases
from hanse.twin.adapters.databases.postgresql import PostgresDialect
from hanse.twin.adapters.databases.schema import MIGRATIONS
from hanse.twin.adapters.databases.sqlite import SqliteDialect
from hanse.twin.adapters.history.archive import Archive
from hanse.twin.adapters.repository import Backend, SqlTwin

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.kernel.events import Outbox
    from hanse.kernel.postgres import PostgresDatabase

SCHEMA = "twin"


def open_database(config: CityConfig) -> Any:  # noqa: ANN401 - either database
    """The twin's database: that of `twin.database`, else the file in the state folder.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
    """
    if not config.twin.database:
        return Database(config.state / "twin.db", MIGRATIONS)
    return postgres_database(config.twin.database)


def postgres_database(url: str, schema: str = SCHEMA) -> PostgresDatabase:
    """The twin's tables in a schema of a PostgreSQL database. Raises UnavailableError."""
    try:
        from hanse.kernel.postgres import PostgresDatabase  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise UnavailableError(
            "twin.database names PostgreSQL, whose driver psycopg is not installed",
            remedy="Install it: pip install 'hanse[postgres]'.",
            reason="STORAGE_UNAVAILABLE",
        ) from None
    from hanse.twin.adapters.databases.schema_postgres import MIGRATIONS as TABLES  # noqa: PLC0415

    return PostgresDatabase(url, schema, TABLES, service="twin")


def opened_twin(
    database: Any,  # noqa: ANN401
    tenant: str,
    clock: Clock,
    outbox: Outbox,
    state: Path,
) -> SqlTwin:
    """A twin in whichever database `open_database` gave; older days of series are files in the state folder."""
    if isinstance(database, Database):
        return sqlite_twin(database, tenant, clock, outbox)
    return postgres_twin(database, tenant, clock, outbox, state)


def sqlite_twin(database: Any, tenant: str, clock: Clock, outbox: Outbox) -> SqlTwin:  # noqa: ANN401
    """A twin in a SQLite file (`hanse.kernel.storage.Database`)."""
    path = database.read().execute("PRAGMA database_list").fetchone()[2]
    backend = Backend(
        database,
        SqliteDialect(),
        lambda tenant, dataset: SqliteAliases(path, tenant, dataset),
        _archive(Path(path).parent, tenant),
    )
    return SqlTwin(backend, tenant, clock, outbox)


def postgres_twin(database: PostgresDatabase, tenant: str, clock: Clock, outbox: Outbox, state: Path) -> SqlTwin:
    """A twin in PostgreSQL; several processes may serve it."""

    def aliases(tenant: str, dataset: str) -> PostgresAliases:
        return PostgresAliases(database.url, database.schema, database.service, tenant, dataset)

    return SqlTwin(Backend(database, PostgresDialect(), aliases, _archive(state, tenant)), tenant, clock, outbox)


def _archive(state: Path, tenant: str) -> Archive:
    return Archive(state / "history" / tenant.replace("/", "~"))
