# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Delfshaven and Den Haag as two cities, real houses as plans: nothing is lost, nothing is pretended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ifcopenshell
import pytest
from cities import Processes, make_federation
from plans import place, zoning
from story import Border, quiet, verdicts

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.kernel import channel as channels

pytestmark = [pytest.mark.cities, pytest.mark.timeout(600)]
ROTTERDAM, DEN_HAAG = "rotterdam.example", "denhaag.example"
# Open ground in Delfshaven: the nearest building is 6.5 m away, 91 stand within 100 m.
PLOT = (90850.0, 435580.0)


@pytest.fixture(scope="module")
def border(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    folder = tmp_path_factory.mktemp("cities")
    federation = make_federation(folder, ((ROTTERDAM, "Rotterdam"), (DEN_HAAG, "Den Haag")))
    with Processes() as processes:
        made = Border.open(federation, processes)
        cityjson = shared_data / "data" / "cityjson"
        made.here.load_twin(
            cityjson / "rotterdam_3-20-DELFSHAVEN.city.json", "Delfshaven", quiet, assumed_vertical_datum="NAP"
        )
        made.there.load_twin(cityjson / "denhaag_01.city.json", "Den Haag", quiet)
        document = folder / "zoning.json"
        document.write_text(json.dumps(zoning(ROTTERDAM, (90409, 435440, 91454, 436090))), encoding="utf-8")
        made.here.put_zoning(document)
        yield made


def entities(operator: object, **query: object) -> list[dict[str, object]]:
    stub = twin_pb2_grpc.TwinServiceStub(operator.channel)  # type: ignore[attr-defined]
    request = twin_pb2.QueryEntitiesRequest(page_size=1000, **query)
    answers = stub.StreamEntities(request, timeout=60, metadata=channels.metadata(operator.token))  # type: ignore[attr-defined]
    return [json.loads(entity.json) for answer in answers for entity in answer.entities]


def test_every_object_of_the_files_is_there(border: Border) -> None:
    here, there = entities(border.here), entities(border.there)
    assert Counter(entity["type"] for entity in here) == {"Building": 853}
    assert Counter(entity["type"] for entity in there) == {"Building": 844, "TINRelief": 1}
    parts = sum(len(entity["parts"]["json"]) for entity in there if "parts" in entity)
    assert parts == 1653


def test_what_is_geometrically_invalid_is_loaded_and_flagged(border: Border) -> None:
    flagged = sum(not entity["validity"]["json"]["valid"] for entity in entities(border.here))
    # val3dity finds 207 of the 853 invalid; flags are a cheaper check and must be of that order.
    assert 100 <= flagged <= 320


def test_an_assumed_vertical_datum_is_declared(border: Border) -> None:
    building = entities(border.here)[0]
    assert building["ridgeHeight"]["verticalDatumStatus"]["value"] == "assumed"
    assert entities(border.there)[0]["solidGeometry"]["json"]["verticalDatumStatus"] == "declared"


@pytest.mark.parametrize("name", ["AC20-FZK-Haus.ifc", "Duplex_A_20110907.ifc"])
def test_a_house_that_stands_elsewhere_is_not_judged(border: Border, shared_data: Path, name: str) -> None:
    architect, _ = border.architect()
    check, report = border.check(architect, shared_data / "data" / "ifc" / name)
    assert check.verdict == report["verdict"] == "INSUFFICIENT_DATA"
    assert report["placement"]["issues"], "the report says why the plan could not be placed"
    assert not {"COMPLIANT", "NON_COMPLIANT"} & set(verdicts(report).values()) - {"COMPLIANT"}


@pytest.mark.parametrize(("name", "height"), [("AC20-FZK-Haus.ifc", 6.5), ("Duplex_A_20110907.ifc", 8.0)])
def test_the_same_house_on_a_named_plot_is_judged(
    border: Border, shared_data: Path, tmp_path: Path, name: str, height: float
) -> None:
    model = ifcopenshell.open(str(shared_data / "data" / "ifc" / name))
    plan = tmp_path / name
    place(model, *PLOT, 1.0).write(str(plan))
    architect, _ = border.architect()
    check, report = border.check(architect, plan)
    found = verdicts(report)
    assert found["max_height"] in {"COMPLIANT", "NON_COMPLIANT"}
    assert found["footprint_within"] in {"COMPLIANT", "NON_COMPLIANT"}
    assert {source["city"] for source in report["sources"]} == {ROTTERDAM, DEN_HAAG}
    assert all(source["state"] == "answered" for source in report["sources"])
    measured = next(m for m in report["measures"] if m["name"] == "height")
    assert measured["value"] == pytest.approx(height, abs=1.6)
    assert check.verdict == report["verdict"]
