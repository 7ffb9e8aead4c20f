# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The permit service as its own process beside identity, twin and translation; the gateway is away, and that shows."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import MAREWIJK, Processes, make_city
from permit_ifc import Block
from refusals import refusal

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.api.permit.v1 import permit_pb2 as pb
from hanse.api.permit.v1 import permit_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.api.zoning.v1 import zoning_pb2, zoning_pb2_grpc
from hanse.contracts import validate_document
from hanse.examples.borderland import Borderland, write
from hanse.kernel.channel import connect, metadata
from hanse.kernel.config import split_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities
SECONDS = 60.0
CHUNK = 64 * 1024
STEP = Block().step().encode()
Check = pb.Check
PARTS = ("permit", "translation")


@dataclass
class City:
    """A running city without a gateway; calls go straight to its parts, as the gateway's would."""

    config: CityConfig
    processes: Processes
    made: Borderland
    channels: dict[str, grpc.Channel] = field(default_factory=dict)

    def channel(self, part: str, own: str = "gateway") -> grpc.Channel:
        """A channel to a part."""
        return self.channels.setdefault(f"{own} to {part}", connect(self.config, own, part))

    def token(self, client: str = "client-operator") -> Any:
        """Metadata with a token of a client of the city."""
        stub = identity_pb2_grpc.IdentityServiceStub(self.channel("identity", client))
        grant = identity_pb2.ExchangeTokenRequest.CertificateGrant()
        answer = stub.ExchangeToken(identity_pb2.ExchangeTokenRequest(certificate=grant), timeout=SECONDS)
        return metadata(answer.access_token, purpose="permit-check")

    @property
    def permit(self) -> permit_pb2_grpc.PermitServiceStub:
        """PermitService."""
        return permit_pb2_grpc.PermitServiceStub(self.channel("permit"))

    @property
    def zoning(self) -> zoning_pb2_grpc.ZoningServiceStub:
        """ZoningService."""
        return zoning_pb2_grpc.ZoningServiceStub(self.channel("permit"))

    def upload(self, step: bytes, token: Any, **header: Any) -> pb.Model:
        """Uploads a model."""
        answer: pb.Model = self.permit.UploadModel(parts(step, **header), timeout=SECONDS, metadata=token)
        return answer

    def run(self, model: pb.Model, token: Any, **wanted: Any) -> pb.Check:
        """A check from start to end."""
        check = self.permit.CreateCheck(
            pb.CreateCheckRequest(model=model.id, **wanted), timeout=SECONDS, metadata=token
        )
        *_, last = self.permit.WatchCheck(pb.WatchCheckRequest(id=check.id), timeout=SECONDS, metadata=token)
        return last

    def report(self, check: pb.Check, form: int, token: Any, language: str = "") -> tuple[str, bytes]:
        """A report with its media type."""
        request = pb.GetReportRequest(check=check.id, format=form, language=language)  # type: ignore[arg-type]
        answers = list(self.permit.GetReport(request, timeout=SECONDS, metadata=token))
        return answers[0].media_type, b"".join(answer.chunk for answer in answers)


def parts(step: bytes, **header: Any) -> Iterator[pb.UploadModelRequest]:
    yield pb.UploadModelRequest(header=pb.UploadModelRequest.Header(**{"filename": "plan.ifc", **header}))
    for start in range(0, len(step), CHUNK):
        yield pb.UploadModelRequest(chunk=step[start : start + CHUNK])


