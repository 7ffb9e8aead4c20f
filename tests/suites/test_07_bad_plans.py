# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Plans, twins and rules that are wrong in themselves, handed in at the gateway: refused in words, and it goes on."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import LINDEMOND, MAREWIJK, Processes
from hamlets import CALL_S, Applicant, Check, Hamlets, house, law, load, open_hamlets, until
from honesty import ANSWERED, Case, assert_honest
from permit_ifc import Block, Georeference
from refusals import Refusal, refusal

from hanse.api.permit.v1 import permit_pb2
from hanse.api.zoning.v1 import zoning_pb2, zoning_pb2_grpc
from hanse.kernel import channel as channels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.cities, pytest.mark.timeout(240)]
Code = grpc.StatusCode
LIMIT = 1_500_000
GOOD = Block().step().encode()


@pytest.fixture(scope="module")
def hamlets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlets]:
    with Processes() as processes:
        settings = {"max_upload_bytes = 268_435_456": f"max_upload_bytes = {LIMIT}"}
        yield open_hamlets(tmp_path_factory.mktemp("hamlets"), processes, settings=settings)


@pytest.fixture(scope="module")
def applicant(hamlets: Hamlets) -> Applicant:
    return Applicant.of(hamlets.architect())


@pytest.fixture(autouse=True)
def goes_on(hamlets: Hamlets, applicant: Applicant) -> Iterator[None]:
    """Right after whatever was wrong, a plan that is right is checked by both cities; nothing half is left."""
    yield
    model = applicant.upload(GOOD).id
    assert_honest(Case(hamlets, applicant, model).start(), {MAREWIJK: ANSWERED, LINDEMOND: ANSWERED})
    assert halves(hamlets) == []


def halves(hamlets: Hamlets) -> list[Path]:
    """Uploads that were begun and lie about."""
    return list((hamlets.here.config.state / "uploads").rglob(".*"))


def unreadable(refused: Refusal) -> str:
    """What is said of a model that cannot be read."""
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "MODEL_UNREADABLE")
    return refused.message


# Files that are no plan.

