# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TranslationService on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.kernel.access import Access, current_call
from hanse.kernel.channel import time_left
from hanse.kernel.errors import HanseError
from hanse.translation import convert

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from hanse.kernel.workers import WorkerPool
    from hanse.translation.labels import Labels
    from hanse.translation.model import Result
    from hanse.translation.translating import Translator

NAME = "hanse.api.translation.v1.TranslationService"
_CALLERS = frozenset({"service:gateway", "service:permit", "service:twin"})
RULES = {
    name: Access("translate", _CALLERS)
    for name in ("Translate", "TranslateStream", "ListTranslations", "TransformCoordinates", "GetLabels")
}
# Smaller documents take less time here than the way to a worker and back.
IN_PROCESS_BYTES = 200_000
LONGEST_S = 120.0


class Handlers(translation_pb2_grpc.TranslationServiceServicer):
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(self, translator: Translator, labels: Labels, workers: WorkerPool) -> None:
        self._translator, self._labels, self._workers = translator, labels, workers

    def Translate(self, request: pb.TranslateRequest, _context: grpc.ServicerContext) -> pb.TranslateResponse:
        """One document."""
        return convert.result(self._translate(request))

    def TranslateStream(
        self, requests: Iterator[pb.TranslateStreamRequest], _context: grpc.ServicerContext
    ) -> Iterator[pb.TranslateStreamResponse]:
        """Documents in order; one that fails is answered with its error."""
        for item in requests:
            try:
                yield pb.TranslateStreamResponse(id=item.id, response=convert.result(self._translate(item.request)))
            except HanseError as error:
                yield pb.TranslateStreamResponse(id=item.id, error_reason=error.reason, error_detail=error.message)

    def ListTranslations(
        self, _request: pb.ListTranslationsRequest, _context: grpc.ServicerContext
    ) -> pb.ListTranslationsResponse:
        """What can be translated into what."""
        ways = self._translator.translations
        return pb.ListTranslationsResponse(translations=[convert.translation(way) for way in ways])

    def TransformCoordinates(
        self, request: pb.TransformCoordinatesRequest, _context: grpc.ServicerContext
    ) -> pb.TransformCoordinatesResponse:
        """Points in another system."""
        return convert.transformed(request)

    def GetLabels(self, request: pb.GetLabelsRequest, _context: grpc.ServicerContext) -> pb.GetLabelsResponse:
        """Labels in a language."""
        found = self._labels.get(list(request.keys), request.language)
        return pb.GetLabelsResponse(labels=[convert.label(item) for item in found])

    def _translate(self, request: pb.TranslateRequest) -> Result:
        arguments = (
            request.source_contract,
            request.target_contract,
            request.document,
            convert.options(request.options),
        )
        if len(request.document) <= IN_PROCESS_BYTES:
            return self._translator.translate(*arguments)
        return self._workers.run(time_left(LONGEST_S, current_call().deadline), self._translator.translate, *arguments)
