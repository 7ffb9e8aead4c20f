# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Query parameters that several operations share: representation, yes and no; ids in paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse import ngsild
from hanse.ngsild import PLAIN, BadRequestDataError, Options, parse_options
from hanse.ngsild.values import is_uri
from hanse.twin.edge.problems import Kind, Problem, bad_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming
    from hanse.ngsild import Requested

MAX_ID: Final = 2_048
LOCAL: Final = frozenset({"local", "via"})
REPRESENTATION: Final = frozenset(
    {"attrs", "pick", "omit", "lang", "datasetId", "format", "options", "geometryProperty", "expandValues", "jsonKeys"}
)
_FLAGS: Final = frozenset({"sysAttrs", "splitEntities"})
_ASKING: Final = REPRESENTATION - {"expandValues", "jsonKeys"}


def options_of(parameters: Mapping[str, str], renaming: Renaming) -> Options:
    """How entities are to be represented. Raises BadRequestDataError."""
    if not parameters or not _ASKING & parameters.keys():
        return PLAIN
    requested = options_asked(parameters, _FLAGS)
    attrs = ngsild.parse_names(parameters.get("attrs"), renaming)
    if attrs is not None and attrs & {"id", "type", "scope"}:
        raise bad_data("attrs names attributes; id, type and scope are none: use pick")
    geometry = parameters.get("geometryProperty")
    return Options(
        form=requested.form,
        attrs=attrs,
        pick=ngsild.parse_projection(parameters.get("pick"), renaming, "pick"),
        omit=ngsild.parse_projection(parameters.get("omit"), renaming, "omit"),
        languages=ngsild.parse_languages(parameters.get("lang")),
        datasets=ngsild.parse_datasets(parameters.get("datasetId")),
        sys_attrs="sysAttrs" in requested.flags,
        geometry_property=ngsild.attribute_name(geometry, renaming) if geometry else "location",
    )


def options_asked(parameters: Mapping[str, str], flags: frozenset[str]) -> Requested:
    """The parameters options and format (clause 6.3.20). Raises Problem: InvalidRequest for a value unknown."""
    try:
        return parse_options(parameters.get("options"), parameters.get("format"), flags)
    except BadRequestDataError as error:
        raise Problem(Kind.INVALID_REQUEST, str(error)) from None


def boolean(parameters: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false; absent, it is false. Raises Problem."""
    value = parameters.get(name, "false").lower()
    if value not in {"true", "false"}:
        raise bad_data(f"{name} is true or false")
    return value == "true"


def uri_of(text: object) -> str:
    """An id. Raises Problem: BadRequestData for what is no URI."""
    name = text.rstrip("/") if isinstance(text, str) else ""
    if len(name) > MAX_ID or not is_uri(name):
        raise bad_data(f"{str(text)[:200]!r} is no URI, as ids are")
    return name
