# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The kinds of attribute of NGSI-LD (CIM 009 clause 4.5), their members, and the NGSI-LD Null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
NULL: Final = "urn:ngsi-ld:null"
DEFAULT_INSTANCE: Final = "@none"  # how a request names the instance without datasetId (clause 4.5.5)

# The member that carries an attribute's content, by attribute type (clause 4.5.2 and following).
CONTENT: Final = {
    "Property": "value",
    "GeoProperty": "value",
    "Relationship": "object",
    "LanguageProperty": "languageMap",
    "VocabProperty": "vocab",
    "JsonProperty": "json",
    "ListProperty": "valueList",
    "ListRelationship": "objectList",
}
KIND_OF: Final = {content: kind for kind, content in CONTENT.items() if kind != "GeoProperty"}
CONTENTS: Final = frozenset(KIND_OF)
WITH_UNIT: Final = frozenset({"Property", "ListProperty"})
GEO_ATTRIBUTES: Final = frozenset({"location", "observationSpace", "operationSpace"})  # clause 4.7.1
GEOMETRIES: Final = frozenset({"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"})

SYSTEM_MEMBERS: Final = frozenset({"createdAt", "modifiedAt", "deletedAt", "instanceId"})
OUTPUT_MEMBERS: Final = frozenset({"entity", "entityList"}) | {
    "previous" + content[0].upper() + content[1:] for content in CONTENTS
}
SEALED: Final = frozenset({"entityIdSealed", "entityTypeSealed"})  # in ngsildproof alone
# Members of an attribute that are neither its content nor sub-attributes.
META: Final = (
    frozenset({"type", "datasetId", "observedAt", "expiresAt", "unitCode", "valueType", "objectType", "lang"})
    | SYSTEM_MEMBERS
)
ENTITY_MEMBERS: Final = frozenset({"id", "type", "scope", "expiresAt", "createdAt", "modifiedAt", "deletedAt"})
RESERVED: Final = (META | CONTENTS | OUTPUT_MEMBERS | {"id"}) - {"type"}  # never names of attributes (clause 4.5.1)


def instances(attribute: Json) -> list[dict[str, Json]]:
    """Return an attribute's instances: one or several."""
    return attribute if isinstance(attribute, list) else [attribute]


def attributes(entity: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield an entity's attributes, leaving out id, type, scope and times."""
    return ((name, value) for name, value in entity.items() if name not in ENTITY_MEMBERS and name != "@context")


def sub_attributes(instance: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield the sub-attributes of an attribute's instance."""
    return (
        (name, value)
        for name, value in instance.items()
        if name not in META and name not in CONTENTS and name not in SEALED and name not in OUTPUT_MEMBERS
    )


def dataset_of(instance: Mapping[str, Json]) -> str | None:
    """Return the datasetId of an instance, None for the default one."""
    found = instance.get("datasetId")
    return found if isinstance(found, str) else None


def is_geometry(value: Json) -> bool:
    """Say whether a value has the form of a GeoJSON geometry that NGSI-LD knows."""
    if not isinstance(value, dict) or "coordinates" not in value:
        return False
    type_ = value.get("type")
    return isinstance(type_, str) and type_ in GEOMETRIES


def is_null_content(content: Json) -> bool:
    """Say whether an attribute's content is the NGSI-LD Null (clause 4.5.0): itself, alone in an array, or @none's."""
    return bool(content in (NULL, [NULL], [{"object": NULL}], {"@none": NULL}))


def is_null(instance: Mapping[str, Json]) -> bool:
    """Say whether an instance stands for a deletion."""
    content = CONTENT.get(instance.get("type", ""))
    return content is not None and is_null_content(instance.get(content))


def deleted(instance: Mapping[str, Json], at: str) -> dict[str, Json]:
    """Return what the history and notifications keep of an instance that was deleted (clauses 4.5.0 and 4.5.7)."""
    kind = instance["type"]
    null: Json = {"LanguageProperty": {"@none": NULL}, "ListProperty": [NULL], "ListRelationship": [{"object": NULL}]}
    marker = {"type": kind, CONTENT[kind]: null.get(kind, NULL)}
    if "datasetId" in instance:
        marker["datasetId"] = instance["datasetId"]
    return {**marker, "deletedAt": at}
