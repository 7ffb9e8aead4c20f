# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""GeoJSON features and CSV records as NGSI-LD entities, each with its place in the file or why it is refused.

A record is known by the column that the mapping names as `id`, a feature by that or by its own id. What has none is
known by its content, so that loading it again changes nothing; a changed one is another entity then.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import shape

from hanse import geo
from hanse.contracts.parsing import Limits
from hanse.kernel.errors import HanseError, InvalidInputError, invalid
from hanse.twin.loading.upserts import parsed
from hanse.twin.model import MAX_ENTITY_BYTES
from hanse.twin.space.places import WGS84, horizontal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hanse.twin.loading.mapping import Column, Columns

Json = Any
Item = tuple[str, "Json | HanseError"]
SEPARATORS = ",;\t|"
MAX_RECORD_BYTES = 4 * 1024 * 1024
_COLLECTION = re.compile(rb'"type"\s*:\s*"FeatureCollection"')
_CRS84 = re.compile(r"(urn:ogc:def:crs:)?OGC:([0-9.]*):?CRS84|https?://www\.opengis\.net/def/crs/OGC/[^/]*/CRS84")
_LINE = Limits(max_bytes=MAX_ENTITY_BYTES)
_DIGITS = 9  # of degrees: a tenth of a millimetre


def is_collection(head: bytes) -> bool:
    """Whether a file that begins so is one FeatureCollection, and not a feature a line."""
    return _COLLECTION.search(head) is not None


def features(data: bytes, first_line: int, max_bytes: int) -> Iterator[tuple[str, Json | HanseError, str]]:
    """Features of a document (`first_line` 0) or of lines, each with its place and the CRS that is declared for it.

    Raises:
        InvalidInputError: CONTRACT_VIOLATION, a document that cannot be read.
    """
    if first_line:
        for offset, line in enumerate(data.splitlines()):
            text = line.lstrip(b"\x1e").strip()  # RFC 8142 marks each text
            if text:
                place = f"line {first_line + offset}"
                try:
                    yield place, parsed(text, _LINE), ""
                except InvalidInputError as error:
                    yield place, error, ""
        return
    document = parsed(data, Limits(max_bytes=max_bytes))
    found = document.get("features") if isinstance(document, dict) else None
    if isinstance(document, dict) and document.get("type") == "Feature":
        found = [document]
    if not isinstance(found, list):
        raise InvalidInputError(
            "the file is no GeoJSON FeatureCollection",
            remedy="Send a FeatureCollection (RFC 7946), or a Feature a line.",
            reason="CONTRACT_VIOLATION",
        )
    crs = _declared(document.get("crs"))
    yield from ((f"/features/{index}", one, crs) for index, one in enumerate(found))


def _declared(crs: Json) -> str:
    """GeoJSON of 2008 could name a coordinate system, and many files still do."""
    if crs is None:
        return ""
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) and crs.get("type") == "name" else None
    if not isinstance(name, str):
        raise InvalidInputError(
            "/crs: the file's coordinate system is not named",
            remedy='Name it, e.g. {"type": "name", "properties": {"name": "EPSG:28992"}}, or use degrees.',
            reason="CONTRACT_VIOLATION",
        )
    return "EPSG:4326" if _CRS84.fullmatch(name) else name


def from_features(
    data: bytes, first_line: int, columns: Columns, type_: str, assumed_crs: str, max_bytes: int
) -> Iterator[Item]:
    """Entities of GeoJSON features."""
    naming = _Naming()
    for place, feature, crs in features(data, first_line, max_bytes):
        try:
            if isinstance(feature, HanseError):
                raise feature
            yield place, _of_feature(feature, columns, type_, crs or assumed_crs, naming)
        except HanseError as error:
            yield place, error


def _of_feature(feature: Json, columns: Columns, type_: str, crs: str, naming: _Naming) -> dict[str, Json]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise InvalidInputError("it is no GeoJSON Feature")
    record = {} if feature.get("properties") is None else feature["properties"]
    if not isinstance(record, dict):
        raise invalid("/properties", "must be an object")
    given = record.get(columns.id) if columns.id else feature.get("id")
    entity = {"id": naming(given, feature), "type": type_, **_attributes(columns, record)}
    if feature.get("geometry") is not None:
        entity["location"] = {"type": "GeoProperty", "value": _degrees(feature["geometry"], crs)}
    return entity


