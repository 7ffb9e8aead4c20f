# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The words of the NGSI-LD API's OpenAPI document: what parameters and documents are (CIM 009 clauses 5.2 and 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
_TEXT: Final = {"type": "string"}
_FLAG: Final = {"type": "boolean"}
_COUNT: Final = {"type": "integer", "minimum": 0}


def _said(description: str, schema: Json = None) -> dict[str, Json]:
    return {"description": description, **({"schema": schema} if schema else {})}


PARAMETERS: Final[Mapping[str, Json]] = {
    "aggrMethods": _said("Aggregation methods with commas between: avg, sum, min, max, totalCount and so on."),
    "aggrPeriodDuration": _said("The length of each period of an aggregation, an ISO 8601 duration."),
    "attrs": _said("Attributes that are shown, with commas between; one of them is needed."),
    "collation": _said("A language whose rules order texts."),
    "containedBy": _said("Ids of entities that are held already and not joined again."),
    "coordinates": _said("The coordinates of a geoquery, as GeoJSON writes them."),
    "count": _said("Whether the header NGSILD-Results-Count tells how many there are.", _FLAG),
    "csf": _said("A query over what context sources say of themselves."),
    "datasetId": _said("Instances of attributes that are meant, by datasetId, with commas between; @none the default."),
    "deleteAll": _said("Whether all instances are deleted.", _FLAG),
    "details": _said("Whether more than names is told.", _FLAG),
    "drop": _said("Attributes that are purged."),
    "endTimeAt": _said("The end of a span of time (timerel=between)."),
    "entityMap": _said("Whether an entity map is asked for."),
    "entityMapLifetime": _said("How long an entity map is to be kept."),
    "expandValues": _said("Attributes whose values are names of a vocabulary."),
    "format": _said("normalized, concise or simplified; of evolutions also temporalValues or aggregatedValues."),
    "geometry": _said("The geometry type of a geoquery."),
    "geometryProperty": _said("Which GeoProperty is the geometry in GeoJSON."),
    "geoproperty": _said("Which GeoProperty a geoquery asks about; location where it is missing."),
    "georel": _said("The relation of a geoquery, such as within or near;maxDistance==100."),
    "id": _said("Ids with commas between."),
    "idPattern": _said("A regular expression that ids match."),
    "join": _said("Linked entities: inline, flat or @none."),
    "joinLevel": _said("How many links are followed.", {"type": "integer", "minimum": 1, "maximum": 10}),
    "jsonKeys": _said("Attributes whose JSON a query may reach into."),
    "keep": _said("Attributes that are not purged."),
    "kind": _said("Hosted, Cached or ImplicitlyCreated."),
    "lang": _said("Languages of texts, by preference, as in Accept-Language."),
    "lastN": _said("At most so many instances of an attribute, the newest first.", {"type": "integer", "minimum": 1}),
    "limit": _said("How many a page has.", {"type": "integer", "minimum": 0, "maximum": 1000}),
    "local": _said("Whether only what is stored here counts.", _FLAG),
    "observedAt": _said("When what is merged was observed."),
    "offset": _said("How many are left out before the page.", _COUNT),
    "omit": _said("Members that are not shown."),
    "options": _said("Flags and representations with commas between: sysAttrs, keyValues, concise, update and so on."),
    "orderBy": _said("Attributes to order by, each with ;asc, ;desc, ;dist-asc or ;dist-desc."),
    "orderFrom": _said("Coordinates that distances are ordered from."),
    "orderGeometry": _said("The geometry type of orderFrom."),
    "pick": _said("Members that are shown."),
    "q": _said("A query over attributes (clause 4.9)."),
    "reload": _said("Whether a context is fetched anew instead of deleted.", _FLAG),
    "scopeQ": _said("A query over scopes (clause 4.19)."),
    "splitEntities": _said("Whether parts of an entity from several sources stay apart.", _FLAG),
    "timeAt": _said("The moment that timerel speaks of, or the beginning of a span."),
    "timeproperty": _said("observedAt, createdAt, modifiedAt or deletedAt."),
    "timerel": _said("before, after or between."),
    "type": _said("Entity types: names with commas, |, ; and parentheses (clause 4.17)."),
    "via": _said("Who passed a request on."),
}


def _object(required: tuple[str, ...] = (), **properties: Json) -> dict[str, Json]:
    return {"type": "object", **({"required": [*required]} if required else {}), "properties": properties}


