# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a call between two cities is wrapped in: signed envelope, signed answer, signed closing (contract exchange/v1).

Pure: text in, frozen claims out. Every claim is checked and none may be there that is not known, because what a
verifier does not look at an attacker may write.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hanse.jose import (
    ES256,
    JoseError,
    KeySet,
    SigningKey,
    canonical_json,
    check_claims,
    parse_object,
    sign_compact,
    verify_compact,
)
from hanse.kernel.text import steers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

ENVELOPE_TYPE: Final = "hanse-envelope+jwt"
ANSWER_TYPE: Final = "hanse-answer+jwt"
CLOSING_TYPE: Final = "hanse-closing+jwt"
BROKEN_TYPE: Final = "hanse-broken+jwt"
UNARY, STREAM = "unary", "stream"
MAX_STATEMENT = 16 * 1024
SKEW = timedelta(seconds=30)
STATUSES = frozenset(
    (
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    )
)
_SHA = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9_.~:-]{1,100}")
_AUTHORITY = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_METHOD = re.compile(r"/[a-z][a-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+/[A-Z][A-Za-z0-9]*")
_CONTRACT = re.compile(r"[a-z][a-z0-9-]{0,62}/v[1-9][0-9]{0,3}")
_SUBJECT = re.compile(r"urn:hanse:[a-z0-9.-]{1,253}:(person:[0-9a-f]{32,64}|(service|client):[a-z0-9-]{1,63})")
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_PURPOSE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_COUNT = 9007199254740991
_LATEST = 253402300799
_MAX_DEADLINE_MS = 600_000


class EnvelopeError(ValueError):
    """A statement is altered, mismatched, out of date or not signed by whom it says; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request from city `iss` to city `aud`. Hashes are SHA-256 in lower-case hexadecimal; times are NumericDates.

    `payload_sha256` is of the inner request; of nothing, for a stream. `token_sha256` is of the token sent beside it.
    """

    id: str
    iss: str
    aud: str
    iat: int
    exp: int
    method: str
    contract: str
    purpose: str
    subject: str
    token_sha256: str
    payload_sha256: str
    deadline_ms: int
    kind: str
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """City `iss` answers; `payload_sha256` is of the inner answer, or of the serialised status when it failed.

    On a stream it opens the answering direction and its payload hash is of nothing.
    """

    id: str
    iss: str
    aud: str
    iat: int
    envelope_sha256: str
    payload_sha256: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of one direction of a stream: how many messages, their running hash, how it ended."""

    id: str
    iss: str
    aud: str
    iat: int
    count: int
    running_sha256: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A city notes in its own log that an exchange ended without an answer."""

    id: str
    iss: str
    iat: int
    envelope_sha256: str
    reason: str


def is_purpose(text: str) -> bool:
    """Whether a text may stand as a purpose: 1 to 200 characters that all show something (see `hanse.kernel.text`)."""
    return _PURPOSE.fullmatch(text) is not None and not steers(text)


def sha256_hex(data: bytes | str) -> str:
    """SHA-256 in lower-case hexadecimal; of a text's ASCII bytes."""
    return hashlib.sha256(data.encode("ascii") if isinstance(data, str) else data).hexdigest()


NOTHING: Final = sha256_hex(b"")


class RunningHash:
    """h(0) = 32 zero octets, h(n) = SHA-256(h(n-1) || SHA-256(message n))."""

    __slots__ = ("_value", "count")

    def __init__(self) -> None:
        self.count = 0
        self._value = bytes(32)

    def add(self, message: bytes) -> None:
        """Takes in the next message."""
        self._value = hashlib.sha256(self._value + hashlib.sha256(message).digest()).digest()
        self.count += 1

    def hex(self) -> str:
        """The value now."""
        return self._value.hex()


Statement = Envelope | Answer | Closing | Broken
_TYPES: Mapping[type[Statement], str] = {
    Envelope: ENVELOPE_TYPE,
    Answer: ANSWER_TYPE,
    Closing: CLOSING_TYPE,
    Broken: BROKEN_TYPE,
}
_OPTIONAL = ("idempotency_key", "reason")


