# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities of files in whichever of NGSI-LD's forms they are (CIM 009 clauses 4.5.1 to 4.5.4), as normalised ones.

Normalised ones are left as they are. What is concise, or simplified to keys and values, is told attribute by attribute:
a plain value becomes a Property, a geometry a GeoProperty. A simplified relationship is a text that nothing tells from
others: it becomes a Property.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.kernel.errors import FieldViolation, InvalidInputError
from hanse.ngsild import BadRequestDataError, canonicalise, kinds
from hanse.twin.names import own_renaming
from hanse.twin.rows import HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
_KINDS = frozenset(kinds.CONTENT)
_OLD = frozenset({"Text", "Number", "Boolean", "DateTime", "StructuredValue", "geo:json", "URL", "Integer", "Float"})


def normalised(entity: dict[str, Json]) -> dict[str, Json]:
    """The entity in normalised form.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, it is in no form of NGSI-LD, as what NGSIv2 calls normalised.
    """
    for name, value in entity.items():
        if name not in HEAD and not _is_normalised(value):
            break
    else:
        return entity
    attributes = {name: value for name, value in entity.items() if name not in HEAD}
    for name, value in attributes.items():
        if isinstance(value, dict) and value.get("type") in _OLD and "value" in value:
            raise _refusal(
                f"/{name}/type",
                f"/{name}/type: {value['type']!r} is a type of NGSIv2, not of NGSI-LD",
                "Export the entities as NGSI-LD, or as keys and values.",
            )
    try:
        return canonicalise({**entity, **{name: _concise(value) for name, value in attributes.items()}}, own_renaming())
    except BadRequestDataError as error:
        raise _refusal(error.pointer, str(error), "Make the entity NGSI-LD, in any of its forms.") from None


def _is_normalised(value: Json) -> bool:
    if type(value) is dict:  # as most are
        return value.get("type") in _KINDS
    instances = value if isinstance(value, list) else [value]
    return bool(instances) and all(isinstance(each, dict) and each.get("type") in _KINDS for each in instances)


def _concise(value: Json) -> Json:
    """A simplified value as its concise attribute; an attribute as it is."""
    instances = value if isinstance(value, list) else [value]
    if instances and all(isinstance(each, dict) and _is_instance(each) for each in instances):
        return value
    if kinds.is_geometry(value):
        return {"type": "GeoProperty", "value": value}
    return {"type": "Property", "value": value}


def _is_instance(value: Mapping[str, Json]) -> bool:
    """Whether an object is an attribute rather than a value: it says so, or it has an attribute's content."""
    return value.get("type") in _KINDS or not kinds.CONTENTS.isdisjoint(value)


def _refusal(pointer: str, reason: str, remedy: str) -> InvalidInputError:
    violation = FieldViolation(pointer, reason)
    return InvalidInputError(reason, remedy=remedy, reason="CONTRACT_VIOLATION", violations=[violation])
