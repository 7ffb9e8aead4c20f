# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's meaning: entities become RDF by the contract's context, and its SHACL shapes judge them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

rdflib = pytest.importorskip("rdflib")
pyshacl = pytest.importorskip("pyshacl")

# rdflib's own JSON-LD reader and pyshacl use what rdflib has deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*"),
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated:DeprecationWarning"),
]
FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1"
CONTEXT = json.loads((FOLDER / "context.jsonld").read_bytes())["@context"]
SHAPES = rdflib.Graph().parse(FOLDER / "shapes.ttl")
HANSE = rdflib.Namespace("urn:hanse:vocab:")
NGSI_LD = rdflib.Namespace("https://uri.etsi.org/ngsi-ld/")


def example(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"examples/valid/{name}.json").read_bytes())
    return loaded


def graph(entity: dict[str, Any]) -> Any:
    return rdflib.Graph().parse(data=json.dumps({**entity, "@context": CONTEXT}), format="json-ld")


def judge(entity: dict[str, Any]) -> tuple[bool, str]:
    conforms, _, report = pyshacl.validate(graph(entity), shacl_graph=SHAPES)
    return bool(conforms), str(report)


@pytest.mark.parametrize(
    "name", ["building", "building-flagged", "observation", "layer-room", "layer-city", "layer-citizen"]
)
def test_examples_conform(name: str) -> None:
    conforms, report = judge(example(name))
    assert conforms, report


def test_the_context_makes_ngsi_ld_of_an_entity() -> None:
    entity = example("building")
    made = graph(entity)
    building = rdflib.URIRef(entity["id"])
    assert (building, rdflib.RDF.type, HANSE.Building) in made
    ridge = made.value(building, HANSE.ridgeHeight)
    assert (ridge, rdflib.RDF.type, NGSI_LD.Property) in made
    assert made.value(ridge, NGSI_LD.hasValue).toPython() == entity["ridgeHeight"]["value"]
    dataset = made.value(made.value(building, HANSE.dataset), NGSI_LD.hasObject)
    assert dataset == rdflib.URIRef(entity["dataset"]["object"])
    geometry = made.value(made.value(building, HANSE.solidGeometry), NGSI_LD.hasJSON)
    assert json.loads(str(geometry)) == entity["solidGeometry"]["json"]


def test_nothing_of_a_name_is_lost_in_rdf() -> None:
    made = graph(example("building"))
    texts = {(str(text), text.language) for text in made.objects(None, NGSI_LD.hasLanguageMap)}
    assert texts == {("Havenhuis", "nl"), ("Harbour house", "en")}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entity: entity["ridgeHeight"].update(value=-3.0), "ridge lies below the ground"),
        (lambda entity: entity["ridgeHeight"]["verticalDatum"].update(value="TAW"), "different datums"),
        (lambda entity: entity["ridgeHeight"].update(unitCode="FOT"), "RidgeHeightShape"),
        (lambda entity: entity["eavesHeight"].pop("verticalDatum"), "EavesHeightShape"),
        (lambda entity: entity["groundHeight"].update(value=20_000), "GroundHeightShape"),
        (lambda entity: entity.update(id="https://elsewhere.example/1"), "BuildingShape"),
    ],
)
def test_what_the_form_cannot_say_is_judged(change: Callable[[dict[str, Any]], object], said: str) -> None:
    entity = example("building")
    change(entity)
    conforms, report = judge(entity)
    assert not conforms
    assert said in report


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda room: room["twinLayer"].update(value="street"), "InConstraint"),
        (lambda room: room["partOf"].update(object=room["id"]), "part of itself"),
        (lambda room: room["twinLayer"].update(value="citizen"), "fewer than ten"),
        (lambda room: room.update(partOf={"type": "Relationship"}), "hanse:partOf"),
    ],
)
def test_layers_mean_what_they_say(change: Callable[[dict[str, Any]], object], said: str) -> None:
    room = example("layer-room")
    change(room)
    conforms, report = judge(room)
    assert not conforms
    assert said in report


def test_a_city_is_part_of_no_room() -> None:
    city = {**example("layer-city"), "partOf": {"type": "Relationship", "object": example("layer-room")["id"]}}
    both = graph(city) + graph(example("layer-room"))
    conforms, _, report = pyshacl.validate(both, shacl_graph=SHAPES)
    assert not conforms
    assert "smaller layer" in str(report)
