# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Between the twin's wire messages and its domain types. Stored entities stay bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, BinaryIO

from hanse import geo
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.contracts.validation import validate_document
from hanse.kernel.errors import FieldViolation, InvalidInputError, LimitExceededError, invalid
from hanse.ngsild.names import SHORT_NAME, URI
from hanse.twin.loading import mapping
from hanse.twin.loading.slices import TYPELESS, Format, Source
from hanse.twin.loading.upserts import Home, Item
from hanse.twin.model import (
    CONTRACT,
    INDEXED_TEXT,
    MAX_ORDERED,
    MAX_PAGE,
    REVISION,
    Box,
    Dataset,
    Filter,
    Operator,
    Outcome,
    Query,
    Request,
)
from hanse.twin.space import places
from hanse.twin.wire import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hanse.kernel.errors import HanseError
    from hanse.ngsild import Loss
    from hanse.twin.model import Refusal, Row, Scalar, Tally, Written

MAX_FILTERS = 16
MAX_NAME = 2_100  # the longest that the contract has
MAX_TOKEN = 4_096
MAX_REQUEST_ID = 200
MAX_REASON = 1_000
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
_STATES = {
    Outcome.CREATED: pb.ItemResult.STATE_CREATED,
    Outcome.REPLACED: pb.ItemResult.STATE_REPLACED,
    Outcome.UNCHANGED: pb.ItemResult.STATE_UNCHANGED,
}
_FORMATS = {
    pb.LoadEntitiesRequest.Header.FORMAT_CITYJSON: Format.CITYJSON,
    pb.LoadEntitiesRequest.Header.FORMAT_CITYJSON_SEQ: Format.CITYJSON_SEQ,
    pb.LoadEntitiesRequest.Header.FORMAT_NGSI_LD: Format.NGSI_LD,
    pb.LoadEntitiesRequest.Header.FORMAT_CITYGML: Format.CITYGML,
    pb.LoadEntitiesRequest.Header.FORMAT_GEOJSON: Format.GEOJSON,
    pb.LoadEntitiesRequest.Header.FORMAT_CSV: Format.CSV,
}


def entity_wire(row: Row, dataset: str) -> bytes:
    """The bytes that go out for a row, every time it is read."""
    wire: bytes = types.Entity(
        id=row.id, type=row.type, contract=CONTRACT, revision=REVISION, json=row.json, dataset=dataset
    ).SerializeToString()
    return wire


def page_wire(entities: Iterable[bytes], datasets: Sequence[Dataset], next_page_token: str) -> bytes:
    """A serialised QueryEntitiesResponse, put together of stored entities without parsing them."""
    described = [dataset_message(item) for item in datasets]
    return entities_wire(entities, pb.QueryEntitiesResponse(next_page_token=next_page_token, datasets=described))


def empty_wire(*, nothing_loaded: bool) -> bytes:
    """A serialised QueryEntitiesResponse without entities."""
    return pb.QueryEntitiesResponse(nothing_loaded=nothing_loaded).SerializeToString()


def entities_wire(entities: Iterable[bytes], rest: pb.BatchGetEntitiesResponse | pb.QueryEntitiesResponse) -> bytes:
    """A serialised message whose first field is entities, from stored ones and the rest of it."""
    parts: list[bytes] = []
    for entity in entities:
        parts += (_ENTITIES_TAG, _varint(len(entity)), entity)
    return b"".join((*parts, rest.SerializeToString()))


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


def dataset(message: types.Dataset, authority: str, city_crs: str) -> Dataset:
    """A data set from the wire: what it leaves out about coordinates is the city's. Raises InvalidInputError."""
    if not message.id.startswith(f"urn:hanse:{authority}:dataset:"):
        raise invalid("dataset.id", f"must begin with urn:hanse:{authority}:dataset:")
    crs = _crs(message.crs or city_crs, "dataset.crs")
    made = Dataset(
        message.id,
        message.title,
        message.owner,
        message.licence,
        message.terms,
        message.jurisdiction,
        crs.uri,
        message.vertical_datum or crs.vertical.name,
        message.vertical_datum_source or ("declared" if message.vertical_datum else crs.vertical.status.value),
    )
    document = {"contract": CONTRACT, "revision": REVISION, **asdict(made)}
    found = [
        FieldViolation("dataset" + v.pointer.replace("/", "."), f"expected {v.expected}, found {v.found}")
        for v in validate_document(document, contract=CONTRACT, schema="dataset")
    ]
    if found:
        raise InvalidInputError(
            f"{found[0].field}: {found[0].description}",
            remedy="Every data set says whose it is and on what terms, as contract twin/v1 has it.",
            violations=found,
        )
    return made


