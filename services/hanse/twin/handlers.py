# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TwinService on the wire. Reads answer with stored bytes, so those methods serialise nothing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import grpc

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.kernel.access import Access
from hanse.kernel.errors import CancelledError, ConflictError, FieldViolation, HanseError, NotFoundError, invalid
from hanse.twin import convert, rows
from hanse.twin.load import Format, Source, adopted
from hanse.twin.model import CONTRACT, MAX_PAGE, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.api.types.v1 import types_pb2 as types
    from hanse.kernel.clock import Clock
    from hanse.ngsild import Loss
    from hanse.twin.loading import Loader
    from hanse.twin.model import Page, Row, Tally, TwinStore, Written

NAME = "hanse.api.twin.v1.TwinService"
_GATEWAY = frozenset({"service:gateway"})
_READERS = frozenset({"service:gateway", "service:permit", "service:translation"})
RULES = {
    "GetEntity": Access("twin:read", _READERS),
    "QueryEntities": Access("twin:read", _READERS),
    "StreamEntities": Access("twin:read", _READERS),
    "ListDatasets": Access("twin:read", _READERS),
    "UpsertEntities": Access("twin:write", _GATEWAY),
    "DeleteEntities": Access("twin:write", _GATEWAY),
    "LoadEntities": Access("twin:write", _GATEWAY),
    "PutDataset": Access("twin:write", _GATEWAY),
}
MAX_ID = 512
MAX_BATCH_BYTES = 16 * 1024 * 1024
_STATES = {
    Outcome.CREATED: pb.ItemResult.STATE_CREATED,
    Outcome.REPLACED: pb.ItemResult.STATE_REPLACED,
    Outcome.UNCHANGED: pb.ItemResult.STATE_UNCHANGED,
}


