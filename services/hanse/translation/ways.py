# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The ways between CityJSON and twin/v1, and from twin/v1 into other coordinates and languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hanse import cityjson, geo
from hanse.kernel.errors import InvalidInputError, invalid
from hanse.ngsild import (
    FeatureMapping,
    Loss,
    LossKind,
    NgsiLdError,
    canonical,
    solid_crs,
    stable_urn,
    to_entity,
    to_feature,
)
from hanse.translation.coordinates import reprojected, target_of
from hanse.translation.model import Carried, Options, Translation

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
TWIN = "twin/v1"
CITYJSON = ("cityjson/1.0", "cityjson/1.1", "cityjson/2.0")
MAX_ENTITIES = 10_000
_APPEARANCE = Loss(LossKind.DROPPED, "/appearance", "materials and textures have no place in twin/v1")
_TEMPLATES = Loss(LossKind.DROPPED, "/geometry-templates", "instances of templates are not carried as solids")


def cityjson_to_twin(document: bytes, options: Options) -> Carried:
    """Each feature of a CityJSON document or CityJSONSeq as one entity, in the coordinates asked for.

    Raises:
        InvalidInputError: the document cannot be read; a feature that cannot be is a loss, by name.
    """
    if not options.authority:
        raise invalid("options.authority", "is needed to name the entities", remedy="Give the city's authority.")
    target = target_of(options.target_crs) if options.target_crs else None
    dataset = f"urn:hanse:{options.authority}:dataset:translated"
    mapping = FeatureMapping(dataset, assumed_vertical=options.assumed_vertical_datum or None)
    lines, losses = [], list[Loss]()
    try:
        for item in cityjson.read(document):
            if isinstance(item, cityjson.Refused):
                losses.append(Loss(LossKind.DROPPED, item.pointer or "/", item.reason))
                continue
            urn = stable_urn(options.authority, dataset, item.root.type, item.id)
            mapped = to_entity(item, urn, mapping)
            entity = mapped.entity
            losses += mapped.losses
            if target is not None:
                entity, more = reprojected(entity, target)
                losses += more
            lines.append(canonical(entity))
    except (cityjson.CityJsonError, geo.CrsError) as error:
        raise _unreadable("CityJSON", error) from None
    return Carried(tuple(lines), tuple(losses))


def twin_to_twin(document: bytes, options: Options) -> Carried:
    """Entities in another coordinate system, or with one language only. One JSON document a line, or an array."""
    target = target_of(options.target_crs) if options.target_crs else None
    lines, losses = [], list[Loss]()
    for entity in entities(document):
        made = entity
        if target is not None:
            made, more = reprojected(made, target)
            losses += more
        if options.language:
            made, more = _in_language(made, options.language)
            losses += more
        lines.append(canonical(made))
    return Carried(tuple(lines), tuple(losses))


def twin_to_cityjson(document: bytes, options: Options) -> Carried:
    """Entities as a CityJSONSeq 2.0: the header line, then a feature a line."""
    target = target_of(options.target_crs) if options.target_crs else None
    features, losses = [], list[Loss]()
    for entity in entities(document):
        made = entity
        if target is not None:
            made, more = reprojected(made, target)
            losses += more
        try:
            features.append(to_feature(made))
            crs = solid_crs(made)
        except (NgsiLdError, geo.CrsError) as error:
            losses.append(Loss(LossKind.DROPPED, "/solidGeometry", f"{entity.get('id')}: {error}"))
            continue
        if crs.vertical.status is not geo.DatumStatus.DECLARED:
            losses.append(Loss(LossKind.DROPPED, "/solidGeometry/json/verticalDatum", "CityJSON cannot say assumed"))
    if not features:
        return Carried((), tuple(losses))
    try:
        lines = b"".join(cityjson.write_sequence(features)).splitlines()
    except cityjson.CityJsonError as error:
        raise invalid("document", str(error), remedy="Ask for one target_crs for all of them.") from None
    return Carried(tuple(lines), tuple(losses))


def entities(document: bytes) -> Iterator[dict[str, Json]]:
    """The entities of a document: one object, an array, or one object a line.

    Raises:
        InvalidInputError: it is not JSON, or holds too many.
    """
    text = document.strip()
    try:
        if text.startswith(b"["):
            found = json.loads(text)
        else:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise _unreadable("NGSI-LD", error) from None
    if len(found) > MAX_ENTITIES:
        raise invalid("document", f"holds {len(found)} entities, at most {MAX_ENTITIES}", reason="LIMIT_EXCEEDED")
    for index, entity in enumerate(found):
        if not isinstance(entity, dict):
            raise invalid("document", f"/{index} is no JSON object", reason="CONTRACT_VIOLATION")
        yield entity


def _in_language(entity: dict[str, Json], language: str) -> tuple[dict[str, Json], list[Loss]]:
    """Language maps as plain values in one language; what other languages said is told as lost."""
    made, losses = {}, list[Loss]()
    for name, attribute in entity.items():
        languages = attribute.get("languageMap") if isinstance(attribute, dict) else None
        if not isinstance(languages, dict):
            made[name] = attribute
            continue
        chosen = language if language in languages else next(iter(languages), "")
        made[name] = {
            "type": "Property",
            "value": languages.get(chosen, ""),
            "lang": {"type": "Property", "value": chosen},
        }
        dropped = sorted(set(languages) - {chosen})
        detail = f"answered in {chosen}; left out: {', '.join(dropped) or 'nothing'}"
        if dropped or chosen != language:
            losses.append(Loss(LossKind.NARROWED, f"/{name}/languageMap", detail))
    return made, losses


def _unreadable(what: str, error: Exception) -> InvalidInputError:
    return InvalidInputError(
        f"the document is no {what} that can be read: {error}",
        remedy="Check it with `hanse contracts validate`, or name the contract that it does fulfil.",
        reason="CONTRACT_VIOLATION",
    )


TRANSLATIONS = (
    *(Translation(source, TWIN, cityjson_to_twin, (_APPEARANCE, _TEMPLATES)) for source in CITYJSON),
    Translation(TWIN, TWIN, twin_to_twin),
    Translation(TWIN, "cityjson/2.0", twin_to_cityjson),
)
