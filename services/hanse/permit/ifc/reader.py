# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Everything a check needs to know about a model, read once and kept by the file's hash.

`read_model` runs in a worker process: parsing and meshing are CPU work, and a file that crashes the parser takes only
its worker with it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import ifcopenshell
import numpy as np

from hanse.permit.ifc.declared import Declared, declared_in, project_unit
from hanse.permit.ifc.elements import Oddity, oddities
from hanse.permit.ifc.geometry import Mesh, mesh, mesh_beside
from hanse.permit.ifc.header import ModelError, check_file
from hanse.permit.ifc.nesting import check_nesting
from hanse.permit.ifc.uses import Use, uses_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Part of the cache's file names: raised whenever what is read, or how, changes.
READER_VERSION = 2


@dataclass(frozen=True, slots=True, eq=False)
class ModelFacts:
    """What a model holds.

    Attributes:
        schema: FILE_SCHEMA as written, e.g. "IFC4".
        declared: the georeference as declared; None when there is none.
        contradicting: there are several georeferences that say different things.
        offset_context: the model context's WorldCoordinateSystem is not at the origin.
        has_latitude: IfcSite has latitude and longitude (which are no georeference).
        uses: distinct uses named.
        mesh: the envelope in model metres.
        beside: everything else that has a body, likewise.
        oddities: what is wrong with the names of its elements.
    """

    schema: str
    declared: Declared | None
    offset_context: bool
    has_latitude: bool
    uses: tuple[Use, ...]
    mesh: Mesh
    beside: Mesh
    oddities: tuple[Oddity, ...] = ()
    contradicting: bool = False


def read_model(path: Path, cache: Path, sha256: str) -> Path:
    """Reads a model, unless this version has before; returns the file that `load_facts` reads.

    Raises:
        ModelError: the file cannot be read.
    """
    kept = cache / f"{sha256}.v{READER_VERSION}.npz"
    if kept.is_file():
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    facts = _read(path)
    temporary = cache / f".{sha256}.{os.getpid()}.npz"
    with temporary.open("wb") as file:
        np.savez_compressed(
            file,
            triangles=facts.mesh.triangles,
            element=facts.mesh.element,
            beside_triangles=facts.beside.triangles,
            beside_element=facts.beside.element,
            about=np.frombuffer(json.dumps(_about(facts)).encode(), dtype=np.uint8),
        )
    temporary.replace(kept)
    return kept


def load_facts(kept: Path) -> ModelFacts:
    """The facts that `read_model` kept."""
    with np.load(kept, allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        mesh = _mesh(about["mesh"], stored["triangles"], stored["element"])
        beside = _mesh(about["beside"], stored["beside_triangles"], stored["beside_element"])
    declared = about["declared"]
    if declared is not None:
        declared = Declared(**{**declared, "factors": tuple(declared["factors"])})
    return ModelFacts(
        schema=about["schema"],
        declared=declared,
        contradicting=about["contradicting"],
        offset_context=about["offset_context"],
        has_latitude=about["has_latitude"],
        uses=tuple(Use(**use) for use in about["uses"]),
        mesh=mesh,
        beside=beside,
        oddities=tuple(Oddity(**{**each, "examples": tuple(each["examples"])}) for each in about["oddities"]),
    )


def _mesh(names: Mapping[str, Any], triangles: Any, element: Any) -> Mesh:  # noqa: ANN401 - arrays as numpy loads them
    return Mesh(triangles, element, tuple(names["ids"]), tuple(names["classes"]), tuple(names["missed"]))


def _about(facts: ModelFacts) -> dict[str, Any]:
    return {
        "schema": facts.schema,
        "declared": None if facts.declared is None else asdict(facts.declared),
        "contradicting": facts.contradicting,
        "offset_context": facts.offset_context,
        "has_latitude": facts.has_latitude,
        "uses": [asdict(use) for use in facts.uses],
        "mesh": _names(facts.mesh),
        "beside": _names(facts.beside),
        "oddities": [asdict(each) for each in facts.oddities],
    }


def _names(mesh: Mesh) -> dict[str, tuple[str, ...]]:
    return {"ids": mesh.ids, "classes": mesh.classes, "missed": mesh.missed}


def _read(path: Path) -> ModelFacts:
    header = check_file(path)
    try:
        return _facts(header.schema, _opened(path))
    except MemoryError:
        raise ModelError(
            "the model needs more memory than a reader may take (limits.worker_memory_bytes)",
            "Export the building alone, without repeated details; the operator can allow more.",
        ) from None


def _opened(path: Path) -> Any:  # noqa: ANN401 - ifcopenshell has no types
    try:
        return ifcopenshell.open(str(path))
    except (RuntimeError, OSError, ifcopenshell.Error) as error:
        raise ModelError(
            f"the model cannot be parsed: {str(error)[:200]}",
            "Check the file with an IFC validator (e.g. validate.buildingsmart.org) and export it again.",
        ) from None


def _facts(schema: str, ifc: Any) -> ModelFacts:  # noqa: ANN401
    unit = project_unit(ifc)
    if unit is None:
        raise ModelError(
            "the model declares no length unit, so nothing in it can be measured",
            "Give IfcProject.UnitsInContext a length unit and export the model again.",
        )
    check_nesting(ifc)
    counted, declared = mesh(ifc), declared_in(ifc, unit)
    return ModelFacts(
        schema=schema,
        declared=declared[0] if declared else None,
        contradicting=len(declared) > 1,
        offset_context=_offset_context(ifc),
        has_latitude=any(site.RefLatitude is not None for site in ifc.by_type("IfcSite")),
        uses=uses_in(ifc),
        mesh=counted,
        beside=mesh_beside(ifc, counted),
        oddities=oddities(ifc),
    )


def _offset_context(ifc: Any) -> bool:  # noqa: ANN401 - ifcopenshell has no types
    """Whether the model's own system is moved or turned before the georeference: not supported, so it must be said."""
    for context in ifc.by_type("IfcGeometricRepresentationContext", include_subtypes=False):
        system = context.WorldCoordinateSystem
        if context.ContextType != "Model" or system is None or system.is_a() != "IfcAxis2Placement3D":
            continue
        origin = system.Location.Coordinates
        x_axis = system.RefDirection.DirectionRatios if system.RefDirection else (1.0, 0.0, 0.0)
        z_axis = system.Axis.DirectionRatios if system.Axis else (0.0, 0.0, 1.0)
        turned = abs(x_axis[1]) + abs(x_axis[2]) + abs(z_axis[0]) + abs(z_axis[1]) > 1e-9  # noqa: PLR2004
        if turned or any(abs(value) > 1e-9 for value in origin):  # noqa: PLR2004 - rounding of an exporter
            return True
    return False