def load(city: City) -> None:
    stub = twin_pb2_grpc.TwinServiceStub(city.channel("twin"))
    dataset = types_pb2.Dataset(
        id=f"urn:hanse:{MAREWIJK}:dataset:twin",
        title="Marewijk",
        owner="Marewijk",
        licence="CC0-1.0",
        jurisdiction="NL",
        crs=city.config.city.crs,
        vertical_datum="NAP",
        vertical_datum_source="declared",
    )
    token = city.token()
    stub.PutDataset(twin_pb2.PutDatasetRequest(dataset=dataset), timeout=SECONDS, metadata=token)
    header = twin_pb2.LoadEntitiesRequest.Header(
        dataset=dataset.id, format=twin_pb2.LoadEntitiesRequest.Header.FORMAT_CITYJSON_SEQ
    )
    requests = [twin_pb2.LoadEntitiesRequest(header=header)]
    data = city.made.twins["marewijk"].read_bytes()
    requests += [
        twin_pb2.LoadEntitiesRequest(chunk=data[start : start + CHUNK]) for start in range(0, len(data), CHUNK)
    ]
    *_, last = stub.LoadEntities(iter(requests), timeout=SECONDS, metadata=token)
    assert last.done


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    config = make_city(folder / "city", settings={"enabled = true": "enabled = false"})
    with Processes() as processes:
        processes.start_city(config, ("identity", "translation", "twin", "permit"))
        city = City(config, processes, write(folder / "borderland"))
        load(city)
        document = zoning_pb2.PutZoningRequest(json=city.made.zoning["marewijk"].read_bytes())
        city.zoning.PutZoning(document, timeout=SECONDS, metadata=city.token())
        yield city
        for channel in city.channels.values():
            channel.close()


@pytest.fixture(scope="module")
def checked(city: City) -> pb.Check:
    token = city.token()
    return city.run(city.upload(city.made.plans["complies"].read_bytes(), token), token)


def test_a_check_without_a_gateway_ends_honestly(city: City, checked: pb.Check) -> None:
    assert (checked.state, checked.verdict) == (Check.STATE_SUCCEEDED, "INSUFFICIENT_DATA")
    (own,) = checked.sources
    assert (own.city, own.state) == (MAREWIJK, types_pb2.SourceAnswer.STATE_ANSWERED)
    assert own.count > 10
    assert [dataset.licence for dataset in own.datasets] == ["CC0-1.0"]
    media_type, body = city.report(checked, pb.GetReportRequest.FORMAT_JSON, city.token())
    assert media_type == "application/json"
    assert validate_document(body, contract="permit/v1", schema="report") == []
    found = {rule["measure"]: rule["verdict"] for rule in json.loads(body)["rules"]}
    assert found["max_height"] == "COMPLIANT"
    assert found["neighbour_height"] == "INSUFFICIENT_DATA"


def test_a_neighbour_named_is_asked_and_its_silence_told(city: City) -> None:
    token = city.token()
    model = city.upload(city.made.plans["complies"].read_bytes(), token)
    check = city.run(model, token, neighbours=["lindemond.example"], neighbour_timeout_ms=1000)
    assert check.verdict == "INSUFFICIENT_DATA"
    assert [source.city for source in check.sources] == [MAREWIJK, "lindemond.example"]
    assert check.sources[1].state != types_pb2.SourceAnswer.STATE_ANSWERED
    assert check.sources[1].detail


@pytest.mark.parametrize(
    ("form", "media_type", "mark"),
    [
        (pb.GetReportRequest.FORMAT_HTML, "text/html; charset=utf-8", b"<html"),
        (pb.GetReportRequest.FORMAT_PLAN_SVG, "image/svg+xml", b"<svg"),
        (pb.GetReportRequest.FORMAT_VIEW_SVG, "image/svg+xml", b"<svg"),
    ],
)
def test_page_and_pictures_are_made_in_both_languages(
    city: City, checked: pb.Check, form: int, media_type: str, mark: bytes
) -> None:
    dutch = city.report(checked, form, city.token(), "nl")
    english = city.report(checked, form, city.token(), "en")
    assert dutch[0] == english[0] == media_type
    assert mark in dutch[1]
    assert dutch[1] != english[1]


def test_a_plan_without_a_place_has_a_page_and_no_picture(city: City) -> None:
    token = city.token()
    check = city.run(city.upload(Block(georeference=None).step().encode(), token), token)
    assert check.verdict == "INSUFFICIENT_DATA"
    assert b"<html" in city.report(check, pb.GetReportRequest.FORMAT_HTML, token)[1]
    refused = refusal(lambda: city.report(check, pb.GetReportRequest.FORMAT_PLAN_SVG, token))
    assert refused.reason == "NOT_FOUND"


