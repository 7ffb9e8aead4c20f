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

from hanse.kernel.errors import DeniedError, HanseError
from hanse.kernel.keys import CA, read_public
from hanse.kernel.trust import Installed, TrustStore, city_of, not_trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.trust import Anchor, City, TrustList

log = logging.getLogger(__name__)


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


@dataclass(slots=True)
class _Listener:
    """Who is told of changes, and what it has heard last."""

    call: Callable[[Snapshot], None]
    heard: Snapshot | None = None


class Trust:
    """The list in force. Reading is lock-free; `refresh` may be called from any thread."""

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self.authority = config.city.authority
        self._clock = clock
        self._store = TrustStore(config, clock)
        self._own_ca = read_public(config.keys / CA)
        self._lock = threading.Lock()
        self._listeners: list[_Listener] = []
        self._snapshot = self._build(None)
        self.refresh()

    @property
    def snapshot(self) -> Snapshot:
        """What is believed at this moment."""
        return self._snapshot

    def on_change(self, listener: Callable[[Snapshot], None]) -> None:
        """Calls `listener` with this snapshot now, and with each new one.

        A listener that fails with a HanseError or OSError is called again at each `refresh` until it does not; the
        new snapshot is in force all the same, since whoever is no longer on it must not be served.
        """
        with self._lock:
            self._listeners.append(_Listener(listener))
            self._tell()

    def refresh(self) -> bool:
        """Looks at the files; whether something else is believed now."""
        with self._lock:
            changed = self._look()
            self._tell()
        return changed

    def _look(self) -> bool:
        try:
            found: Installed | None = self._store.installed()
        except DeniedError as error:
            if self._snapshot.trust_list is not None:
                log.warning("no city is trusted from now on: %s", error)
            found = None
        if (found.trust_list if found else None) is self._snapshot.trust_list:
            return False
        self._snapshot = self._build(found)
        return True

    def _tell(self) -> None:
        """Tells each listener what it has not heard yet; one that fails keeps no other from hearing."""
        for each in self._listeners:
            if each.heard is self._snapshot:
                continue
            try:
                each.call(self._snapshot)
            except (HanseError, OSError) as error:
                log.error("a change of trust could not be followed everywhere, it is tried again: %s", error)  # noqa: TRY400 - the sentence says all
            else:
                each.heard = self._snapshot

    def install(self, document: bytes) -> TrustList:
        """Verifies a list and puts it in force. Errors as `TrustStore.install`."""
        installed = self._store.install(document)
        self.refresh()
        return installed

    def anchors(self) -> list[Anchor]:
        """The anchors that the operator configured. Errors as `TrustStore.anchors`."""
        return self._store.anchors()

    def city(self, authority: str) -> City:
        """A city that is trusted now. Raises DeniedError NOT_TRUSTED."""
        found = self._snapshot.trust_list
        if found is None:
            raise not_trusted("no trust list is in force here")
        return city_of(found, authority, self._clock.now())

    def trusted_until(self, authority: str) -> datetime:
        """When the trust in a city ends, if no newer list comes. Raises DeniedError NOT_TRUSTED."""
        city, found = self.city(authority), self._snapshot.trust_list
        return min(city.valid_until, found.expires) if found else city.valid_until

    def _build(self, installed: Installed | None) -> Snapshot:
        trust_list, document = (installed.trust_list, installed.document) if installed else (None, b"")
        pems = {
            city.authority: "\n".join(city.tls_ca_pem).encode() for city in (trust_list.cities if trust_list else ())
        }
        pems[self.authority] = self._own_ca  # of itself a city believes its own key folder
        roots = {name: tuple(x509.load_pem_x509_certificates(pem)) for name, pem in pems.items()}
        others = b"\n".join(pem for name, pem in pems.items() if name != self.authority)
        return Snapshot(trust_list, document, roots, b"\n".join(pems.values()), others)
