# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The terms of the NGSI-LD core context (ETSI GS CIM 009 annex B), grouped by how their values are read.

The terms only ever grew from version 1.3 to 1.9, so one table answers for every version's URL.
"""

from __future__ import annotations

import re
from typing import Any, Final

from hanse.jsonld.terms import Term

Json = Any
NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
DEFAULT_VOCABULARY: Final = "https://uri.etsi.org/ngsi-ld/default-context/"
GEOJSON: Final = "https://purl.org/geojson/vocab#"
DATE_TIME: Final = NGSI_LD + "DateTime"
CORE_URL: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
_CORE_URLS: Final = re.compile(
    r"https?://uri\.etsi\.org/ngsi-ld/v1/ngsi-ld-core-context(?:-v1\.[0-9]{1,2}(?:\.[0-9]{1,2})?)?\.jsonld"
)

# Types, then members: each is ngsi-ld:<itself>.
_TYPES = """
Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration Date DateTime
EntityMap EntityType EntityTypeInfo EntityTypeList ExecutionResultDetails GeoProperty JsonProperty LanguageProperty
ListProperty ListRelationship Notification Property Relationship Snapshot SnapshotNotification Subscription
TemporalProperty Time VocabProperty
"""
_MEMBERS = """
accept aggrMethods aggrParams aggrPeriodDuration attributeCount attributeDetails attrs cacheDuration collation
contextSourceAlias contextSourceInfo contextSourceUptime cooldown csf data detail endpoint entities entity entityCount
error errors expandValues format geoQ geoproperty georel idPattern information isActive join jsonKeys jsonldContext
lang lastN linkedMaps localOnly location management managementInterval mode ngsildConformance notUpdated notification
notificationTrigger notifierInfo observationInterval observationSpace omit operationSpace operations ordering pick q
reason receiverInfo refreshRate registrationId registrationName resultStatus scope scopeQ showChanges snapshotId
snapshotLifetime snapshotPriority snapshotStatus status subscriptionName sysAttrs temporalQ throttling timeInterval
timeout timeproperty timerel timesFailed timesSent triggerReason unchanged unitCode updated uri
"""
_NAMES = """
attributeList attributeName attributeNames attributeTypes attributes propertyNames relationshipNames typeList typeName
typeNames watchedAttributes
"""  # values are names, which expand (@vocab)
_TIMES = """
contextSourceTimeAt createdAt deletedAt endAt endTimeAt expiresAt lastFailure lastNotification lastSuccess lastUsedAt
modifiedAt notifiedAt observedAt startAt timeAt
"""
_IDENTIFIERS = "datasetId entityId instanceId subscriptionId success tenant"
_LISTS = """
avg distinctCount entityList jsons max min orderBy snapshotQueries snapshotQueriesDetails snapshotTemporalQueries
snapshotTemporalQueriesDetails stddev sum sumsq totalCount
"""
_RAW = "contextSourceExtras problemDetails"  # values are JSON that nothing looks into

_RENAMED = {  # ngsi-ld:<other name>
    "containedBy": "isContainedBy",
    "entityMapLifetime": "hasEntityMapLifetime",
    "joinLevel": "hasJoinLevel",
    "key": "hasKey",
    "previousValue": "hasPreviousValue",
    "splitEntities": "hasSplitEntities",
    "value": "hasValue",
}
_RENAMED_COERCED: dict[str, tuple[str, str | None, str | None]] = {  # (name, @type, @container)
    "dataset": ("hasDataset", None, "@index"),
    "entityMap": ("hasEntityMap", None, "@index"),
    "json": ("hasJSON", "@json", None),
    "languageMap": ("hasLanguageMap", None, "@language"),
    "languageMaps": ("hasLanguageMaps", None, "@list"),
    "object": ("hasObject", "@id", None),
    "objectList": ("hasObjectList", None, "@list"),
    "objectLists": ("hasObjectLists", None, "@list"),
    "objectType": ("hasObjectType", "@vocab", None),
    "objects": ("hasObjects", None, "@list"),
    "previousJson": ("hasPreviousJson", "@json", None),
    "previousLanguageMap": ("hasPreviousLanguageMap", None, "@language"),
    "previousObject": ("hasPreviousObject", "@id", None),
    "previousObjectList": ("hasPreviousObjectList", None, "@list"),
    "previousValueList": ("hasPreviousValueList", None, "@list"),
    "previousVocab": ("hasPreviousVocab", "@vocab", None),
    "valueList": ("hasValueList", None, "@list"),
    "valueLists": ("hasValueLists", None, "@list"),
    "valueType": ("hasValueType", "@vocab", None),
    "values": ("hasValues", None, "@list"),
    "vocab": ("hasVocab", "@vocab", None),
    "vocabs": ("hasVocabs", None, "@list"),
}
_GEOJSON_TERMS = """
Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon Point Polygon geometry
properties
"""
_GEOJSON_CONTAINERS = {"bbox": "@list", "coordinates": "@list", "features": "@set"}
_ELSEWHERE = {
    "description": "http://purl.org/dc/terms/description",
    "title": "http://purl.org/dc/terms/title",
    "langString": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
}
_PROOF_SECURITY = "https://w3id.org/security/data-integrity/v2"  # named inside ngsildproof only


def is_core_url(url: str) -> bool:
    """Say whether a URL is that of the NGSI-LD core context, in any version."""
    return _CORE_URLS.fullmatch(url) is not None


def core_document() -> dict[str, Json]:
    """Return the core context as a JSON-LD document, as it is served under its URLs."""
    context: dict[str, Json] = {"@version": 1.1, "@protected": True, "ngsi-ld": NGSI_LD, "geojson": GEOJSON}
    context |= {"id": "@id", "type": "@type"}
    for name, term in CORE_TERMS.items():
        if name not in context:
            context[name] = _definition(term)
    sealed = {
        "entityIdSealed": "ngsi-ld:entityIdSealed",
        "entityTypeSealed": {"@id": "ngsi-ld:entityTypeSealed", "@type": "@vocab"},
    }
    context["ngsildproof"] = {"@id": "ngsi-ld:ngsildproof", "@context": [sealed, _PROOF_SECURITY]}
    return {"@context": {**context, "@vocab": DEFAULT_VOCABULARY}}


def _definition(term: Term) -> Json:
    if term.type is None and not term.container:
        return _short(term.iri)
    definition: dict[str, Json] = {"@id": _short(term.iri)}
    if term.type is not None:
        definition["@type"] = "DateTime" if term.type == DATE_TIME else term.type
    return {**definition, "@container": next(iter(term.container))} if term.container else definition


def _short(iri: str) -> str:
    for prefix, long in (("ngsi-ld", NGSI_LD), ("geojson", GEOJSON)):
        if iri.startswith(long):
            return f"{prefix}:{iri.removeprefix(long)}"
    return iri


def _terms() -> dict[str, Term]:
    terms = {
        "ngsi-ld": Term(NGSI_LD, prefix=True),
        "geojson": Term(GEOJSON, prefix=True),
        "id": Term("@id"),
        "type": Term("@type"),
        "ngsildproof": Term(NGSI_LD + "ngsildproof"),
    }
    for names, coercion in (
        (_TYPES, None),
        (_MEMBERS, None),
        (_NAMES, "@vocab"),
        (_TIMES, DATE_TIME),
        (_IDENTIFIERS, "@id"),
        (_RAW, "@json"),
    ):
        terms |= {name: Term(NGSI_LD + name, coercion) for name in names.split()}
    terms |= {name: Term(NGSI_LD + name, container=frozenset({"@list"})) for name in _LISTS.split()}
    terms |= {name: Term(NGSI_LD + other) for name, other in _RENAMED.items()}
    for name, (other, coercion, container) in _RENAMED_COERCED.items():
        terms[name] = Term(NGSI_LD + other, coercion, frozenset({container} if container else ()))
    terms |= {name: Term(GEOJSON + name) for name in _GEOJSON_TERMS.split()}
    terms |= {name: Term(GEOJSON + name, None, frozenset({holds})) for name, holds in _GEOJSON_CONTAINERS.items()}
    return terms | {name: Term(iri) for name, iri in _ELSEWHERE.items()}


CORE_TERMS: Final[dict[str, Term]] = _terms()
