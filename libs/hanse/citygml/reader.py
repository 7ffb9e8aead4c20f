# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reads CityGML documents as a stream, one building in memory at a time, within limits and without entities."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from hanse.citygml.building import feature
from hanse.citygml.errors import CityGmlError, FaultError
from hanse.citygml.geometry import FARTHEST, positions
from hanse.citygml.names import gml_id, href, local_name, version
from hanse.citygml.reference import Frame, Options, frame
from hanse.cityjson import Feature, Reading, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["Limits", "Reading", "load", "read"]
_MEMBERS = frozenset({"cityObjectMember", "featureMember", "featureMembers"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much input is taken before it is refused.

    Attributes:
        max_bytes: of a whole document.
        max_depth: nesting of elements.
        max_elements: elements in one member, beyond which that member is refused.
        max_vertices: different vertices of one building.
    """

    max_bytes: int = 4 * 2**30
    max_depth: int = 100
    max_elements: int = 2_000_000
    max_vertices: int = 1_000_000


DEFAULT_LIMITS = Limits()
DEFAULT_OPTIONS = Options()


def load(data: bytes, *, options: Options = DEFAULT_OPTIONS, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Read everything into memory. Raises as ``read`` does."""
    items = list(read(io.BytesIO(data), options=options, limits=limits))
    return Reading(
        tuple(item for item in items if isinstance(item, Feature)),
        tuple(item for item in items if isinstance(item, Refused)),
    )


def read(
    stream: BinaryIO, *, options: Options = DEFAULT_OPTIONS, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Feature | Refused]:
    """Yield the buildings of a CityGML document, or why one was refused, in the order of the source.

    A pointer is an XPath of local names: "/CityModel/cityObjectMember[3]//Polygon[@id='p']".

    Raises:
        CityGmlError: during the iteration, when the document is not well-formed, not CityGML, declares a document
            type or entities, or exceeds a limit; what was yielded before stands.
    """
    state = _Document(options, limits)
    for member, number, overflow in _members(_Bounded(stream, limits.max_bytes), state, limits):
        yield from _refused_or(member, number, state, overflow=overflow)


def _events(source: _Bounded) -> Iterator[tuple[str, Element]]:
    """Yield the parser's events; its many ways of giving up become one."""
    try:
        yield from iterparse(source, events=("start", "end"), forbid_dtd=True)
    except CityGmlError:
        raise
    except ParseError as error:
        line, column = error.position
        raise CityGmlError(f"not well-formed XML at line {line}, column {column}: {error}") from error
    except DefusedXmlException as error:
        raise CityGmlError("the document declares a document type or entities, which are not read") from error
    except (LookupError, ValueError) as error:  # an encoding that the parser does not know
        raise CityGmlError(f"the document cannot be decoded: {error}; write it in UTF-8") from error


@dataclass(slots=True, eq=False)
class _Document:
    options: Options
    limits: Limits
    version: str = ""
    name: str | None = None
    corner: tuple[float, float, float] | None = None
    frame: Frame | None = None
    seen: int = 0
    ids: set[str] = field(default_factory=set)


class _Bounded:
    """A stream that ends in an error when it is longer than allowed."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._limit = limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, 1 << 16) if size > 0 else 1 << 16)
        self._left -= len(data)
        if self._left < 0:
            raise CityGmlError(f"the input has more than {self._limit} bytes; split it")
        return data


def _members(source: _Bounded, state: _Document, limits: Limits) -> Iterator[tuple[Element, int, bool]]:
    """Yield each member of the root with its number among its namesakes, and forget it afterwards."""
    open_: list[Element] = []
    elements = 0
    count: dict[str, int] = {}
    for event, element in _events(source):
        if event == "start":
            open_.append(element)
            elements += 1
            if len(open_) > limits.max_depth:
                raise CityGmlError(f"elements nest more than {limits.max_depth} deep")
            if len(open_) == 1:
                _begin(element, state)
            continue
        open_.pop()
        overflow = elements > limits.max_elements
        if len(open_) == 1:
            name = local_name(element)
            count[name] = count.get(name, 0) + 1
            yield element, count[name], overflow
            open_[0].clear()
            elements = 0
        elif overflow:
            element.clear()


def _begin(root: Element, state: _Document) -> None:
    found = version(root)
    if local_name(root) != "CityModel" or found is None:
        raise CityGmlError(f"the root element is {root.tag[:120]!r}; CityModel of CityGML 1.0, 2.0 or 3.0 is read")
    state.version = found


def _refused_or(member: Element, number: int, state: _Document, *, overflow: bool) -> Iterator[Feature | Refused]:
    name = local_name(member)
    where = f"/CityModel/{name}[{number}]"
    if name == "boundedBy":
        _envelope(member, state)
        return
    if name in {"appearanceMember", "appearance"}:
        yield Refused(None, where, "appearances (materials and textures) are not carried")
        return
    if name not in _MEMBERS:
        return
    if overflow:
        yield Refused(None, where, f"it has more than {state.limits.max_elements} elements; split it")
        return
    if href(member):
        yield Refused(None, where, "a city object elsewhere is not fetched; put it into this document")
    for element in member:
        yield _one(element, where, state)


def _one(element: Element, where: str, state: _Document) -> Feature | Refused:
    key = gml_id(element)
    kind = local_name(element)
    if kind != "Building" or version(element) is None:
        return Refused(key, where, f"{kind} is not read from CityGML; only buildings are")
    try:
        if state.frame is None:
            state.frame = _frame(element, state)
        made = feature(element, state.frame, state.limits.max_vertices)
    except FaultError as fault:
        return Refused(key, where + fault.where, fault.reason)
    if made.id in state.ids:
        return Refused(key, where, f"the gml:id {made.id!r} occurs twice in the document")
    state.ids.add(made.id)
    return made


def _envelope(holder: Element, state: _Document) -> None:
    """Take the reference system and the low corner from gml:boundedBy; without them the first building decides."""
    for envelope in holder:
        state.name = envelope.get("srsName") or state.name
        for child in envelope:
            if local_name(child) == "lowerCorner":
                point = Element("point")
                child.tag = "pos"
                point.append(child)
                state.corner = _corner(point)


def _corner(holder: Element) -> tuple[float, float, float] | None:
    try:
        found = positions(holder, "")
    except FaultError:
        return None  # the envelope is a convenience: the first building's position serves as well
    if not len(found) or np.abs(found[0]).max() > FARTHEST:
        return None
    return float(found[0, 0]), float(found[0, 1]), float(found[0, 2])


def _frame(element: Element, state: _Document) -> Frame:
    name = state.name or next((node.get("srsName") for node in element.iter() if node.get("srsName")), None)
    corner = state.corner
    if corner is None:
        ring = next((node for node in element.iter() if local_name(node) == "LinearRing"), None)
        corner = (_corner(ring) if ring is not None else None) or (0.0, 0.0, 0.0)
    return frame(state.version, name, corner, state.options)
