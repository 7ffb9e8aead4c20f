# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Judging a presentation: issuer, signatures, key binding, expiry, status. Its nonce is left to whoever acts on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.identity.model import HYBRID_TYP
from hanse.jose import ES256, HYBRID_ALGS, JoseError, parse_object, read_unverified
from hanse.kernel.errors import DeniedError, UnauthenticatedError, invalid
from hanse.sdjwt import SD_JWT_VC, VerifiedCredential, peek, verify
from hanse.sdjwt.form import take_apart
from hanse.statuslist import StatusListError, StatusReference

if TYPE_CHECKING:
    from hanse.identity.model import CredentialStore, NeighbourStatus, Trust
    from hanse.kernel.clock import Clock

MAX_PRESENTATION_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Presented:
    """A presentation that held.

    `holder` names the person to the issuer: the claim `sub` when it is shown, else the key that the credential is
    bound to. `nonce` is the challenge that it answers, not used up yet. `status` is where its status stands.
    """

    issuer: str
    vct: str
    holder: str
    nonce: str
    status: StatusReference


@dataclass(frozen=True, slots=True)
class PresentationJudge:
    """Judges presentations made to this city, of its own credentials and those of trusted neighbours."""

    authority: str
    store: CredentialStore
    trust: Trust
    neighbours: NeighbourStatus
    clock: Clock

    def judge(self, presentation: str) -> Presented:
        """What a presentation proves.

        Nothing of an unverified presentation is acted on but to look up keys.

        Raises:
            InvalidInputError: it is too large.
            UnauthenticatedError: PRESENTATION_INVALID.
            DeniedError: NOT_TRUSTED or REVOKED.
            UnavailableError: the issuer's status list cannot be had.
        """
        if len(presentation) > MAX_PRESENTATION_BYTES:
            raise invalid("presentation.presentation", f"larger than {MAX_PRESENTATION_BYTES} bytes")
        try:
            nonce = _nonce_of(presentation)
            credential = self._verified(presentation, nonce)
            status = StatusReference.from_claims(credential.claims)
        except JoseError as error:
            raise _does_not_hold(error) from None
        if status is None:
            raise _does_not_hold(StatusListError("missing-claim", "It names no status list."))
        issuer = _authority(credential.issuer)
        self.refuse_revoked(issuer, status)
        return Presented(issuer, credential.vct, _holder(credential), nonce, status)

    def refuse_revoked(self, issuer: str, status: StatusReference, *, ask: bool = True) -> None:
        """Refuses a credential of this issuer that is revoked; where nobody can tell, too.

        Without `ask`, what this city knows by itself is enough.

        Raises:
            DeniedError: REVOKED.
            UnauthenticatedError: PRESENTATION_INVALID: its status is not known here any more.
            UnavailableError: the issuer's status list cannot be had.
        """
        if self._is_revoked(issuer, status, ask=ask):
            raise DeniedError(
                "the credential was revoked by its issuer",
                remedy="Ask the issuer for a new credential.",
                reason="REVOKED",
            )

    def _verified(self, presentation: str, nonce: str) -> VerifiedCredential:
        claimed = peek(presentation)
        keys = self.trust.issuer_keys(_authority(claimed.issuer), claimed.vct)
        return verify(
            presentation,
            keys,
            aud=f"https://{self.authority}",
            nonce=nonce,
            now=self.clock.now(),
            required_algs=HYBRID_ALGS if claimed.is_general else (ES256,),
            issuer=claimed.issuer,
            vct=claimed.vct,
            typ=HYBRID_TYP if claimed.is_general else SD_JWT_VC,
        )

    def _is_revoked(self, issuer: str, status: StatusReference, *, ask: bool) -> bool:
        if issuer != self.authority:
            known = self.neighbours.is_revoked if ask else self.neighbours.is_known_revoked
            return known(issuer, status)
        revoked = self.store.is_revoked(status.index)
        if revoked is None:
            raise _does_not_hold(StatusListError("unknown", "Its status is not known here any more."))
        return revoked


def _does_not_hold(error: JoseError) -> UnauthenticatedError:
    return UnauthenticatedError(
        f"the presentation does not hold: {error}",
        remedy="Take a new challenge and present again (RFC 9901 §4.3), for this city and with the holder's own key; "
        "if the credential itself is at fault, ask its issuer for a new one.",
        reason="PRESENTATION_INVALID",
        metadata={"code": error.code},
    )


def _nonce_of(presentation: str) -> str:
    """The nonce that the key binding names; it is trusted only once the presentation is verified against it."""
    key_binding = take_apart(presentation).kb_jwt
    if key_binding is None:
        raise JoseError("no-key-binding", "There is no key binding JWT.")
    _, payload = read_unverified(key_binding)
    nonce = parse_object(payload, place="key binding").get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise JoseError("missing-claim", "The key binding names no nonce.")
    return nonce


def _holder(credential: VerifiedCredential) -> str:
    subject = credential.claims.get("sub")
    if isinstance(subject, str) and subject:
        return f"sub:{subject}"
    if credential.holder is None:
        raise _does_not_hold(JoseError("no-holder-key", "The credential is bound to no key."))
    return f"key:{credential.holder.thumbprint}"


def _authority(issuer: str) -> str:
    return issuer.removeprefix("https://")
