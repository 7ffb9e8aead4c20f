# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Who may call what: the caller's certificate and the subject's token, both checked on every call.

A method that no rule names is refused. Metadata that says who calls (`hanse-caller`) counts only when the gateway's
own certificate brought it.
"""

from __future__ import annotations

import contextvars
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hanse.kernel.errors import DeniedError, UnauthenticatedError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AUTHORIZATION = "authorization"
CALLER = "hanse-caller"
CITY = "hanse-city"
PURPOSE = "hanse-purpose"
EXCHANGE_ID = "hanse-exchange-id"
REQUEST_ID = "hanse-request-id"

# They say who asks, why and of whom: each at most once.
SAID_ONCE = frozenset({AUTHORIZATION, CALLER, CITY, PURPOSE, EXCHANGE_ID, REQUEST_ID})

_PRINCIPAL = re.compile(r"urn:hanse:(?P<authority>[a-z0-9.-]+):(?P<kind>service|client):(?P<name>[a-z0-9-]{1,63})")


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a TLS certificate: a service or a client of a city.

    `urn:hanse:<authority>:service:<name>` or `urn:hanse:<authority>:client:<name>`, from the certificate's
    subjectAltName URI.
    """

    authority: str
    kind: str
    name: str

    @property
    def urn(self) -> str:
        """The name as it stands in the certificate."""
        return f"urn:hanse:{self.authority}:{self.kind}:{self.name}"

    @property
    def role(self) -> str:
        """What access rules name: `service:twin`, `client:operator`, ..."""
        return f"{self.kind}:{self.name}"


def parse_principal(urn: str) -> Principal | None:
    """The principal that a URN names, or None when it names none."""
    match = _PRINCIPAL.fullmatch(urn)
    return Principal(match["authority"], match["kind"], match["name"]) if match else None


def principal_of(auth_context: Mapping[str, Iterable[bytes]]) -> Principal:
    """The principal of a gRPC peer, from its verified certificate.

    Raises:
        UnauthenticatedError: when the certificate has not exactly one Hanse URI.
    """
    names = [name.decode(errors="replace") for name in auth_context.get("x509_subject_alternative_name", ())]
    found = [principal for principal in map(parse_principal, names) if principal is not None]
    if len(found) != 1:
        raise UnauthenticatedError(
            "the caller's certificate names no Hanse service or client",
            remedy="Use a certificate made by `hanse init` or `hanse client add`.",
            reason="CALLER_NOT_ALLOWED",
        )
    return found[0]


def said(metadata: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    """A call's textual metadata.

    Raises:
        InvalidInputError: who asks, why, or of whom stands twice: readers might choose differently.
    """
    found: dict[str, str] = {}
    for key, value in metadata:
        if not isinstance(value, str):
            continue
        if key in SAID_ONCE and key in found:
            raise invalid(key, "stands twice in the call's metadata", remedy="Send it once.")
        found[key] = value
    return found


@dataclass(frozen=True, slots=True)
class Subject:
    """On whose behalf a call is made: the claims of a verified access token.

    `id` is pairwise: it differs from city to city. `actor` is the service or city that acts for the subject, if any.
    """

    id: str
    scopes: frozenset[str]
    issuer: str
    audience: str
    actor: str = ""
    purpose: str = ""
    expires_at: int = 0


class TokenVerifier(Protocol):
    """Checks access tokens."""

    def verify(self, token: str) -> Subject:
        """The subject of a token made out to this city. Raises UnauthenticatedError or DeniedError."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """One method's rule: which certificate roles may call it (empty: any of this city), and the scope needed.

    `scope=None` means that the method authenticates by its own content and needs no token.
    """

    scope: str | None
    callers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a handler may know about the call it serves."""

    method: str
    peer: Principal
    caller: Principal
    subject: Subject | None = None
    token: str = field(default="", repr=False)
    purpose: str = ""
    request_id: str = ""
    exchange_id: str = ""
    deadline: float | None = None  # monotonic seconds

    @property
    def holder(self) -> str:
        """Whose share of the service a call uses up: the caller's, apart for each subject it calls for."""
        return f"{self.caller.urn} {self.subject.id if self.subject else ''}"


_CURRENT: contextvars.ContextVar[CallContext] = contextvars.ContextVar("hanse_call")


def current_call() -> CallContext:
    """The call being served in this thread or task."""
    return _CURRENT.get()


def current_subject() -> Subject:
    """The subject of the call being served; only for methods whose rule names a scope."""
    subject = _CURRENT.get().subject
    if subject is None:
        raise UnauthenticatedError("this needs a subject token", remedy="Send `authorization: Bearer TOKEN`.")
    return subject


def enter_call(context: CallContext) -> contextvars.Token[CallContext]:
    """Makes a call the current one; reset with `leave_call`."""
    return _CURRENT.set(context)


def leave_call(token: contextvars.Token[CallContext]) -> None:
    """Ends what `enter_call` began."""
    _CURRENT.reset(token)


@dataclass(frozen=True, slots=True)
class Door:
    """Decides on each call of a service: certificate, then token, then scope."""

    authority: str
    rules: Mapping[str, Access]
    tokens: TokenVerifier

    def admit(self, method: str, peer: Principal, metadata: Mapping[str, str], deadline: float | None) -> CallContext:
        """The context of an allowed call.

        Raises:
            DeniedError: CALLER_NOT_ALLOWED or SCOPE_MISSING.
            UnauthenticatedError: SUBJECT_TOKEN_INVALID.
        """
        rule = self.rules.get(method)
        if rule is None or peer.authority != self.authority or (rule.callers and peer.role not in rule.callers):
            raise DeniedError(
                f"{peer.urn} may not call {method}",
                remedy="Call through the city's gateway, with a certificate whose role the method allows.",
            )
        caller, token, subject = peer, "", None
        if peer.role == "service:gateway" and CALLER in metadata:
            caller = _forwarded(metadata[CALLER])
        if rule.scope is not None:
            token = bearer(metadata)
            subject = self.tokens.verify(token)
            if rule.scope not in subject.scopes:
                raise DeniedError(
                    f"the token has not the scope {rule.scope}",
                    remedy=f"Ask identity for a token with scope {rule.scope}.",
                    reason="SCOPE_MISSING",
                )
        return CallContext(
            method=method,
            peer=peer,
            caller=caller,
            subject=subject,
            token=token,
            purpose=metadata.get(PURPOSE, "")[:200],
            request_id=metadata.get(REQUEST_ID, "")[:100],
            exchange_id=metadata.get(EXCHANGE_ID, "")[:100],
            deadline=deadline,
        )


def _forwarded(urn: str) -> Principal:
    """Whom the gateway names as the caller. A name that is none must not fall back to the gateway's own rights."""
    caller = parse_principal(urn)
    if caller is None:
        raise DeniedError(
            f"{CALLER} names no Hanse service or client: {urn[:200]!r}",
            remedy="Forward the URN of the caller's certificate.",
        )
    return caller


def bearer(metadata: Mapping[str, str]) -> str:
    """The bearer token of a call. Raises UnauthenticatedError when there is none."""
    scheme, _, token = metadata.get(AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(
            "no subject token came with the call",
            remedy="Exchange a credential for a token (IdentityService.ExchangeToken) and send it as "
            "`authorization: Bearer TOKEN`.",
        )
    return token
