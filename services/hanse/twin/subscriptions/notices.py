# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications as documents (CIM 009 clause 5.3), entities as the subscription wants them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse.jsonld import CORE_URL
from hanse.ngsild import Form, Times, kinds
from hanse.twin.subscriptions import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.ngsild import Options
    from hanse.twin.subscriptions.images import Image
    from hanse.twin.subscriptions.matching import Touched

Json = Any
LD_JSON: Final = "application/ld+json"
GEO_JSON: Final = "application/geo+json"
JSON: Final = "application/json"
_PREVIOUS: Final = {content: "previous" + content[0].upper() + content[1:] for content in kinds.CONTENTS}


@dataclass(frozen=True, slots=True)
class Style:
    """How a subscription's notifications are written."""

    options: Options
    media: str
    local: Json
    renaming: Renaming
    changes: bool
    join: str
    level: int

    @classmethod
    def of(cls, document: Mapping[str, Json], renamings: Callable[[Json], Renaming]) -> Style:
        """Reads a stored subscription. Raises ContextError."""
        wanted = document["notification"]
        local = documents.context_of(document)
        return cls(
            options=documents.options(document, renamings),
            media=wanted["endpoint"].get("accept", JSON),
            local=local[0] if isinstance(local, list) and len(local) == 1 else local,
            renaming=renamings(local),
            changes=wanted.get("showChanges", False),
            join=wanted.get("join", "@none"),
            level=wanted.get("joinLevel", 1),
        )


def notice(
    identifier: str, subscription: str, now: str, style: Style, data: Sequence[Json], link: str, **more: Json
) -> bytes:
    """A notification with what its transport needs besides: JSON of {"media", "link", "body"}."""
    content: Json = list(data)
    if style.media == GEO_JSON:
        content = {"type": "FeatureCollection", "features": content}
    body = {
        "id": identifier,
        "type": "Notification",
        "subscriptionId": subscription,
        "notifiedAt": now,
        **more,
        "data": content,
    }
    sent = {"media": style.media, "link": link, "body": body}
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()


def current(seen: Image, style: Style) -> dict[str, Json]:
    """An entity as it stands."""
    times = seen.times if style.options.sys_attrs else None
    if style.media == GEO_JSON:
        return ngsild.feature(seen.entity, style.renaming, style.options, times)
    return in_context(ngsild.represent(seen.entity, style.renaming, style.options, times), style)


def in_context(document: dict[str, Json], style: Style) -> dict[str, Json]:
    """An entity with its context, where that goes with it."""
    return {**document, "@context": style.local or CORE_URL} if style.media == LD_JSON else document


def changed(seen: Image, what: Iterable[Touched], now: str, style: Style) -> Image:
    """An entity after a change: what was deleted is null, and, where asked for, what was before stands beside."""
    what = list(what)
    entity = dict(seen.entity)
    for each in what:
        if each.what == "Deleted" and each.before is not None:
            whole = each.attribute not in seen.entity and not style.changes
            if whole and each.attribute in entity:
                continue  # one null says that all of an attribute is gone
            marker = _deleted(each.before, now, style)
            if whole:
                marker.pop("datasetId", None)
            _put(entity, each.attribute, marker)
    if style.changes:
        before = {(each.attribute, each.dataset): each.before for each in what if each.before is not None}
        for name in {each.attribute for each in what} & entity.keys():
            found = [
                _with_previous(one, before.get((name, kinds.dataset_of(one)))) for one in kinds.instances(entity[name])
            ]
            entity[name] = found if len(found) > 1 else found[0]
    return replace(seen, entity=entity)


def gone(seen: Image, what: Iterable[Touched], now: str, style: Style) -> dict[str, Json]:
    """An entity that was deleted: its id and type, when, and of its attributes those that set it off."""
    entity: dict[str, Json] = {name: seen.entity[name] for name in ("id", "type")}
    for each in what:
        if each.before is not None:
            marker = _deleted(each.before, now, style)
            if style.changes:
                marker = _with_previous(marker, each.before)
                if "languageMap" in marker:
                    marker["languageMap"] = kinds.NULL
            _put(entity, each.attribute, marker)
    times = seen.times if style.options.sys_attrs else None
    options = replace(style.options, languages=None, attrs=None, datasets=None)
    if style.media == GEO_JSON:
        document = ngsild.feature(entity, style.renaming, options, times)
        document["properties"]["deletedAt"] = now
        return document
    document = ngsild.represent(entity, style.renaming, options, times)
    return in_context({**document, "deletedAt": now}, style)


def _put(entity: dict[str, Json], name: str, instance: dict[str, Json]) -> None:
    entity[name] = [*kinds.instances(entity[name]), instance] if name in entity else instance


def _deleted(before: Mapping[str, Json], now: str, style: Style) -> dict[str, Json]:
    marker = kinds.deleted(before, now)
    if not style.options.sys_attrs or style.options.form is Form.SIMPLIFIED:
        del marker["deletedAt"]
    return marker


def _with_previous(instance: Mapping[str, Json], before: Mapping[str, Json] | None) -> dict[str, Json]:
    if before is None:
        return dict(instance)
    content = kinds.CONTENT[before["type"]]
    return {**instance, _PREVIOUS[content]: before[content]}


def times_of(created: str, modified: str, system: bytes | None) -> Times:
    """System times of a stored entity."""
    return Times.from_json(json.loads(system)) if system else Times(created, modified)
