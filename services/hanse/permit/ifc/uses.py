# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a building is for: labels in an IFC model, and the code list that gives them a meaning.

Labels come from OccupancyType in Pset_BuildingCommon, Pset_SpaceOccupancyRequirements and (IFC2X3) Pset_SpaceCommon;
when none of them says anything, from the names of rooms, which are a hint and no declaration. A label that the list
does not know has no code: then nobody can say whether the use is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Code, then words that stand for it in Dutch, English and German; compared as whole words, in lower case.
CODES: Mapping[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "residential": "residential wonen woning woonhuis woonfunctie woningen appartement appartementen "
        "dwelling house housing apartment flat wohnhaus wohnung wohnen eengezinswoning "
        "rijtjeshuis villa",
        "office": "office offices kantoor kantoren kantoorfunctie büro buero",
        "retail": "retail shop winkel winkels winkelfunctie detailhandel laden geschäft",
        "hospitality": "hotel restaurant café cafe horeca bar hospitality logies logiesfunctie",
        "industrial": "industrial industry industrie bedrijf fabriek workshop werkplaats factory",
        "storage": "warehouse magazijn opslag loods",
        "education": "school education onderwijs onderwijsfunctie schule university universiteit",
        "healthcare": "hospital ziekenhuis zorg gezondheidszorg clinic kliniek healthcare",
        "assembly": "assembly bijeenkomst bijeenkomstfunctie church kerk theatre theater museum",
        "public": "public openbaar maatschappelijk stadhuis gemeentehuis rathaus library bibliotheek",
        "sport": "sport sports sportfunctie gym gymzaal sporthal",
        "parking": "parking parkeren parkeergarage parkhaus",
        "agricultural": "agricultural agriculture agrarisch boerderij farm stal",
    }.items()
}
# Rooms that tell that people live here; a bathroom does not, an office has one too.
_DWELLING_ROOMS = frozenset(
    {"bedroom", "slaapkamer", "schlafzimmer", "woonkamer", "livingroom", "wohnzimmer", "wohnen"}
)
_DWELLING_PHRASES = ("living room", "woon kamer", "master bedroom")
_CITYGML = re.compile(r"citygml:\s*(\d{4})")
# CityGML 2.0 Annex C.1, _AbstractBuilding function: only what the codes above have a word for.
_CITYGML_CODES = {
    "1000": "residential",
    "1010": "residential",
    "1020": "residential",
    "1030": "residential",
    "1070": "residential",
    "1120": "office",
    "1130": "office",
    "1150": "retail",
    "1170": "retail",
}
_BUILDING_SETS = frozenset({"pset_buildingcommon"})
_SPACE_SETS = frozenset({"pset_spaceoccupancyrequirements", "pset_spacecommon"})
_MAX_LABEL = 200


@dataclass(frozen=True, slots=True)
class Use:
    """A label in the model and what it means.

    Attributes:
        label: as written in the model.
        code: its code; "" when the code list does not know it.
        told_by: property or attribute that it was read from.
        element: GlobalId of the building or space that bears it.
        declared: False when it was only guessed from a room's name.
    """

    label: str
    code: str
    told_by: str
    element: str
    declared: bool


def code_of(label: str) -> str:
    """The code of a label such as "Woonfunctie" or "office building"; "" when unknown or ambiguous."""
    text = label.lower()
    if match := _CITYGML.search(text):
        return _CITYGML_CODES.get(match[1], "")
    if text in CODES:
        return text
    words = set(re.findall(r"[^\W\d_]+", text))
    found = {code for code, known in CODES.items() if words & known}
    return found.pop() if len(found) == 1 else ""


def uses_in(ifc: Any) -> tuple[Use, ...]:  # noqa: ANN401 - ifcopenshell has no types
    """Every distinct use that an opened model names; property sets first, space names when there are none."""
    found = list(_occupancy(ifc, "IfcBuilding", _BUILDING_SETS)) + list(_occupancy(ifc, "IfcSpace", _SPACE_SETS))
    if not found:
        found = list(_space_names(ifc))
    return tuple({(use.label, use.code): use for use in found}.values())


def _occupancy(ifc: Any, kind: str, sets: frozenset[str]) -> Iterator[Use]:  # noqa: ANN401
    for holder in ifc.by_type(kind):
        for relation in holder.IsDefinedBy:
            if not relation.is_a("IfcRelDefinesByProperties"):
                continue
            held = relation.RelatingPropertyDefinition
            if not held.is_a("IfcPropertySet") or (held.Name or "").lower() not in sets:
                continue
            for each in held.HasProperties:
                if each.Name == "OccupancyType" and getattr(each, "NominalValue", None) is not None:
                    label = str(each.NominalValue.wrappedValue).strip()[:_MAX_LABEL]
                    if label:
                        yield Use(
                            label, code_of(label), f"{held.Name}.OccupancyType", str(holder.GlobalId), declared=True
                        )


def _space_names(ifc: Any) -> Iterator[Use]:  # noqa: ANN401
    for space in ifc.by_type("IfcSpace"):
        label = str(space.LongName or space.Name or "").strip()[:_MAX_LABEL]
        code = _room(label)
        if code:
            yield Use(label, code, "IfcSpace.LongName", str(space.GlobalId), declared=False)


def _room(label: str) -> str:
    """Rooms that say nothing of the use (corridors, lavatories, numbers) are passed over."""
    text = label.lower()
    if set(re.findall(r"[^\W\d_]+", text)) & _DWELLING_ROOMS or any(p in text for p in _DWELLING_PHRASES):
        return "residential"
    return code_of(label)
