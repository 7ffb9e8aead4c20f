# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The translation service as it runs: its own process, mutual TLS, tokens, every method, every refusal."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Processes, make_city
from refusals import refusal

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.contracts import validate_document
from hanse.jose import SigningKey, sign_jwt
from hanse.kernel import keys
from hanse.kernel.channel import connect, metadata
from hanse.translation.handlers import MAX_NUMBERS, WORKER_BYTES
from hanse.translation.registry import translations
from hanse.translation.translating import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.kernel.config import CityConfig

Code = grpc.StatusCode
BUILDING = (
    Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1/examples/valid/building.json"
).read_bytes()
EPSG = "https://www.opengis.net/def/crs/EPSG/0/"
UTM32 = f"{EPSG}25832"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityConfig]:
    config = make_city(tmp_path_factory.mktemp("city"))
    with Processes() as processes:
        processes.start(config, "translation")
        yield config


@pytest.fixture(scope="module")
def stub(city: CityConfig) -> Iterator[Any]:
    with connect(city, "gateway", "translation") as channel:
        yield translation_pb2_grpc.TranslationServiceStub(channel)


@pytest.fixture(scope="module")
def by(city: CityConfig) -> Any:
    return metadata(token(city))


def token(config: CityConfig, scope: str = "translate") -> str:
    """A token as this city's identity service signs it."""
    jwks = json.loads(keys.read_secret(config.keys / keys.IDENTITY))["keys"]
    (key,) = [SigningKey.from_jwk(each) for each in jwks if each["alg"] == "ES256"]
    now, city = int(datetime.now(UTC).timestamp()), config.city.authority
    claims = {"iss": city, "aud": city, "sub": f"urn:hanse:{city}:person:{'0f' * 20}", "scope": scope}
    return sign_jwt({**claims, "iat": now, "exp": now + 300, "jti": "a"}, key, typ="at+jwt")


def request(document: bytes = BUILDING, **options: str) -> pb.TranslateRequest:
    return pb.TranslateRequest(
        source_contract="twin/v1",
        target_contract="twin/v1",
        document=document,
        options=pb.TranslateOptions(**options),
    )


def test_a_document_is_translated(stub: Any, by: Any) -> None:
    answer = stub.Translate(request(target_crs=UTM32), timeout=20, metadata=by)
    assert (answer.contract, answer.revision, answer.count) == ("twin/v1", "1.1.0", 1)
    assert validate_document(answer.document, "twin/v1", "entity") == []
    assert "25832" in json.loads(answer.document)["solidGeometry"]["json"]["crs"]
    (loss,) = answer.losses
    assert (loss.kind, loss.path) == (types_pb2.Loss.KIND_PRECISION, "/solidGeometry/json/lods")


def test_the_terms_of_the_source_travel_with_it(stub: Any, by: Any) -> None:
    terms = types_pb2.Dataset(
        id="urn:hanse:lindemond.example:dataset:buildings", owner="Lindemond", licence="CC-BY-4.0", jurisdiction="NL"
    )
    asked = request(target_crs=UTM32)
    asked.datasets.append(terms)
    assert list(stub.Translate(asked, timeout=20, metadata=by).datasets) == [terms]
    asked.datasets.extend([terms] * 1000)
    told = refusal(lambda: stub.Translate(asked, timeout=20, metadata=by))
    assert (told.code, told.reason, told.fields) == (Code.INVALID_ARGUMENT, "LIMIT_EXCEEDED", ("datasets",))


def test_urns_are_of_this_city_unless_another_is_named(stub: Any, by: Any, shared_data: Path) -> None:
    text = (shared_data / "data/cityjson/denhaag_random_5.city.jsonl").read_bytes()
    asked = pb.TranslateRequest(source_contract="cityjson-seq/1.1", target_contract="twin/v1", document=text)
    own = stub.Translate(asked, timeout=20, metadata=by)
    assert own.count == 5
    assert all(json.loads(line)["id"].startswith("urn:hanse:marewijk.example:") for line in own.document.splitlines())
    asked.options.authority = "lindemond.example"
    other = stub.Translate(asked, timeout=20, metadata=by)
    assert json.loads(other.document.splitlines()[0])["id"].startswith("urn:hanse:lindemond.example:")


