# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Verifying a proof offline: pure, no I/O, no clock. Trust comes from the verifier's anchors, never from the proof.

Every byte is bound: the document must be canonical JSON (RFC 8785) with no unknown member, and each member is signed,
hashed into a signed tree, or fixed by the contract (exchange/v1, schema proof).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hanse.gateway.exchange.checkpoint import CheckpointError, read_checkpoint
from hanse.gateway.exchange.envelope import (
    STREAM,
    Answer,
    Closing,
    Envelope,
    EnvelopeError,
    Statement,
    check_after,
    read_statement,
    sha256_hex,
)
from hanse.gateway.exchange.leaf import ANSWER, CLOSING, CONTRACT, REQUEST, REVISION, SALT_BYTES, leaf_bytes
from hanse.jose import JoseError, b64u_decode, canonical_json, parse_object, read_unverified
from hanse.merkle import MerkleError, hash_leaf, verify_inclusion
from hanse.merkle.note import decode_base64
from hanse.trust import TrustError, verify_trust_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.merkle import Checkpoint
    from hanse.trust import Anchor, City, TrustList

MAX_BYTES: Final = 64 * 1024 * 1024
_MAX_ENTRIES, _MAX_PATH = 16, 63
_SKEW = timedelta(minutes=5)
_ASKER, _ANSWERER = "asker", "answerer"


class ProofError(ValueError):
    """The proof does not hold; the message is a sentence that says where."""


@dataclass(frozen=True, slots=True)
class LogCover:
    """A city's log in which the exchange stands, as of a signed checkpoint."""

    city: str
    role: str
    size: int
    time: datetime

    def __str__(self) -> str:
        """In words."""
        leaves = f"{self.size} {'leaf' if self.size == 1 else 'leaves'}"
        return f"{self.city} ({self.role}), {leaves} at {self.time:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class ProofSummary:
    """What a proof that holds says. Payloads are the inner messages (protobuf), None where the proof leaves them out.

    `status` is the canonical gRPC status of the call, `reason` its ErrorReason when it failed.
    """

    id: str
    asker: str
    answerer: str
    method: str
    contract: str
    purpose: str
    subject: str
    kind: str
    asked_at: datetime
    answered_at: datetime
    status: str
    reason: str
    anchor: str
    trust_version: int
    logs: tuple[LogCover, ...]
    request: bytes | None = field(default=None, repr=False)
    answer: bytes | None = field(default=None, repr=False)

    def sentences(self) -> tuple[str, ...]:
        """The summary in words."""
        covered = "; ".join(map(str, self.logs))
        missing = "" if len(self.logs) > 1 else " Only one side's log is in this proof."
        failed = f" ({self.reason})" if self.reason else ""
        return (
            f"{self.asker} asked {self.answerer}: {self.method} ({self.contract}, {self.kind})",
            f"on behalf of {self.subject}",
            f"for the purpose: {self.purpose}",
            (
                f"at {self.asked_at:%Y-%m-%d %H:%M:%S} UTC, answered at {self.answered_at:%Y-%m-%d %H:%M:%S} UTC "
                f"with {self.status}{failed}"
            ),
            f"logged by {covered}.{missing}",
            f"trusted through {self.anchor}, list version {self.trust_version}",
        )


@dataclass(frozen=True, slots=True)
class _Cities:
    """The two cities of an exchange as the trust list in force then had them."""

    asker: City
    answerer: City

    def of(self, authority: str) -> City:
        """One of the two. Raises ProofError."""
        for city in (self.asker, self.answerer):
            if city.authority == authority:
                return city
        raise ProofError(f"{authority} has no part in this exchange")


@dataclass(frozen=True, slots=True)
class _Log:
    """One log's verified statements."""

    cover: LogCover
    texts: tuple[tuple[str, str], ...]  # kind, statement
    statements: tuple[Statement, ...]


def verify_proof(data: bytes, anchors: Iterable[Anchor], now: datetime) -> ProofSummary:
    """Verifies a proof and says what it proves.

    Args:
        data: the document, exactly as exported.
        anchors: whom the verifier trusts, from its own configuration.
        now: the time of judgement; nothing may lie after it.

    Raises:
        ProofError: it does not hold.
    """
    try:
        document = _document(data)
        asked = _claimed(document["logs"], now)
        trust = verify_trust_list(_object(document["trust_list"], "trust_list"), anchors, asked)
        return _verify(document, trust, asked, now)
    except (TrustError, JoseError) as error:
        raise ProofError(f"the proof is refused: {error}") from error  # the verifier's own trust, or the document
    except (CheckpointError, EnvelopeError, MerkleError) as error:
        raise ProofError(f"the proof does not hold: {error}") from None


