# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Issuing and revoking credentials, and the status list that says which are revoked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.identity.model import ARCHITECT, HYBRID_TYP, CredentialRecord, Issued
from hanse.jose import JoseError, canonical_json, parse_object
from hanse.kernel.errors import invalid
from hanse.kernel.ids import new_urn
from hanse.sdjwt import SD_JWT_VC, SdJwtError, issue
from hanse.statuslist import StatusList, StatusReference, sign_status_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hanse.identity.model import CredentialStore
    from hanse.jose import HybridSigner
    from hanse.kernel.clock import Clock

TYPES = (ARCHITECT,)
MAX_CLAIMS_BYTES = 16 * 1024
LIST_SIZE = 1 << 17
STATUS_LIFETIME = timedelta(minutes=10)
_SHORTEST, _LONGEST, _DEFAULT = timedelta(minutes=1), timedelta(days=365), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """What an operator asks to be issued; `claims_json` is a JSON object, `holder_jwk` a public ES256 JWK."""

    vct: str
    claims_json: str
    disclosable: Sequence[str]
    holder_jwk: str
    general: bool
    valid_for: timedelta
    request_id: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """The city as issuer of credentials."""

    authority: str
    keys: HybridSigner
    store: CredentialStore
    clock: Clock

    @property
    def status_uri(self) -> str:
        """The city's one status list."""
        return f"urn:hanse:{self.authority}:status-list:1"

    def issue(self, request: IssueRequest) -> Issued:
        """A key-bound SD-JWT VC (RFC 9901): compact with ES256, or general JWS with ES256 and ML-DSA-65.

        Raises:
            InvalidInputError: names the field.
            ConflictError: the request id was used with other content.
        """
        if request.vct not in TYPES:
            raise invalid("vct", f"{request.vct[:200]!r} is not issued here; known: {', '.join(TYPES)}")
        lifetime = request.valid_for or _DEFAULT
        if not _SHORTEST <= lifetime <= _LONGEST:
            raise invalid("valid_for_s", "must be 60 to 31,536,000 seconds, or 0 for 30 days")
        claims = _object("claims_json", request.claims_json)
        holder = _object("holder_jwk", request.holder_jwk)
        now = self.clock.now()
        record = CredentialRecord(
            new_urn(self.authority, "credential", self.clock),
            request.vct,
            self.store.free_index(),
            now,
            now + lifetime,
        )
        fixed = {
            "iss": f"https://{self.authority}",
            "vct": request.vct,
            "iat": int(now.timestamp()),
            "exp": int(record.expires.timestamp()),
            "status": StatusReference(self.status_uri, record.status_index).to_claim(),
        }
        if taken := sorted(set(fixed) & set(claims) | {"cnf"} & set(claims)):
            raise invalid("claims_json", f"the claim {taken[0]!r} is set by the issuer; leave it out")
        try:
            text = issue(
                {**claims, **fixed},
                list(request.disclosable),
                self.keys if request.general else self.keys.es256,
                holder_jwk=holder,
                typ=HYBRID_TYP if request.general else SD_JWT_VC,
            )
        except SdJwtError as error:
            raise invalid("claims_json", str(error)) from None
        except JoseError as error:
            raise invalid("holder_jwk", str(error)) from None
        return Issued(record, self.store.add_credential(record, request.request_id, _fingerprint(request), text))

    def revoke(self, credential_id: str, reason: str) -> datetime:
        """Revokes a credential; when it already was, the first time stands. Raises NotFoundError."""
        return self.store.revoke(credential_id, reason[:500], self.clock.now())

    def status_list(self) -> bytes:
        """The signed status list as it stands now (Token Status List, general JWS with both signatures)."""
        revoked = StatusList.build(1, LIST_SIZE, dict.fromkeys(self.store.revoked_indices(), 1))
        return sign_status_list(
            revoked, self.status_uri, self.keys, now=self.clock.now(), lifetime=STATUS_LIFETIME
        ).encode()


def _object(field: str, text: str) -> dict[str, object]:
    try:
        return parse_object(text, place=field, max_bytes=MAX_CLAIMS_BYTES)
    except JoseError as error:
        raise invalid(field, str(error), remedy=f"Give {field} as one JSON object.") from None


def _fingerprint(request: IssueRequest) -> str:
    content = [
        request.vct,
        request.claims_json,
        sorted(request.disclosable),
        request.holder_jwk,
        request.general,
    ]
    return hashlib.sha256(canonical_json([*content, int(request.valid_for.total_seconds())])).hexdigest()
