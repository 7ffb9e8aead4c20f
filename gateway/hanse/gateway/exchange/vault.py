# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What leaves commit to, sealed with one key per subject; erasing that key forgets the person (AES-256-GCM).

The subject's name stands nowhere in clear: rows carry a handle, a keyed hash of it. The subject's key is wrapped with
the city's own secret, so that neither the database nor the secret alone opens anything.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hanse.kernel.errors import HanseError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

_NONCE = 12
_SECRET = 32


class Vault:
    """Seals and opens bodies for subjects of one tenant. Works inside the caller's transaction."""

    def __init__(self, tenant: str, secret: bytes, randomness: Callable[[], bytes]) -> None:
        if len(secret) < _SECRET:
            raise ValueError(f"the subjects' secret has {len(secret)} bytes; `hanse init` writes {_SECRET}")
        self._tenant, self._random = tenant, randomness
        self._wrap = AESGCM(hmac.new(secret, b"hanse wrap", hashlib.sha256).digest())
        self._handles = hmac.new(secret, b"hanse handle", hashlib.sha256).digest()

    def handle(self, subject: str) -> bytes:
        """What stands for a subject in the tables."""
        return hmac.new(self._handles, subject.encode(), hashlib.sha256).digest()

    def key(self, connection: sqlite3.Connection, handle: bytes) -> AESGCM:
        """The subject's key, made on first use."""
        found = self._stored(connection, handle)
        if found is not None:
            return found
        fresh = self._random()
        nonce = self._random()[:_NONCE]
        connection.execute(
            "INSERT INTO subject VALUES (?,?,?)",
            (self._tenant, handle, nonce + self._wrap.encrypt(nonce, fresh, self._bound(handle))),
        )
        return AESGCM(fresh)

    def seal(self, key: AESGCM, context: bytes, body: bytes) -> bytes:
        """A body that opens only in its own place (`context`)."""
        nonce = self._random()[:_NONCE]
        return nonce + key.encrypt(nonce, body, context)

    def open(self, connection: sqlite3.Connection, handle: bytes, context: bytes, sealed: bytes) -> bytes | None:
        """The body, or None once its subject is forgotten.

        Raises:
            HanseError: the row was altered.
        """
        key = self._stored(connection, handle)
        if key is None:
            return None
        try:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except InvalidTag:
            raise HanseError("a sealed body of the exchange log was altered", remedy="Restore a backup.") from None

    def forget(self, connection: sqlite3.Connection, handle: bytes) -> None:
        """Erases the subject's key."""
        connection.execute("DELETE FROM subject WHERE tenant=? AND handle=?", (self._tenant, handle))

    def _stored(self, connection: sqlite3.Connection, handle: bytes) -> AESGCM | None:
        row = connection.execute(
            "SELECT sealed_key FROM subject WHERE tenant=? AND handle=?", (self._tenant, handle)
        ).fetchone()
        if row is None:
            return None
        try:
            return AESGCM(self._wrap.decrypt(row[0][:_NONCE], row[0][_NONCE:], self._bound(handle)))
        except InvalidTag:
            raise HanseError(
                "a subject's key cannot be unwrapped", remedy="Is keys/subjects.secret the one it was wrapped with?"
            ) from None

    def _bound(self, handle: bytes) -> bytes:
        return self._tenant.encode() + b"\0" + handle
