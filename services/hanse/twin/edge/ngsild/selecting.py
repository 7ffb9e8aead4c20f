# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which entities a query means: type, id, idPattern, q, geoquery and scopeQ as one condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse import query as languages
from hanse.query.model import HasType
from hanse.twin.edge.problems import bad_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming
    from hanse.query import Predicate

_GEO: Final = frozenset({"georel", "geometry", "coordinates"})
SELECTION: Final = _GEO | {"type", "id", "idPattern", "q", "scopeQ", "geoproperty", "csf", "expandValues", "jsonKeys"}
_NARROWING: Final = frozenset({"type", "q", "scopeQ", "georel"})  # clause 5.7.2.3; an id alone is not enough


def narrows(parameters: Mapping[str, str]) -> bool:
    """Whether anything is said of which entities are meant."""
    return any(parameters.get(name) for name in _NARROWING)


def selected(parameters: Mapping[str, str], renaming: Renaming) -> tuple[Predicate | None, str]:
    """The condition, and the type where one alone is meant. Raises Problem or QueryError."""
    parts: list[Predicate] = []
    type_ = ""
    names = renaming.inward
    if parameters.get("type", "*") != "*":
        types = languages.parse_types(parameters["type"], names)
        if isinstance(types, HasType):
            type_ = types.name
        else:
            parts.append(types)
    if "id" in parameters:
        parts.append(languages.parse_ids(parameters["id"]))
    elif "idPattern" in parameters:
        parts.append(languages.parse_id_pattern(parameters["idPattern"]))
    if "q" in parameters:
        parts.append(
            languages.parse_q(
                parameters["q"],
                names,
                expand_values=_split(parameters.get("expandValues")),
                json_keys=_split(parameters.get("jsonKeys")),
            )
        )
    if "scopeQ" in parameters:
        parts.append(languages.parse_scope_q(parameters["scopeQ"]))
    if _GEO & parameters.keys():
        parts.append(_near(parameters, renaming))
    return languages.all_of(*parts), type_


def _near(parameters: Mapping[str, str], renaming: Renaming) -> Predicate:
    missing = sorted(_GEO - parameters.keys())
    if missing:
        raise bad_data(f"a geoquery has georel, geometry and coordinates; {missing[0]} is missing")
    return languages.parse_geo(
        parameters["georel"],
        parameters["geometry"],
        parameters["coordinates"],
        parameters.get("geoproperty") or "location",
        renaming.inward,
    )


def _split(text: str | None) -> frozenset[str]:
    return frozenset(text.split(",")) if text else frozenset()