@pytest.mark.parametrize(
    ("step", "header", "reason"),
    [
        (b"", {}, "MODEL_UNREADABLE"),
        (STEP[:-40], {}, "MODEL_UNREADABLE"),
        (STEP[:-40], {"size_bytes": len(STEP)}, "MODEL_UNREADABLE"),
        (STEP.replace(b"IFC4", b"IFC2X_FINAL"), {}, "MODEL_UNREADABLE"),
        (STEP, {"sha256": "ab" * 32}, "MODEL_UNREADABLE"),
        (STEP, {"sha256": "ab"}, "FIELD_INVALID"),
        (STEP, {"filename": ""}, "FIELD_INVALID"),
        (STEP, {"filename": "../../plan.ifc"}, "FIELD_INVALID"),
        (STEP, {"filename": "C:\\plan.ifc"}, "FIELD_INVALID"),
        (STEP, {"filename": ".."}, "FIELD_INVALID"),
        (STEP, {"filename": "plan\0.ifc"}, "FIELD_INVALID"),
        (STEP, {"filename": "plan\nverdict: COMPLIANT.ifc"}, "FIELD_INVALID"),
        (STEP, {"filename": "plan\u202ecfi.exe"}, "FIELD_INVALID"),
        (STEP, {"size_bytes": 2**40}, "LIMIT_EXCEEDED"),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused(city: City, step: bytes, header: dict[str, Any], reason: str) -> None:
    refused = refusal(lambda: city.upload(step, city.token(), **header))
    assert refused.reason == reason


def test_a_file_may_be_named_in_any_language(city: City) -> None:
    name = "Gevel \N{EN DASH} plan\u00a02 \u5efa\u7bc9.ifc"
    assert city.upload(STEP, city.token(), filename=name).filename == name


def test_an_upload_of_nothing_is_refused(city: City) -> None:
    refused = refusal(lambda: city.permit.UploadModel(iter(()), timeout=SECONDS, metadata=city.token()))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"as_of_date": "tomorrow"}, "as_of_date"),
        ({"as_of_date": "20260301"}, "as_of_date"),
        ({"as_of_date": "2026-W10-1"}, "as_of_date"),
        ({"as_of_date": "1234-05-06"}, "as_of_date"),
        ({"neighbours": ["Not An Authority"]}, "neighbours[0]"),
        ({"neighbour_timeout_ms": -1}, "neighbour_timeout_ms"),
        ({"purpose": "x" * 201}, "purpose"),
        ({"model": ""}, "model"),
    ],
)
def test_a_request_out_of_range_is_refused_with_its_field(city: City, wanted: dict[str, Any], field: str) -> None:
    request = pb.CreateCheckRequest(**{"model": f"urn:hanse:{MAREWIJK}:model:x", **wanted})
    refused = refusal(lambda: city.permit.CreateCheck(request, timeout=SECONDS, metadata=city.token()))
    assert refused.fields == (field,)


def test_what_is_not_there_is_not_found(city: City) -> None:
    token = city.token()
    calls = (
        lambda: city.permit.GetCheck(pb.GetCheckRequest(id="x"), timeout=SECONDS, metadata=token),
        lambda: city.permit.WatchCheck(pb.WatchCheckRequest(id="x"), timeout=SECONDS, metadata=token),
        lambda: city.permit.CreateCheck(pb.CreateCheckRequest(model="x"), timeout=SECONDS, metadata=token),
        lambda: city.zoning.GetZoning(zoning_pb2.GetZoningRequest(id="x"), timeout=SECONDS, metadata=token),
    )
    assert {refusal(call).reason for call in calls} == {"NOT_FOUND"}


def test_a_model_whose_bytes_were_removed_is_to_be_uploaded_again(city: City) -> None:
    token, step = city.token(), STEP + b"\n"
    model = city.upload(step, token)
    (city.config.state / "uploads" / "permit" / f"{model.sha256}.ifc").unlink()
    request = pb.CreateCheckRequest(model=model.id)
    refused = refusal(lambda: city.permit.CreateCheck(request, timeout=SECONDS, metadata=token))
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    assert "Upload the model again" in refused.remedy


def test_another_subject_sees_nothing_of_it(city: City, checked: pb.Check) -> None:
    token = city.token("client-platform")
    request = pb.GetCheckRequest(id=checked.id)
    assert refusal(lambda: city.permit.GetCheck(request, timeout=SECONDS, metadata=token)).reason == "NOT_FOUND"