def query(message: pb.QueryEntitiesRequest, city_crs: str, branch: Callable[[str], int]) -> Query:
    """The domain's query; `branch` gives a scenario's number by its id. Raises InvalidInputError, names the field."""
    if not 0 <= message.page_size <= MAX_PAGE:
        raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
    if len(message.filters) > MAX_FILTERS:
        raise LimitExceededError(f"at most {MAX_FILTERS} filters are taken", remedy="Filter less, and again yourself.")
    made = Query(
        type=message.type,
        dataset=message.dataset,
        filters=tuple(_filter(item, index) for index, item in enumerate(message.filters)),
        limit=message.page_size or DEFAULT_PAGE,
    )
    match message.WhichOneof("place"):
        case "bounding_box":
            box = message.bounding_box
            corners = Box(box.min_x, box.min_y, box.max_x, box.max_y)
            made = places.in_box(made, box.crs, corners, city_crs)
        case "circle":
            circle = message.circle
            made = places.in_circle(made, circle.crs, circle.x, circle.y, circle.radius_m, city_crs)
    made = asking.asked(message, made, city_crs, branch)
    return replace(made, after=after(message)) if message.page_token else made


def page_token(message: pb.QueryEntitiesRequest, last_id: str) -> str:
    """Where the next page begins; it fits no other query."""
    return base64.urlsafe_b64encode(json.dumps([_fingerprint(message), last_id]).encode()).decode()


def after(message: pb.QueryEntitiesRequest) -> str:
    """Where the page begins that a token was given for. Raises InvalidInputError TOKEN_MALFORMED."""
    try:
        if len(message.page_token) > MAX_TOKEN:
            raise ValueError(MAX_TOKEN)
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


