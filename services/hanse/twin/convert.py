# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Between the twin's wire messages and its domain types. Stored entities stay bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hanse import geo
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.errors import invalid
from hanse.twin.load import Format, Source
from hanse.twin.model import CONTRACT, MAX_PAGE, REVISION, Box, Circle, Dataset, Filter, Operator, Outcome, Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.ngsild import Loss
    from hanse.twin.model import Row, Scalar, Tally

MAX_FILTERS = 16
MAX_RADIUS_M = 50_000.0
DEFAULT_PAGE = 100
_ENTITIES_TAG = b"\x0a"  # field 1, length-delimited, of QueryEntitiesResponse
_OPERATORS = {
    pb.AttributeFilter.OPERATOR_EQUAL: Operator.EQUAL,
    pb.AttributeFilter.OPERATOR_NOT_EQUAL: Operator.NOT_EQUAL,
    pb.AttributeFilter.OPERATOR_LESS: Operator.LESS,
    pb.AttributeFilter.OPERATOR_LESS_OR_EQUAL: Operator.LESS_OR_EQUAL,
    pb.AttributeFilter.OPERATOR_GREATER: Operator.GREATER,
    pb.AttributeFilter.OPERATOR_GREATER_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    pb.AttributeFilter.OPERATOR_EXISTS: Operator.EXISTS,
}
_FORMATS = {
    pb.LoadEntitiesRequest.Header.FORMAT_CITYJSON: Format.CITYJSON,
    pb.LoadEntitiesRequest.Header.FORMAT_CITYJSON_SEQ: Format.CITYJSON_SEQ,
    pb.LoadEntitiesRequest.Header.FORMAT_NGSI_LD: Format.NGSI_LD,
}
_LARGE = 2**63
_WGS84 = geo.Crs.parse("EPSG:4326")


def entity_wire(row: Row, dataset: str) -> bytes:
    """The bytes that go out for a row, every time it is read."""
    wire: bytes = types.Entity(
        id=row.id, type=row.type, contract=CONTRACT, revision=REVISION, json=row.json, dataset=dataset
    ).SerializeToString()
    return wire


def page_wire(entities: Iterable[bytes], datasets: Sequence[Dataset], next_page_token: str) -> bytes:
    """A serialised QueryEntitiesResponse, put together of stored entities without parsing them."""
    parts: list[bytes] = []
    for entity in entities:
        parts += (_ENTITIES_TAG, _varint(len(entity)), entity)
    rest: bytes = pb.QueryEntitiesResponse(
        next_page_token=next_page_token, datasets=[dataset_message(item) for item in datasets]
    ).SerializeToString()
    return b"".join((*parts, rest))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte (Protocol Buffers encoding)
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def dataset_message(value: Dataset) -> types.Dataset:
    """The wire form of a data set."""
    return types.Dataset(
        id=value.id,
        title=value.title,
        owner=value.owner,
        licence=value.licence,
        terms=value.terms,
        jurisdiction=value.jurisdiction,
        crs=value.crs,
        vertical_datum=value.vertical_datum,
        vertical_datum_source=value.vertical_datum_source,
    )


def dataset(message: types.Dataset, authority: str) -> Dataset:
    """A data set from the wire. Raises InvalidInputError for what is missing."""
    if not message.id.startswith(f"urn:hanse:{authority}:dataset:"):
        raise invalid("dataset.id", f"must begin with urn:hanse:{authority}:dataset:")
    for name in ("title", "owner", "licence", "jurisdiction"):
        if not getattr(message, name):
            raise invalid(f"dataset.{name}", "is missing", remedy="Every data set says whose it is and on what terms.")
    if message.crs:
        try:
            geo.Crs.parse(message.crs)
        except geo.CrsError as error:
            raise invalid("dataset.crs", str(error)) from None
    source = message.vertical_datum_source or "unknown"
    if source not in {"declared", "assumed", "unknown"}:
        raise invalid("dataset.vertical_datum_source", "must be declared, assumed or unknown")
    return Dataset(
        message.id,
        message.title,
        message.owner,
        message.licence,
        message.terms,
        message.jurisdiction,
        message.crs,
        message.vertical_datum,
        source,
    )


def query(message: pb.QueryEntitiesRequest, city_crs: str) -> Query:
    """The domain's query. Raises InvalidInputError that names the field."""
    if not 0 <= message.page_size <= MAX_PAGE:
        raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
    if len(message.filters) > MAX_FILTERS:
        raise invalid("filters", f"at most {MAX_FILTERS} are taken", reason="LIMIT_EXCEEDED")
    made = Query(
        type=message.type,
        dataset=message.dataset,
        filters=tuple(_filter(item, index) for index, item in enumerate(message.filters)),
        limit=message.page_size or DEFAULT_PAGE,
    )
    match message.WhichOneof("place"):
        case "bounding_box":
            made = _in_box(made, message.bounding_box, city_crs)
        case "circle":
            made = _in_circle(made, message.circle, city_crs)
    return replace(made, after=_after(message)) if message.page_token else made


def page_token(message: pb.QueryEntitiesRequest, last_id: str) -> str:
    """Where the next page begins; it fits no other query."""
    return base64.urlsafe_b64encode(json.dumps([_fingerprint(message), last_id]).encode()).decode()


def _after(message: pb.QueryEntitiesRequest) -> str:
    try:
        fingerprint, last_id = json.loads(base64.urlsafe_b64decode(message.page_token.encode()))
    except (ValueError, TypeError):
        fingerprint, last_id = "", ""
    if fingerprint != _fingerprint(message) or not isinstance(last_id, str):
        raise invalid(
            "page_token",
            "was not given for this query",
            remedy="Send the next_page_token of the answer before, with the query unchanged.",
            reason="TOKEN_MALFORMED",
        )
    return last_id


