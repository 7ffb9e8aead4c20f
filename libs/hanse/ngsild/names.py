# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names that NGSI-LD and this mapping reserve, and how source attributes get names that NGSI-LD allows."""

from __future__ import annotations

import re

# ETSI GS CIM 009 clause 4.6.2: a letter, then letters, digits and underscores; letters beyond ASCII as twin/v1 has it.
SHORT_NAME = re.compile(r"[A-Za-z\u00c0-\uffef][A-Za-z0-9_\u00c0-\uffef]{0,254}")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\x00-\x20<>\"{}|\\^`]{1,2000}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")
_CORE = (
    "id type value object languageMap vocab json valueList objectList unitCode datasetId observedAt "
    "createdAt modifiedAt deletedAt expiresAt scope instanceId previousValue lang objectType entity "
    "entityList ngsildproof location observationSpace operationSpace"
)
_MAPPED = "sourceId dataset groundHeight ridgeHeight eavesHeight heightAboveGround solidGeometry parts validity address"
CORE = frozenset(_CORE.split())
MAPPED = frozenset(_MAPPED.split())
PREFIX = "source_"


def plain(source: str) -> str:
    """Return at most 200 characters that a name may hold."""
    return _NOT_IN_NAMES.sub("_", source)[:200]


def attribute_name(source: str, taken: frozenset[str] | set[str]) -> str:
    """Return the source's own name where NGSI-LD allows it and it is free, else a similar one that is."""
    if SHORT_NAME.fullmatch(source) and source not in taken:
        return source
    stem = PREFIX + (plain(source) or "attribute")
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name
