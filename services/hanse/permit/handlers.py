# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""PermitService and ZoningService on the wire: validate, delegate, convert."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Protocol

from hanse.api.permit.v1 import permit_pb2 as pb
from hanse.api.zoning.v1 import zoning_pb2
from hanse.kernel.access import Access, current_call, current_subject
from hanse.kernel.channel import time_left
from hanse.kernel.clock import Clock, timestamp
from hanse.kernel.errors import invalid
from hanse.kernel.ids import new_urn
from hanse.permit import convert
from hanse.permit.adapters.rendering import Form
from hanse.permit.operations import REPORT, SCENE, Checks
from hanse.permit.ports import Terms
from hanse.permit.records import ModelRecord, ModelStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import grpc

    from hanse.permit.adapters.uploads import Uploads
    from hanse.permit.plans import Plans
    from hanse.permit.ports import LabelPort

PERMIT = "hanse.api.permit.v1.PermitService"
ZONING = "hanse.api.zoning.v1.ZoningService"
_GATEWAY = frozenset({"service:gateway"})
_CHECK = Access("permit:check", _GATEWAY)
PERMIT_RULES = dict.fromkeys(
    ("UploadModel", "CreateCheck", "GetCheck", "WatchCheck", "CancelCheck", "GetReport"), _CHECK
)
ZONING_RULES = {
    "PutZoning": Access("zoning:write", _GATEWAY),
    "GetZoning": _CHECK,
    "ListZonings": _CHECK,
}
_FORMS = {
    pb.GetReportRequest.FORMAT_HTML: Form.HTML,
    pb.GetReportRequest.FORMAT_PLAN_SVG: Form.PLAN,
    pb.GetReportRequest.FORMAT_VIEW_SVG: Form.VIEW,
}
_CHUNK = 256 * 1024
_LABELS_S = 2.0
_MAX_PAGE, _DEFAULT_PAGE = 1000, 100


class Renderer(Protocol):
    """Makes pages and pictures of a report."""

    def render(
        self, report: bytes, scene: bytes, form: Form, language: str, labels: Mapping[str, str]
    ) -> tuple[str, bytes]:
        """Media type and bytes of a report (JSON of permit/v1 and the stored scene) in a form.

        `labels` are laid over those of the contract.
        """
        ...


