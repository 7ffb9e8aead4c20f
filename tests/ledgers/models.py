# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real city and building models before their outside judges.

These are the files' own counts, their publishers' figures, val3dity, and IfcOpenShell with another geometry kernel
than ours.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import ifcopenshell
import ifcopenshell.geom
import numpy as np
from ledgers.cases import Case, Suite, demanded

from hanse import geo
from hanse.cityjson import Reading, best_solids, load, solids
from hanse.ngsild import FeatureMapping, to_entity
from hanse.permit.ifc.header import ModelError
from hanse.permit.ifc.reader import ModelFacts, load_facts, read_model
from hanse.permit.plan import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Features that val3dity finds valid, as the files' publishers and val3dity's own repository state it.
VAL3DITY = {"rotterdam_3-20-DELFSHAVEN.city.json": 646, "denhaag_01.city.json": 525}
RD = geo.Crs.parse("EPSG:7415")
UNREADABLE = {"IFC2X_FINAL"}  # schemas that IfcOpenShell itself refuses
EXTENT_TOLERANCE_M = 0.02
HEIGHT_TOLERANCE_M = 0.002
_MAP = re.compile(rb"IFCMAPCONVERSION\s*\(|ePset_MapConversion", re.IGNORECASE)
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']+)'")


def cityjson(data: Path) -> Iterator[Case]:
    """Every real file: all its objects, its publisher's heights, val3dity's verdicts."""
    for path in sorted((data / "data" / "cityjson").iterdir()):
        reading = load(path.read_bytes())
        yield from _counts(path, reading)
        yield from _ridges(path, reading)
        yield from _grounds(path, reading)
        yield from _validity(path, reading)


def _counts(path: Path, reading: Reading) -> Iterator[Case]:
    """The objects by type, counted in the bare JSON."""
    documents = [path.read_text()] if path.suffix == ".json" else path.read_text().splitlines()
    objects = [held for text in documents for held in json.loads(text).get("CityObjects", {}).values()]
    wanted = Counter(held["type"] for held in objects)
    found = Counter(held.type for feature in reading.features for held in feature.objects.values())
    yield demanded(f"{path.name} nothing refused", not reading.refused, f"{len(reading.refused)} refused")
    for kind in sorted(wanted | found):
        yield demanded(f"{path.name} {kind}", wanted[kind] == found[kind], f"{found[kind]}, not {wanted[kind]}")


def _ridges(path: Path, reading: Reading) -> Iterator[Case]:
    """The Hague publishes each solid's ridge height."""
    for feature in reading.features:
        for key, solid in solids(feature):
            stated = feature.objects[key].attributes.get("AbsoluteRidgeHeight")
            if stated is not None:
                found = geo.ridge_height([solid])
                near = abs(found - stated) <= HEIGHT_TOLERANCE_M
                yield demanded(f"{path.name} {key} ridge", near, f"{found:.3f} m, not {stated:.3f}")


def _grounds(path: Path, reading: Reading) -> Iterator[Case]:
    """3DBAG publishes each building's ground height."""
    for feature in reading.features:
        stated = feature.root.attributes.get("h_maaiveld")
        if stated is not None:
            found = geo.ground_height(best_solids(feature))
            near = abs(found - stated) <= HEIGHT_TOLERANCE_M
            yield demanded(f"{path.name} {feature.id} ground", near, f"{found:.3f} m, not {stated:.3f}")


def _validity(path: Path, reading: Reading) -> Iterator[Case]:
    """val3dity's count for a whole file, and its code for each building where the publisher gives it."""
    mapping = FeatureMapping("urn:hanse:judges.example:dataset:city", assumed_vertical="NAP")
    valid = [
        to_entity(feature, f"urn:hanse:judges.example:building:{number}", mapping).valid
        for number, feature in enumerate(reading.features)
    ]
    if path.name in VAL3DITY:
        wanted = VAL3DITY[path.name]
        yield demanded(f"{path.name} val3dity", sum(valid) == wanted, f"{sum(valid)} valid, val3dity says {wanted}")
    for feature, ours in zip(reading.features, valid, strict=True):
        codes = [feature.root.attributes.get(f"val3dity_codes_lod{lod}") for lod in ("12", "13", "22")]
        if codes != [None] * 3:
            theirs = all(code in (None, "[]") for code in codes)
            yield demanded(f"{path.name} {feature.id} val3dity", ours == theirs, f"valid {ours}, val3dity {codes}")


def ifc(data: Path) -> Iterator[Case]:
    """Every real model: read or refused, georeferenced or not, and as large as IfcOpenShell's other kernel says."""
    with tempfile.TemporaryDirectory() as cache:
        for path in sorted((data / "data" / "ifc").glob("*.ifc")):
            yield from _model(path, Path(cache))


def _model(path: Path, cache: Path) -> Iterator[Case]:
    raw = path.read_bytes()
    schema = _SCHEMA.search(raw)
    readable = schema is not None and schema[1].decode() not in UNREADABLE
    try:
        facts = load_facts(read_model(path, cache, path.stem))
    except ModelError as error:
        yield demanded(f"{path.name} refused with a remedy", not readable and bool(error.remedy), str(error))
        return
    yield demanded(f"{path.name} read", readable, "read, though its schema is none that IfcOpenShell reads")
    issues = [issue.code for issue in place(facts, RD).issues if issue.blocking]
    # None of the models stands in the Netherlands: those that say where must be found outside, the rest nowhere.
    wanted = ["OUTSIDE_CITY"] if _MAP.search(raw) else ["NO_GEOREFERENCE"]
    yield demanded(f"{path.name} placement", issues == wanted, f"{issues}, not {wanted}")
    ours, theirs = _size(facts), _other_kernel(path, facts)
    near = bool(np.abs(ours - theirs).max() <= EXTENT_TOLERANCE_M)
    yield demanded(f"{path.name} extent", near, f"{ours.round(3)} m, not {theirs.round(3)}")
    yield demanded(f"{path.name} envelope whole", not facts.mesh.missed, f"{len(facts.mesh.missed)} elements missed")


def _size(facts: ModelFacts) -> NDArray[np.float64]:
    return _extent(facts.mesh.triangles.reshape(-1, 3))


def _other_kernel(path: Path, facts: ModelFacts) -> NDArray[np.float64]:
    """The same elements' extent by OpenCASCADE, openings cut out, metres."""
    model = ifcopenshell.open(str(path))
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    elements = [model.by_guid(guid) for guid in facts.mesh.ids]
    iterator = ifcopenshell.geom.iterator(settings, model, 1, include=elements, geometry_library="opencascade")
    found, more = [], iterator.initialize()
    while more:
        found.append(np.asarray(iterator.get().geometry.verts).reshape(-1, 3))
        more = iterator.next()
    return _extent(np.concatenate(found))


def _extent(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest less smallest, by axis."""
    extent: NDArray[np.float64] = np.ptp(points, axis=0)
    return extent


SUITES = (
    Suite("cityjson", "the files' own objects, publishers' heights, val3dity", cityjson),
    Suite("ifc", "IfcOpenShell (OpenCASCADE kernel) and the files' own headers", ifc),
)
