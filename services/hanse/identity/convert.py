# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Between identity's wire messages and its domain types."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.api.identity.v1 import identity_pb2 as pb
from hanse.identity.issuing import IssueRequest
from hanse.identity.tokens import Wish
from hanse.kernel.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.identity.model import AccessToken, Challenge, CredentialRecord, Issued


def issue_request(message: pb.IssueCredentialRequest) -> IssueRequest:
    """The domain's request; an unspecified form is the wallets' compact one."""
    return IssueRequest(
        vct=message.vct,
        claims_json=message.claims_json or "{}",
        disclosable=tuple(message.disclosable),
        holder_jwk=message.holder_jwk,
        general=message.form == pb.CREDENTIAL_FORM_GENERAL,
        valid_for=timedelta(seconds=min(max(message.valid_for_s, -1), 10**9)),
        request_id=message.request_id,
    )


def issued(value: Issued) -> pb.IssueCredentialResponse:
    """The answer with the credential's text."""
    return pb.IssueCredentialResponse(
        id=value.record.id, credential=value.text, expire_time=timestamp(value.record.expires)
    )


def challenge(value: Challenge) -> pb.CreateChallengeResponse:
    """The answer with the nonce."""
    return pb.CreateChallengeResponse(nonce=value.nonce, audience=value.audience, expire_time=timestamp(value.expires))


def wish(message: pb.ExchangeTokenRequest) -> Wish:
    """What the token is to be for."""
    return Wish(message.audience, message.scope, message.purpose)


def token(value: AccessToken) -> pb.ExchangeTokenResponse:
    """The answer with the token."""
    return pb.ExchangeTokenResponse(
        access_token=value.text,
        expires_in_s=value.lifetime_s,
        scope=" ".join(sorted(value.scopes)),
        subject=value.subject,
    )


def introspection(claims: Mapping[str, object]) -> pb.IntrospectTokenResponse:
    """RFC 7662's answer: nothing but `active: false` for a token that is not."""
    if not claims:
        return pb.IntrospectTokenResponse(active=False)
    actor, expires = claims.get("act"), claims["exp"]
    return pb.IntrospectTokenResponse(
        active=True,
        subject=str(claims["sub"]),
        scope=str(claims["scope"]),
        actor=str(actor["sub"]) if isinstance(actor, dict) else "",
        expires_at=expires if isinstance(expires, int) else 0,
        issuer=str(claims["iss"]),
    )


def record(value: CredentialRecord) -> pb.CredentialRecord:
    """A row of the list."""
    return pb.CredentialRecord(
        id=value.id,
        vct=value.vct,
        issue_time=timestamp(value.issued),
        expire_time=timestamp(value.expires),
        revoked=value.revoked is not None,
    )