NO_PLANS: dict[str, tuple[bytes, str]] = {
    "text": (b"Dear Sir or Madam, enclosed please find our plan.", "no IFC model"),
    "zip": (b"PK\x03\x04" + bytes(100), "zip"),
    "xml": (b'<?xml version="1.0"?><ifcXML/>', "XML"),
    "json": (json.dumps({"type": "ifcJSON"}).encode(), "JSON"),
    "empty": (b"", "empty"),
    "blank": (b" \r\n" * 1000, "empty"),
    "no schema": (GOOD.replace(b"FILE_SCHEMA(('IFC4'));", b""), "FILE_SCHEMA"),
    "cut off": (GOOD[: len(GOOD) // 2], "cut off"),
}


@pytest.mark.parametrize("what", NO_PLANS)
def test_a_file_that_is_no_plan(applicant: Applicant, what: str) -> None:
    data, word = NO_PLANS[what]
    refused = refusal(lambda: applicant.upload(data))
    assert word in unreadable(refused)


def test_a_schema_that_nobody_reads(applicant: Applicant, shared_data: Path) -> None:
    data = (shared_data / "data" / "ifc" / "Vogel_Gesamt.ifc").read_bytes()
    refused = refusal(lambda: applicant.upload(data))
    assert "IFC2X_FINAL" in unreadable(refused)
    assert "IFC4" in refused.remedy


# Uploads that do not end as they were announced.


def test_an_upload_that_ends_early(applicant: Applicant) -> None:
    refused = refusal(lambda: applicant.upload(GOOD[:-50], size_bytes=len(GOOD)))
    assert f"{len(GOOD) - 50} of {len(GOOD)} bytes" in unreadable(refused)


def test_more_bytes_than_announced(applicant: Applicant) -> None:
    refused = refusal(lambda: applicant.upload(GOOD, size_bytes=len(GOOD) - 1))
    assert "announced" in unreadable(refused)


def test_other_bytes_than_announced(applicant: Applicant) -> None:
    digest = hashlib.sha256(b"another plan").hexdigest()
    refused = refusal(lambda: applicant.upload(GOOD, sha256=digest))
    assert digest in unreadable(refused)


def test_a_client_that_goes_away_in_the_middle(hamlets: Hamlets, applicant: Applicant) -> None:
    def messages() -> Iterator[permit_pb2.UploadModelRequest]:
        yield permit_pb2.UploadModelRequest(header=permit_pb2.UploadModelRequest.Header(filename="plan.ifc"))
        yield permit_pb2.UploadModelRequest(chunk=GOOD[:500])
        until(lambda: halves(hamlets), "the upload never began")
        raise ConnectionError("the network is gone")

    with pytest.raises(grpc.RpcError):
        applicant.permit.UploadModel(messages(), timeout=CALL_S, metadata=applicant.terms)
    until(lambda: not halves(hamlets), "half an upload lies about")


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "not announced"])
def test_a_plan_larger_than_the_limit(applicant: Applicant, *, announced: bool) -> None:
    data = GOOD + b" " * LIMIT
    refused = refusal(lambda: applicant.upload(data, size_bytes=len(data) if announced else 0))
    assert (refused.code, refused.reason) == (Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
    assert str(LIMIT) in refused.message


# Plans that can be read and not be judged: a result that says why, never a verdict on the rules.


def judged(applicant: Applicant, data: bytes) -> tuple[Check, dict[str, Any]]:
    """A plan's check, which must end, and its report."""
    check = applicant.finish(applicant.start(applicant.upload(data).id).id)
    assert check.state == Check.STATE_SUCCEEDED, check.error_detail
    return check, applicant.report(check.id)


MILLIMETRES = {"eastings": 90_000_000.0, "northings": 440_000_000.0}
PLACELESS = {
    "no georeference": (Block(georeference=None), "no IfcMapConversion"),
    "only a latitude": (Block(georeference=None, latitude=True), "latitude and longitude of IfcSite"),
    "unknown system": (Block(georeference=Georeference(crs="Our own grid")), "Our own grid"),
    "another country": (Block(georeference=Georeference(500_000, 6_000_000, crs="EPSG:32760")), "EPSG:32760"),
    "millimetres as metres": (Block(georeference=Georeference(**MILLIMETRES)), "millimetres"),
    "millimetres called metres": (
        Block(unit_m=0.001, georeference=Georeference(**MILLIMETRES, map_unit="METRE")),
        "millimetres",
    ),
    "no direction": (Block(georeference=Georeference(abscissa="0.", ordinate="0.")), "direction"),
}


def assert_not_judged(check: Check, report: dict[str, Any], words: str) -> None:
    """Nothing is judged, and the report says why and what to do, in both languages."""
    assert check.verdict == report["verdict"] == "INSUFFICIENT_DATA"
    assert {rule["verdict"] for rule in report["rules"]} == {"INSUFFICIENT_DATA"}
    issues = report["placement"]["issues"]
    assert any(words in issue["en"] for issue in issues), issues
    assert all(issue["en"].endswith(".") and issue["nl"].endswith(".") for issue in issues)


@pytest.mark.parametrize("what", PLACELESS)
def test_a_plan_that_does_not_say_where_it_stands(applicant: Applicant, what: str) -> None:
    block, words = PLACELESS[what]
    assert_not_judged(*judged(applicant, block.step().encode()), words)


def test_a_real_plan_in_millimetres_is_read_so_and_stands_elsewhere(applicant: Applicant, shared_data: Path) -> None:
    check, report = judged(applicant, (shared_data / "data" / "ifc" / "building-architecture.ifc").read_bytes())
    # Eastings 729,013,348 with MapUnit millimetre: 729 km, in New Zealand; taken for metres it would be nowhere.
    assert_not_judged(check, report, "EPSG:32760")


# Twins and rules that are wrong.


def entities(hamlets: Hamlets) -> int:
    return hamlets.ask(MAREWIJK, "")


def test_a_vertex_index_that_points_nowhere(hamlets: Hamlets) -> None:
    document = json.loads(house(MAREWIJK))
    broken = json.loads(house(LINDEMOND))["CityObjects"][f"house-{LINDEMOND}"]
    broken["geometry"][0]["boundaries"][0][5][0][2] = 4711
    document["CityObjects"]["broken"] = broken
    answer = load(hamlets.here, json.dumps(document).encode())
    assert (answer.done, answer.read, answer.refused) == (True, 2, 1)
    (refused,) = answer.refusals
    assert refused.source_id == "broken"
    assert "4711" in refused.reason
    assert refused.path.startswith("/CityObjects/broken/geometry/0")
    assert entities(hamlets) == 1, "what is right in the same file is loaded, what is wrong is not"


BAD_TWINS: dict[str, bytes] = {
    "text": b"These are our buildings.",
    "cut off": house(MAREWIJK)[:-30],
    "empty": b"",
    "another document": json.dumps(law()).encode(),
}


@pytest.mark.parametrize("what", BAD_TWINS)
def test_a_file_that_is_no_twin(hamlets: Hamlets, what: str) -> None:
    refused = refusal(lambda: load(hamlets.here, BAD_TWINS[what]))
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION")
    assert entities(hamlets) == 1


def put_zoning(hamlets: Hamlets, document: bytes) -> zoning_pb2.ZoningDocument:
    terms = channels.metadata(hamlets.here.token)
    stub = zoning_pb2_grpc.ZoningServiceStub(hamlets.here.channel)
    return stub.PutZoning(zoning_pb2.PutZoningRequest(json=document), timeout=CALL_S, metadata=terms)


def in_force(hamlets: Hamlets) -> str:
    """The hash of the rules that apply."""
    terms = channels.metadata(hamlets.here.token)
    stub = zoning_pb2_grpc.ZoningServiceStub(hamlets.here.channel)
    request = zoning_pb2.GetZoningRequest(id=str(law()["id"]))
    return str(stub.GetZoning(request, timeout=CALL_S, metadata=terms).sha256)


def changed(rule: int, **members: Any) -> bytes:
    """The law with one of its rules changed."""
    document = law()
    document["zones"][0]["rules"][rule].update(members)
    return json.dumps(document).encode()


BAD_LAWS: dict[str, tuple[bytes, str]] = {
    "unknown rule": (changed(1, measure="maximum_beauty"), "json/zones/0/rules/1"),
    "wrong parameter": (changed(1, parameters={"max_m": "high", "reference_level_m": 1.0}), "json/zones/0/rules/1"),
    "unknown parameter": (changed(3, parameters={"min_m": 2.0, "minimum": 2.0}), "json/zones/0/rules/3"),
    "no JSON": (b"Houses shall be of moderate height.", "json"),
    "cut off": (json.dumps(law()).encode()[:-20], "json"),
}


@pytest.mark.parametrize("what", BAD_LAWS)
def test_rules_that_nobody_can_apply(hamlets: Hamlets, what: str) -> None:
    (document, place), before = BAD_LAWS[what], in_force(hamlets)
    refused = refusal(lambda: put_zoning(hamlets, document))
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION")
    assert any(field.startswith(place) for field in refused.fields)
    assert in_force(hamlets) == before


def test_another_citys_law(hamlets: Hamlets) -> None:
    document = {**law(), "authority": LINDEMOND, "id": f"urn:hanse:{LINDEMOND}:zoning:test"}
    refused = refusal(lambda: put_zoning(hamlets, json.dumps(document).encode()))
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "FIELD_INVALID")


