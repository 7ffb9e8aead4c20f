# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What is said about a model's place and shape, in sentences for the person who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.permit.ifc.georeference import Issue

if TYPE_CHECKING:
    from hanse.geo import Crs
    from hanse.permit.ifc.elements import Oddity

_SHOWN = 5


def no_georeference(*, has_latitude: bool) -> Issue:
    """The model has no georeference."""
    extra_nl = " De breedte- en lengtegraad van IfcSite zijn geen georeferentie." if has_latitude else ""
    extra_en = " The latitude and longitude of IfcSite are no georeference." if has_latitude else ""
    return Issue(
        "NO_GEOREFERENCE",
        f"Het model zegt niet waar het staat: IfcMapConversion ontbreekt.{extra_nl} "
        "Exporteer met georeferentie, bijvoorbeeld naar EPSG:7415.",
        f"The model does not say where it stands: it has no IfcMapConversion.{extra_en} "
        "Export it with a georeference, for instance to EPSG:7415.",
        blocking=True,
    )


def offset_context() -> Issue:
    """The model's own system is moved or turned."""
    return Issue(
        "OFFSET_CONTEXT",
        "Het assenstelsel van het model (WorldCoordinateSystem) ligt niet in de oorsprong; dat wordt niet ondersteund. "
        "Exporteer met het assenstelsel in de oorsprong en de ligging in IfcMapConversion.",
        "The model's own system (WorldCoordinateSystem) is not at the origin, which is not supported. "
        "Export with it at the origin and the place in IfcMapConversion.",
        blocking=True,
    )


def contradicting() -> Issue:
    """Several georeferences that say different things."""
    return Issue(
        "GEOREFERENCES_DIFFER",
        "Het model heeft meer dan één georeferentie (IfcMapConversion) en ze zeggen niet hetzelfde. Laat er één staan.",
        "The model has more than one georeference (IfcMapConversion), and they do not say the same. Keep one.",
        blocking=True,
    )


def unknown_crs(name: str) -> Issue:
    """The system of the georeference is not known."""
    shown = name[:80] or "—"
    return Issue(
        "CRS_UNKNOWN",
        f"Het coördinatenstelsel “{shown}” is niet bekend of telt niet in meters. "
        "Zet in IfcProjectedCRS.Name een EPSG-code, bijvoorbeeld EPSG:7415.",
        f"The coordinate system “{shown}” is not known or does not count metres. "
        "Write an EPSG code into IfcProjectedCRS.Name, for instance EPSG:7415.",
        blocking=True,
    )


def outside_city(crs: Crs, city: Crs) -> Issue:
    """The plan stands where the city's system is not used."""
    return Issue(
        "OUTSIDE_CITY",
        f"Het plan staat in {crs.code}, buiten het gebied waar {city.code} van deze stad geldt.",
        f"The plan stands in {crs.code}, outside the area where this city's {city.code} is used.",
        blocking=True,
    )


def no_geometry() -> Issue:
    """The model has no envelope to measure."""
    return Issue(
        "NO_GEOMETRY",
        "Het model heeft geen muren, vliesgevels, daken of vloeren met geometrie.",
        "The model has no walls, curtain walls, roofs or slabs with geometry.",
        blocking=True,
    )


def missed_elements(missed: tuple[str, ...]) -> Issue:
    """Elements without usable geometry."""
    return Issue(
        "ELEMENTS_WITHOUT_GEOMETRY",
        f"Bouwdelen zonder bruikbare geometrie, die niet meetellen: {len(missed)} ({named(missed)}).",
        f"Building elements without usable geometry, which were left out: {len(missed)} ({named(missed)}).",
        blocking=False,
    )


def odd(oddity: Oddity) -> Issue:
    """Elements whose GlobalIds are missing or used twice."""
    shown, count = named(oddity.examples, oddity.count), oddity.count
    nl, en = {
        "GLOBAL_ID_MISSING": (
            f"Onderdelen zonder geldige GlobalId: {count} ({shown}). Ze zijn gemeten, maar niet te noemen.",
            f"Elements without a valid GlobalId: {count} ({shown}). They were measured but cannot be named.",
        ),
        "GLOBAL_ID_TWICE": (
            f"GlobalIds die vaker voorkomen: {count} ({shown}). Elk onderdeel is gemeten; de namen zijn dubbelzinnig.",
            f"GlobalIds used more than once: {count} ({shown}). Every element was measured; the names are ambiguous.",
        ),
    }[oddity.code]
    return Issue(oddity.code, nl, en, blocking=False)


def too_large(metres: float) -> Issue:
    """The model is of no building's size."""
    return Issue(
        "SIZE",
        f"Het gebouw zou {metres:,.0f} m groot zijn: waarschijnlijk klopt de lengte-eenheid van het model niet, "
        "bijvoorbeeld millimeters die als meters zijn opgegeven. Zet de eenheid goed en exporteer opnieuw.",
        f"The building would be {metres:,.0f} m in size: most likely the model's length unit is wrong, such as "
        "millimetres declared as metres. Correct the unit and export it again.",
        blocking=True,
    )


def named(names: tuple[str, ...], count: int = 0) -> str:
    """The first names of many."""
    more = max(count, len(names)) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" + {more}" if more > 0 else "")
