# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The city object types of CityJSON 2.0 (section 2), and what earlier versions wrote differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse.cityjson.model import Json

GROUP = "CityObjectGroup"
_FIRST_LEVEL = (
    "Bridge Building CityFurniture CityObjectGroup GenericCityObject LandUse OtherConstruction PlantCover "
    "SolitaryVegetationObject TINRelief TransportSquare Railway Road Tunnel WaterBody Waterway"
)
_SECOND_LEVEL = (
    "BridgePart BridgeInstallation BridgeConstructiveElement BridgeRoom BridgeFurniture "
    "BuildingPart BuildingInstallation BuildingConstructiveElement BuildingFurniture BuildingStorey "
    "BuildingRoom BuildingUnit TunnelPart TunnelInstallation TunnelConstructiveElement TunnelHollowSpace "
    "TunnelFurniture"
)
TYPES = frozenset(f"{_FIRST_LEVEL} {_SECOND_LEVEL}".split())
_RENAMED = {"BridgeConstructionElement": "BridgeConstructiveElement"}


def upgraded(source: dict[str, Json]) -> dict[str, Json]:
    """Return a city object in the 2.0 form; the source is not changed.

    1.0 named one type otherwise, gave a group's children as "members", and an address as one object instead
    of a list. (lod as a number is dealt with where geometry is read.)
    """
    renamed = _RENAMED.get(str(source.get("type")))
    lists_members = source.get("type") == GROUP and "members" in source and "children" not in source
    single_address = isinstance(source.get("address"), dict)
    if not (renamed or lists_members or single_address):
        return source
    result = dict(source)
    if renamed:
        result["type"] = renamed
    if lists_members:
        result["children"] = result.pop("members")
    if single_address:
        result["address"] = [result["address"]]
    return result
