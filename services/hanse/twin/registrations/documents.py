# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Registrations as documents (CIM 009 clause 5.2.9): taken in, changed, and shown again; stored with stored names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hanse.kernel.errors import InvalidInputError
from hanse.ngsild import values
from hanse.twin.history.periods import duration
from hanse.twin.registrations import operations
from hanse.twin.subscriptions import members as m
from hanse.twin.subscriptions.documents import SELECTOR
from hanse.twin.subscriptions.members import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.twin.registrations.model import Registration
    from hanse.twin.subscriptions.members import Check, Scope

Json = Any
MODES: Final = ("inclusive", "exclusive", "redirect", "auxiliary")
PLACES: Final = frozenset({"location", "observationSpace", "operationSpace"})
_ATTRIBUTES: Final = ("propertyNames", "relationshipNames")
_MANDATORY: Final = frozenset({"id", "type", "information", "endpoint"})
_MEDIA: Final = r"application/(ld\+)?json"
_MEANT: Final = {
    "accept": _MEDIA,
    "contentType": _MEDIA,
    "jsonldContext": r"https?://\S+",
    "ngsildConformance": r"[0-9]+\.[0-9]+",
}


def _endpoint(value: Json, at: str, scope: Scope) -> str:
    found = m.uri(value, at, scope)
    try:
        parts = urlsplit(found)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong or parts.username or parts.query or parts.fragment:
        refuse(at, "an endpoint is an http or https URL with a host, and without user name, query or fragment")
    return found


def _types(value: Json, at: str, scope: Scope) -> Json:
    return m.listed(m.name)(value, at, scope) if isinstance(value, list) else m.name(value, at, scope)


def _place(value: Json, at: str, _: Scope) -> Json:
    return values.geometry(value["value"] if isinstance(value, dict) and "value" in value else value, at)


def _scope(value: Json, at: str, _: Scope) -> Json:
    return values.scopes(value, at)


def _duration(value: Json, at: str, scope: Scope) -> str:
    """An ISO 8601 duration."""
    found = m.text(value, at, scope)
    try:
        duration(found, at)
    except InvalidInputError:
        refuse(at, "an ISO 8601 duration is needed here, such as PT5M")
    return found


def _dataset(value: Json, at: str, scope: Scope) -> str:
    return value if value == "@none" else m.uri(value, at, scope)


def _told(value: Json, at: str, scope: Scope) -> list[dict[str, str]]:
    """Keys with values; some keys have a meaning of their own (clause 4.3.6.6)."""
    found = m.pairs(value, at, scope)
    for number, pair in enumerate(found):
        known = _MEANT.get(pair["key"])
        if known is not None and not re.fullmatch(known, pair.get("value", "")):
            refuse(f"{at}/{number}/value", f"{pair['key']} has a value of the form {known}")
    return found


_INFORMATION: Final[Mapping[str, Check]] = {
    "entities": m.listed(m.object_of({**SELECTOR, "type": _types}, "type")),
    "propertyNames": m.listed(m.name),
    "relationshipNames": m.listed(m.name),
}
_INTERVAL: Final = m.object_of({"startAt": m.moment, "endAt": m.moment}, "startAt")
_MANAGEMENT: Final[Mapping[str, Check]] = {
    "localOnly": m.boolean,
    "cacheDuration": _duration,
    "timeout": m.positive,
    "cooldown": m.positive,
}
_MEMBERS: Final[Mapping[str, Check]] = {
    "id": m.uri,
    "type": m.one_of("ContextSourceRegistration"),
    "registrationName": m.text,
    "description": m.text,
    "information": m.listed(m.object_of(_INFORMATION)),
    "tenant": m.text,
    "observationInterval": _INTERVAL,
    "managementInterval": _INTERVAL,
    **dict.fromkeys(PLACES, _place),
    "expiresAt": m.future,
    "endpoint": _endpoint,
    "contextSourceInfo": _told,
    "contextSourceAlias": m.text,
    "scope": _scope,
    "mode": m.one_of(*MODES),
    "operations": m.listed(m.one_of(*sorted(operations.KNOWN))),
    "refreshRate": _duration,
    "management": m.object_of(_MANAGEMENT),
    "datasetId": m.listed(_dataset),
    **dict.fromkeys(
        ("status", "createdAt", "modifiedAt", "timesSent", "timesFailed", "lastSuccess", "lastFailure"), m.ignored
    ),
    "": m.anything,
}
KNOWN_MEMBERS: Final = frozenset(_MEMBERS)