def _document(data: bytes) -> Mapping[str, object]:
    document = parse_object(data, place="proof", max_bytes=MAX_BYTES)
    if canonical_json(document) != data:
        raise ProofError("the proof is not canonical JSON (RFC 8785), so it was changed after its export")
    _members(document, {"contract", "revision", "id", "logs", "payloads", "trust_list"}, "the proof")
    if (document["contract"], document["revision"]) != (CONTRACT, REVISION):
        raise ProofError(f"the proof is not one of {CONTRACT} {REVISION}")
    return document


def _claimed(logs: object, now: datetime) -> datetime:
    """When the exchange says that it was: which list is to judge it. What it says is verified afterwards."""
    first = _object(_array(logs, "logs", 2)[0], "logs/0")
    entry = _object(_array(first.get("entries"), "logs/0/entries", _MAX_ENTRIES)[0], "logs/0/entries/0")
    claims = parse_object(read_unverified(_text(entry.get("statement"), "statement"))[1], place="envelope")
    seconds = claims.get("iat")
    if type(seconds) is not int or not 0 <= seconds <= now.timestamp() + _SKEW.total_seconds():
        raise ProofError("the envelope's time is missing or lies in the future")
    return datetime.fromtimestamp(seconds, UTC)


def _verify(document: Mapping[str, object], trust: TrustList, asked: datetime, now: datetime) -> ProofSummary:
    sections = [_object(log, f"logs/{at}") for at, log in enumerate(_array(document["logs"], "logs", 2))]
    envelope_text = _text(_entry_of(sections[0], 0).get("statement"), "statement")
    claims = parse_object(read_unverified(envelope_text)[1], place="envelope")
    cities = _Cities(trust.city(str(claims.get("iss")), asked), trust.city(str(claims.get("aud")), asked))
    logs = [_log(section, cities, now) for section in sections]
    for log in logs:
        envelope, answer, last = _exchange(log)
        _check_times(log, envelope, now)
    _check_agreement(logs)
    if document["id"] != envelope.id:
        raise ProofError("the proof's id is not that of its envelope")
    request, body = _payloads(document["payloads"], envelope, answer)
    return ProofSummary(
        id=envelope.id,
        asker=envelope.iss,
        answerer=envelope.aud,
        method=envelope.method,
        contract=envelope.contract,
        purpose=envelope.purpose,
        subject=envelope.subject,
        kind=envelope.kind,
        asked_at=asked,
        answered_at=datetime.fromtimestamp(last.iat, UTC),
        status=last.status,
        reason=last.reason,
        anchor=trust.issuer,
        trust_version=trust.version,
        logs=tuple(log.cover for log in logs),
        request=request,
        answer=body,
    )


def _log(section: Mapping[str, object], cities: _Cities, now: datetime) -> _Log:
    """A log's part of the proof: every statement signed, every leaf in the tree, the tree signed."""
    _members(section, {"authority", "role", "entries", "checkpoint"}, "a log")
    expected = {cities.asker.authority: _ASKER, cities.answerer.authority: _ANSWERER}
    authority = _text(section["authority"], "authority")
    city = cities.of(authority)
    if section["role"] != expected[authority]:
        raise ProofError(f"{authority} had another role than the proof says")
    checkpoint = read_checkpoint(section["checkpoint"], authority, city.log)
    if checkpoint.time > now + _SKEW:
        raise ProofError(f"the checkpoint of {authority} lies in the future")
    texts, statements, last = [], [], -1
    for position in range(len(_array(section["entries"], "entries", _MAX_ENTRIES))):
        entry = _entry_of(section, position)
        index = _leaf(entry, authority, checkpoint)
        if index <= last:
            raise ProofError("the log's entries are not in their order")
        last = index
        kind, text = _text(entry["kind"], "kind"), _text(entry["statement"], "statement")
        texts.append((kind, text))
        statements.append(_statement(kind, text, cities))
    cover = LogCover(authority, expected[authority], checkpoint.size, checkpoint.time)
    return _Log(cover, tuple(texts), tuple(statements))


def _entry_of(section: Mapping[str, object], position: int) -> Mapping[str, object]:
    entries = _array(section.get("entries"), "entries", _MAX_ENTRIES)
    entry = _object(entries[position], f"entries/{position}")
    _members(entry, {"kind", "index", "salt", "statement", "inclusion"}, "an entry")
    return entry


def _leaf(entry: Mapping[str, object], authority: str, checkpoint: Checkpoint) -> int:
    """The leaf's position, once it is shown to stand there."""
    index, salt = entry["index"], b64u_decode(_text(entry["salt"], "salt"), place="salt")
    if type(index) is not int or len(salt) != SALT_BYTES:
        raise ProofError("an entry's index or salt is malformed")
    path = entry["inclusion"]
    if not isinstance(path, list) or len(path) > _MAX_PATH:
        raise ProofError("an entry's inclusion proof is malformed")
    hashes = [decode_base64(_text(value, "inclusion"), "inclusion proof") for value in path]
    leaf = leaf_bytes(authority, _text(entry["kind"], "kind"), salt, _text(entry["statement"], "statement"))
    verify_inclusion(hash_leaf(leaf), index, checkpoint.size, hashes, checkpoint.root)
    return index


