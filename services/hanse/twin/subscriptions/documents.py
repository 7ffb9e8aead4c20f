# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions as documents (CIM 009 clause 5.2.12): taken in and changed; `showing` has how they are answered.

A stored document has stored names. What holds names inside a text (`q`, `csf`, `pick`, `omit`) stays as it came;
`_contexts` says in which context each is to be read, and under "" in which notifications are written.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from hanse import ngsild
from hanse import query as languages
from hanse.twin.subscriptions import members as m
from hanse.twin.subscriptions.members import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanse.jsonld import Renaming
    from hanse.query.model import Near, Spatial
    from hanse.twin.subscriptions.members import Check, Scope

    Renamings = Callable[[Any], Renaming]

Json = Any
CONTEXTS: Final = "_contexts"
TRIGGERS: Final = (
    "entityCreated",
    "entityUpdated",
    "entityDeleted",
    "attributeCreated",
    "attributeUpdated",
    "attributeDeleted",
)
DEFAULT_TRIGGERS: Final = ("attributeCreated", "attributeUpdated")
SCHEMES: Final = frozenset({"http", "https", "mqtt", "mqtts"})
_FORMATS: Final = ("normalized", "concise", "keyValues", "simplified")
_ACCEPTS: Final = ("application/json", "application/ld+json", "application/geo+json")
_MOST_JOINED: Final = 10
_IN_TEXT: Final = ("q", "csf", "pick", "omit")


def _endpoint_uri(value: Json, at: str, scope: Scope) -> str:
    found = m.uri(value, at, scope)
    try:
        parts = urlsplit(found)
        port = parts.port
    except ValueError:
        refuse(at, "this is no URL")
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
        refuse(at, f"notifications go to {', '.join(sorted(SCHEMES))} URLs with a host")
    if parts.scheme.startswith("mqtt") and not re.fullmatch(r"/[^#+]+", parts.path):
        refuse(at, "an MQTT URL has a topic as its path, without wildcards")
    if "#" in found:
        refuse(at, "an endpoint's URL has no fragment")
    if parts.scheme.startswith("http") and parts.username:
        refuse(at, "an HTTP URL has no user name; send credentials by receiverInfo")
    return found


def _pattern(value: Json, at: str, scope: Scope) -> str:
    found = m.text(value, at, scope)
    languages.parse_id_pattern(found)
    return found


def _level(value: Json, at: str, scope: Scope) -> int:
    if not isinstance(m.positive(value, at, scope), int) or value > _MOST_JOINED:
        refuse(at, f"a number from 1 to {_MOST_JOINED} is needed here")
    return int(value)


def _coordinates(value: Json, at: str, _: Scope) -> Json:
    if not isinstance(value, str | list):
        refuse(at, "coordinates are an array, or that as a text")
    return value


SELECTOR: Final[Mapping[str, Check]] = {"id": m.uris, "idPattern": _pattern, "type": m.types}
GEO: Final[Mapping[str, Check]] = {
    "geometry": m.text,
    "coordinates": _coordinates,
    "georel": m.text,
    "geoproperty": m.name,
}
TEMPORAL: Final[Mapping[str, Check]] = {
    "timerel": m.one_of("before", "after", "between"),
    "timeAt": m.moment,
    "endTimeAt": m.moment,
    "timeproperty": m.one_of("observedAt", "createdAt", "modifiedAt", "deletedAt"),
}
_ENDPOINT: Final[Mapping[str, Check]] = {
    "uri": _endpoint_uri,
    "accept": m.one_of(*_ACCEPTS),
    "receiverInfo": m.pairs,
    "notifierInfo": m.pairs,
    "timeout": m.positive,
    "cooldown": m.positive,
}
_NOTIFICATION: Final[Mapping[str, Check]] = {
    "attributes": m.listed(m.name),
    "pick": m.listed(m.text),
    "omit": m.listed(m.text),
    "sysAttrs": m.boolean,
    "format": m.one_of(*_FORMATS),
    "showChanges": m.boolean,
    "endpoint": m.object_of(_ENDPOINT, "uri"),
    "join": m.one_of("inline", "flat", "@none"),
    "joinLevel": _level,
    **dict.fromkeys(
        ("status", "timesSent", "timesFailed", "lastNotification", "lastSuccess", "lastFailure"), m.ignored
    ),
}
_MEMBERS: Final[Mapping[str, Check]] = {
    "id": m.uri,
    "type": m.one_of("Subscription"),
    "subscriptionName": m.text,
    "description": m.text,
    "entities": m.listed(m.object_of(SELECTOR, "type")),
    "watchedAttributes": m.listed(m.name),
    "notificationTrigger": m.listed(m.one_of(*TRIGGERS)),
    "timeInterval": m.positive,
    "q": m.text,
    "geoQ": m.object_of(GEO, "geometry", "coordinates", "georel"),
    "csf": m.text,
    "scopeQ": m.text,
    "lang": m.text,
    "temporalQ": m.object_of(TEMPORAL, "timerel", "timeAt"),
    "datasetId": m.listed(m.text),
    "expiresAt": m.future,
    "throttling": m.positive,
    "isActive": m.boolean,
    "notification": m.object_of(_NOTIFICATION, "endpoint"),
    "jsonldContext": m.uri,
    "splitEntities": m.boolean,
    "localOnly": m.boolean,
    **dict.fromkeys(("status", "createdAt", "modifiedAt"), m.ignored),
}
_MANDATORY: Final = frozenset({"id", "type", "notification"})


