# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Qualified names of CityGML and GML, whose namespaces change with each version and mean the same."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CITY = re.compile(
    r"https?://www\.opengis\.net/citygml(?:/profiles/[a-z]+)?(?:/(?P<module>[a-z]+))?/(?P<version>[123]\.0)"
)
_GML = frozenset({"http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2"})
_XLINK = "{http://www.w3.org/1999/xlink}href"
_IDS = tuple(f"{{{namespace}}}id" for namespace in sorted(_GML))


class Family(StrEnum):
    """Whose a name is: CityGML's, GML's, or an application domain extension's or an address standard's."""

    CITY = "citygml"
    GML = "gml"
    OTHER = "other"


def split(element: Element) -> tuple[Family, str]:
    """Return the family and the local name of an element."""
    namespace, _, local = element.tag.rpartition("}")
    namespace = namespace[1:]
    if namespace in _GML:
        return Family.GML, local
    return (Family.CITY if _CITY.fullmatch(namespace) else Family.OTHER), local


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def version(element: Element) -> str | None:
    """Return the CityGML version, such as "2.0", that an element's namespace belongs to; None for another."""
    match = _CITY.fullmatch(element.tag.rpartition("}")[0][1:])
    return match["version"] if match else None


def module(element: Element) -> str:
    """Return the CityGML module, such as "generics"; "" for the core and for names that are not CityGML's."""
    match = _CITY.fullmatch(element.tag.rpartition("}")[0][1:])
    return (match["module"] or "") if match else ""


def gml_id(element: Element) -> str | None:
    """Return gml:id, in either version's namespace; None when there is none."""
    return next((element.get(name) for name in _IDS if element.get(name)), None)


def href(element: Element) -> str | None:
    """Return xlink:href; None when there is none."""
    return element.get(_XLINK)


def text(element: Element) -> str:
    """Return an element's text without the space around it."""
    return (element.text or "").strip()


def inner_name(holder: Element) -> str:
    """Return the local name of the CityGML element that a property holds; "" when it holds none."""
    held = next(iter(holder), None)
    return local_name(held) if held is not None and split(held)[0] is Family.CITY else ""