def _statement(kind: str, text: str, cities: _Cities) -> Statement:
    """A statement with its signer's signature verified."""
    if kind == REQUEST:
        return read_statement(text, Envelope, cities.asker.exchange)
    if kind == ANSWER:
        return read_statement(text, Answer, cities.answerer.exchange)
    if kind == CLOSING:
        issuer = parse_object(read_unverified(text)[1], place="closing").get("iss")
        return read_statement(text, Closing, cities.of(str(issuer)).exchange)
    raise ProofError(f"a proof has no entries of the kind {kind[:20]!r}")


def _check_agreement(logs: list[_Log]) -> None:
    """Where both logs are there, they are two, and what both hold of the answer is the same."""
    if len(logs) == 1:
        return
    one, two = logs
    if (one.cover.role, two.cover.role) != (_ASKER, _ANSWERER):
        raise ProofError("a proof with two logs holds the asker's and then the answerer's")
    # A stream that the answering side ended early has no closing of the asking side in the other log.
    shorter, longer = sorted((one.texts, two.texts), key=len)
    if one.texts[:2] != two.texts[:2] or not set(shorter) <= set(longer):
        raise ProofError("the two cities' logs do not say the same")


def _exchange(log: _Log) -> tuple[Envelope, Answer, Answer | Closing]:
    """Envelope, answer, and the statement that ended the exchange: they belong together."""
    envelope, answer, *rest = log.statements if len(log.statements) > 1 else (None, None)
    if not isinstance(envelope, Envelope) or not isinstance(answer, Answer):
        raise ProofError("a proof begins with the request and its answer")
    text = log.texts[0][1]
    if (answer.id, answer.iss, answer.aud) != (envelope.id, envelope.aud, envelope.iss):
        raise ProofError("the answer is not the envelope's")
    if answer.envelope_sha256 != sha256_hex(text):
        raise ProofError("the answer belongs to another envelope")
    ends = [statement for statement in rest if isinstance(statement, Closing) and statement.iss == envelope.aud]
    if len(ends) != (1 if envelope.kind == STREAM else 0) or len(rest) > 2 or (rest and not ends):  # noqa: PLR2004
        raise ProofError("a stream's proof has the closing of each direction, any other has none")
    for closing in rest:
        if not isinstance(closing, Closing) or closing.id != envelope.id or closing.aud == closing.iss:
            raise ProofError("a closing belongs to another exchange")
    if len({closing.iss for closing in rest if isinstance(closing, Closing)}) != len(rest):
        raise ProofError("a direction is closed twice")
    return envelope, answer, ends[0] if ends else answer


def _check_times(log: _Log, envelope: Envelope, now: datetime) -> None:
    """Nothing is signed before what it follows, in the future, or after the checkpoint that covers it."""
    for statement in log.statements:
        if statement.iat > now.timestamp() + _SKEW.total_seconds():
            raise ProofError("a statement of the exchange lies in the future")
        if statement.iat > log.cover.time.timestamp() + _SKEW.total_seconds():
            raise ProofError(f"the checkpoint of {log.cover.city} is older than what it covers")
        if isinstance(statement, Answer | Closing):
            check_after(statement, envelope)


def _payloads(value: object, envelope: Envelope, answer: Answer) -> tuple[bytes | None, bytes | None]:
    """The inner messages, where they are there, are those that were signed."""
    payloads = _object(value, "payloads")
    _members(payloads, {"request", "answer"}, "payloads")
    found: list[bytes | None] = []
    for name, expected in (("request", envelope.payload_sha256), ("answer", answer.payload_sha256)):
        text = payloads[name]
        if text is None:
            found.append(None)
            continue
        if envelope.kind == STREAM:
            raise ProofError("the proof of a stream holds no messages")
        data = b64u_decode(_text(text, f"payloads/{name}"), place=f"payloads/{name}")
        if sha256_hex(data) != expected:
            raise ProofError(f"the {name} is not the one that was signed")
        found.append(data)
    return found[0], found[1]


def _members(value: Mapping[str, object], names: set[str], place: str) -> None:
    if set(value) != names:
        raise ProofError(f"{place} must have exactly the members {', '.join(sorted(names))}")


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ProofError(f"{place} must be an object")
    return value


def _array(value: object, place: str, limit: int) -> list[object]:
    if not isinstance(value, list) or not 0 < len(value) <= limit:
        raise ProofError(f"{place} must be an array of 1 to {limit}")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise ProofError(f"{place} must be an ASCII text")
    return value