def sign(statement: Statement, key: SigningKey) -> str:
    """The statement as a compact JWS with the city's exchange key."""
    kind = type(statement)
    claims = {name: getattr(statement, name) for name in kind.__slots__}
    present = {name: value for name, value in claims.items() if value != "" or name not in _OPTIONAL}
    return sign_compact(canonical_json(present), key, typ=_TYPES[kind])


def verify_envelope(text: str, keys: KeySet, now: datetime, *, issuer: str, audience: str) -> Envelope:
    """An envelope that `issuer` signed for `audience` and that is in date.

    Raises:
        EnvelopeError.
    """
    claims = _verified(text, ENVELOPE_TYPE, keys)
    _dated(claims, now)
    envelope = _envelope(claims)
    _expect(envelope.iss == issuer, f"the envelope's issuer is not {issuer}")
    _expect(envelope.aud == audience, f"the envelope is not addressed to {audience}")
    return envelope


def verify_answer(text: str, keys: KeySet, now: datetime, envelope: Envelope, envelope_text: str) -> Answer:
    """The answer to exactly this envelope. Raises EnvelopeError."""
    claims = _verified(text, ANSWER_TYPE, keys)
    _dated(claims, now)
    answer = _answer(claims)
    _expect(answer.envelope_sha256 == sha256_hex(envelope_text), "the answer belongs to another envelope")
    _expect(
        (answer.id, answer.iss, answer.aud) == (envelope.id, envelope.aud, envelope.iss),
        "the answer names another exchange or other cities than the envelope",
    )
    check_after(answer, envelope)
    return answer


def verify_closing(text: str, keys: KeySet, now: datetime, envelope: Envelope, *, issuer: str) -> Closing:
    """The closing of the direction in which `issuer` sends. Raises EnvelopeError."""
    claims = _verified(text, CLOSING_TYPE, keys)
    _dated(claims, now)
    closing = _closing(claims)
    audience = envelope.iss if issuer == envelope.aud else envelope.aud
    _expect(
        (closing.id, closing.iss, closing.aud) == (envelope.id, issuer, audience),
        "the closing belongs to another exchange or direction",
    )
    check_after(closing, envelope)
    return closing


def check_after(statement: Answer | Closing, envelope: Envelope) -> None:
    """Whether a statement was not made before what it follows, as far as clocks agree. Raises EnvelopeError."""
    early = statement.iat < envelope.iat - SKEW.total_seconds()
    _expect(not early, "it was signed before the envelope that it follows; are both cities' clocks right?")


def read_statement(text: str, kind: type[Statement], keys: KeySet) -> Statement:
    """A statement of the past: signature and form, but not whether it is in date now. Raises EnvelopeError."""
    claims = _verified(text, _TYPES[kind], keys)
    return _READERS[kind](claims)


def check_running(closing: Closing, running: RunningHash) -> None:
    """Whether a closing closes what was received. Raises EnvelopeError."""
    _expect(closing.count == running.count, f"{running.count} messages came, the closing says {closing.count}")
    _expect(closing.running_sha256 == running.hex(), "the messages are not those that the closing closes")


def _verified(text: str, typ: str, keys: KeySet) -> Mapping[str, object]:
    try:
        jws = verify_compact(text, keys, algs=(ES256,), typ=typ, max_bytes=MAX_STATEMENT, low_s=True)
        _expect(set(jws.header) == {"alg", "kid", "typ"}, "its header has members that are not known")
        claims = parse_object(jws.payload, place="statement", max_depth=1)
        _expect(canonical_json(claims) == jws.payload, "its claims are not canonical JSON (RFC 8785)")
    except JoseError as error:
        raise EnvelopeError(f"the {typ.partition('+')[0]} does not hold: {error}") from None
    return claims


def _dated(claims: Mapping[str, object], now: datetime) -> None:
    try:
        check_claims({k: v for k, v in claims.items() if k in {"iat", "exp"}}, now=now, leeway=SKEW)
    except JoseError as error:
        raise EnvelopeError(f"it is out of date: {error}; are both cities' clocks right?") from None