def taken(document: Json, local: Json, scope: Scope, renamings: Renamings) -> dict[str, Json]:
    """A new subscription, checked, in stored form; `local` is the value of its @context.

    Raises:
        BadRequestDataError: it is against clause 5.2.12.
        QueryError: a query in it is.
        ContextError: its jsonldContext cannot be had.
    """
    found: dict[str, Json] = m.members(document, "", _MEMBERS, scope, frozenset({"type", "notification"}))
    found[CONTEXTS] = {"": local, **dict.fromkeys(_texts_of(found), local)}
    check(found, renamings)
    return found


def changed(
    kept: Mapping[str, Json], fragment: Json, local: Json, scope: Scope, renamings: Renamings
) -> dict[str, Json]:
    """A subscription with a fragment laid over it, member by member; null removes one (clause 5.8.2).

    Raises:
        BadRequestDataError, QueryError, ContextError: as `taken`.
    """
    gone, new = m.fragment(fragment, _MEMBERS, scope, _MANDATORY)
    contexts = {**kept[CONTEXTS], **dict.fromkeys(_texts_of(new), local)}
    result = {name: value for name, value in kept.items() if name not in gone} | new | {CONTEXTS: contexts}
    check(result, renamings)
    return result


def _texts_of(document: Mapping[str, Json]) -> list[str]:
    inside = document.get("notification", {})
    return [name for name in _IN_TEXT if name in document or name in inside]


def check(document: Mapping[str, Json], renamings: Renamings) -> None:
    """What members say together. Raises as `taken`."""
    if "entities" not in document and "watchedAttributes" not in document:
        refuse("", "a subscription has entities or watchedAttributes (clause 5.8.1)")
    if "timeInterval" in document and "throttling" in document:
        refuse("/throttling", "this goes not with timeInterval (clause 5.8.1)")
    condition(document, renamings)
    if "csf" in document:
        parsed_q(document["csf"], renamings(context_of(document, "csf")).inward)
    options(document, renamings)
    if "jsonldContext" in document:
        renamings(document["jsonldContext"])
    for each in document.get("entities", ()):
        languages.parse_types(each["type"])


def context_of(document: Mapping[str, Json], name: str = "") -> Json:
    """The @context value that a text of the document is read with; without a name that of notifications."""
    if not name and "jsonldContext" in document:
        return document["jsonldContext"]
    return document[CONTEXTS].get(name)


def condition(document: Mapping[str, Json], renamings: Renamings) -> languages.Predicate | None:
    """What q, geoQ and scopeQ say together, in stored names. Raises QueryError."""
    parts: list[languages.Predicate] = []
    if "q" in document:
        parts.append(parsed_q(document["q"], renamings(context_of(document, "q")).inward))
    where = place(document)
    if where is not None:
        parts.append(where)
    if "scopeQ" in document:
        parts.append(languages.parse_scope_q(document["scopeQ"]))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else languages.model.And(tuple(parts))


def place(document: Mapping[str, Json]) -> Near | Spatial | None:
    """What geoQ says, in stored names. Raises QueryError."""
    if "geoQ" not in document:
        return None
    geo = document["geoQ"]
    of = geo.get("geoproperty", "location")
    return languages.parse_geo(geo["georel"], geo["geometry"], geo["coordinates"], of)


def parsed_q(text: str, names: Callable[[str], str]) -> languages.Predicate:
    """A text may come percent-encoded, as it would in a URL."""
    return languages.parse_q(unquote(text), names)


def options(document: Mapping[str, Json], renamings: Renamings) -> ngsild.Options:
    """How entities are represented in notifications. Raises BadRequestDataError."""
    wanted = document["notification"]
    requested = ngsild.parse_options(None, wanted.get("format"), frozenset())

    def projection(name: str) -> ngsild.Projection | None:
        names = renamings(context_of(document, name))
        return ngsild.parse_projection(",".join(wanted[name]), names, name) if name in wanted else None

    attributes = wanted.get("attributes")
    datasets = document.get("datasetId")
    return ngsild.Options(
        form=requested.form,
        attrs=frozenset(attributes) if attributes is not None else None,
        pick=projection("pick"),
        omit=projection("omit"),
        languages=ngsild.parse_languages(document.get("lang")),
        datasets=ngsild.parse_datasets(",".join(datasets)) if datasets else None,
        sys_attrs=wanted.get("sysAttrs", False),
    )


def status(document: Mapping[str, Json], now: datetime) -> str:
    """Active, paused or expired."""
    expires = document.get("expiresAt")
    if expires is not None and datetime.fromisoformat(expires.replace(",", ".")) <= now:
        return "expired"
    return "active" if document.get("isActive", True) else "paused"
