# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Issuing and revoking credentials, and the status list that says which are revoked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.contracts.validation import validate_document
from hanse.identity.model import ARCHITECT, CONTRACT, HYBRID_TYP, CredentialRecord, Issued
from hanse.jose import ES256, JoseError, VerifyKey, canonical_json, parse_object
from hanse.kernel.errors import FieldViolation, InvalidInputError, invalid
from hanse.kernel.ids import new_urn
from hanse.sdjwt import SD_JWT_VC, SdJwtError, issue
from hanse.statuslist import StatusList, StatusReference, sign_status_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hanse.identity.model import CredentialStore
    from hanse.jose import HybridSigner
    from hanse.kernel.clock import Clock

# Credential types issued here, and the schema of contract identity/v1 that their claims fulfil.
TYPES: Mapping[str, str] = {ARCHITECT: "architect-credential"}
MAX_CLAIMS_BYTES = 16 * 1024
MAX_DISCLOSABLE = 100
MAX_REQUEST_ID = 200
LIST_SIZE = 1 << 17
STATUS_LIFETIME = timedelta(minutes=10)
_SHORTEST, _LONGEST, _DEFAULT = timedelta(minutes=1), timedelta(days=365), timedelta(days=30)
_SET_HERE = frozenset({"iss", "vct", "iat", "nbf", "exp", "status", "cnf"})


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

    @property
    def id_prefix(self) -> str:
        """How the ids of this city's credentials begin."""
        return f"urn:hanse:{self.authority}:credential:"

    def issue(self, request: IssueRequest) -> Issued:
        """A key-bound SD-JWT VC (RFC 9901): compact with ES256, or general JWS with ES256 and ML-DSA-65.

        Raises:
            InvalidInputError: names the field.
            ConflictError: the request id was used with other content.
            LimitExceededError: the status list is full.
        """
        if request.vct not in TYPES:
            raise invalid("vct", f"{request.vct[:200]!r} is not issued here; known: {', '.join(TYPES)}")
        lifetime = request.valid_for or _DEFAULT
        if not _SHORTEST <= lifetime <= _LONGEST:
            raise invalid("valid_for_s", "must be 60 to 31,536,000 seconds, or 0 for 30 days")
        if len(request.request_id) > MAX_REQUEST_ID:
            raise invalid("request_id", f"has at most {MAX_REQUEST_ID} characters")
        if len(request.disclosable) > MAX_DISCLOSABLE:
            raise invalid("disclosable", f"names at most {MAX_DISCLOSABLE} claims")
        claims, holder = _claims(request.claims_json), _holder(request.holder_jwk)

        def make(index: int) -> Issued:
            now = self.clock.now()
            urn = new_urn(self.authority, "credential", self.clock)
            record = CredentialRecord(urn, request.vct, index, now, now + lifetime)
            return Issued(record, self._sign(request, record, claims, holder))

        return self.store.issue(request.request_id, _fingerprint(request), make)

    def _sign(
        self, request: IssueRequest, record: CredentialRecord, claims: Mapping[str, object], holder: VerifyKey
    ) -> str:
        fixed: dict[str, object] = {
            "iss": f"https://{self.authority}",
            "vct": request.vct,
            "iat": int(record.issued.timestamp()),
            "exp": int(record.expires.timestamp()),
            "status": StatusReference(self.status_uri, record.status_index).to_claim(),
        }
        jwk = holder.bare_jwk()
        _check_contract({**claims, **fixed, "cnf": {"jwk": jwk}}, TYPES[request.vct])
        try:
            return issue(
                {**claims, **fixed},
                list(request.disclosable),
                self.keys if request.general else self.keys.es256,
                holder_jwk=jwk,
                typ=HYBRID_TYP if request.general else SD_JWT_VC,
            )
        except SdJwtError as error:
            field = "disclosable" if error.code in {"unknown-path", "not-disclosable"} else "claims_json"
            raise invalid(field, str(error)) from None

    def revoke(self, credential_id: str, reason: str) -> datetime:
        """Revokes a credential; when it already was, the first time stands. Raises NotFoundError."""
        return self.store.revoke(credential_id, reason[:500], self.clock.now())

    def status_list(self) -> bytes:
        """The signed status list as it stands now (Token Status List, general JWS with both signatures)."""
        revoked = StatusList.build(1, LIST_SIZE, dict.fromkeys(self.store.revoked_indices(), 1))
        return sign_status_list(
            revoked, self.status_uri, self.keys, now=self.clock.now(), lifetime=STATUS_LIFETIME
        ).encode()


def _claims(text: str) -> dict[str, object]:
    claims = _object("claims_json", text)
    if taken := sorted(_SET_HERE & claims.keys()):
        raise invalid("claims_json", f"the claim {taken[0]!r} is set by the issuer; leave it out")
    if not isinstance(claims.get("sub", ""), str):
        raise invalid("claims_json", "the claim 'sub' must be a text")
    return claims


def _holder(text: str) -> VerifyKey:
    """The holder's key; a JWK with its private half is refused."""
    jwk = _object("holder_jwk", text)
    try:
        key = VerifyKey.from_jwk(jwk)
    except JoseError as error:
        raise invalid("holder_jwk", str(error)) from None
    if key.alg != ES256:
        raise invalid("holder_jwk", f"must be an {ES256} key (EC, P-256), not one for {key.alg}")
    return key


def _object(field: str, text: str) -> dict[str, object]:
    try:
        return parse_object(text, place=field, max_bytes=MAX_CLAIMS_BYTES)
    except JoseError as error:
        raise invalid(field, str(error), remedy=f"Give {field} as one JSON object.") from None


def _check_contract(claims: Mapping[str, object], schema: str) -> None:
    found = validate_document(claims, contract=CONTRACT, schema=schema)
    if not found:
        return
    violations = [FieldViolation(f"claims_json{v.pointer}", f"expected {v.expected}, found {v.found}") for v in found]
    raise InvalidInputError(
        f"{violations[0].field}: {violations[0].description}",
        remedy=f"Make the claims fulfil contract {CONTRACT}, schema {schema}.",
        reason="CONTRACT_VIOLATION",
        violations=violations,
    )


def _fingerprint(request: IssueRequest) -> str:
    content = [
        request.vct,
        request.claims_json,
        sorted(request.disclosable),
        request.holder_jwk,
        request.general,
    ]
    return hashlib.sha256(canonical_json([*content, int(request.valid_for.total_seconds())])).hexdigest()