def taken(document: Json, scope: Scope) -> dict[str, Json]:
    """A new registration, checked, in stored form. Raises BadRequestDataError."""
    found = m.members(document, "", _MEMBERS, scope, _MANDATORY - {"id"})
    return check({_stored(name, scope): value for name, value in found.items()})


def changed(kept: Mapping[str, Json], fragment: Json, scope: Scope) -> dict[str, Json]:
    """A registration with a fragment laid over it; null removes a member (clause 5.9.3). Raises BadRequestDataError."""
    gone, new = m.fragment(fragment, _MEMBERS, scope, _MANDATORY)
    left = {_stored(name, scope) for name in gone}
    over = {_stored(name, scope): value for name, value in new.items()}
    return check({name: value for name, value in kept.items() if name not in left} | over)


def _stored(name: str, scope: Scope) -> str:
    return name if name in KNOWN_MEMBERS else scope.renaming.inward(name)


def check(document: dict[str, Json]) -> dict[str, Json]:
    """What members say together. Raises BadRequestDataError."""
    if document.get("mode") == "auxiliary" and not operations.READING.issuperset(document.get("operations", ())):
        refuse("/operations", f"an auxiliary registration has none but {', '.join(sorted(operations.READING))}")
    for number, each in enumerate(document["information"]):
        if not each:
            refuse(f"/information/{number}", "information names entities, properties or relationships")
        if document.get("mode") == "exclusive":
            given = each.get("entities", ())
            if not given or not all("id" in one or "idPattern" in one for one in given):
                refuse(f"/information/{number}", "an exclusive registration says which entities it means, by id")
            if not attributes_of(each):
                refuse(f"/information/{number}", "an exclusive registration says which attributes it means")
    return document


def attributes_of(information: Mapping[str, Json]) -> frozenset[str]:
    """Stored names of the attributes that a RegistrationInfo names; none stands for all."""
    return frozenset(name for member in _ATTRIBUTES for name in information.get(member, ()))


def shown(
    kept: Registration, renaming: Renaming, information: Sequence[Mapping[str, Json]] | None = None
) -> dict[str, Json]:
    """A registration as it is answered; `information` replaces what it registers by what matters."""
    names = renaming.outward
    document: dict[str, Json] = {}
    for name, value in kept.document.items():
        document[name if name in KNOWN_MEMBERS else names(name)] = value
    document["information"] = [_shown(each, renaming) for each in information or kept.document["information"]]
    health = kept.health
    if health.sent:
        document |= {"status": "failed" if health.streak else "ok", "timesSent": health.sent}
        document |= {"timesFailed": health.failed} if health.failed else {}
        document |= {"lastSuccess": health.success} if health.success else {}
        document |= {"lastFailure": health.failure} if health.failure else {}
    return document


def _shown(information: Mapping[str, Json], renaming: Renaming) -> dict[str, Json]:
    names = renaming.outward
    found = dict(information)
    if "entities" in found:
        found["entities"] = [
            {
                **one,
                "type": [names(each) for each in one["type"]] if isinstance(one["type"], list) else names(one["type"]),
            }
            for one in information["entities"]
        ]
    for member in _ATTRIBUTES:
        if member in found:
            found[member] = [names(each) for each in information[member]]
    return found