def test_a_large_document_goes_through_a_worker(stub: Any, by: Any, shared_data: Path) -> None:
    text = (shared_data / "data/cityjson/3dbag_tile_901_trimmed.city.jsonl").read_bytes()
    assert len(text) > WORKER_BYTES
    asked = pb.TranslateRequest(source_contract="cityjson-seq/1.1", target_contract="twin/v1", document=text)
    answer = stub.Translate(asked, timeout=60, metadata=by)
    assert answer.count == len(text.splitlines()) - 1 == 52
    for line in answer.document.splitlines():
        assert validate_document(bytes(line), "twin/v1", "entity") == []
    asked.source_contract = "cityjson-seq/2.0"
    told = refusal(lambda: stub.Translate(asked, timeout=60, metadata=by))
    assert (told.code, told.reason, told.fields) == (Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION", ("/version",))


def test_a_stream_goes_on_after_a_document_that_fails(stub: Any, by: Any) -> None:
    texts = [BUILDING, b"{", BUILDING, BUILDING]
    asked = [pb.TranslateStreamRequest(id=f"n{at}", request=request(text)) for at, text in enumerate(texts)]
    asked[2].request.target_contract = "citygml/3.0"
    answers = list(stub.TranslateStream(iter(asked), timeout=20, metadata=by))
    assert [answer.id for answer in answers] == ["n0", "n1", "n2", "n3"]
    reasons = [answer.error_reason for answer in answers]
    assert reasons == ["", "CONTRACT_VIOLATION", "CONTRACT_VERSION_UNSUPPORTED", ""]
    assert json.loads(answers[3].response.document) == json.loads(BUILDING)
    assert "citygml/3.0" in answers[2].error_detail
    assert not answers[1].HasField("response")


def test_what_there_is_to_translate_is_listed(stub: Any, by: Any) -> None:
    listed = stub.ListTranslations(pb.ListTranslationsRequest(), timeout=10, metadata=by).translations
    pairs = {(each.source_contract, each.target_contract) for each in listed}
    assert pairs == {(source, target) for source, target, _ in translations()}
    assert ("twin/v1", "twin/v1") in pairs
    losses = {
        each.source_contract: {loss.path for loss in each.static_losses}
        for each in listed
        if each.target_contract == "twin/v1"
    }
    assert "/appearance" in losses["cityjson/2.0"]
    assert losses["twin/v1"] == set()


def test_points_are_converted_with_their_heights(stub: Any, by: Any) -> None:
    """Amersfoort, the origin of RD, as RDNAPTRANS gives it in ETRS89; without its grid a quarter metre is left."""
    asked = pb.TransformCoordinatesRequest(
        source_crs=f"{EPSG}7415", target_crs=f"{EPSG}4326", coordinates=[155000, 463000, 12.5, 155000, 463000, math.nan]
    )
    answer = stub.TransformCoordinates(asked, timeout=10, metadata=by)
    x, y, z, *_, none = answer.coordinates
    assert (x, y) == (pytest.approx(5.387203657, abs=4e-6), pytest.approx(52.155172897, abs=4e-6))
    assert z == 12.5
    assert math.isnan(none)
    assert 0 < answer.accuracy_m <= 1


def test_labels_come_in_the_language_asked_for(stub: Any, by: Any) -> None:
    asked = pb.GetLabelsRequest(keys=["verdict.COMPLIANT", "nothing.such"], language="nl-NL")
    first, second = stub.GetLabels(asked, timeout=10, metadata=by).labels
    assert (first.text, first.language, first.rung) == ("Voldoet", "nl", "catalogue")
    assert (second.text, second.language, second.rung) == ("nothing.such", "", "fallback")


COORDINATES = pb.TransformCoordinatesRequest(source_crs=f"{EPSG}7415", target_crs=f"{EPSG}4326", coordinates=[1, 2, 3])


@pytest.mark.parametrize(
    ("method", "asked", "code", "reason", "fields"),
    [
        ("Translate", request(b"{}"), Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION", ("", "")),
        ("Translate", request(authority="No City"), Code.INVALID_ARGUMENT, "FIELD_INVALID", ("options.authority",)),
        ("Translate", request(target_crs="mars"), Code.INVALID_ARGUMENT, "FIELD_INVALID", ("options.target_crs",)),
        ("Translate", request(language="!"), Code.INVALID_ARGUMENT, "FIELD_INVALID", ("options.language",)),
        ("Translate", request(b" " * (MAX_BYTES + 1)), Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED", ()),
        ("Translate", pb.TranslateRequest(), Code.FAILED_PRECONDITION, "CONTRACT_VERSION_UNSUPPORTED", ()),
        ("GetLabels", pb.GetLabelsRequest(), Code.INVALID_ARGUMENT, "FIELD_INVALID", ("language",)),
        ("GetLabels", pb.GetLabelsRequest(keys=["a"] * 2001, language="nl"), Code.INVALID_ARGUMENT, None, ("keys",)),
        (
            "TransformCoordinates",
            pb.TransformCoordinatesRequest(source_crs="x", target_crs=UTM32),
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            ("source_crs",),
        ),
        (
            "TransformCoordinates",
            pb.TransformCoordinatesRequest(source_crs=UTM32, target_crs=UTM32, coordinates=[0.0] * (MAX_NUMBERS + 3)),
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            ("coordinates",),
        ),
        (
            "TransformCoordinates",
            pb.TransformCoordinatesRequest(source_crs=UTM32, target_crs=UTM32, coordinates=[1.0]),
            Code.INVALID_ARGUMENT,
            "FIELD_INVALID",
            ("coordinates",),
        ),
    ],
)
def test_bad_input_is_refused_in_words(
    stub: Any, by: Any, method: str, asked: Any, code: grpc.StatusCode, reason: str | None, fields: tuple[str, ...]
) -> None:
    told = refusal(lambda: getattr(stub, method)(asked, timeout=20, metadata=by))
    assert told.code is code
    assert told.reason == (reason or "FIELD_INVALID")
    assert told.fields == fields
    again = stub.GetLabels(pb.GetLabelsRequest(keys=["verdict.COMPLIANT"], language="nl"), timeout=10, metadata=by)
    assert again.labels[0].text == "Voldoet", "the service goes on"


@pytest.mark.parametrize("method", ["Translate", "ListTranslations", "TransformCoordinates", "GetLabels"])
@pytest.mark.parametrize(
    ("scope", "code", "reason"),
    [(None, Code.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID"), ("twin:read", Code.PERMISSION_DENIED, "SCOPE_MISSING")],
)
def test_every_method_needs_the_scope(
    city: CityConfig, stub: Any, method: str, scope: str | None, code: grpc.StatusCode, reason: str
) -> None:
    asked = {
        "Translate": request(),
        "ListTranslations": pb.ListTranslationsRequest(),
        "TransformCoordinates": COORDINATES,
        "GetLabels": pb.GetLabelsRequest(language="nl"),
    }[method]
    given = metadata(token(city, scope)) if scope else ()
    told = refusal(lambda: getattr(stub, method)(asked, timeout=10, metadata=given))
    assert (told.code, told.reason) == (code, reason)


def test_only_services_that_need_it_may_call(city: CityConfig, by: Any) -> None:
    with connect(city, "client-platform", "translation") as channel:
        direct = translation_pb2_grpc.TranslationServiceStub(channel)
        told = refusal(lambda: direct.ListTranslations(pb.ListTranslationsRequest(), timeout=10, metadata=by))
    assert (told.code, told.reason) == (Code.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")


def test_a_token_of_other_keys_is_refused(city: CityConfig, stub: Any) -> None:
    now, name = int(datetime.now(UTC).timestamp()), city.city.authority
    claims = {"iss": name, "aud": name, "sub": "x", "scope": "translate", "iat": now, "exp": now + 60, "jti": "b"}
    forged = sign_jwt(claims, SigningKey.generate("ES256"), typ="at+jwt")
    told = refusal(lambda: stub.ListTranslations(pb.ListTranslationsRequest(), timeout=10, metadata=metadata(forged)))
    assert (told.code, told.reason) == (Code.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID")
