# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which elements of a model are its envelope, which stand beside it, and what is odd about their GlobalIds.

Elements are told apart by their number in the file: a GlobalId may be missing, malformed or used twice.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ENVELOPE = ("IfcWall", "IfcCurtainWall", "IfcRoof", "IfcSlab")
GLOBAL_ID = re.compile(r"[0-3][0-9A-Za-z_$]{21}")
# What has a body without being something that is built. Ground is what the building stands on.
_NOTHING_BUILT = ("IfcFeatureElementSubtraction", "IfcVirtualElement")
_NO_BODY = frozenset({"axis", "footprint", "box", "annotation", "cog", "plan", "profile", "clearance", "reference"})
_BESIDE = ("IfcElement", "IfcProxy", "IfcBuilding")
_SHOWN = 5
# No GlobalId, so that whoever has it is still told of as one that has none.
_STAND_IN = "-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An element to be meshed, and the class that it counts as."""

    element: Any
    kind: str

    @property
    def name(self) -> str:
        """Its GlobalId, or its number in the file (`#105`) when that is no GlobalId."""
        found = self.element.GlobalId
        return found if is_global_id(found) else f"#{self.element.id()}"


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something wrong with the elements of a model that does not keep it from being measured.

    `code` is GLOBAL_ID_MISSING or GLOBAL_ID_TWICE; of `count` cases, `examples` are shown.
    """

    code: str
    count: int
    examples: tuple[str, ...]


def of_type(ifc: Any, kind: str) -> list[Any]:  # noqa: ANN401 - ifcopenshell has no types
    """Everything of a class in an opened model; nothing when its schema has no such class."""
    try:
        return list(ifc.by_type(kind))
    except RuntimeError:
        return []


def is_global_id(text: object) -> bool:
    """Whether something is a GlobalId as IFC writes them (22 characters of its base 64)."""
    return isinstance(text, str) and GLOBAL_ID.fullmatch(text) is not None


def envelope(ifc: Any) -> dict[int, Wanted]:  # noqa: ANN401 - ifcopenshell has no types
    """Walls, curtain walls, roofs, slabs of an opened model, and all that they are made of, by number in the file."""
    found: dict[int, Wanted] = {}
    for kind in ENVELOPE:
        for element in ifc.by_type(kind):
            found.setdefault(element.id(), Wanted(element, kind))
    for wanted in tuple(found.values()):
        _add_parts(wanted, found)
    return found


def _add_parts(whole: Wanted, found: dict[int, Wanted]) -> None:
    """A part counts as what it is part of, unless it is of the envelope itself."""
    waiting = [whole]
    while waiting:
        at = waiting.pop()
        for part in parts(at.element):
            if part.id() not in found and part.is_a("IfcElement"):
                found[part.id()] = Wanted(part, at.kind)
                waiting.append(found[part.id()])


def parts(element: Any) -> Iterator[Any]:  # noqa: ANN401
    """What an element is made of, one level down: a curtain wall of plates, a wall of its layers."""
    for relation in element.IsDecomposedBy:
        yield from relation.RelatedObjects


def beside(ifc: Any, counted: Mapping[int, Wanted]) -> dict[int, Wanted]:  # noqa: ANN401
    """Everything else that has a body: columns, chimneys, stairs, windows, proxies, installations, furniture."""
    found: dict[int, Wanted] = {}
    for kind in _BESIDE:
        for element in of_type(ifc, kind):
            if element.id() not in counted and not _nothing_built(element) and has_body(element):
                found.setdefault(element.id(), Wanted(element, element.is_a()))
    return found


def _nothing_built(element: Any) -> bool:  # noqa: ANN401
    if element.is_a("IfcGeographicElement"):
        return bool(getattr(element, "PredefinedType", None) == "TERRAIN")
    return any(element.is_a(kind) for kind in _NOTHING_BUILT)


def has_body(element: Any) -> bool:  # noqa: ANN401
    """Whether an element has a representation of its own that is more than an axis or an outline."""
    shape = element.Representation
    if shape is None:
        return False
    return any(
        (held.RepresentationIdentifier or "").lower() not in _NO_BODY and bool(held.Items)
        for held in shape.Representations
    )


def name_all(wanted: Iterable[Wanted]) -> None:
    """Gives elements without GlobalId one for as long as the file is open: the geometry kernel ends without."""
    for each in wanted:
        if each.element.GlobalId is None:
            each.element.GlobalId = _STAND_IN


def oddities(ifc: Any) -> tuple[Oddity, ...]:  # noqa: ANN401
    """What is wrong with the GlobalIds of an opened model's buildings, rooms and elements."""
    ids = {each.id(): each.GlobalId for kind in ("IfcElement", "IfcBuilding", "IfcSpace") for each in ifc.by_type(kind)}
    missing = [f"#{number}" for number, held in ids.items() if not is_global_id(held)]
    twice = [held for held, count in Counter(ids.values()).items() if count > 1 and is_global_id(held)]
    return tuple(
        Oddity(code, len(found), tuple(found[:_SHOWN]))
        for code, found in (("GLOBAL_ID_MISSING", missing), ("GLOBAL_ID_TWICE", twice))
        if found
    )
