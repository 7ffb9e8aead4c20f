# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which cities are trusted now, as the gateway needs it: certificate authorities by city, and the list's own bytes.

The kernel's `TrustStore` verifies and installs lists; here one verified list becomes a snapshot that each call reads
without a lock, replaced whole when the file changes.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509

from hanse.jose import JoseError, read_general_unverified
from hanse.jose import parse_object as parse_json_object
from hanse.kernel.errors import DeniedError
from hanse.kernel.keys import CA, read_public
from hanse.kernel.trust import ANCHORS, LIST, TrustStore
from hanse.trust import Anchor, TrustError, TrustList
from hanse.trust.signed import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.trust import City

log = logging.getLogger(__name__)
REMEDY = "The operator installs a current trust list with `hanse trust install FILE` (`hanse trust show` says)."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One verified list and what follows from it.

    Attributes:
        trust_list: the list, or None while none is in force.
        document: its signed bytes.
        roots: certificate authorities by city, this one included.
        bundle: the same as one PEM text.
        others: the bundle without this city.
    """

    trust_list: TrustList | None
    document: bytes
    roots: Mapping[str, tuple[x509.Certificate, ...]] = field(repr=False)
    bundle: bytes = field(repr=False)
    others: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the document: names the list that an exchange went by."""
        return hashlib.sha256(self.document).digest()


class Trust:
    """The list in force. Reading is lock-free; `refresh` may be called from any thread."""

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self.authority = config.city.authority
        self._clock, self._path = clock, config.trust / LIST
        self._store = TrustStore(config, clock)
        self._own_ca = read_public(config.keys / CA)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Snapshot], None]] = []
        self._snapshot = self._build(None, b"")
        self.refresh()

    @property
    def snapshot(self) -> Snapshot:
        """What is believed at this moment."""
        return self._snapshot

    def on_change(self, listener: Callable[[Snapshot], None]) -> None:
        """Calls `listener` with each new snapshot, and with this one now."""
        self._listeners.append(listener)
        listener(self._snapshot)

    def refresh(self) -> bool:
        """Looks at the files; whether something else is believed now."""
        with self._lock:
            try:
                found: TrustList | None = self._store.current()
            except DeniedError as error:
                if self._snapshot.trust_list is not None:
                    log.warning("no city is trusted from now on: %s", error)
                found = None
            if found is self._snapshot.trust_list:
                return False
            document = self._document(found) if found is not None else b""
            if found is not None and not document:
                return False  # replaced between two looks: the next look settles it
            self._snapshot = snapshot = self._build(found, document)
        for listener in self._listeners:
            listener(snapshot)
        return True

    def install(self, document: bytes) -> TrustList:
        """Verifies a list and puts it in force. Errors as `TrustStore.install`."""
        installed = self._store.install(document)
        self.refresh()
        return installed

    def anchors(self) -> list[Anchor]:
        """The anchors that the operator configured."""
        paths = sorted((self._path.parent / ANCHORS).glob("*.json"))
        return [Anchor.from_json(parse_json_object(path.read_bytes(), place=path.name)) for path in paths]

    def city(self, authority: str) -> City:
        """A city that is trusted now. Raises DeniedError NOT_TRUSTED."""
        found = self._snapshot.trust_list
        if found is None:
            raise DeniedError("no trust list is in force here", remedy=REMEDY, reason="NOT_TRUSTED")
        try:
            return found.city(authority, self._clock.now())
        except TrustError as error:
            raise DeniedError(str(error), remedy=REMEDY, reason="NOT_TRUSTED") from None

    def trusted_until(self, authority: str) -> datetime:
        """When the trust in a city ends, if no newer list comes. Raises DeniedError NOT_TRUSTED."""
        city, found = self.city(authority), self._snapshot.trust_list
        return min(city.valid_until, found.expires) if found else city.valid_until

    def _document(self, found: TrustList) -> bytes:
        """The bytes of a list that was just verified; empty when the file holds another by now."""
        try:
            document = self._path.read_bytes()
            payload = parse_json_object(read_general_unverified(document)[1], place="trust list", max_bytes=MAX_BYTES)
        except (OSError, JoseError):
            return b""
        same = payload.get("iss") == found.issuer and payload.get("version") == found.version
        return document if same else b""

    def _build(self, trust_list: TrustList | None, document: bytes) -> Snapshot:
        pems = {
            city.authority: "\n".join(city.tls_ca_pem).encode() for city in (trust_list.cities if trust_list else ())
        }
        pems[self.authority] = self._own_ca  # of itself a city believes its own key folder
        roots = {name: tuple(x509.load_pem_x509_certificates(pem)) for name, pem in pems.items()}
        others = b"\n".join(pem for name, pem in pems.items() if name != self.authority)
        return Snapshot(trust_list, document, roots, b"\n".join(pems.values()), others)