def offset(text: str) -> int:
    """Where a page of ordered entities begins. Raises InvalidInputError."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(MAX_ORDERED)):
        raise invalid("page_token", "was not given for this query", reason="TOKEN_MALFORMED")
    return int(text)


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
    if not 0 < len(message.attribute) <= MAX_NAME:
        raise invalid(f"{at}.attribute", f"must have 1 to {MAX_NAME} characters")
    operator = _OPERATORS[message.operator]
    return Filter(
        message.attribute, operator, None if operator is Operator.EXISTS else _scalar(message.value, at, operator)
    )


def _scalar(text: str, at: str, operator: Operator) -> Scalar:
    """A JSON scalar that can be compared with what is indexed."""
    try:
        value = json.loads(text)
        (text + str(value)).encode()  # no lone surrogate
        finite = not isinstance(value, int | float) or math.isfinite(value)
    except (ValueError, RecursionError, OverflowError):
        value, finite = None, False
    if not isinstance(value, str | int | float | bool) or not finite:
        raise invalid(f"{at}.value", f'{text[:80]!r} is no JSON scalar; write e.g. 12.5, true or "residential"')
    if isinstance(value, str) and len(value) >= INDEXED_TEXT:
        raise invalid(f"{at}.value", f"has at most {INDEXED_TEXT - 1} characters")
    if isinstance(value, bool) and operator not in {Operator.EQUAL, Operator.NOT_EQUAL}:
        raise invalid(f"{at}.operator", "true and false have no order; ask whether they are equal")
    return value


def source(header: pb.LoadEntitiesRequest.Header, authority: str, city_crs: str) -> Source:
    """How a file is to be read. Raises InvalidInputError."""
    if header.format not in _FORMATS:
        raise invalid("header.format", f"is missing or unknown; say {', '.join(each.value for each in Format)}")
    if header.size_bytes < 0:
        raise invalid("header.size_bytes", "must be 0, for unknown, or more")
    if header.assumed_crs:
        _crs(header.assumed_crs, "header.assumed_crs")
    if header.assumed_vertical_datum:
        _crs(places.WGS84.code, "header.assumed_vertical_datum", header.assumed_vertical_datum)
    _has_request_id(header.request_id, "header.request_id")
    home = Home(authority, city_crs, header.dataset)
    form = _FORMATS[header.format]
    if form not in TYPELESS and (header.type or header.mapping):
        raise invalid("header.type", f"and header.mapping are not for {form.value}, which says both itself")
    if form in TYPELESS and not (SHORT_NAME.fullmatch(header.type) or URI.fullmatch(header.type)):
        raise invalid("header.type", f'must name the entities\' type, e.g. "Tree": {form.value} has none')
    columns = mapping.read(header.mapping)
    return Source(home, form, header.assumed_crs, header.assumed_vertical_datum, header.type, columns)


def _crs(name: str, field: str, assumed_vertical: str | None = None) -> geo.Crs:
    try:
        return geo.Crs.parse(name, assumed_vertical=assumed_vertical)
    except geo.CrsError as error:
        raise invalid(field, str(error)) from None


def items(message: pb.UpsertEntitiesRequest) -> list[Item]:
    """The entities of a batch as they were sent."""
    return [Item(item.id, item.type, item.contract, item.dataset, item.json) for item in message.entities]


def request(message: pb.UpsertEntitiesRequest) -> Request | None:
    """What makes a retry of a batch known; None when it has no request id. Raises InvalidInputError."""
    if not _has_request_id(message.request_id, "request_id"):
        return None
    return Request(message.request_id, hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest())


def load_key(header: pb.LoadEntitiesRequest.Header, file: BinaryIO) -> str:
    """What a load is known by: a hash of its header, as far as it says what is loaded, and of all its bytes."""
    asked = pb.LoadEntitiesRequest.Header()
    asked.CopyFrom(header)
    for name in ("size_bytes", "request_id", "resume"):  # telling the size is asking nothing else
        asked.ClearField(name)
    content = hashlib.sha256(asked.SerializeToString(deterministic=True))
    while block := file.read(1 << 20):
        content.update(block)
    file.seek(0)
    return content.hexdigest()


def load_request(header: pb.LoadEntitiesRequest.Header, key: str) -> Request | None:
    """What makes a retry of a load known; None when it has no request id."""
    return Request(header.request_id, key) if header.request_id else None


def _has_request_id(said: str, field: str) -> bool:
    if len(said) > MAX_REQUEST_ID:
        raise invalid(field, f"has at most {MAX_REQUEST_ID} characters")
    return bool(said)


def refused(index: int, entity_id: str, error: HanseError) -> pb.ItemResult:
    """Why an item is refused."""
    first = error.violations[0] if error.violations else FieldViolation("", error.message)
    return pb.ItemResult(
        index=index,
        id=entity_id,
        state=pb.ItemResult.STATE_REFUSED,
        path=first.field[:MAX_REASON],
        detail=first.description[:MAX_REASON],
    )


def written(index: int, item: Written) -> pb.ItemResult:
    """What was done with an item."""
    return pb.ItemResult(index=index, id=item.id, state=_STATES[item.outcome])


def progress(tally: Tally, losses: Iterable[Loss], resumed: int, *, done: bool) -> pb.LoadEntitiesResponse:
    """What a load has done so far, `resumed` of it before this run."""
    return pb.LoadEntitiesResponse(
        read=tally.read,
        created=tally.outcomes[Outcome.CREATED],
        replaced=tally.outcomes[Outcome.REPLACED],
        unchanged=tally.outcomes[Outcome.UNCHANGED],
        refused=tally.refused,
        flagged=tally.flagged,
        refusals=map(_refusal, tally.refusals[:100]),
        new_refusals=map(_refusal, tally.fresh),
        losses=[
            types.Loss(kind=f"KIND_{loss.kind.value.upper()}", path=loss.path, detail=loss.detail) for loss in losses
        ],
        done=done,
        total=tally.total,
        resumed=resumed,
    )


def _refusal(item: Refusal) -> pb.LoadEntitiesResponse.Refusal:
    return pb.LoadEntitiesResponse.Refusal(
        source_id=item.source_id,
        path=item.path[:MAX_REASON],
        reason=item.reason[:MAX_REASON],
        remedy=item.remedy[:MAX_REASON],
    )
