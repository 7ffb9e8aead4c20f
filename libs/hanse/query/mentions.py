# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Walks over a syntax tree: which names it speaks of, and its geometries in another reference system."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import shapely

from hanse.query import geometry as geometries
from hanse.query.model import Box, Geometry, Linked, Path, TimeWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

_N = TypeVar("_N")


def mentions(node: object) -> frozenset[str]:
    """Return the names that a tree speaks of: of attributes, sub-attributes, relationships and system times.

    Tells a store what to load before `matches` decides, `createdAt` and `modifiedAt` above all.
    """
    found: set[str] = set()
    for each in nodes(node):
        if isinstance(each, Path):
            found.update(each.names)
        elif isinstance(each, Linked):
            found.add(each.name)
        elif isinstance(each, TimeWindow):
            found.add(each.property)
    return frozenset(found)


def subjects(node: object) -> frozenset[str]:
    """Return the names of the attributes of the entity itself that a tree speaks of, with `id`, `createdAt` & co."""
    if isinstance(node, Path):
        return frozenset(node.names[:1])
    if isinstance(node, Linked):
        return frozenset({node.name})
    if is_dataclass(node):
        return frozenset().union(*(subjects(getattr(node, field.name)) for field in fields(node)))
    return frozenset().union(*(subjects(each) for each in node)) if isinstance(node, tuple) else frozenset()


def follows(node: object) -> bool:
    """Tell whether a tree asks about linked entities (CIM 009 clause 4.9)."""
    return any(isinstance(each, Linked) for each in nodes(node))


def nodes(node: object) -> Iterator[object]:
    """Yield a tree's nodes, itself first."""
    yield node
    if is_dataclass(node):
        for field in fields(node):
            yield from nodes(getattr(node, field.name))
    elif isinstance(node, tuple):
        for each in node:
            yield from nodes(each)


def map_geometries(node: _N, convert: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> _N:
    """Return the tree with the coordinates of its geometries converted to longitude and latitude (`filter-crs`).

    `convert` is given an array of positions, two or three numbers each; a box becomes the polygon of its corners.
    """
    if isinstance(node, tuple):
        return tuple(map_geometries(each, convert) for each in node)  # type: ignore[return-value]
    if isinstance(node, Geometry):
        return _converted(shapely.from_wkb(node.wkb), convert)  # type: ignore[return-value]
    if isinstance(node, Box):
        return _converted(geometries.shape(node), convert)  # type: ignore[return-value]
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changed = {field.name: map_geometries(getattr(node, field.name), convert) for field in fields(node)}
    return replace(node, **changed)


def _converted(shape: Any, convert: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> Geometry:  # noqa: ANN401
    moved = shapely.transform(shape, convert, include_z=bool(shapely.has_z(shape)))
    return Geometry(shapely.to_wkb(moved, flavor="iso"))