# Checks that cannot be.


def test_a_check_of_what_was_never_uploaded(applicant: Applicant) -> None:
    refused = refusal(lambda: applicant.start(f"urn:hanse:{MAREWIJK}:model:none"))
    assert (refused.code, refused.reason) == (Code.NOT_FOUND, "NOT_FOUND")


@pytest.mark.parametrize(
    "wanted",
    [
        {"as_of_date": "tomorrow"},
        {"neighbours": ["not a city"]},
        {"neighbour_timeout_ms": -1},
        {"request_id": "x" * 999},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
def test_a_check_asked_for_wrongly(applicant: Applicant, wanted: dict[str, Any]) -> None:
    model = applicant.upload(GOOD).id
    refused = refusal(lambda: applicant.start(model, **wanted))
    assert (refused.code, refused.reason) == (Code.INVALID_ARGUMENT, "FIELD_INVALID")
    assert any(field.startswith(next(iter(wanted))) for field in refused.fields)


def test_somebody_elses_plan_and_check_are_not_there(hamlets: Hamlets, applicant: Applicant) -> None:
    model = applicant.upload(GOOD).id
    check = applicant.start(model).id
    applicant.finish(check)
    stranger = Applicant.of(hamlets.architect())
    for call in (lambda: stranger.start(model), lambda: stranger.get(check), lambda: stranger.report(check)):
        refused = refusal(call)
        assert (refused.code, refused.reason) == (Code.NOT_FOUND, "NOT_FOUND")
