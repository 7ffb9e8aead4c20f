# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reads CityJSON documents and CityJSONSeq as a stream of features and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.cityjson.decode import Limits, header_of, kind, parse, quantized, shown
from hanse.cityjson.errors import CityJsonError, Refused, pointer
from hanse.cityjson.features import features
from hanse.cityjson.model import Feature, Header, Json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole document or sequence: what loaded, and what was refused."""

    features: tuple[Feature, ...]
    refused: tuple[Refused, ...]


def load(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Read everything into memory. Raises as ``read`` does."""
    items = list(read(data, limits=limits))
    return Reading(
        tuple(item for item in items if isinstance(item, Feature)),
        tuple(item for item in items if isinstance(item, Refused)),
    )


def read(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Feature | Refused]:
    """Read a document or, when the first line is one by itself and more follow, a sequence.

    Raises:
        CityJsonError: at the first step of the iteration, when the whole cannot be read.
    """
    if len(data) > limits.max_bytes:
        raise CityJsonError(f"the input has {len(data)} bytes, at most {limits.max_bytes} are taken; split it")
    if _is_sequence(data):
        return read_sequence(data.splitlines(), limits=limits)
    return read_document(data, limits=limits)


def _is_sequence(data: bytes) -> bool:
    """A document may be pretty-printed: only a first line that closes its object is a sequence's header."""
    head, _, rest = data.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return rest.lstrip().startswith(b"{") and head.rstrip().endswith(b"}")


def read_document(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Feature | Refused]:
    """Yield the features of a CityJSON document.

    Raises:
        CityJsonError: at the first step of the iteration, when the document cannot be read as a whole.
    """
    document = parse(data, limits.max_bytes, limits.max_depth)
    header = header_of(document, limits)
    objects = _objects(document, limits)
    yield from features(objects, quantized(document, header, limits), header)


def read_sequence(lines: Iterable[bytes], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Feature | Refused]:
    """Yield the features of a CityJSONSeq, holding one line in memory at a time.

    A line that cannot be read is refused, and the next one is read.

    Raises:
        CityJsonError: at the first step of the iteration, when the first line is no CityJSON header.
    """
    header: Header | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if header is None:
            header, document = _first_line(line, limits)
            objects = _objects(document, limits)
            if objects:
                yield from features(objects, quantized(document, header, limits), header, number)
            continue
        yield from _line(line, number, header, limits)
    if header is None:
        raise CityJsonError("the input is empty; a CityJSONSeq begins with a line of type CityJSON")


def _first_line(line: bytes, limits: Limits) -> tuple[Header, dict[str, Json]]:
    document = parse(line, limits.max_line_bytes, limits.max_depth)
    header = header_of(document, limits)
    if document.get("transform") is None:
        raise CityJsonError("/transform is missing in the first line; a sequence needs it to place its vertices")
    return header, document


def _line(line: bytes, number: int, header: Header, limits: Limits) -> Iterator[Feature | Refused]:
    try:
        document = parse(line, limits.max_line_bytes, limits.max_depth)
    except CityJsonError as error:
        yield Refused(None, "", str(error), number)
        return
    if not isinstance(document, dict) or document.get("type") != "CityJSONFeature":
        found = shown(document.get("type")) if isinstance(document, dict) else kind(document)
        yield Refused(None, "/type", f'a line of a sequence has type "CityJSONFeature", not {found}', number)
        return
    name = document.get("id")
    try:
        vertices = quantized(document, header, limits)
        objects = _objects(document, limits)
    except CityJsonError as error:
        yield Refused(name if isinstance(name, str) else None, "", str(error), number)
        return
    if name is not None and name not in objects:
        reason = f"the feature's id {shown(name)} is not among its city objects"
        yield Refused(name if isinstance(name, str) else None, pointer("id"), reason, number)
        return
    yield from features(objects, vertices, header, number)


def parse_feature(document: Json, header: Json, *, limits: Limits = DEFAULT_LIMITS) -> Feature:
    """Read one CityJSONFeature, already parsed, under a sequence's first line, already parsed.

    Raises:
        CityJsonError: either is malformed, or the document does not hold exactly one feature.
    """
    if not isinstance(document, dict) or not isinstance(header, dict) or header.get("transform") is None:
        raise CityJsonError("a CityJSONFeature and a header with a transform are needed, both JSON objects")
    head = header_of(header, limits)
    found = list(features(_objects(document, limits), quantized(document, head, limits), head))
    for item in found:
        if isinstance(item, Refused):
            raise CityJsonError(f"{item.pointer}: {item.reason}")
    if len(found) != 1 or not isinstance(found[0], Feature):
        raise CityJsonError(f"/CityObjects holds {len(found)} root objects, a feature has one")
    return found[0]


def _objects(document: dict[str, Json], limits: Limits) -> dict[str, Json]:
    objects = document.get("CityObjects")
    if not isinstance(objects, dict):
        raise CityJsonError(f"/CityObjects must be an object that maps ids to city objects, not {kind(objects)}")
    if len(objects) > limits.max_objects:
        raise CityJsonError(f"/CityObjects has {len(objects)} objects, at most {limits.max_objects} are taken")
    return objects
