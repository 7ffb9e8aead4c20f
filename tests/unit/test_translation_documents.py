# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Documents from contract to contract: what arrives, what is told as lost and where, what is refused."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest

from hanse import cityjson
from hanse.contracts import validate_document
from hanse.kernel.errors import HanseError, InvalidInputError, LimitExceededError, PreconditionError
from hanse.translation.model import MAX_ALIKE, Loss, LossKind, Options, Result
from hanse.translation.registry import SOURCES, translations
from hanse.translation.translating import MAX_BYTES, translate

FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1/examples/valid"
EPSG = "https://www.opengis.net/def/crs/EPSG/0/"
RD_NAP, RD, UTM32, WGS84, DE_HEIGHTS = (f"{EPSG}{code}" for code in (7415, 28992, 25832, 4326, 5555))
OPTIONS = Options("marewijk.example")
CUBE = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
CORNERS = [[x, y, z] for z in (0, 6000) for x, y in ((0, 0), (8000, 0), (8000, 10000), (0, 10000))]


def building(start: int = 0, **members: Any) -> dict[str, Any]:
    shell = [[[start + index for index in face]] for face in CUBE]
    solid = {"type": "Solid", "lod": "2", "boundaries": [shell]}
    return {"type": "Building", "attributes": {"storeys": 2}, "geometry": [solid], **members}


def city(version: str = "2.0", crs: str | None = RD_NAP, **objects: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "CityJSON",
        "version": version,
        "transform": {"scale": [0.001] * 3, "translate": [85020.0, 445015.0, 0.2]},
        **({"metadata": {"referenceSystem": crs}} if crs else {}),
        "CityObjects": objects or {"a": building(), "b": building()},
        "vertices": CORNERS,
    }


def entity(name: str = "building") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return loaded


def dump(*documents: object) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in documents)


def documents(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.lines]


