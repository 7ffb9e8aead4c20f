# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The identity service over gRPC: tokens on behalf of the subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.identity.v1 import identity_pb2 as pb
from hanse.api.identity.v1 import identity_pb2_grpc
from hanse.kernel.channel import metadata, translate_errors

if TYPE_CHECKING:
    import grpc

    from hanse.permit.ports import Terms


class GrpcIdentity:
    """Exchanges tokens (after RFC 8693): the answer names this service as actor. Fulfils IdentityPort."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = identity_pb2_grpc.IdentityServiceStub(channel)

    def on_behalf(self, token: str, audience: str, scope: str, terms: Terms) -> str:
        """See IdentityPort."""
        request = pb.ExchangeTokenRequest(
            token=pb.ExchangeTokenRequest.TokenGrant(subject_token=token),
            audience=audience,
            scope=scope,
            purpose=terms.purpose,
        )
        answer: pb.ExchangeTokenResponse = translate_errors(
            lambda: self._stub.ExchangeToken(
                request,
                timeout=terms.timeout_s,
                metadata=metadata(purpose=terms.purpose, request_id=terms.request_id),
            )
        )
        return answer.access_token
