# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JSON Merge Patch (RFC 7396) as NGSI-LD adapts it: for attributes, with the NGSI-LD Null (CIM 009 clause 5.5.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import kinds
from hanse.ngsild.kinds import CONTENT, NULL

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
_MERGED_INTO: Final = frozenset({"value", "json", "languageMap"})  # other contents are replaced


def merged_value(before: Json, patch: Json) -> Json:
    """Return a value with a patch merged into it: objects member by member, null removing, all else replaced."""
    if not isinstance(patch, dict):
        return patch
    result = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value == NULL:
            result.pop(name, None)
        else:
            result[name] = merged_value(result.get(name), value)
    return result


def merged_instance(before: Mapping[str, Json], patch: Mapping[str, Json]) -> dict[str, Json]:
    """Return an attribute's instance with a fragment of it merged into it. A fragment's type wins."""
    old, new = CONTENT[before["type"]], CONTENT[patch["type"]]
    result = dict(before) if before["type"] == patch["type"] else _of_other_type(before, patch["type"])
    for member, value in patch.items():
        if value == NULL and member != new:
            result.pop(member, None)
        elif member == new:
            deep = new in _MERGED_INTO and old == new and patch["type"] != "GeoProperty"
            result[member] = merged_value(before.get(member), value) if deep else value
        elif member in kinds.META or member in kinds.SEALED:
            result[member] = value
        else:
            _merge_sub(result, member, value)
    return result


def without_nulls(instance: Mapping[str, Json]) -> dict[str, Json]:
    """Return an instance without the members and sub-attributes that a null asks to delete."""
    result: dict[str, Json] = {}
    for member, value in instance.items():
        if member in kinds.META or member in kinds.SEALED:
            if value != NULL:
                result[member] = value
        elif member in kinds.CONTENTS:
            result[member] = merged_value(None, value) if member in _MERGED_INTO else value
        else:
            kept = [without_nulls(one) for one in kinds.instances(value) if not kinds.is_null(one)]
            if kept:
                result[member] = kept if len(kept) > 1 else kept[0]
    return result


def _of_other_type(before: Mapping[str, Json], kind: str) -> dict[str, Json]:
    """What is left of an instance that becomes one of another type: what that type may have."""
    lost = {CONTENT[before["type"]], "objectType", "valueType"} | (set() if kind in kinds.WITH_UNIT else {"unitCode"})
    return {"type": kind, **{member: value for member, value in before.items() if member not in lost | {"type"}}}


def _merge_sub(result: dict[str, Json], name: str, patch: Json) -> None:
    table = {kinds.dataset_of(one): one for one in kinds.instances(result[name])} if name in result else {}
    for one in kinds.instances(patch):
        dataset = kinds.dataset_of(one)
        if kinds.is_null(one):
            table.pop(dataset, None)
        else:
            table[dataset] = merged_instance(table[dataset], one) if dataset in table else without_nulls(one)
    found = list(table.values())
    if found:
        result[name] = found if len(found) > 1 else found[0]
    else:
        result.pop(name, None)