def test_certificate_and_token_are_both_checked(city: City, checked: pb.Check) -> None:
    request, token = pb.GetCheckRequest(id=checked.id), city.token()
    without = refusal(lambda: city.permit.GetCheck(request, timeout=SECONDS))
    assert without.code is grpc.StatusCode.UNAUTHENTICATED
    direct = permit_pb2_grpc.PermitServiceStub(city.channel("permit", "client-operator"))
    assert refusal(lambda: direct.GetCheck(request, timeout=SECONDS, metadata=token)).reason == "CALLER_NOT_ALLOWED"
    put = zoning_pb2.PutZoningRequest(json=b"{}")
    platform = city.token("client-platform")
    assert refusal(lambda: city.zoning.PutZoning(put, timeout=SECONDS, metadata=platform)).reason == "SCOPE_MISSING"


def test_an_unknown_rule_is_refused_with_its_place(city: City) -> None:
    law = json.loads(city.made.zoning["marewijk"].read_text())
    law["zones"][0]["rules"][0]["measure"] = "max_shadow"
    put = zoning_pb2.PutZoningRequest(json=json.dumps(law).encode())
    refused = refusal(lambda: city.zoning.PutZoning(put, timeout=SECONDS, metadata=city.token()))
    assert refused.reason == "CONTRACT_VIOLATION"
    assert "json/zones/0/rules/0/measure" in refused.fields


def test_zoning_documents_are_listed_and_read_by_hash(city: City) -> None:
    token = city.token()
    listed = city.zoning.ListZonings(zoning_pb2.ListZoningsRequest(page_size=1), timeout=SECONDS, metadata=token)
    (held,) = listed.documents
    assert (held.json, listed.next_page_token) == (b"", "")
    request = zoning_pb2.GetZoningRequest(id=held.id, sha256=held.sha256)
    document = city.zoning.GetZoning(request, timeout=SECONDS, metadata=token)
    assert validate_document(document.json, contract="zoning/v1") == []
    bad = zoning_pb2.ListZoningsRequest(page_token="!!")  # noqa: S106 - no secret
    assert refusal(lambda: city.zoning.ListZonings(bad, timeout=SECONDS, metadata=token)).reason == "TOKEN_MALFORMED"


def test_a_kill_while_a_neighbour_is_silent_ends_the_check_with_its_reason(city: City) -> None:
    """A gateway that accepts and says nothing holds the check; the process that waits for it is killed."""
    token = city.token()
    model = city.upload(city.made.plans["complies"].read_bytes(), token)
    with socket.create_server(split_address(city.config.gateway.listen)):
        check = city.permit.CreateCheck(
            pb.CreateCheckRequest(model=model.id, neighbours=["lindemond.example"]), timeout=SECONDS, metadata=token
        )
        watch = city.permit.WatchCheck(pb.WatchCheckRequest(id=check.id), timeout=SECONDS, metadata=token)
        assert any(seen.step.startswith("asking") for seen in watch)
        next(part for part in city.processes.parts if part.name == "permit").kill()
        with pytest.raises(grpc.RpcError) as cut:
            list(watch)
        assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
    city.processes.start(city.config, "permit")
    *_, last = city.permit.WatchCheck(
        pb.WatchCheckRequest(id=check.id), timeout=SECONDS, metadata=token, wait_for_ready=True
    )
    assert (last.state, last.error_reason) == (Check.STATE_ABORTED, "OPERATION_LOST")


def test_a_service_just_started_stops_in_order(city: City, tmp_path: Path) -> None:
    config = make_city(tmp_path / "other", settings={"enabled = true": "enabled = false"})
    part = city.processes.start(config, "permit")
    assert part.stop() == 0, part.output()
    assert "Traceback" not in part.output()


def test_a_report_speaks_as_translation_does_and_is_written_without_it(city: City, checked: pb.Check) -> None:
    token, alone = city.token(), "translation gave none"
    permit, translation = ([part for part in city.processes.parts if part.name == name] for name in PARTS)
    before = city.report(checked, pb.GetReportRequest.FORMAT_HTML, token, "nl")
    assert not any(alone in part.output() for part in permit)
    translation[-1].kill()
    try:
        assert city.report(checked, pb.GetReportRequest.FORMAT_HTML, token, "nl") == before
        assert any(alone in part.output() for part in permit)
    finally:
        city.processes.start(city.config, "translation")
