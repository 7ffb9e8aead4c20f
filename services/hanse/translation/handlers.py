# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TranslationService on the wire. Large documents are translated in a worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.geo import CrsError
from hanse.kernel.access import Access, current_call
from hanse.kernel.channel import time_left
from hanse.kernel.errors import HanseError, invalid
from hanse.translation import convert, registry
from hanse.translation.coordinates import convert_points
from hanse.translation.labels import labels
from hanse.translation.translating import check, translate
from hanse.translation.wishes import parse_crs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from hanse.kernel.lasting import Places
    from hanse.kernel.workers import WorkerPool
    from hanse.translation.model import Options, Result

NAME = "hanse.api.translation.v1.TranslationService"
SCOPE = "translate"
_CALLERS = frozenset({"service:gateway", "service:permit", "service:twin"})
RULES = {
    method: Access(SCOPE, _CALLERS)
    for method in ("Translate", "TranslateStream", "ListTranslations", "TransformCoordinates", "GetLabels")
}
WORKER_BYTES = 200_000
MAX_SECONDS = 120.0
MAX_NUMBERS = 300_000
MAX_KEYS = 2_000
MAX_DATASETS = 1_000


class Handlers(translation_pb2_grpc.TranslationServiceServicer):
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(self, authority: str, workers: WorkerPool, places: Places) -> None:
        self._authority, self._workers, self._places = authority, workers, places

    def Translate(self, request: pb.TranslateRequest, _context: grpc.ServicerContext) -> pb.TranslateResponse:
        """One document in, its counterpart out."""
        if len(request.document) <= WORKER_BYTES:
            return convert.response(self._translate(request), request.datasets)
        with self._places.place(current_call().holder):  # it waits for a worker
            return convert.response(self._translate(request), request.datasets)

    def TranslateStream(
        self, requests: Iterator[pb.TranslateStreamRequest], _context: grpc.ServicerContext
    ) -> Iterator[pb.TranslateStreamResponse]:
        """Each document for itself: one that fails is answered by its error, and the next is taken."""
        for each in requests:
            try:
                response = convert.response(self._translate(each.request), each.request.datasets)
            except HanseError as error:
                yield pb.TranslateStreamResponse(id=each.id, error_reason=error.reason, error_detail=error.message)
            else:
                yield pb.TranslateStreamResponse(id=each.id, response=response)

    def ListTranslations(
        self, _request: pb.ListTranslationsRequest, _context: grpc.ServicerContext
    ) -> pb.ListTranslationsResponse:
        """What leads to what."""
        return pb.ListTranslationsResponse(
            translations=[
                pb.Translation(source_contract=source, target_contract=target, static_losses=map(convert.loss, losses))
                for source, target, losses in registry.translations()
            ]
        )

    def TransformCoordinates(
        self, request: pb.TransformCoordinatesRequest, _context: grpc.ServicerContext
    ) -> pb.TransformCoordinatesResponse:
        """Points in another system."""
        if len(request.coordinates) > MAX_NUMBERS:
            raise invalid("coordinates", f"at most {MAX_NUMBERS} numbers, not {len(request.coordinates)}")
        source = parse_crs("source_crs", request.source_crs, request.assumed_vertical_datum)
        target = parse_crs("target_crs", request.target_crs)
        try:
            return convert.points(convert_points(list(request.coordinates), source, target))
        except CrsError as error:
            raise invalid("coordinates", str(error)) from None

    def GetLabels(self, request: pb.GetLabelsRequest, _context: grpc.ServicerContext) -> pb.GetLabelsResponse:
        """Labels in a language; all of them when no key is named."""
        if len(request.keys) > MAX_KEYS:
            raise invalid("keys", f"at most {MAX_KEYS} keys, not {len(request.keys)}")
        found = labels(list(request.keys), convert.language(request.language, "language"))
        return pb.GetLabelsResponse(labels=map(convert.label, found))

    def _translate(self, request: pb.TranslateRequest) -> Result:
        source, target, document = request.source_contract, request.target_contract, request.document
        if len(request.datasets) > MAX_DATASETS:
            raise invalid("datasets", f"at most {MAX_DATASETS}, not {len(request.datasets)}", reason="LIMIT_EXCEEDED")
        options: Options = convert.options(request.options, self._authority)
        check(source, target, len(document))
        if len(document) <= WORKER_BYTES:
            return translate(source, target, document, options)
        seconds = time_left(MAX_SECONDS, current_call().deadline)
        return self._workers.run(seconds, translate, source, target, document, options)


def add_to(server: grpc.Server, handlers: Handlers) -> None:
    """Registers the service."""
    translation_pb2_grpc.add_TranslationServiceServicer_to_server(handlers, server)