def _envelope(claims: Mapping[str, object]) -> Envelope:
    read = _Reader(claims, Envelope)
    envelope = Envelope(
        id=read.text("id", _ID),
        iss=read.text("iss", _AUTHORITY),
        aud=read.text("aud", _AUTHORITY),
        iat=read.number("iat", _LATEST),
        exp=read.number("exp", _LATEST),
        method=read.text("method", _METHOD),
        contract=read.text("contract", _CONTRACT),
        purpose=read.text("purpose", _PURPOSE),
        subject=read.text("subject", _SUBJECT),
        token_sha256=read.text("token_sha256", _SHA),
        payload_sha256=read.text("payload_sha256", _SHA),
        deadline_ms=read.number("deadline_ms", _MAX_DEADLINE_MS),
        kind=read.text("kind", re.compile(f"{UNARY}|{STREAM}")),
        idempotency_key=read.optional("idempotency_key", _KEY),
    )
    _expect(is_purpose(envelope.purpose), "its claim 'purpose' is missing or malformed")
    _expect(envelope.iss != envelope.aud, "a city does not exchange with itself")
    _expect(envelope.kind == UNARY or envelope.payload_sha256 == NOTHING, "a stream's envelope has no payload")
    return envelope


def _answer(claims: Mapping[str, object]) -> Answer:
    read = _Reader(claims, Answer)
    return Answer(
        id=read.text("id", _ID),
        iss=read.text("iss", _AUTHORITY),
        aud=read.text("aud", _AUTHORITY),
        iat=read.number("iat", _LATEST),
        envelope_sha256=read.text("envelope_sha256", _SHA),
        payload_sha256=read.text("payload_sha256", _SHA),
        status=read.status(),
        reason=read.optional("reason", _REASON),
    )


def _closing(claims: Mapping[str, object]) -> Closing:
    read = _Reader(claims, Closing)
    return Closing(
        id=read.text("id", _ID),
        iss=read.text("iss", _AUTHORITY),
        aud=read.text("aud", _AUTHORITY),
        iat=read.number("iat", _LATEST),
        count=read.number("count", _COUNT),
        running_sha256=read.text("running_sha256", _SHA),
        status=read.status(),
        reason=read.optional("reason", _REASON),
    )


def _broken(claims: Mapping[str, object]) -> Broken:
    read = _Reader(claims, Broken)
    return Broken(
        id=read.text("id", _ID),
        iss=read.text("iss", _AUTHORITY),
        iat=read.number("iat", _LATEST),
        envelope_sha256=read.text("envelope_sha256", _SHA),
        reason=read.text("reason", _REASON),
    )


_READERS: Mapping[type[Statement], Callable[[Mapping[str, object]], Statement]] = {
    Envelope: _envelope,
    Answer: _answer,
    Closing: _closing,
    Broken: _broken,
}


class _Reader:
    """Takes claims one by one, strictly."""

    def __init__(self, claims: Mapping[str, object], kind: type[Statement]) -> None:
        self._claims = claims
        unknown = sorted(set(claims) - set(kind.__slots__))
        _expect(not unknown, f"it has the claim {(unknown or [''])[0][:50]!r}, which is not known")

    def text(self, name: str, form: re.Pattern[str]) -> str:
        """A claim that must be there and have this form."""
        value = self._claims.get(name)
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise EnvelopeError(f"its claim {name!r} is missing or malformed")
        return value

    def optional(self, name: str, form: re.Pattern[str]) -> str:
        """A claim that may be absent."""
        return self.text(name, form) if name in self._claims else ""

    def number(self, name: str, maximum: int) -> int:
        """A whole number from 0 to `maximum`."""
        value = self._claims.get(name)
        if type(value) is not int or not 0 <= value <= maximum:
            raise EnvelopeError(f"its claim {name!r} is missing or out of range")
        return value

    def status(self) -> str:
        """The name of a canonical status."""
        value = self._claims.get("status")
        if value not in STATUSES:
            raise EnvelopeError("its claim 'status' is no canonical status")
        return str(value)


def _expect(condition: object, sentence: str) -> None:
    if not condition:
        raise EnvelopeError(sentence)