def resolve(document: Any, pointer: str) -> Any:
    """RFC 6901; raises when nothing stands there."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def points(solid: dict[str, Any]) -> Any:
    transform = solid["transform"]
    return np.concatenate([np.array(lod["vertices"]) for lod in solid["lods"]]) * transform["scale"] + np.array(
        transform["translate"]
    )


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_each_feature_becomes_a_valid_entity(version: str) -> None:
    result = translate(f"cityjson/{version}", "twin/v1", dump(city(version)), OPTIONS)
    made = documents(result)
    assert (result.contract, result.revision, result.count, result.losses) == ("twin/v1", "1.1.0", 2, ())
    assert [each["sourceId"]["value"] for each in made] == ["a", "b"]
    assert all(validate_document(each, "twin/v1", "entity") == [] for each in made)
    assert all(each["id"].startswith("urn:hanse:marewijk.example:building:") for each in made)
    assert made[0]["id"] != made[1]["id"]
    assert made[0]["ridgeHeight"]["value"] == 6.2
    assert "dataset" not in made[0], "whoever stores it says to which data set it belongs"


def test_the_same_document_gives_the_same_ids() -> None:
    once, twice = (translate("cityjson/2.0", "twin/v1", dump(city()), OPTIONS) for _ in range(2))
    assert once == twice
    other = translate("cityjson/2.0", "twin/v1", dump(city()), Options("lindemond.example"))
    assert documents(other)[0]["id"] != documents(once)[0]["id"]


def test_a_building_comes_back_from_the_twin_as_it_was() -> None:
    source = city(a=building())
    there = translate("cityjson/2.0", "twin/v1", dump(source), OPTIONS)
    back = translate("twin/v1", "cityjson/2.0", b"\n".join(there.lines), OPTIONS)
    (made,) = documents(back)
    assert made["CityObjects"]["a"] == {**building(), "geometry": made["CityObjects"]["a"]["geometry"]}
    (given,), (got,) = (cityjson.load(dump(each)).features for each in (source, made))
    assert (given.vertices == got.vertices).all()
    assert given.root.geometry[0].boundaries == got.root.geometry[0].boundaries
    assert (given.crs, got.version) == (got.crs, "2.0")


def test_an_older_cityjson_becomes_2_0_by_way_of_the_twin() -> None:
    old = city("1.0", a=building(address={"CountryName": "Nederland"}))
    old["CityObjects"]["a"]["geometry"][0]["lod"] = 2
    (made,) = documents(translate("cityjson/1.0", "cityjson/2.0", dump(old), OPTIONS))
    assert (made["version"], made["CityObjects"]["a"]["geometry"][0]["lod"]) == ("2.0", "2")
    assert not cityjson.load(dump(made)).refused


def test_a_sequence_keeps_its_order_and_its_grid() -> None:
    header = {**city(), "CityObjects": {}, "vertices": []}
    lines = [
        {"type": "CityJSONFeature", "id": key, "CityObjects": {key: building()}, "vertices": CORNERS} for key in "xyz"
    ]
    result = translate("cityjson-seq/2.0", "cityjson-seq/2.0", dump(header, *lines), OPTIONS)
    made = documents(result)
    assert result.count == 3
    assert [line.get("id") for line in made] == [None, "x", "y", "z"]
    assert made[0]["transform"] == header["transform"]


def test_what_is_lost_is_told_where_it_stood() -> None:
    source = city(
        a=building(
            attributes={"storeys": None, "big": 2**60},
            geometry=[{**building()["geometry"][0], "material": {"red": {"value": 0}}}],
            children=["p/q"],
            **{"+noise": 3},
        ),
        **{"p/q": building(type="BuildingPart", parents=["a"])},
    )
    result = translate("cityjson/2.0", "twin/v1", dump(source), OPTIONS)
    told = {(loss.kind, loss.path) for loss in result.losses}
    assert told == {
        (LossKind.DROPPED, "/CityObjects/a/attributes/storeys"),
        (LossKind.NARROWED, "/CityObjects/a/attributes/big"),
        (LossKind.DROPPED, "/CityObjects/a/geometry/0/material"),
        (LossKind.UNMAPPED, "/CityObjects/a/+noise"),
    }
    for loss in result.losses:
        resolve(source, loss.path)


def test_in_lines_the_first_token_counts_them() -> None:
    header = {**city(), "CityObjects": {}, "vertices": []}
    feature = {"type": "CityJSONFeature", "id": "x", "vertices": CORNERS}
    dull = {**feature, "CityObjects": {"x": building()}}
    rich = {**feature, "CityObjects": {"x": building(attributes={"left": None})}}
    source = [header, dull, rich]
    (loss,) = translate("cityjson-seq/2.0", "twin/v1", dump(*source), OPTIONS).losses
    assert loss.path == "/2/CityObjects/x/attributes/left"
    assert resolve(source, loss.path) is None


def test_later_losses_are_told_at_the_feature_they_fell_on() -> None:
    source = city(a=building(attributes={"weird name": 1}))
    result = translate("cityjson/2.0", "cityjson/2.0", dump(source), Options("marewijk.example", UTM32))
    assert {loss.path for loss in result.losses} == {"/CityObjects/a"}
    (precision,) = [loss for loss in result.losses if loss.kind is LossKind.PRECISION]
    assert "of the form between" in precision.detail
    (made,) = documents(result)
    assert made["CityObjects"]["a"]["attributes"] == {"weird name": 1}


def test_what_an_entity_says_more_than_cityjson_is_told() -> None:
    given = entity()
    given["function"]["observedAt"] = "2026-11-23T12:00:00Z"
    result = translate("twin/v1", "cityjson/2.0", dump(given), OPTIONS)
    lost = {loss.path for loss in result.losses}
    assert "/name" in lost
    assert "/function/observedAt" in lost
    for path in lost:
        resolve(given, path)


def test_an_assumed_datum_cannot_be_said_in_cityjson() -> None:
    result = translate("twin/v1", "cityjson/2.0", dump(entity("building-flagged")), OPTIONS)
    assert "/solidGeometry/json/verticalDatumStatus" in {loss.path for loss in result.losses}


def test_losses_alike_are_counted_beyond_a_hundred() -> None:
    objects = {f"b{number}": building(attributes={"left": None}) for number in range(MAX_ALIKE + 30)}
    losses = translate("cityjson/2.0", "twin/v1", dump(city(**objects)), OPTIONS).losses
    assert len(losses) == MAX_ALIKE + 1
    assert losses[-1].detail.endswith("(30 more like it)")


def test_coordinates_are_those_of_proj() -> None:
    """Against PROJ itself; heights are what they were."""
    given = entity()
    result = translate("twin/v1", "twin/v1", dump(given), Options("marewijk.example", UTM32))
    (made,) = documents(result)
    before, after = (points(each["solidGeometry"]["json"]) for each in (given, made))
    east, north = pyproj.Transformer.from_crs(28992, 25832, always_xy=True).transform(before[:, 0], before[:, 1])
    assert np.abs(after[:, 0] - east).max() <= 0.0006
    assert np.abs(after[:, 1] - north).max() <= 0.0006
    assert (after[:, 2] == before[:, 2]).all()
    unchanged = {name: value for name, value in given.items() if name != "solidGeometry"}
    assert unchanged == {name: value for name, value in made.items() if name != "solidGeometry"}
    (loss,) = result.losses
    assert (loss.kind, loss.path) == (LossKind.PRECISION, "/solidGeometry/json/lods")
    assert re.search(r"accuracy of 0(\.25)? m", loss.detail)  # 0 where the grid of RDNAPTRANS is installed


@pytest.mark.parametrize(
    ("name", "target", "crs", "told"),
    [
        ("building", RD_NAP, RD_NAP, Counter()),
        ("building", RD, RD_NAP, Counter()),
        ("building-flagged", RD_NAP, RD, Counter()),
        ("building", UTM32, "crs-compound?1=", Counter({LossKind.PRECISION: 1})),
        ("building", DE_HEIGHTS, "crs-compound?1=", Counter({LossKind.PRECISION: 1, LossKind.UNMAPPED: 1})),
        ("building-flagged", UTM32, UTM32, Counter({LossKind.PRECISION: 1})),
        ("building", WGS84, "crs-compound?1=", Counter({LossKind.PRECISION: 1})),
        ("observation", UTM32, None, Counter()),
    ],
)
def test_heights_never_change_their_datum_silently(
    name: str, target: str, crs: str | None, told: Counter[LossKind]
) -> None:
    result = translate("twin/v1", "twin/v1", dump(entity(name)), Options("marewijk.example", target))
    (made,) = documents(result)
    assert Counter(loss.kind for loss in result.losses) == told
    if crs is not None:
        solid, before = made["solidGeometry"]["json"], entity(name)["solidGeometry"]["json"]
        assert crs in solid["crs"]
        for member in ("verticalDatum", "verticalDatumStatus"):
            assert solid[member] == before[member]
        assert (points(solid)[:, 2] == points(before)[:, 2]).all()


def test_a_datum_is_assumed_only_where_nobody_names_one() -> None:
    unknown = entity()
    unknown["solidGeometry"]["json"].update(crs=RD, verticalDatum="unknown", verticalDatumStatus="unknown")
    for name in ("groundHeight", "ridgeHeight", "eavesHeight", "heightAboveGround"):
        unknown[name]["verticalDatum"]["value"] = unknown[name]["verticalDatumStatus"]["value"] = "unknown"
    wish = Options("marewijk.example", assumed_vertical_datum="NAP")
    result = translate("twin/v1", "twin/v1", dump(unknown, entity()), wish)
    assumed, declared = documents(result)
    assert assumed["solidGeometry"]["json"]["verticalDatumStatus"] == "assumed"
    assert assumed["ridgeHeight"]["verticalDatum"]["value"] == "NAP"
    assert declared == entity()
    assert {loss.kind for loss in result.losses} == {LossKind.DEFAULTED}
    assert len(result.losses) == 5
    assert all(loss.path.startswith("/0/") for loss in result.losses)


def test_an_undeclared_datum_of_cityjson_is_told() -> None:
    result = translate(
        "cityjson/2.0", "twin/v1", dump(city(crs=RD)), Options("marewijk.example", assumed_vertical_datum="NAP")
    )
    assert documents(result)[0]["solidGeometry"]["json"]["verticalDatumStatus"] == "assumed"
    assert {(loss.kind, loss.path) for loss in result.losses} == {(LossKind.DEFAULTED, "/metadata/referenceSystem")}


@pytest.mark.parametrize(
    ("language", "kept", "lost"),
    [
        ("nl", {"nl"}, {"/name/languageMap/en"}),
        ("nl-BE", {"nl"}, {"/name/languageMap/en"}),
        ("NL", {"nl"}, {"/name/languageMap/en"}),
        ("de", {"nl", "en"}, {"/name/languageMap"}),
        ("", {"nl", "en"}, set()),
    ],
)
def test_one_language_is_kept_and_the_others_told(language: str, kept: set[str], lost: set[str]) -> None:
    result = translate("twin/v1", "twin/v1", dump(entity()), Options("marewijk.example", language=language))
    assert set(documents(result)[0]["name"]["languageMap"]) == kept
    assert {loss.path for loss in result.losses} == lost


def test_languages_of_sub_attributes_and_instances_count() -> None:
    given = entity()
    note = {"type": "LanguageProperty", "languageMap": {"nl": "ja", "en": "yes"}}
    given["function"]["note"] = note
    given["remark"] = [note, {**note, "datasetId": "urn:x:1"}]
    result = translate("twin/v1", "twin/v1", dump(given), Options("marewijk.example", language="en"))
    assert {loss.path for loss in result.losses} == {
        "/name/languageMap/nl",
        "/function/note/languageMap/nl",
        "/remark/0/languageMap/nl",
        "/remark/1/languageMap/nl",
    }
    assert {loss.kind for loss in result.losses} == {LossKind.LANGUAGE_DROPPED}


def test_a_feature_that_cannot_be_read_is_told_and_the_others_go_on() -> None:
    broken = building()
    broken["geometry"][0]["boundaries"][0][0][0][0] = 99
    source = city(good=building(), bad=broken)
    result = translate("cityjson/2.0", "twin/v1", dump(source), OPTIONS)
    assert result.count == 1
    (loss,) = result.losses
    assert loss.kind is LossKind.DROPPED
    assert loss.path == "/CityObjects/bad/geometry/0/boundaries/0/0/0/0"
    assert resolve(source, loss.path) == 99


BROKEN = building(geometry=[{"type": "Solid", "lod": "2", "boundaries": [[[[99, 1, 2]]]]}])


@pytest.mark.parametrize(
    ("contract", "text", "field"),
    [
        ("cityjson/2.0", dump(city(bad=BROKEN)), "/CityObjects/bad/geometry/0/boundaries/0/0/0/0"),
        ("cityjson/2.0", dump(city("1.1")), "/version"),
        ("cityjson/1.1", dump(city("3.0")), "/version"),
        ("cityjson/2.0", dump(city(crs=None)), ""),
        ("cityjson/2.0", dump(city(crs="EPSG:99999")), ""),
        ("cityjson/2.0", dump({**city(), "CityObjects": {}}), "/CityObjects"),
        ("cityjson/2.0", b"", ""),
        ("cityjson/2.0", dump(city())[:-9], ""),
        ("cityjson/2.0", b"ISO-10303-21;", ""),
        ("cityjson-seq/2.0", b"", ""),
        ("twin/v1", b"", ""),
        ("twin/v1", b"[]", ""),
        ("twin/v1", b"\xff", ""),
        ("twin/v1", dump(entity())[:-2], ""),
        ("twin/v1", dump({"id": "house"}), ""),
        ("twin/v1", dump({**entity(), "id": "house"}), "/id"),
        ("twin/v1", dump(entity(), {**entity(), "id": "house"}), "/1/id"),
        ("twin/v1", dump({**entity(), "storeys": 2}), "/storeys"),
    ],
)
def test_a_source_that_breaks_its_contract_is_refused(contract: str, text: bytes, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        translate(contract, "twin/v1", text, OPTIONS)
    assert caught.value.reason == "CONTRACT_VIOLATION"
    assert caught.value.violations[0].field == field
    assert caught.value.remedy
    assert contract in caught.value.message


def test_an_entity_without_a_source_id_makes_no_feature() -> None:
    with pytest.raises(InvalidInputError, match="sourceId"):
        translate("twin/v1", "cityjson/2.0", dump(entity("observation")), OPTIONS)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (Options("a.example", target_crs="EPSG:0"), "options.target_crs"),
        (Options("a.example", target_crs="mars"), "options.target_crs"),
        (Options("a.example", assumed_vertical_datum="sea level"), "options.assumed_vertical_datum"),
    ],
)
def test_an_option_not_understood_is_named(options: Options, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        translate("twin/v1", "twin/v1", dump(entity()), options)
    assert [violation.field for violation in caught.value.violations] == [field]


def test_coordinates_outside_the_system_are_refused() -> None:
    given = entity()
    given["solidGeometry"]["json"].update(crs=WGS84, transform={"scale": [1e-9] * 3, "translate": [5.0, 95.0, 0.0]})
    with pytest.raises(HanseError) as caught:
        translate("twin/v1", "twin/v1", dump(given), Options("a.example", UTM32))
    assert caught.value.reason == "CONTRACT_VIOLATION"


@pytest.mark.parametrize(
    ("source", "target"),
    [("twin/v1", "cityjson/1.1"), ("twin/v2", "twin/v1"), ("citygml/3.0", "twin/v1"), ("", ""), ("twin/v1", "")],
)
def test_no_way_names_both_contracts(source: str, target: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        translate(source, target, b"{}", OPTIONS)
    assert caught.value.reason == "CONTRACT_VERSION_UNSUPPORTED"
    assert caught.value.metadata == {"source_contract": source, "target_contract": target}


def test_a_document_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(LimitExceededError, match=str(MAX_BYTES)):
        translate("twin/v1", "twin/v1", b" " * (MAX_BYTES + 1), OPTIONS)


def test_every_way_that_is_listed_can_be_taken() -> None:
    texts = {"twin/v1": dump(entity())}
    for contract in SOURCES:
        form, _, version = contract.partition("/")
        feature = {"type": "CityJSONFeature", "id": "x", "CityObjects": {"x": building()}, "vertices": CORNERS}
        header = {**city(version), "CityObjects": {}, "vertices": []}
        texts[contract] = dump(city(version)) if form == "cityjson" else dump(header, feature)
    for source, target, _ in translations():
        result = translate(source, target, texts[source], OPTIONS)
        assert (result.contract, bool(result.lines)) == (target, True)


def test_the_document_handed_in_is_not_touched() -> None:
    given = entity()
    before = copy.deepcopy(given)
    translate("twin/v1", "twin/v1", dump(given), Options("a.example", UTM32, "nl", "NAP"))
    assert given == before


def test_losses_are_those_of_the_contract() -> None:
    for kind in LossKind:
        report = {
            "contract": "translation/v1",
            "revision": "1.0.0",
            "source_contract": "cityjson/2.0",
            "target_contract": "twin/v1",
            "losses": [{"kind": Loss(kind, "/a", "b").kind.value, "path": "/a", "detail": "b"}],
        }
        assert validate_document(report, "translation/v1", "loss-report") == []