class PermitHandlers:
    """PermitService; errors are raised and mapped by the kernel."""

    def __init__(
        self,
        authority: str,
        timezone: str,
        languages: tuple[str, ...],
        checks: Checks,
        models: ModelStore,
        plans: Plans,
        uploads: Uploads,
        renderer: Renderer,
        labels: LabelPort,
        clock: Clock,
    ) -> None:
        self._authority, self._timezone, self._languages = authority, timezone, languages
        self._checks, self._models, self._plans = checks, models, plans
        self._uploads, self._clock = uploads, clock
        self._renderer, self._labels = renderer, labels

    def UploadModel(self, requests: Iterator[pb.UploadModelRequest], _context: grpc.ServicerContext) -> pb.Model:
        """Stores a model."""
        first = next(requests, None)
        if first is None:
            raise invalid("header", "the upload is empty; send a header, then the file's bytes")
        header, subject = convert.header_of(first), current_subject().id
        self._models.admit_model(subject, header.request_id, header.sha256.lower(), header.size_bytes)
        with self._uploads.receive(convert.chunks_of(requests), header.size_bytes, header.sha256) as upload:
            record = ModelRecord(
                id=new_urn(self._authority, "model", self._clock),
                subject=subject,
                filename=header.filename,
                size_bytes=upload.size_bytes,
                sha256=upload.sha256,
                schema=upload.schema,
                created=timestamp(self._clock.now()),
                request_id=header.request_id,
            )
            kept = self._models.add_model(record)
        return convert.model(kept)

    def CreateCheck(self, request: pb.CreateCheckRequest, _context: grpc.ServicerContext) -> pb.Check:
        """Starts a check."""
        call = current_call()
        wanted = convert.check_input(
            request, self._plans.applicable(request.zoning), self._clock.now(), self._timezone, call.purpose
        )
        return convert.check(self._checks.create(current_subject().id, call.token, wanted))

    def GetCheck(self, request: pb.GetCheckRequest, _context: grpc.ServicerContext) -> pb.Check:
        """A check as it stands."""
        return convert.check(self._checks.get(request.id, current_subject().id))

    def WatchCheck(self, request: pb.WatchCheckRequest, context: grpc.ServicerContext) -> Iterator[pb.Check]:
        """A check now and after every change."""
        for record in self._checks.watch(request.id, current_subject().id, context.is_active):
            yield convert.check(record)

    def CancelCheck(self, request: pb.CancelCheckRequest, _context: grpc.ServicerContext) -> pb.Check:
        """Stops a check."""
        return convert.check(self._checks.cancel(request.id, current_subject().id))

    def GetReport(self, request: pb.GetReportRequest, _context: grpc.ServicerContext) -> Iterator[pb.GetReportResponse]:
        """A report in chunks; the first names the media type."""
        subject = current_subject().id
        language = request.language or self._languages[0]
        if language not in {"nl", "en"}:
            raise invalid("language", f"{language[:20]!r} is not offered", remedy='Ask for "nl" or "en".')
        if request.format != pb.GetReportRequest.FORMAT_JSON and request.format not in _FORMS:
            raise invalid("format", "name the form: FORMAT_JSON, FORMAT_HTML, FORMAT_PLAN_SVG or FORMAT_VIEW_SVG")
        report = self._checks.document(request.check, subject, REPORT)
        media_type, body = "application/json", report
        if request.format != pb.GetReportRequest.FORMAT_JSON:
            held = self._checks.document(request.check, subject, SCENE)
            labels = self._labels_in(language)
            media_type, body = self._renderer.render(report, held, _FORMS[request.format], language, labels)
        for start in range(0, max(len(body), 1), _CHUNK):
            yield pb.GetReportResponse(media_type=media_type if start == 0 else "", chunk=body[start : start + _CHUNK])

    def _labels_in(self, language: str) -> Mapping[str, str]:
        call = current_call()
        terms = Terms(call.purpose, call.request_id, time_left(_LABELS_S, call.deadline))
        return self._labels.labels(language, call.token, terms)


class ZoningHandlers:
    """ZoningService; errors are raised and mapped by the kernel."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def PutZoning(
        self, request: zoning_pb2.PutZoningRequest, _context: grpc.ServicerContext
    ) -> zoning_pb2.ZoningDocument:
        """Stores a document."""
        return convert.zoning_document(self._plans.put(request.json), body=True)

    def GetZoning(
        self, request: zoning_pb2.GetZoningRequest, _context: grpc.ServicerContext
    ) -> zoning_pb2.ZoningDocument:
        """One document."""
        return convert.zoning_document(self._plans.get(request.id, request.sha256), body=True)

    def ListZonings(
        self, request: zoning_pb2.ListZoningsRequest, _context: grpc.ServicerContext
    ) -> zoning_pb2.ListZoningsResponse:
        """Documents without their text, in the order of their ids."""
        size = request.page_size or _DEFAULT_PAGE
        if not 0 < size <= _MAX_PAGE:
            raise invalid("page_size", f"must be 1 to {_MAX_PAGE}, or 0 for {_DEFAULT_PAGE}")
        records = self._plans.page(_after(request.page_token), size + 1)
        more = len(records) > size
        return zoning_pb2.ListZoningsResponse(
            documents=[convert.zoning_document(record, body=False) for record in records[:size]],
            next_page_token=base64.urlsafe_b64encode(records[size - 1].id.encode()).decode() if more else "",
        )


def _after(token: str) -> str:
    """The id that a page token was given after."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise invalid(
            "page_token", "is none that this service gave", remedy="Begin again without.", reason="TOKEN_MALFORMED"
        ) from None