def _list(name: str) -> dict[str, Json]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_CONTEXT: Final[Json] = {"type": ["string", "object", "array", "null"]}
_TYPES: Final = {"oneOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_NAMES: Final = {"type": "array", "items": _TEXT}
_URI: Final = {"type": "string", "format": "uri"}
_TIME: Final = {"type": "string", "format": "date-time"}
_GEOMETRY: Final = {
    "type": ["object", "null"],
    "required": ["type", "coordinates"],
    "properties": {"type": _TEXT, "coordinates": {"type": "array"}},
}
_ENTITY: Final[Mapping[str, Json]] = {"id": _URI, "type": _TYPES, "scope": _TYPES, "@context": _CONTEXT}
SCHEMAS: Final[Mapping[str, Json]] = {
    "Entity": _object(("id", "type"), **_ENTITY),
    "EntityShown": _object(**_ENTITY),
    "Entities": _list("Entity"),
    "EntitiesShown": _list("EntityShown"),
    "Fragment": _object(**{"@context": _CONTEXT}),
    "Feature": _object(
        ("id", "type", "geometry", "properties"),
        id=_URI,
        type={"const": "Feature"},
        geometry=_GEOMETRY,
        properties={"type": "object"},
    ),
    "FeatureCollection": _object(("type", "features"), type={"const": "FeatureCollection"}, features=_list("Feature")),
    "Ids": _NAMES,
    "Query": _object(("type",), type={"const": "Query"}),
    "Done": {
        "type": "object",
        "description": "What was done and what was not: BatchOperationResult, or UpdateResult for one entity.",
        "properties": {
            "success": _NAMES,
            "errors": {"type": "array", "items": {"type": "object"}},
            "updated": _NAMES,
            "notUpdated": {"type": "array", "items": {"type": "object"}},
        },
    },
    "EntityTypeList": _object(("id", "type", "typeList"), id=_URI, type={"const": "EntityTypeList"}, typeList=_NAMES),
    "EntityType": _object(
        ("id", "type", "typeName"), id=_URI, type={"const": "EntityType"}, typeName=_TEXT, attributeNames=_NAMES
    ),
    "TypesShown": {"oneOf": [{"$ref": "#/components/schemas/EntityTypeList"}, _list("EntityType")]},
    "EntityTypeInfo": _object(
        ("id", "type", "typeName", "entityCount", "attributeDetails"),
        id=_URI,
        type={"const": "EntityTypeInfo"},
        typeName=_TEXT,
        entityCount=_COUNT,
        attributeDetails=_list("Attribute"),
    ),
    "AttributeList": _object(
        ("id", "type", "attributeList"), id=_URI, type={"const": "AttributeList"}, attributeList=_NAMES
    ),
    "Attribute": _object(
        ("id", "type", "attributeName"),
        id=_URI,
        type={"const": "Attribute"},
        attributeName=_TEXT,
        attributeCount=_COUNT,
        attributeTypes=_NAMES,
        typeNames=_NAMES,
    ),
    "AttributesShown": {"oneOf": [{"$ref": "#/components/schemas/AttributeList"}, _list("Attribute")]},
    "Context": _object(("@context",), **{"@context": _CONTEXT}),
    "ContextDetails": _object(("URL", "localId", "kind"), URL=_URI, localId=_TEXT, kind=_TEXT, createdAt=_TIME),
    "ContextShown": {
        "anyOf": [{"$ref": "#/components/schemas/Context"}, {"$ref": "#/components/schemas/ContextDetails"}]
    },
    "ContextsShown": {"oneOf": [_NAMES, _list("ContextDetails")]},
    "Subscription": _object(("type",), id=_URI, type={"const": "Subscription"}, notification={"type": "object"}),
    "Subscriptions": _list("Subscription"),
    "Registration": _object(
        ("type", "information", "endpoint"),
        id=_URI,
        type={"const": "ContextSourceRegistration"},
        information={"type": "array", "items": {"type": "object"}},
        endpoint=_URI,
    ),
    "Registrations": _list("Registration"),
    "EntityMap": _object(
        ("id", "type", "expiresAt", "entityMap"), id=_URI, type=_TEXT, expiresAt=_TEXT, entityMap={"type": "object"}
    ),
    "SourceIdentity": _object(("id", "type", "contextSourceAlias"), id=_URI, type=_TEXT, contextSourceAlias=_TEXT),
    "OpenApi": _object(("openapi", "info", "paths"), openapi=_TEXT, info={"type": "object"}, paths={"type": "object"}),
}
# What handlers do that other sources take part in, since they are put together of parts.
SUMMARIES: Final[Mapping[tuple[str, str], str]] = {
    ("/entities", "POST"): "Create entity.",
    ("/entities/{id}", "PUT"): "Replace entity.",
    ("/entities/{id}", "PATCH"): "Merge entity.",
    ("/entities/{id}", "DELETE"): "Delete entity.",
    ("/entities/{id}/attrs", "POST"): "Append attributes.",
    ("/entities/{id}/attrs", "PATCH"): "Update attributes.",
    ("/entities/{id}/attrs/{attribute}", "PUT"): "Replace attribute.",
    ("/entities/{id}/attrs/{attribute}", "PATCH"): "Partial attribute update.",
    ("/entities/{id}/attrs/{attribute}", "DELETE"): "Delete attribute.",
    ("/temporal/entities", "GET"): "Query temporal evolution of entities.",
    ("/temporal/entities/{id}", "GET"): "Retrieve temporal evolution of an entity.",
    ("/temporal/entities", "POST"): "Create or update temporal evolution of an entity.",
    ("/temporal/entities/{id}", "DELETE"): "Delete temporal evolution of an entity.",
    ("/temporal/entities/{id}/attrs", "POST"): "Add attributes to temporal evolution of an entity.",
    ("/temporal/entities/{id}/attrs/{attribute}", "DELETE"): "Delete attribute from temporal evolution of an entity.",
    (
        "/temporal/entities/{id}/attrs/{attribute}/{instance}",
        "PATCH",
    ): "Modify attribute instance in temporal evolution.",
    (
        "/temporal/entities/{id}/attrs/{attribute}/{instance}",
        "DELETE",
    ): "Delete attribute instance from temporal evolution.",
    ("/temporal/entityOperations/query", "POST"): "Query temporal evolution of entities by POST.",
    ("/entityOperations/create", "POST"): "Batch entity creation.",
    ("/entityOperations/upsert", "POST"): "Batch entity creation or update.",
    ("/entityOperations/update", "POST"): "Batch entity update.",
    ("/entityOperations/merge", "POST"): "Batch entity merge.",
    ("/entityOperations/delete", "POST"): "Batch entity delete.",
    ("/types", "GET"): "Retrieve available entity types.",
    ("/types/{type}", "GET"): "Retrieve available entity type information.",
    ("/attributes", "GET"): "Retrieve available attributes.",
    ("/attributes/{attribute}", "GET"): "Retrieve available attribute information.",
}
