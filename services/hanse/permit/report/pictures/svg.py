# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Writes SVG 1.1 elements: escaped, with short numbers, the same text for the same input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from markupsafe import Markup, escape
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Attribute = str | float | None


def element(name: str, *children: str, **attributes: Attribute) -> Markup:
    """Return one element. Children that are not Markup are escaped.

    In attribute names a trailing underscore is dropped (`class_`) and others become hyphens; None leaves one out.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(
            key.rstrip("_").replace("_", "-"), number(value) if isinstance(value, int | float) else value
        )
        for key, value in attributes.items()
        if value is not None
    )
    if not children:
        return Markup("<{}{}/>").format(Markup(name), written)  # noqa: S704 (names are literals of this package)
    body = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, body)  # noqa: S704


def document(size: tuple[float, float], title: str, description: str, prefix: str, language: str, *parts: str) -> str:
    """Return a picture of `size` units with its text alternative; `prefix` keeps ids apart on one page."""
    width, height = size
    ids = f"{prefix}-title {prefix}-desc"
    return str(
        element(
            "svg",
            element("title", title, id=f"{prefix}-title"),
            element("desc", description, id=f"{prefix}-desc"),
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {number(width)} {number(height)}",
            role="img",
            aria_labelledby=ids,
            lang=language,
            class_="hx",
        ).replace("<svg ", Markup('<svg xml:lang="{}" ').format(language), 1)
    )


def number(value: float) -> str:
    """Return a number with at most one decimal, no trailing zero and no negative zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def path(rings: Iterable[Floats]) -> str:
    """Return path data of closed rings of screen points, each (n, 2)."""
    return "".join("M" + "L".join(f"{number(x)} {number(y)}" for x, y in ring[:, :2].tolist()) + "Z" for ring in rings)


def line_path(points: Floats) -> str:
    """Return path data of an open line of screen points (n, 2)."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points.tolist())


def rings_of(area: BaseGeometry) -> list[Floats]:
    """Return all rings of an area, each open (n, 2), exteriors before their holes."""
    rings: list[Floats] = []
    for part in polygons_of(area):
        rings.extend(np.asarray(ring.coords, dtype=np.float64)[:-1, :2] for ring in (part.exterior, *part.interiors))
    return rings


def polygons_of(area: BaseGeometry) -> list[Polygon]:
    """Return the polygons of any geometry, lines and points left out."""
    return [part for part in _flat(area) if isinstance(part, Polygon) and not part.is_empty]


def lines_of(geometry: BaseGeometry) -> list[LineString]:
    """Return the lines of any geometry, areas and points left out."""
    return [part for part in _flat(geometry) if isinstance(part, LineString) and not part.is_empty]


def _flat(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = shapely.get_parts(geometry).tolist()
    return [leaf for part in parts for leaf in (_flat(part) if hasattr(part, "geoms") else [part])]
