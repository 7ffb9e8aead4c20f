# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""IdentityService on the wire: delegates to the domain, converts, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.identity.v1 import identity_pb2 as pb
from hanse.api.identity.v1 import identity_pb2_grpc
from hanse.identity import convert
from hanse.kernel.access import Access, current_call
from hanse.kernel.clock import timestamp
from hanse.kernel.config import PARTS
from hanse.kernel.errors import NotFoundError, invalid

if TYPE_CHECKING:
    import grpc

    from hanse.identity.issuing import Issuer
    from hanse.identity.model import CredentialStore
    from hanse.identity.tokens import TokenExchange

NAME = "hanse.api.identity.v1.IdentityService"
_GATEWAY = frozenset({"service:gateway"})
_SERVICES = frozenset(f"service:{part}" for part in PARTS)
RULES = {
    "IssueCredential": Access("identity:issue", _GATEWAY),
    "RevokeCredential": Access("identity:issue", _GATEWAY),
    "ListCredentials": Access("identity:issue", _GATEWAY),
    "CreateChallenge": Access(None),
    "ExchangeToken": Access(None),
    "GetStatusList": Access(None),
    "IntrospectToken": Access(None, _SERVICES),
}
_PAGE, _LARGEST_PAGE = 100, 1000


class Handlers(identity_pb2_grpc.IdentityServiceServicer):
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(self, issuer: Issuer, exchange: TokenExchange, store: CredentialStore) -> None:
        self._issuer, self._exchange, self._store = issuer, exchange, store

    def IssueCredential(
        self, request: pb.IssueCredentialRequest, _context: grpc.ServicerContext
    ) -> pb.IssueCredentialResponse:
        """Issues an SD-JWT VC."""
        return convert.issued(self._issuer.issue(convert.issue_request(request)))

    def CreateChallenge(
        self, _request: pb.CreateChallengeRequest, _context: grpc.ServicerContext
    ) -> pb.CreateChallengeResponse:
        """Gives a nonce."""
        return convert.challenge(self._exchange.challenge(current_call().caller))

    def ExchangeToken(
        self, request: pb.ExchangeTokenRequest, _context: grpc.ServicerContext
    ) -> pb.ExchangeTokenResponse:
        """Exchanges whatever grant came for a token."""
        wish, caller = convert.wish(request), current_call().caller
        match request.WhichOneof("grant"):
            case "presentation":
                return convert.token(self._exchange.for_presentation(request.presentation.presentation, wish))
            case "token":
                return convert.token(self._exchange.for_token(request.token.subject_token, caller, wish))
            case "certificate":
                return convert.token(self._exchange.for_certificate(caller, wish))
            case _:
                raise invalid("grant", "is missing", remedy="Give one of: presentation, token, certificate.")

    def IntrospectToken(
        self, request: pb.IntrospectTokenRequest, _context: grpc.ServicerContext
    ) -> pb.IntrospectTokenResponse:
        """Says whether a token is active."""
        return convert.introspection(self._exchange.introspect(request.token, current_call().caller))

    def RevokeCredential(
        self, request: pb.RevokeCredentialRequest, _context: grpc.ServicerContext
    ) -> pb.RevokeCredentialResponse:
        """Revokes."""
        return pb.RevokeCredentialResponse(revoke_time=timestamp(self._issuer.revoke(request.id, request.reason)))

    def GetStatusList(
        self, request: pb.GetStatusListRequest, _context: grpc.ServicerContext
    ) -> pb.GetStatusListResponse:
        """The signed status list."""
        if request.uri != self._issuer.status_uri:
            raise NotFoundError(
                f"no status list {request.uri[:200]!r} here",
                remedy=f"This city's is {self._issuer.status_uri}.",
            )
        return pb.GetStatusListResponse(token=self._issuer.status_list())

    def ListCredentials(
        self, request: pb.ListCredentialsRequest, _context: grpc.ServicerContext
    ) -> pb.ListCredentialsResponse:
        """A page of records; the token is the last id of the page before."""
        if not 0 <= request.page_size <= _LARGEST_PAGE:
            raise invalid("page_size", f"must be 0 to {_LARGEST_PAGE}")
        if request.page_token and not request.page_token.startswith(self._issuer.id_prefix):
            raise invalid(
                "page_token",
                "was not given by this service",
                remedy="Send the next_page_token of the answer before, or none.",
                reason="TOKEN_MALFORMED",
            )
        size = request.page_size or _PAGE
        found = self._store.list_credentials(request.page_token, size + 1)
        page = found[:size]
        return pb.ListCredentialsResponse(
            credentials=[convert.record(item) for item in page],
            next_page_token=page[-1].id if len(found) > size else "",
        )
