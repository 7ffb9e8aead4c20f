# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Who is at the other end of a connection: certificates admitted, and the city that each may speak for.

TLS alone says that *some* trusted authority issued a certificate. Here the authority must be that of the very city
which the certificate names, so that one city's authority cannot speak for another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from hanse.kernel.access import Principal, principal_of
from hanse.kernel.errors import DeniedError, PreconditionError, UnauthenticatedError
from hanse.kernel.keys import certificate
from hanse.kernel.revoked import fingerprint

if TYPE_CHECKING:
    from datetime import datetime

    from hanse.gateway.trust import Snapshot, Trust
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.kernel.revoked import Revoked

GROUP = "X25519MLKEM768"
_GROUP_KEY = "ssl_negotiated_key_exchange_group"
_CACHED = 4096
AuthContext = Mapping[str, Iterable[bytes]]


def issued_by(leaf: x509.Certificate, roots: Iterable[x509.Certificate]) -> bool:
    """Whether one of the roots signed the certificate itself: cities have no intermediate authorities."""
    for root in roots:
        try:
            leaf.verify_directly_issued_by(root)
        except (InvalidSignature, ValueError, TypeError):
            continue
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Known:
    """A certificate that was verified under a snapshot of trust, and until when that holds."""

    snapshot: Snapshot
    principal: Principal
    until: datetime
    fingerprint: str


class Callers:
    """Names the holder of each connection's certificate; remembers what it has verified."""

    def __init__(self, trust: Trust, revoked: Revoked, clock: Clock) -> None:
        self._trust, self._revoked, self._clock = trust, revoked, clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    def identify(self, auth: AuthContext) -> Principal:
        """The principal of a connection, vouched for by its own city.

        Raises:
            UnauthenticatedError: the certificate names nobody, has expired, is revoked, or another city's authority
                issued it.
            DeniedError: NOT_TRUSTED: its city is not trusted now.
        """
        pem = next(iter(auth.get("x509_pem_cert", ())), b"")
        now, snapshot = self._clock.now(), self._trust.snapshot
        known = self._known.get(pem)
        if known is None or known.snapshot is not snapshot or now >= known.until:
            known = self._verify(pem, principal_of(auth))
        if known.principal.kind == "client" and self._revoked.holds(known.fingerprint):
            raise UnauthenticatedError(
                "the caller's certificate was revoked",
                remedy="Ask the operator of this city for another (`hanse client add`).",
                reason="CALLER_NOT_ALLOWED",
            )
        return known.principal

    def _verify(self, pem: bytes, principal: Principal) -> _Known:
        now, snapshot = self._clock.now(), self._trust.snapshot
        if principal.authority != self._trust.authority:
            self._trust.city(principal.authority)
        leaf = x509.load_pem_x509_certificate(pem)
        if not issued_by(leaf, snapshot.roots.get(principal.authority, ())):
            raise UnauthenticatedError(
                f"the certificate names {principal.urn}, but was not issued by that city",
                remedy="Use a certificate issued by the city that it names.",
                reason="CALLER_NOT_ALLOWED",
            )
        until = leaf.not_valid_after_utc
        if principal.authority != self._trust.authority:
            until = min(until, self._trust.trusted_until(principal.authority))
        if now >= until:
            raise UnauthenticatedError(
                "the caller's certificate has expired",
                remedy="Renew it with `hanse client add`.",
                reason="CALLER_NOT_ALLOWED",
            )
        known = self._known[pem] = _Known(snapshot, principal, until, fingerprint(pem))
        while len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return known

    def identify_peer(self, auth: AuthContext) -> Principal:
        """The gateway of another, trusted city, over a quantum-safe connection.

        Raises:
            PreconditionError: QUANTUM_SAFE_REQUIRED.
            DeniedError: the caller is no other city's gateway, or its city is not trusted.
            UnauthenticatedError: as `identify`.
        """
        group = next(iter(auth.get(_GROUP_KEY, ())), b"").decode(errors="replace")
        if group != GROUP:
            raise PreconditionError(
                f"the connection's key exchange is {group or 'unknown'}, not {GROUP}",
                remedy=f"Offer {GROUP} in TLS 1.3; nothing classical is accepted between cities.",
                reason="QUANTUM_SAFE_REQUIRED",
            )
        principal = self.identify(auth)
        if principal.role != "service:gateway" or principal.authority == self._trust.authority:
            raise DeniedError(
                f"{principal.urn} is not another city's gateway",
                remedy="Platforms and services call their own gateway's client port.",
            )
        return principal


def _server_credentials(config: CityConfig, trust: Trust, roots: Callable[[Snapshot], bytes]) -> grpc.ServerCredentials:
    """Mutual TLS whose admitted authorities follow the trust list without a restart."""
    pair = certificate(config, "gateway")

    def made(snapshot: Snapshot) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration([pair], roots(snapshot))

    current = trust.snapshot
    first = made(current)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        """Asked by grpc before each handshake."""
        nonlocal current
        snapshot = trust.snapshot
        if snapshot is current:
            return None
        current = snapshot
        return made(snapshot)

    return grpc.dynamic_ssl_server_credentials(first, fetch, require_client_authentication=True)  # type: ignore[arg-type] # None keeps the one in use


def client_port_credentials(config: CityConfig, trust: Trust) -> grpc.ServerCredentials:
    """Admits certificates of this city and of trusted ones."""
    return _server_credentials(config, trust, lambda snapshot: snapshot.bundle)


def peer_port_credentials(config: CityConfig, trust: Trust) -> grpc.ServerCredentials:
    """Admits certificates of trusted cities' authorities only; this one's, where there is none."""
    return _server_credentials(config, trust, lambda snapshot: snapshot.others or snapshot.bundle)
