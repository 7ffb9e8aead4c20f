# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Events as they travel: CloudEvents 1.0 in structured JSON mode, and the NATS names they go under.

A city is one token of a subject: its authority with `_` for `.`. An authority holds no `_`, so no two cities share a
token and none is a prefix of another.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.kernel.access import parse_principal

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_EVENT_BYTES = 256 * 1024
_CONTRACT = re.compile(r"(?P<name>[a-z][a-z0-9-]{0,62})/v(?P<major>[1-9][0-9]{0,3})")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_SUBJECT = re.compile(
    r"hanse\.(?P<city>[a-z0-9_-]{1,253})\.(?P<contract>[a-z0-9-]+)\.v(?P<major>[0-9]+)\.(?P<name>[a-z0-9-]+)"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened here.

    Attributes:
        contract: name and major version, e.g. "twin/v1".
        revision: schema revision of `data`, e.g. "1.0.0".
        name: what happened, in kebab case, e.g. "entities-changed".
        subject: URN of what it happened to; may be empty.
        data: a JSON object that fulfils the event's schema; no personal data, since neighbours read it.
    """

    contract: str
    revision: str
    name: str
    subject: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Received:
    """An event as it came in, checked for form."""

    id: str
    city: str
    contract: str
    name: str
    data: Mapping[str, object]


class EventError(ValueError):
    """An event cannot be sent or read; the message says why."""


def city_token(authority: str) -> str:
    """A city as one token of a NATS subject, stream or account name."""
    return authority.replace(".", "_")


def subject_of(authority: str, contract: str, name: str) -> str:
    """`hanse.<city>.<contract>.v<major>.<event>`. Raises EventError when contract or name is malformed."""
    parts = _CONTRACT.fullmatch(contract)
    if parts is None or not _NAME.fullmatch(name):
        raise EventError(f"{contract!r} {name!r}: an event needs a contract such as twin/v1 and a kebab-case name")
    return f"hanse.{city_token(authority)}.{parts['name']}.v{parts['major']}.{name}"


def encode(event: Event, *, authority: str, part: str, identifier: str, time: str) -> bytes:
    """The CloudEvent (1.0.2, JSON format). Raises EventError when it is too large or malformed."""
    kind = subject_of("city.example", event.contract, event.name).split(".", 2)[2]
    document: dict[str, object] = {
        "specversion": "1.0",
        "id": identifier,
        "source": f"urn:hanse:{authority}:service:{part}",
        "type": f"hanse.{kind}",
        "time": time,
        "datacontenttype": "application/json",
        "hansecontract": event.contract,
        "hanserevision": event.revision,
        "data": dict(event.data),
    }
    if event.subject:
        document["subject"] = event.subject
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > MAX_EVENT_BYTES:
        raise EventError(
            f"the event {event.name} has {len(body)} bytes; at most {MAX_EVENT_BYTES}: name things, don't carry them"
        )
    return body


def decode(subject: str, body: bytes) -> Received:
    """Reads an event that came on a subject; what it says of itself must agree with the subject.

    Raises:
        EventError: it is malformed, too large, or claims another city, contract or type.
    """
    place = _SUBJECT.fullmatch(subject)
    if place is None or len(body) > MAX_EVENT_BYTES:
        raise EventError(f"subject {subject[:100]!r} is none of ours, or {len(body)} bytes are too many")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise EventError("the event is not JSON") from None
    if not isinstance(document, dict):
        raise EventError("the event is no JSON object")
    identifier, source, data = document.get("id"), document.get("source"), document.get("data")
    sender = parse_principal(source) if isinstance(source, str) else None
    if sender is None or city_token(sender.authority) != place["city"]:
        raise EventError(f"the event's source {str(source)[:100]!r} is not the city of its subject")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= 100:  # noqa: PLR2004 - said in the sentence
        raise EventError("the event's id must be text of 1 to 100 characters")
    if document.get("specversion") != "1.0" or not isinstance(data, dict):
        raise EventError("the event is no CloudEvent 1.0 with a JSON object as data")
    contract = f"{place['contract']}/v{place['major']}"
    kind = f"hanse.{place['contract']}.v{place['major']}.{place['name']}"
    if document.get("type") != kind or document.get("hansecontract") != contract:
        raise EventError(f"the event's type is not {kind}, which its subject says")
    return Received(identifier, sender.authority, contract, place["name"], data)