def from_records(data: bytes, head: bytes, first_line: int, columns: Columns, type_: str, crs: str) -> Iterator[Item]:
    """Entities of CSV records (RFC 4180); `head` is the line that names the columns."""
    names = header(head)
    found, naming = columns.of(names), _Naming()
    reader = csv.reader(io.StringIO(data.decode(errors="surrogateescape"), newline=""), delimiter=separator(head))
    before = 0
    while True:
        place = f"line {first_line + before + 1}"
        try:
            cells = next(reader, None)
            before = reader.line_num
            if cells is None:
                return
            if cells:
                yield place, _of_record(names, cells, found, type_, crs, naming)
        except csv.Error as error:
            before = reader.line_num
            yield place, InvalidInputError(f"not CSV as RFC 4180 has it: {error}")
        except HanseError as error:
            yield place, error


def _of_record(
    names: list[str], cells: list[str], columns: Columns, type_: str, crs: str, naming: _Naming
) -> dict[str, Json]:
    if len(cells) != len(names):
        raise InvalidInputError(f"the record has {len(cells)} cells, the header {len(names)}")
    if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
        raise InvalidInputError("the record is not UTF-8", remedy="Write the file in UTF-8.")
    record = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    given = record[columns.id] if columns.id else None
    if columns.id and not given:
        raise InvalidInputError(f"the column {columns.id[:100]}, which names the record, is empty")
    entity = {"id": naming(given, record), "type": type_, **_attributes(columns, record)}
    if columns.longitude and record[columns.longitude] and record[columns.latitude]:
        position = [_coordinate(record, name) for name in (columns.longitude, columns.latitude)]
        point = {"type": "Point", "coordinates": position}
        entity["location"] = {"type": "GeoProperty", "value": _degrees(point, crs)}
    elif crs and isinstance(entity.get("location"), dict):
        entity["location"]["value"] = _degrees(entity["location"].get("value"), crs)
    return entity


def _coordinate(record: Mapping[str, str], name: str) -> float:
    try:
        return float(record[name])
    except ValueError:
        raise InvalidInputError(
            f"{name[:100]} is {record[name][:40]!r}, no number", remedy="Write it with a decimal point."
        ) from None


def header(head: bytes) -> list[str]:
    """The columns that a header names. Raises InvalidInputError CONTRACT_VIOLATION."""
    try:
        names = next(csv.reader([head.decode("utf-8-sig").strip("\r\n")], delimiter=separator(head), strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise _no_header(f"cannot be read: {error}") from None
    names = [name.strip() for name in names]
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if not names or not all(names):
        raise _no_header("has a column without a name")
    if doubled:
        raise _no_header(f"names {doubled[0][:100]!r} twice")
    return names


def _no_header(what: str) -> InvalidInputError:
    return InvalidInputError(
        f"the first line {what}",
        remedy="Send UTF-8 CSV whose first line names every column once.",
        reason="CONTRACT_VIOLATION",
    )


def separator(head: bytes) -> str:
    """What stands between cells: of comma, semicolon, tab and bar what is most often outside quotes in the header."""
    bare = re.sub(rb'"[^"]*"', b"", head).decode(errors="replace")
    return max(SEPARATORS, key=bare.count)


def _attributes(columns: Columns, record: Mapping[str, Json]) -> dict[str, Json]:
    chosen: tuple[Column, ...] = columns.attributes or columns.plain(record)
    made = ((each.name, each.made(record)) for each in chosen)
    return {name: attribute for name, attribute in made if attribute is not None}


class _Naming:
    """Source ids; of equal records without one, the second is another."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def __call__(self, given: Json, content: Json) -> str:
        if given is not None and given != "":
            if isinstance(given, bool) or not isinstance(given, str | int | float):
                raise InvalidInputError("its id is neither a text nor a number")
            return str(given)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False).encode(errors="surrogatepass")
        name = "sha256:" + hashlib.sha256(text).hexdigest()[:40]
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}:{self._seen[name]}"


def _degrees(geometry: Json, crs: str) -> Json:
    """A geometry in longitude and latitude; heights stay as they are. Raises InvalidInputError."""
    if not crs:
        return geometry
    try:
        source = horizontal(crs)
        if source.horizontal == WGS84.horizontal:
            return geometry
        convert = geo.transformer(source, WGS84)

        def moved(points: Any) -> Any:  # noqa: ANN401 - an array of positions
            flat = convert(points[:, :2]).coordinates[:, :2]
            return np.column_stack([np.round(flat, _DIGITS), points[:, 2:]])

        found = shape(geometry)
        return json.loads(shapely.to_geojson(shapely.transform(found, moved, include_z=bool(shapely.has_z(found)))))
    except geo.CrsError as error:
        raise InvalidInputError(f"its coordinates cannot be converted: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise invalid("/geometry", f"is no GeoJSON geometry: {str(error)[:200]}") from None
