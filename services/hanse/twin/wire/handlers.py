# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TwinService on the wire. Reads answer with stored bytes, so those methods serialise nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.kernel.access import Access
from hanse.kernel.errors import CancelledError, ConflictError, NotFoundError, invalid
from hanse.twin.changes import ChangeFeed
from hanse.twin.loading import upserts
from hanse.twin.loading.uploads import check_size
from hanse.twin.loading.upserts import Home
from hanse.twin.model import MAX_PAGE, Row
from hanse.twin.search import Search
from hanse.twin.wire import asking, batches, convert, projecting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Event

    from hanse.api.types.v1 import types_pb2 as types
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import City
    from hanse.twin.exports.files import Exports
    from hanse.twin.loading.uploads import Loader
    from hanse.twin.model import Kind, Page, Query, TwinStore

NAME = "hanse.api.twin.v1.TwinService"
_GATEWAY = frozenset({"service:gateway"})
_READERS = frozenset({"service:gateway", "service:permit", "service:translation"})
RULES = {
    "GetEntity": Access("twin:read", _READERS),
    "QueryEntities": Access("twin:read", _READERS),
    "StreamEntities": Access("twin:read", _READERS),
    "ListDatasets": Access("twin:read", _READERS),
    "BatchGetEntities": Access("twin:read", _READERS),
    "CountEntities": Access("twin:read", _READERS),
    "ListTypes": Access("twin:read", _READERS),
    "ListAttributes": Access("twin:read", _READERS),
    "SubscribeEntities": Access("twin:read", _READERS),
    "ExportEntities": Access("twin:read", _READERS),
    "UpsertEntities": Access("twin:write", _GATEWAY),
    "DeleteEntities": Access("twin:write", _GATEWAY),
    "LoadEntities": Access("twin:write", _GATEWAY),
    "PutDataset": Access("twin:write", _GATEWAY),
}
MAX_ID = 512
K = TypeVar("K", bound="Kind")


