# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The append-only log on SQLite: one transaction writes leaves, tree nodes, exchange rows and sealed bodies together.

Synchronous, and for one writing thread (`hanse.gateway.exchange.log` owns it). The head of the tree is read from the
database in each transaction, so nothing that counts lives in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanse.gateway.exchange import store
from hanse.gateway.exchange.leaf import CONTRACT, REVISION, SALT_BYTES, leaf_bytes, origin
from hanse.kernel.clock import timestamp
from hanse.kernel.errors import ConflictError, HanseError
from hanse.kernel.ids import new_salt
from hanse.merkle import Frontier, hash_leaf, sign_checkpoint
from hanse.merkle.tree import HASH_BYTES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hanse.gateway.exchange.vault import Vault
    from hanse.jose import HybridSigner
    from hanse.kernel.clock import Clock
    from hanse.kernel.storage import Database

_CHECKPOINTS_KEPT = 1024
_LENGTH = 4
_SCRUB_MS = 100  # how long emptying the write-ahead log waits for readers, while nothing can be written
ASKER, ANSWERER = "asker", "answerer"


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf to be: its kind, the statement that it commits to, the inner message if one is kept."""

    kind: str
    statement: str
    payload: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange as this city sees it. `subject` and `owner` are handles (see `Vault`), None when forgotten.

    `owner` is the subject's identifier in this city, where it is another than the envelope's.
    """

    id: str
    role: str
    city: str
    method: str
    contract: str
    purpose: str
    subject: bytes | None
    owner: bytes | None
    caller: str
    state: int
    status: str
    create_time: str
    trust: bytes
    request_leaf: int = -1


@dataclass(frozen=True, slots=True)
class Begin:
    """The start of an exchange. `issuer` and `expires` (NumericDate) make the id usable once."""

    exchange: Exchange
    entries: tuple[Entry, ...]
    issuer: str
    expires: int


@dataclass(frozen=True, slots=True)
class Continue:
    """Further leaves of an exchange, and its new state."""

    id: str
    entries: tuple[Entry, ...]
    state: int
    status: str = ""


Job = Begin | Continue


@dataclass(frozen=True, slots=True)
class Opened:
    """A leaf with what it commits to."""

    index: int
    kind: str
    salt: bytes
    statement: str
    payload: bytes | None = field(repr=False)


@dataclass(slots=True)
class _Person:
    """A subject's identifiers, as handles, and exchanges."""

    handles: set[bytes]
    exchanges: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Batch:
    """A transaction in the making."""

    connection: sqlite3.Connection
    first: int
    leaves: list[bytes] = field(default_factory=list)


