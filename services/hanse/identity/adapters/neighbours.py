# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A neighbour's status list: fetched through both gateways, verified, cached no longer than it says itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.jose import JoseError
from hanse.kernel import channel as channels
from hanse.kernel.access import current_call
from hanse.kernel.errors import DeniedError, HanseError, UnauthenticatedError, UnavailableError
from hanse.statuslist import VALID, StatusListError, VerifiedStatusList, verify_status_list

if TYPE_CHECKING:
    import grpc

    from hanse.identity.adapters.repository import SqliteStore
    from hanse.identity.model import Trust
    from hanse.kernel.clock import Clock
    from hanse.statuslist import StatusReference

FETCH_S = 5.0


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """`NeighbourStatus` through this city's own gateway. Nobody reachable and nothing cached means no."""

    gateway: grpc.Channel
    store: SqliteStore
    trust: Trust
    clock: Clock

    def is_revoked(self, issuer: str, status: StatusReference) -> bool:
        """Whether the neighbour revoked it. Raises UnavailableError when that cannot be learnt."""
        if not status.uri.startswith(f"urn:hanse:{issuer}:"):
            raise DeniedError(
                "the credential's status list belongs to another city than its issuer",
                remedy="Ask the issuer for a credential with its own status list.",
                reason="NOT_TRUSTED",
            )
        if self.store.told_revoked(issuer, status.uri, status.index):
            return True
        return _says_revoked(self._cached(issuer, status.uri) or self._fetched(issuer, status.uri), issuer, status)

    def is_known_revoked(self, issuer: str, status: StatusReference) -> bool:
        """Whether the neighbour has told so, or its list that is held here says so."""
        if self.store.told_revoked(issuer, status.uri, status.index):
            return True
        listed = self._cached(issuer, status.uri)
        return listed is not None and _says_revoked(listed, issuer, status)

    def _cached(self, issuer: str, uri: str) -> VerifiedStatusList | None:
        token = self.store.cached_list(issuer, uri)
        if token is None:
            return None
        try:
            return self._verify(issuer, uri, token)
        except JoseError:
            return None  # expired or signed by a key no longer trusted: a fresh one is fetched

    def _fetched(self, issuer: str, uri: str) -> VerifiedStatusList:
        stub = identity_pb2_grpc.IdentityServiceStub(self.gateway)
        left = channels.time_left(FETCH_S, current_call().deadline)
        try:
            answer = channels.translate_errors(
                lambda: stub.GetStatusList(
                    identity_pb2.GetStatusListRequest(uri=uri),
                    timeout=left,
                    metadata=channels.metadata(city=issuer, purpose="credential-status"),
                )
            )
        except HanseError as error:
            raise UnavailableError(
                f"nobody can tell now whether {issuer} revoked this credential: {error.message}",
                remedy="Try again later; until the issuer's status list can be had, its credentials are refused.",
            ) from None
        try:
            listed = self._verify(issuer, uri, answer.token)
        except JoseError as error:
            raise _refused(issuer, error) from None
        self.store.keep_list(issuer, uri, answer.token)
        return listed

    def _verify(self, issuer: str, uri: str, token: bytes) -> VerifiedStatusList:
        text = token.decode(errors="replace")
        return verify_status_list(text, uri, self.trust.token_keys(issuer), now=self.clock.now())


def _says_revoked(listed: VerifiedStatusList, issuer: str, status: StatusReference) -> bool:
    try:
        return listed.statuses.get(status.index) != VALID
    except StatusListError as error:
        raise _refused(issuer, error) from None


def _refused(issuer: str, error: JoseError) -> UnauthenticatedError:
    return UnauthenticatedError(
        f"the status list of {issuer} does not hold: {error}",
        remedy="The issuing city must repair its status list; until then its credentials are refused.",
        reason="PRESENTATION_INVALID",
    )