def _fingerprint(message: pb.QueryEntitiesRequest) -> str:
    plain = pb.QueryEntitiesRequest()
    plain.CopyFrom(message)
    plain.ClearField("page_token")
    plain.ClearField("page_size")
    return hashlib.sha256(plain.SerializeToString(deterministic=True)).hexdigest()[:16]


def _filter(message: pb.AttributeFilter, index: int) -> Filter:
    at = f"filters[{index}]"
    if message.operator not in _OPERATORS:
        raise invalid(f"{at}.operator", "is missing or unknown")
    if not message.attribute:
        raise invalid(f"{at}.attribute", "is missing")
    operator = _OPERATORS[message.operator]
    return Filter(message.attribute, operator, None if operator is Operator.EXISTS else _scalar(message.value, at))


def _scalar(text: str, at: str) -> Scalar:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, str | int | float | bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise invalid(f"{at}.value", f'{text[:80]!r} is no JSON scalar; write e.g. 12.5, true or "residential"')
    return float(value) if isinstance(value, int) and abs(value) >= _LARGE else value


def _crs(name: str, field: str) -> geo.Crs:
    if not name or name.rstrip("/").endswith("CRS84"):
        return _WGS84
    try:
        return geo.Crs.parse(geo.Crs.parse(name).horizontal)
    except geo.CrsError as error:
        raise invalid(f"{field}.crs", str(error)) from None


def _converted(source: geo.Crs, target: geo.Crs, points: list[tuple[float, float]], field: str) -> list[list[float]]:
    if source.horizontal == target.horizontal:
        return [list(point) for point in points]
    try:
        made: list[list[float]] = geo.transformer(source, target)(np.array(points)).coordinates.tolist()
    except geo.CrsError as error:
        raise invalid(field, str(error)) from None
    return made


def _around(points: list[list[float]]) -> Box:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _in_box(made: Query, box: types.BoundingBox, city_crs: str) -> Query:
    corners = (box.min_x, box.min_y, box.max_x, box.max_y)
    if not all(map(math.isfinite, corners)) or box.min_x > box.max_x or box.min_y > box.max_y:
        raise invalid("bounding_box", "needs finite corners with min at most max")
    source = _crs(box.crs, "bounding_box")
    if source.is_geographic:
        return replace(made, degrees=Box(*corners))
    city = _crs(city_crs, "city")
    edge = [i / 4 for i in range(5)]
    width, height = box.max_x - box.min_x, box.max_y - box.min_y
    rim = [(box.min_x + u * width, box.min_y + v * height) for u in edge for v in edge]
    degrees = _grown(_around(_converted(source, _WGS84, rim, "bounding_box")), 1e-6)
    if source.horizontal != city.horizontal:
        return replace(made, degrees=degrees)
    return replace(made, degrees=degrees, metres=Box(*corners))


def _in_circle(made: Query, circle: types.Circle, city_crs: str) -> Query:
    if not 0 < circle.radius_m <= MAX_RADIUS_M:
        raise invalid("circle.radius_m", f"must be above 0 and at most {MAX_RADIUS_M:.0f}")
    if not (math.isfinite(circle.x) and math.isfinite(circle.y)):
        raise invalid("circle", "needs a finite centre")
    source, city = _crs(circle.crs, "circle"), _crs(city_crs, "city")
    ((x, y),) = _converted(source, city, [(circle.x, circle.y)], "circle")
    radius = circle.radius_m
    rim = [(x + u * radius, y + v * radius) for u in (-1, 0, 1) for v in (-1, 0, 1)]
    degrees = _grown(_around(_converted(city, _WGS84, rim, "circle")), 1e-5)
    metres = Box(x - radius, y - radius, x + radius, y + radius)
    return replace(made, degrees=degrees, metres=metres, circle=Circle(x, y, radius))


def _grown(box: Box, by: float) -> Box:
    """A little larger: straight edges bend when they are converted."""
    margin_x, margin_y = by + (box.max_x - box.min_x) * 0.01, by + (box.max_y - box.min_y) * 0.01
    return Box(box.min_x - margin_x, box.min_y - margin_y, box.max_x + margin_x, box.max_y + margin_y)


def source(header: pb.LoadEntitiesRequest.Header, authority: str, city_crs: str) -> Source:
    """How a file is to be read. Raises InvalidInputError."""
    if header.format not in _FORMATS:
        raise invalid("header.format", "is missing; say CityJSON, CityJSONSeq or NGSI-LD")
    return Source(
        authority,
        city_crs,
        header.dataset,
        _FORMATS[header.format],
        header.assumed_crs,
        header.assumed_vertical_datum,
    )


def progress(tally: Tally, losses: Iterable[Loss], *, done: bool) -> pb.LoadEntitiesResponse:
    """What a load has done so far."""
    return pb.LoadEntitiesResponse(
        read=tally.read,
        created=tally.outcomes[Outcome.CREATED],
        replaced=tally.outcomes[Outcome.REPLACED],
        unchanged=tally.outcomes[Outcome.UNCHANGED],
        refused=tally.refused,
        flagged=tally.flagged,
        refusals=[
            pb.LoadEntitiesResponse.Refusal(source_id=item.source_id, path=item.path, reason=item.reason)
            for item in tally.refusals[:100]
        ],
        losses=[
            types.Loss(kind=f"KIND_{loss.kind.value.upper()}", path=loss.path, detail=loss.detail) for loss in losses
        ],
        done=done,
        total=tally.total,
    )