class Handlers:
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(self, store: TwinStore, loader: Loader, authority: str, city_crs: str, clock: Clock) -> None:
        self._store, self._loader, self._clock = store, loader, clock
        self._authority, self._crs = authority, city_crs

    def GetEntity(self, request: pb.GetEntityRequest, _context: grpc.ServicerContext) -> bytes:
        """One entity's stored bytes."""
        if not 0 < len(request.id) <= MAX_ID:
            raise invalid("id", f"must have 1 to {MAX_ID} characters")
        found = self._store.get(request.id)
        if found is None:
            raise NotFoundError(f"no entity {request.id[:200]!r}", remedy="Ask by URN or by the source's own id.")
        return found

    def QueryEntities(self, request: pb.QueryEntitiesRequest, _context: grpc.ServicerContext) -> bytes:
        """A page."""
        page = self._store.query(convert.query(request, self._crs))
        return self._wire(request, page)

    def StreamEntities(self, request: pb.QueryEntitiesRequest, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Page after page; an empty answer still names its end by one message."""
        answered = False
        for page in self._store.pages(convert.query(request, self._crs)):
            if not context.is_active():
                return
            answered = True
            yield convert.page_wire(page.entities, self._datasets(page), "")
        if not answered:
            yield convert.page_wire((), (), "")

    def UpsertEntities(
        self, requests: Iterator[pb.UpsertEntitiesRequest], _context: grpc.ServicerContext
    ) -> Iterator[pb.UpsertEntitiesResponse]:
        """Batch by batch, each all or nothing."""
        for request in requests:
            yield self._upsert(request)

    def DeleteEntities(
        self, request: pb.DeleteEntitiesRequest, _context: grpc.ServicerContext
    ) -> pb.DeleteEntitiesResponse:
        """Deletes by URN."""
        if not 0 < len(request.ids) <= MAX_PAGE:
            raise invalid("ids", f"must be 1 to {MAX_PAGE}")
        gone = self._store.delete(list(dict.fromkeys(request.ids)))
        unknown = [item for item in request.ids if item not in set(gone)]
        return pb.DeleteEntitiesResponse(deleted=len(gone), unknown=unknown)

    def LoadEntities(
        self, requests: Iterator[pb.LoadEntitiesRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.LoadEntitiesResponse]:
        """Spools the upload, then loads it, telling of each batch."""
        first = next(requests, None)
        if first is None or first.WhichOneof("part") != "header":
            raise invalid("header", "must come first", remedy="Send a header, then the file in chunks.")
        header = first.header
        source = convert.source(header, self._authority, self._crs)
        with self._loader.spooled(request.chunk for request in requests) as path:
            if header.size_bytes and path.stat().st_size != header.size_bytes:
                raise invalid("header.size_bytes", f"{path.stat().st_size} bytes came, {header.size_bytes} were said")
            tally: Tally | None = None
            losses: list[Loss] = []
            for tally, losses in self._loader.load(path, source):
                if not context.is_active():
                    raise CancelledError("the load was stopped; what it had written stays", remedy="Load again.")
                yield convert.progress(tally, losses, done=False)
            if tally is not None:
                yield convert.progress(tally, losses, done=True)

    def PutDataset(self, request: pb.PutDatasetRequest, _context: grpc.ServicerContext) -> types.Dataset:
        """Creates or replaces a data set."""
        dataset = convert.dataset(request.dataset, self._authority)
        self._store.put_dataset(dataset)
        return convert.dataset_message(dataset)

    def ListDatasets(self, request: pb.ListDatasetsRequest, _context: grpc.ServicerContext) -> pb.ListDatasetsResponse:
        """A page of data sets; the token is the last id of the page before."""
        if not 0 <= request.page_size <= MAX_PAGE:
            raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
        size = request.page_size or convert.DEFAULT_PAGE
        found = self._store.datasets(request.page_token, size + 1)
        token = found[size - 1].id if len(found) > size else ""
        return pb.ListDatasetsResponse(
            datasets=[convert.dataset_message(item) for item in found[:size]], next_page_token=token
        )

    def _wire(self, request: pb.QueryEntitiesRequest, page: Page) -> bytes:
        token = convert.page_token(request, page.last_id) if page.more else ""
        return convert.page_wire(page.entities, self._datasets(page), token)

    def _datasets(self, page: Page) -> Sequence[Any]:
        return [found for name in page.datasets if (found := self._store.dataset(name)) is not None]

    def _upsert(self, request: pb.UpsertEntitiesRequest) -> pb.UpsertEntitiesResponse:
        if not 0 < len(request.entities) <= MAX_PAGE:
            raise invalid("entities", f"must be 1 to {MAX_PAGE}", reason="LIMIT_EXCEEDED")
        if sum(len(item.json) for item in request.entities) > MAX_BATCH_BYTES:
            raise invalid("entities", f"are larger than {MAX_BATCH_BYTES} bytes together", reason="LIMIT_EXCEEDED")
        if self._store.dataset(request.dataset) is None:
            raise NotFoundError(f"no data set {request.dataset[:200]!r}", remedy="Create it with PutDataset first.")
        made: list[Row] = []
        results = []
        for index, item in enumerate(request.entities):
            try:
                made.append(self._row(request, index, item))
                results.append(pb.ItemResult(index=index, id=made[-1].id, state=pb.ItemResult.STATE_NOT_WRITTEN))
            except HanseError as error:
                results.append(_refused(index, item.id, error))
        if len(made) < len(request.entities):
            return pb.UpsertEntitiesResponse(committed=False, results=results)
        try:
            written = self._store.write(request.dataset, made)
        except ConflictError as error:
            results = [
                _refused(i, row.id, error) if row.id in error.message else results[i] for i, row in enumerate(made)
            ]
            return pb.UpsertEntitiesResponse(committed=False, results=results)
        return pb.UpsertEntitiesResponse(committed=True, results=_results(written))

    def _row(self, request: pb.UpsertEntitiesRequest, index: int, item: types.Entity) -> Row:
        if item.contract not in ("", CONTRACT):
            raise invalid("contract", f"{item.contract[:40]!r} is not {CONTRACT}")
        try:
            entity = json.loads(item.json)
        except (ValueError, RecursionError) as error:
            raise invalid("json", f"is not JSON: {error}") from None
        if not isinstance(entity, dict):
            raise invalid("json", "must be a JSON object")
        if item.id:
            entity = {**entity, "id": item.id}
        elif not entity.get("id") and request.request_id:
            # A retry must give the same ids: they follow from the request.
            name = hashlib.sha256(f"{request.dataset}\0{request.request_id}\0{index}".encode()).hexdigest()[:26]
            entity = {**entity, "id": f"urn:hanse:{self._authority}:entity:{name}"}
        source = Source(self._authority, self._crs, request.dataset, Format.NGSI_LD)
        aliases = self._store.aliases(request.dataset) if _is_foreign(entity, self._authority) else {}
        return rows.row(adopted(entity, source, aliases, self._clock), rows.Place(self._crs))


def _is_foreign(entity: dict[str, Any], authority: str) -> bool:
    return not str(entity.get("id", "")).startswith(f"urn:hanse:{authority}:")


def _refused(index: int, entity_id: str, error: HanseError) -> pb.ItemResult:
    first = error.violations[0] if error.violations else FieldViolation("", error.message)
    return pb.ItemResult(
        index=index,
        id=entity_id,
        state=pb.ItemResult.STATE_REFUSED,
        path=first.field[:500],
        detail=first.description[:1000],
    )


def _results(written: Sequence[Written]) -> list[pb.ItemResult]:
    return [pb.ItemResult(index=index, id=item.id, state=_STATES[item.outcome]) for index, item in enumerate(written)]


def add_to(server: grpc.Server, handlers: Handlers) -> None:
    """Registers the methods; reads bypass the serialiser."""
    service = pb.DESCRIPTOR.services_by_name["TwinService"]
    methods = {}
    for method in service.methods:
        kind = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[method.client_streaming, method.server_streaming]
        methods[method.name] = kind(
            getattr(handlers, method.name),
            request_deserializer=getattr(_class(method.input_type), "FromString"),  # noqa: B009
            response_serializer=_serialise,
        )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, methods),))


def _class(descriptor: Any) -> Any:  # noqa: ANN401 - generated message classes
    return getattr(pb, descriptor.name)


def _serialise(answer: Any) -> bytes:  # noqa: ANN401
    wire: bytes = answer if isinstance(answer, bytes) else answer.SerializeToString()
    return wire