class Handlers:
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(
        self, store: TwinStore, loader: Loader, exports: Exports, city: City, clock: Clock, stopping: Event
    ) -> None:
        self._store, self._loader, self._clock = store, loader, clock
        self._authority, self._crs = city.authority, city.crs
        self._search = Search(store, city.crs)
        self._changes = ChangeFeed(self._search, stopping)
        self._exports = exports

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
        query, orders = self._asked(request), asking.orders(request)
        offset = 0
        if orders and query.after:
            offset, query = convert.offset(query.after), replace(query, after="")
        page = self._search.page(query, orders, offset)
        if not page.entities and not request.page_token:
            return convert.empty_wire(nothing_loaded=self._search.nothing_loaded(query))
        token = ""
        if page.more and query.nearest is None:
            token = convert.page_token(request, str(offset + len(page.entities)) if orders else page.last_id)
        return self._wire(request, page, token)

    def StreamEntities(self, request: pb.QueryEntitiesRequest, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Page after page; an empty answer still names its end by one message."""
        if request.order_by:
            raise invalid("order_by", "has no meaning in a stream", remedy="Ask page by page, or sort what comes.")
        page, query = None, self._asked(request)
        for page in self._search.pages(query):
            if not context.is_active():
                return
            yield self._wire(request, page, "")
        if page is None:
            yield convert.empty_wire(nothing_loaded=self._search.nothing_loaded(query))

    def BatchGetEntities(self, request: pb.BatchGetEntitiesRequest, _context: grpc.ServicerContext) -> bytes:
        """Entities in the order asked."""
        if not 0 < len(request.ids) <= MAX_PAGE:
            raise invalid("ids", f"must be 1 to {MAX_PAGE}")
        for index, each in enumerate(request.ids):
            if not 0 < len(each) <= MAX_ID:
                raise invalid(f"ids[{index}]", f"must have 1 to {MAX_ID} characters")
        branch = self._branch(request.scenario) if request.scenario else 0
        found = self._store.many(request.ids, branch, asking.past(request.as_of, "as_of"))
        there = [found[each] for each in request.ids if each in found]
        rest = pb.BatchGetEntitiesResponse(
            missing=[each for each in request.ids if each not in found],
            datasets=[convert.dataset_message(each) for each in self._described({one.dataset for one in there})],
        )
        return convert.entities_wire((one.wire for one in there), rest)

    def CountEntities(
        self, request: pb.QueryEntitiesRequest, _context: grpc.ServicerContext
    ) -> pb.CountEntitiesResponse:
        """How many, by type."""
        counts = self._search.count(self._asked(request))
        kinds = [pb.CountEntitiesResponse.TypeCount(type=name, count=counts[name]) for name in sorted(counts)]
        return pb.CountEntitiesResponse(count=sum(counts.values()), types=kinds)

    def ListTypes(self, request: pb.ListTypesRequest, _context: grpc.ServicerContext) -> pb.ListTypesResponse:
        """A page of types."""
        found, token = self._listed(request, self._store.types)
        kinds = [
            pb.ListTypesResponse.EntityType(type=each.name, count=each.count, attributes=each.attributes)
            for each in found
        ]
        return pb.ListTypesResponse(types=kinds, next_page_token=token)

    def ListAttributes(
        self, request: pb.ListAttributesRequest, _context: grpc.ServicerContext
    ) -> pb.ListAttributesResponse:
        """A page of attributes."""
        found, token = self._listed(request, self._store.attributes)
        kinds = [
            pb.ListAttributesResponse.Attribute(name=each.name, count=each.count, types=each.types, kinds=each.kinds)
            for each in found
        ]
        return pb.ListAttributesResponse(attributes=kinds, next_page_token=token)

    def SubscribeEntities(
        self, request: pb.SubscribeEntitiesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.SubscribeEntitiesResponse]:
        """Changes, until the caller or the service ends it."""
        yield from self._changes.follow(request, self._asked(request.query), context)

    def ExportEntities(
        self, request: pb.ExportEntitiesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportEntitiesResponse]:
        """A file in chunks, then its summary."""
        yield from self._exports.export(request, self._asked(request.query), context)

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
        asked = dict.fromkeys(request.ids)
        gone = set(self._store.delete(list(asked)))
        return pb.DeleteEntitiesResponse(deleted=len(gone), unknown=[item for item in asked if item not in gone])

    def LoadEntities(
        self, requests: Iterator[pb.LoadEntitiesRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.LoadEntitiesResponse | bytes]:
        """Spools the upload, then loads it, telling of each batch; a load that was done is told of, not done again."""
        first = next(requests, None)
        if first is None or first.WhichOneof("part") != "header":
            raise invalid("header", "must come first", remedy="Send a header, then the file in chunks.")
        source = convert.source(first.header, self._authority, self._crs)
        self._loader.admit(source, first.header.size_bytes)
        with self._loader.spooled(request.chunk for request in requests) as file:
            check_size(file, first.header.size_bytes)
            key = convert.load_key(first.header, file)
            request = convert.load_request(first.header, key)
            if request is not None and (done := self._store.loaded_before(request)) is not None:
                yield done
                return
            run = self._loader.begin(source, key, resume=first.header.resume)
            losses, tally, before = run.start.losses, run.start.tally, run.start.tally.read
            for tally, losses in self._loader.load(file, source, run):
                if not context.is_active():
                    raise CancelledError("the load was stopped; what it wrote stays", remedy="Load again with resume.")
                yield convert.progress(tally, losses, before, done=False)
            end = convert.progress(tally, losses, before, done=True)
            answer = end if request is None else self._store.remember_load(request, end.SerializeToString())
            run.end()
            yield answer

    def PutDataset(self, request: pb.PutDatasetRequest, _context: grpc.ServicerContext) -> types.Dataset:
        """Creates or replaces a data set."""
        dataset = convert.dataset(request.dataset, self._authority, self._crs)
        self._store.put_dataset(dataset)
        return convert.dataset_message(dataset)

    def ListDatasets(self, request: pb.ListDatasetsRequest, _context: grpc.ServicerContext) -> pb.ListDatasetsResponse:
        """A page of data sets; the token is the last id of the page before."""
        if not 0 <= request.page_size <= MAX_PAGE:
            raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
        if request.page_token and not request.page_token.startswith("urn:hanse:"):
            raise invalid(
                "page_token",
                "was not given by this service",
                remedy="Send the next_page_token of the answer before, or none.",
                reason="TOKEN_MALFORMED",
            )
        size = request.page_size or convert.DEFAULT_PAGE
        found = self._store.datasets(request.page_token, size + 1)
        token = found[size - 1].id if len(found) > size else ""
        return pb.ListDatasetsResponse(
            datasets=[convert.dataset_message(item) for item in found[:size]], next_page_token=token
        )

    def _asked(self, request: pb.QueryEntitiesRequest) -> Query:
        return convert.query(request, self._crs, self._branch)

    def _branch(self, scenario: str) -> int:
        """A scenario's number. Raises NotFoundError."""
        number = self._store.branch(scenario)
        if number is None:
            raise NotFoundError(f"no scenario {scenario[:200]!r}", remedy="List them with ListScenarios.")
        return number

    def _listed(
        self, request: pb.ListTypesRequest | pb.ListAttributesRequest, ask: Callable[[str, int], Sequence[K]]
    ) -> tuple[Sequence[K], str]:
        if not 0 <= request.page_size <= MAX_PAGE:
            raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
        size = request.page_size or convert.DEFAULT_PAGE
        found = ask(request.page_token, size + 1)
        return found[:size], found[size - 1].name if len(found) > size else ""

    def _wire(self, request: pb.QueryEntitiesRequest, page: Page, token: str) -> bytes:
        wanted = asking.projection(request)
        entities = [projecting.projected(wire, wanted) for wire in page.entities] if wanted else page.entities
        return convert.page_wire(entities, self._described(page.datasets), token)

    def _described(self, names: Iterable[str]) -> Sequence[Any]:
        return [found for name in sorted(names) if (found := self._store.dataset(name)) is not None]

    def _upsert(self, batch: pb.UpsertEntitiesRequest) -> pb.UpsertEntitiesResponse:
        if not batch.entities:
            raise invalid("entities", "is empty")
        batches.must_fit(batch)
        if self._store.dataset(batch.dataset) is None:
            raise NotFoundError(f"no data set {batch.dataset[:200]!r}", remedy="Create it with PutDataset first.")
        request = convert.request(batch)
        if request is not None and (done := self._store.done_before(request)) is not None:
            return batches.committed(done)
        home = Home(self._authority, self._crs, batch.dataset)
        made = upserts.prepare(convert.items(batch), home, self._store.aliases(batch.dataset), self._clock)
        rows = [row for row in made if isinstance(row, Row)]
        if len(rows) < len(made):
            return batches.not_committed(batch, made)
        try:
            return batches.committed(self._store.write(batch.dataset, rows, request))
        except ConflictError as error:
            if "entity" not in error.metadata:
                raise
            return batches.not_committed(batch, [error if row.id == error.metadata["entity"] else row for row in rows])


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