class Ledger:
    """The log's tables of one tenant."""

    def __init__(self, database: Database, tenant: str, vault: Vault, clock: Clock) -> None:
        self._database, self._tenant, self._vault, self._clock = database, tenant, vault, clock
        with database.write() as connection:
            # What is deleted is overwritten, so that an erased key does not linger in a free page.
            connection.execute("PRAGMA secure_delete=ON")

    def commit(self, jobs: Sequence[Job]) -> list[HanseError | None]:
        """Writes all jobs in one durable transaction; a job that may not be done has its error in the answer.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE: nothing was written.
        """
        with self._database.write() as connection:
            frontier = self._head(connection)
            batch = _Batch(connection, frontier.size)
            outcomes = [self._attempt(batch, job) for job in jobs]
            self._append(connection, frontier, batch.leaves)
        return outcomes

    def _attempt(self, batch: _Batch, job: Job) -> HanseError | None:
        """Each job looks before it writes, so one that fails has written nothing."""
        try:
            if isinstance(job, Begin):
                self._begin(batch, job)
            else:
                self._continue(batch, job)
        except HanseError as error:
            return error
        return None

    def _begin(self, batch: _Batch, job: Begin) -> None:
        made, connection = job.exchange, batch.connection
        seen = "SELECT 1 FROM seen WHERE tenant=? AND issuer=? AND id=?"
        known = "SELECT 1 FROM exchange WHERE tenant=? AND id=?"
        if (
            connection.execute(seen, (self._tenant, job.issuer, made.id)).fetchone()
            or connection.execute(known, (self._tenant, made.id)).fetchone()
        ):
            raise ConflictError(
                f"an envelope with the id {made.id} was seen before",
                remedy="Sign a new envelope for each exchange; if you did not send it twice, somebody else did.",
                reason="REPLAYED",
            )
        connection.execute("INSERT INTO seen VALUES (?,?,?,?)", (self._tenant, job.issuer, made.id, job.expires))
        connection.execute("INSERT INTO exchange VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (
            self._tenant, made.id, made.role, made.city, made.method, made.contract, REVISION, made.purpose,
            made.subject, made.owner, made.caller, made.state, made.status, made.create_time, made.trust,
            batch.first + len(batch.leaves),
        ))  # fmt: skip
        for entry in job.entries:
            self._leaf(batch, made.id, made.subject, entry)

    def _continue(self, batch: _Batch, job: Continue) -> None:
        row = batch.connection.execute(
            "SELECT subject FROM exchange WHERE tenant=? AND id=? AND state=?", (self._tenant, job.id, store.OPEN)
        ).fetchone()
        if row is None:
            raise HanseError(f"the exchange {job.id} is not open", remedy="Ask again with a new call.")
        batch.connection.execute(
            "UPDATE exchange SET state=?, status=? WHERE tenant=? AND id=?",
            (job.state, job.status, self._tenant, job.id),
        )
        for entry in job.entries:
            self._leaf(batch, job.id, row[0], entry)

    def _leaf(self, batch: _Batch, exchange: str, subject: bytes | None, entry: Entry) -> None:
        """A leaf and its body; of a subject who was forgotten while the exchange ran, the leaf alone."""
        salt, index = new_salt(), batch.first + len(batch.leaves)
        batch.leaves.append(leaf_bytes(self._tenant, entry.kind, salt, entry.statement))
        if subject is None:
            return
        key = self._vault.key(batch.connection, subject)
        sealed = self._vault.seal(key, self._place(exchange, index), _pack(salt, entry))
        batch.connection.execute(
            "INSERT INTO body VALUES (?,?,?,?,?,?,?)",
            (self._tenant, exchange, index, entry.kind, sealed, CONTRACT, REVISION),
        )

    def _head(self, connection: sqlite3.Connection) -> Frontier:
        row = connection.execute("SELECT size, hashes FROM head WHERE tenant=?", (self._tenant,)).fetchone()
        if row is None:
            return Frontier()
        return Frontier(row[0], tuple(row[1][at : at + HASH_BYTES] for at in range(0, len(row[1]), HASH_BYTES)))

    def _append(self, connection: sqlite3.Connection, frontier: Frontier, leaves: Sequence[bytes]) -> None:
        grown, nodes = frontier.extend([hash_leaf(leaf) for leaf in leaves])
        tenant, size = self._tenant, frontier.size
        connection.executemany(
            "INSERT INTO leaf VALUES (?,?,?,?,?)",
            [(tenant, size + offset, CONTRACT, REVISION, leaf) for offset, leaf in enumerate(leaves)],
        )
        connection.executemany("INSERT INTO node VALUES (?,?,?,?)", [(tenant, *node) for node in nodes])
        connection.execute("INSERT OR REPLACE INTO head VALUES (?,?,?)", (tenant, grown.size, b"".join(grown.hashes)))

    def checkpoint(self, signer: HybridSigner) -> tuple[int, str]:
        """Signs the tree as it is, unless that was done; its size and note. Forgets replay marks that are past."""
        with self._database.write() as connection:
            found = self.latest_checkpoint(connection)
            frontier = self._head(connection)
            if found is not None and found[0] == frontier.size:
                return found
            now = self._clock.now()
            note = sign_checkpoint(origin(self._tenant), frontier.size, frontier.root(), signer, now)
            row = (self._tenant, frontier.size, note, CONTRACT, REVISION)
            connection.execute("INSERT INTO checkpoint VALUES (?,?,?,?,?)", row)
            connection.execute(
                "DELETE FROM checkpoint WHERE tenant=? AND size <= (SELECT size FROM checkpoint WHERE tenant=?"
                " ORDER BY size DESC LIMIT 1 OFFSET ?)",
                (self._tenant, self._tenant, _CHECKPOINTS_KEPT),
            )
            connection.execute(
                "DELETE FROM seen WHERE tenant=? AND expires < ?", (self._tenant, int(now.timestamp()) - 3600)
            )
            return frontier.size, note

    def latest_checkpoint(self, connection: sqlite3.Connection | None = None) -> tuple[int, str] | None:
        """Size and note of the newest checkpoint."""
        row = (
            (connection or self._database.read())
            .execute("SELECT size, note FROM checkpoint WHERE tenant=? ORDER BY size DESC LIMIT 1", (self._tenant,))
            .fetchone()
        )
        return (row[0], row[1]) if row else None

    def size(self) -> int:
        """Leaves in the log."""
        return self._head(self._database.read()).size

    def read_node(self, level: int, position: int) -> bytes:
        """A stored subtree's hash."""
        row = (
            self._database.read()
            .execute("SELECT hash FROM node WHERE tenant=? AND level=? AND position=?", (self._tenant, level, position))
            .fetchone()
        )
        return bytes(row[0]) if row else b""

    def exchange(self, identifier: str) -> Exchange | None:
        """One exchange."""
        row = (
            self._database.read()
            .execute(
                f"SELECT {_COLUMNS} FROM exchange WHERE tenant=? AND id=?",  # noqa: S608 - constant columns
                (self._tenant, identifier),
            )
            .fetchone()
        )
        return Exchange(*row) if row else None

    def exchanges(self, wanted: Mapping[str, object], before: int, limit: int) -> list[Exchange]:
        """A page, newest first: those whose request leaf is below `before`. `wanted` may hold city, handle, caller."""
        where, values = ["tenant=?", "request_leaf<?"], [self._tenant, before]
        if wanted.get("city"):
            where.append("city=?")
            values.append(str(wanted["city"]))
        if "handle" in wanted:
            where.append("(subject=? OR owner=? OR caller=?)")
            values += [wanted["handle"], wanted["handle"], wanted["caller"]]
        query = f"SELECT {_COLUMNS} FROM exchange WHERE {' AND '.join(where)} ORDER BY request_leaf DESC LIMIT ?"  # noqa: S608
        rows = self._database.read().execute(query, (*values, limit)).fetchall()
        return [Exchange(*row) for row in rows]

    def open_exchanges(self) -> list[Exchange]:
        """Exchanges that were begun and not ended."""
        rows = (
            self._database.read()
            .execute(
                f"SELECT {_COLUMNS} FROM exchange WHERE tenant=? AND state=1",  # noqa: S608 - constant columns
                (self._tenant,),
            )
            .fetchall()
        )
        return [Exchange(*row) for row in rows]

    def opened(self, exchange: Exchange) -> list[Opened]:
        """The exchange's leaves in order with what they commit to; empty when its subject was forgotten."""
        connection = self._database.read()
        rows = connection.execute(
            "SELECT leaf, kind, sealed FROM body WHERE tenant=? AND id=? ORDER BY leaf", (self._tenant, exchange.id)
        ).fetchall()
        found = []
        for leaf, kind, sealed in rows:
            place = self._place(exchange.id, leaf)
            body = self._vault.open(connection, exchange.subject or b"", place, sealed)
            if body is not None:
                found.append(_unpack(leaf, kind, body))
        return found

    def keep_trust_list(self, digest: bytes, document: bytes) -> None:
        """Keeps a list by which exchanges are judged later."""
        with self._database.write() as connection:
            row = (self._tenant, digest, document, *store.TRUST_LIST)
            connection.execute("INSERT OR IGNORE INTO trust_list VALUES (?,?,?,?,?)", row)

    def trust_list(self, digest: bytes) -> bytes:
        """A list that was in force; empty when there was none."""
        row = (
            self._database.read()
            .execute("SELECT document FROM trust_list WHERE tenant=? AND digest=?", (self._tenant, digest))
            .fetchone()
        )
        return bytes(row[0]) if row else b""

    def forget(self, subject: str) -> int:
        """Erases a subject's keys, salts, bodies and identifiers; how many exchanges were theirs. Leaves stay.

        `subject` is an identifier here or in another city, whichever this city's rows know: all exchanges of whoever
        has it are theirs, under whatever other identifier. An exchange that is running goes on, and what it still
        logs is not kept. Whether older copies are gone from the files too, `scrub` says.
        """
        with self._database.write() as connection:
            found = self._of_person(connection, self._vault.handle(subject))
            for identifier in found.exchanges:
                connection.execute("DELETE FROM body WHERE tenant=? AND id=?", (self._tenant, identifier))
                connection.execute(
                    "UPDATE exchange SET subject=NULL, owner=NULL, purpose='', caller='' WHERE tenant=? AND id=?",
                    (self._tenant, identifier),
                )
            for handle in found.handles:
                self._vault.forget(connection, handle)
        return len(found.exchanges)

    def _of_person(self, connection: sqlite3.Connection, handle: bytes) -> _Person:
        """All exchanges that share an identifier with one another, beginning with those of `handle`."""
        found, ahead = _Person({handle}), [handle]
        while ahead:
            one = ahead.pop()
            rows = connection.execute(
                "SELECT id, subject, owner FROM exchange WHERE tenant=? AND (subject=? OR owner=?)",
                (self._tenant, one, one),
            ).fetchall()
            found.exchanges.update(row[0] for row in rows)
            fresh = {each for row in rows for each in row[1:] if each is not None} - found.handles
            found.handles |= fresh
            ahead += fresh
        return found

    def scrub(self) -> bool:
        """Folds the write-ahead log in and empties it, so that what was erased stands there no more.

        False when a reader still needs an older state; asked again later, it may succeed.
        """
        connection = self._database.read()
        connection.execute(f"PRAGMA busy_timeout={_SCRUB_MS}")
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def new(self, **values: object) -> Exchange:
        """An exchange that begins now."""
        begun: dict[str, object] = {"state": store.OPEN, "status": "", "create_time": timestamp(self._clock.now())}
        return Exchange(**{**begun, **values})  # type: ignore[arg-type]

    def _place(self, exchange: str, index: int) -> bytes:
        return f"{self._tenant}\0{exchange}\0{index}".encode()


_COLUMNS = (
    "id, role, city, method, contract, purpose, subject, owner, caller, state, status, create_time, trust, request_leaf"
)


def _pack(salt: bytes, entry: Entry) -> bytes:
    """Salt | length of the statement | statement | 0, or 1 and the payload."""
    statement = entry.statement.encode("ascii")
    payload = b"\0" if entry.payload is None else b"\1" + entry.payload
    return salt + len(statement).to_bytes(_LENGTH, "big") + statement + payload


def _unpack(index: int, kind: str, body: bytes) -> Opened:
    start = SALT_BYTES + _LENGTH
    end = start + int.from_bytes(body[SALT_BYTES:start], "big")
    payload = body[end + 1 :] if body[end : end + 1] == b"\1" else None
    return Opened(index, kind, body[:SALT_BYTES], body[start:end].decode("ascii"), payload)
