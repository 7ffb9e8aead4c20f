# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names of properties in CQL2 as paths, which both of its encodings share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanse.query.errors import QueryError
from hanse.query.model import Member, Path

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP = r"[^\x00-\x20.\[\]{}\"]+"
_PROPERTY = re.compile(rf"({_STEP}(?:\.{_STEP})*)(?:\[(\*|{_STEP}(?:\.{_STEP})*)\])?")
_LONGEST = 512


def property_path(language: str, name: str, names: Callable[[str], str], position: int | str | None) -> Path:
    """Read a property's name: dots lead into sub-attributes and values, brackets into values; an IRI is one name.

    Raises:
        QueryError: it is no name.
    """
    if len(name) > _LONGEST or (match := _PROPERTY.fullmatch(name)) is None:
        found = f"{name[:40]!r} is no name of a property"
        raise QueryError(language, found, position=position, expected="a name such as height or address[city]")
    if "://" in name:
        return Path((names(name),), loose=True)
    steps, inside = match.groups()
    members = tuple(Member(each, names(each)) for each in (inside or "").split(".") if each)
    return Path(tuple(map(names, steps.split("."))), members, loose=True)


def property_name(path: Path, names: Callable[[str], str]) -> str:
    """Write a path as CQL2 names a property."""
    inside = ".".join(member.name for member in path.members)
    return ".".join(map(names, path.names)) + (f"[{inside}]" if inside else "")
