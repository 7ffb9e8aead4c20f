# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD's `q` (CIM 009 clause 4.9): each production read, and each rule of its meaning held by an example."""

from __future__ import annotations

from typing import Any

import pytest

from hanse.query import QueryError, matches, model, parse_q, to_q
from hanse.query.errors import Limits
from hanse.query.model import Op, Path, Text

CAR: dict[str, Any] = {
    "id": "urn:ngsi-ld:Vehicle:A1",
    "type": "Vehicle",
    "speed": {"type": "Property", "value": 55, "unitCode": "KMH", "observedAt": "2020-06-01T12:00:00.5Z"},
    "brandName": {"type": "Property", "value": "Mercedes"},
    "colour": {"type": "Property", "value": ["blue", "red", "green"]},
    "isParked": {
        "type": "Relationship",
        "object": "urn:ngsi-ld:OffStreetParking:Downtown1",
        "providedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Person:Bob"},
    },
    "owners": {"type": "Relationship", "object": ["urn:p:1", "urn:p:2"]},
    "visited": {"type": "ListRelationship", "objectList": [{"object": "urn:c:1"}, {"object": "urn:c:2"}]},
    "address": {"type": "Property", "value": {"city": "Berlin", "street": {"name": "Ulrich Strasse", "number": 3}}},
    "sensor": {
        "type": "Property",
        "value": 40,
        "rawdata": {"type": "Property", "value": {"airquality": {"particulate": 40, "PM20": 85}}},
    },
    "name": {"type": "LanguageProperty", "languageMap": {"fr": "rouge", "en": ["red", "cat"], "de-AT": "rot"}},
    "gender": {"type": "VocabProperty", "vocab": "ex:Male"},
    "tickets": {"type": "JsonProperty", "json": {"id": "85a6", "value": "Overstay"}},
    "levels": {"type": "ListProperty", "valueList": [3, 4]},
    "electric": {"type": "Property", "value": False},
    "tested": {"type": "Property", "value": {"@type": "DateTime", "@value": "2021-01-01T00:00:00Z"}},
    "born": {"type": "Property", "value": "2019-05-01"},
    "opens": {"type": "Property", "value": "08:30:00Z"},
    "weight": [
        {"type": "Property", "value": 1000, "datasetId": "urn:d:1"},
        {"type": "Property", "value": 1200, "accuracy": {"type": "Property", "value": 5}},
    ],
}


def found(text: str, **options: Any) -> bool:
    return matches(parse_q(text, **options), CAR)


@pytest.mark.parametrize(
    "text",
    [
        "speed",
        "isParked.providedBy",
        "speed.observedAt",
        "speed.unitCode",
        "address[city]",
        "name[en]",
        "name[EN]",
        "speed==55",
        "speed==55.0",
        "speed==5.5e1",
        "speed!=54",
        "speed>50;speed<60",
        "speed>=55;speed<=55",
        'brandName=="Mercedes"',
        'brandName!="Audi"',
        'brandName>"Audi"',
        'colour=="red"',
        'colour=="black","red"',
        'colour!="black","yellow"',
        "speed==10..60",
        "speed==10..55",
        "speed==55..60",
        "speed!=10..20",
        'brandName=="A".."N"',
        'isParked=="urn:ngsi-ld:OffStreetParking:Downtown1"',
        "isParked==urn:ngsi-ld:OffStreetParking:Downtown1",
        "isParked.providedBy!=urn:x:y",
        "owners==urn:p:2",
        'owners!="urn:p:3","urn:p:4"',
        "visited==urn:c:2",
        'address[city]=="Berlin"',
        "address[street.number]==3",
        "sensor.rawdata[airquality.particulate]==40",
        'name=="rouge"',
        'name[*]=="red"',
        'name[en]=="cat"',
        'name[de-at]=="rot"',
        'name[en]!="rouge"',
        'name[*]!="noir"',
        'name~="^r"',
        'tickets[value]=="Overstay"',
        "levels==4",
        "electric==false",
        "electric!=true",
        "tested>2020-12-31T23:59:59Z",
        "tested==2021-01-01T00:00:00Z",
        'tested!="2021-01-01T00:00:00Z"',
        "born<2020-01-01",
        "born==2019-01-01..2019-12-31",
        "opens>=08:30:00Z",
        "speed.observedAt==2020-06-01T12:00:00,5Z",
        "speed.observedAt>=2020-06-01T12:00:00.499999Z",
        'speed.observedAt<"2020-06-01T12:00:01Z"',
        'speed.unitCode=="KMH"',
        "weight==1000",
        "weight!=1000",
        "weight.accuracy<6",
        "brandName~=^Mer.*s$",
        "brandName~=(er|ar)c",
        'brandName~="M[;|)]?e"',
        "brandName!~=^A",
        '((speed>50|rpm>3000);brandName=="Mercedes")',
        "(speed>=90;speed<=95)|levels==3",
        "speed>90;levels==3|electric==false",
        'id=="urn:ngsi-ld:Vehicle:A1"',
    ],
)
def test_what_the_clause_says_matches(text: str) -> None:
    assert found(text)
    assert parse_q(to_q(parse_q(text))) == parse_q(text)


@pytest.mark.parametrize(
    "text",
    [
        "rpm",
        "rpm!=3",
        "speed.accuracy",
        "address[town]",
        "address[city.name]",
        'address[town]!="Berlin"',
        "name[nl]",
        'name[nl]!="rood"',
        'speed=="55"',
        'speed>"1"',
        "speed!=55",
        "speed!=10..60",
        "speed!=10..55",
        'colour!="black","red"',
        'colour>"a"',
        "colour~=red",
        'brandName=="mercedes"',
        "brandName==55",
        "isParked>urn:a:b",
        "isParked~=urn",
        "isParked!~=xyz",
        "isParked!=urn:ngsi-ld:OffStreetParking:Downtown1",
        "isParked==5",
        "owners!=urn:p:2",
        'name!="red"',
        'name[en]!="red"',
        'name[fr]=="red"',
        "speed~=5",
        "speed!~=6",
        "electric==true",
        'tested=="2021-01-01T00:00:00Z"',
        "born<2020-01-01T00:00:00Z",
        "speed.observedAt>2020-06-01T12:00:00.5Z",
        "weight.accuracy>6",
        "speed>50;(levels==9|electric==true)",
        "speed.type",
        "speed.value==55",
        "address.city",
    ],
)
def test_what_the_clause_says_does_not_match(text: str) -> None:
    assert not found(text)


def test_unlike_types_are_unequal() -> None:
    assert found('speed!="55"')
    assert found("brandName!=55")
    assert found("colour!=5..6")
    assert found("isParked!=5")


def test_vocabulary_is_compared_by_term() -> None:
    def names(name: str) -> str:
        return f"ex:{name}" if name in {"Male", "http://example.org/Male"} else name

    assert found("gender==Male", names=names, expand_values={"gender"})
    assert found('gender=="Male"', names=names, expand_values={"gender"})
    assert found('gender=="Male","Female"', names=names, expand_values={"gender"})
    assert not found('gender=="Male"', names=names)
    assert matches(parse_q("gender==http://example.org/Other", names), CAR) is False
    assert found("gender!=http://example.org/Other", names=names)


def test_names_are_resolved_but_not_keys_of_json() -> None:
    predicate = parse_q("a.b[c]==1", str.upper, json_keys={"x"})
    assert predicate == model.QueryTerm(Path(("A", "B"), (model.Member("c", "C"),)), Op.EQ, model.Number(1))
    assert parse_q("a[c]", str.upper, json_keys={"a"}) == model.Exists(Path(("A",), (model.Member("c", "c"),)))


def test_linked_entities_are_asked() -> None:
    world = {
        "urn:p:1": {"id": "urn:p:1", "type": "Person", "age": {"type": "Property", "value": 40}},
        "urn:p:2": {"id": "urn:p:2", "type": ["Company"], "boss": {"type": "Relationship", "object": "urn:p:1"}},
    }

    def holds(text: str) -> bool:
        return matches(parse_q(text), CAR, linked=world.get)

    assert holds("owners{age}==40")
    assert holds("owners{Person:age}==40")
    assert holds("owners{Company,Person:age}>39")
    assert holds("owners{boss{Person:age}}==40")
    assert not holds("owners{Company:age}==40")
    assert not holds("owners{age}==41")
    assert not holds("isParked{age}")
    assert not matches(parse_q("owners{age}==40"), CAR)
    assert to_q(parse_q("owners{Company:boss{age}}==40")) == "owners{Company:boss{age}}==40"


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "empty"),
        ("speed>", 6, "expected a number"),
        ("speed>true", 6, "no order"),
        ("speed>1,2", 7, "a list or a range"),
        ("speed==1..", 10, "expected a number"),
        ('speed==1.."a"', 7, "unlike"),
        ("speed==true..false", 7, "unlike"),
        ("speed=5", 5, "found '=5'"),
        ("speed==fast", 7, "double quotes"),
        ('speed=="fast', 7, "expected"),
        ("speed==2020-02-30", 7, "no such date"),
        ("speed==2020-01-01T24:00:00Z", 7, "no such date"),
        ("speed==25:00:00Z", 7, "no such date"),
        ("speed==1e400", 7, "too large"),
        ("speed==" + "9" * 500, 7, "too large"),
        ("speed==1" + "0" * 309, 7, "too large"),
        ("speed>-1" + "0" * 350, 6, "too large"),
        ('speed=="\\ud800"', 7, "surrogate"),
        ("(speed", 6, "')'"),
        ("speed)", 5, "the end"),
        ("speed;", 6, "name"),
        ("!speed", 0, "IS NULL"),
        ("speed[", 6, "member"),
        ("speed[*x]", 7, "']'"),
        ("owners{age", 10, "'}'"),
        ("speed~=", 7, "regular expression"),
        ("speed~=(", 7, "not understood"),
        ("speed~=(a)\\1", 7, "not understood"),
        ("speed~=" + "a" * 600, 7, "at most 512"),
        ("speed~=.{1000}", 7, "too large"),
        ("speed~=\\p{L}{900}", 7, "too large"),
        ("5speed", 0, "name"),
        ("speed or 1=1", 5, "found ' or 1=1'"),
        ("speed==1 --", 8, "found"),
        ("(" * 40 + "a" + ")" * 40, 33, "nested"),
        (";".join(["a"] * 300), 512, "more than 256"),
        ("a" * 9000, None, "at most 8192"),
    ],
)
def test_what_is_no_query_is_refused_in_words(text: str, position: int | None, words: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_q(text)
    assert refused.value.position == position
    assert words in str(refused.value)
    assert str(refused.value).startswith("q")


def test_limits_are_the_caller_s() -> None:
    assert parse_q("(((a)))", limits=Limits(depth=3)) == model.Exists(Path(("a",)))
    with pytest.raises(QueryError, match="nested more than 2"):
        parse_q("(((a)))", limits=Limits(depth=2))
    with pytest.raises(QueryError, match="at most 3 are read"):
        parse_q('"é"', limits=Limits(length=3))


def test_statements_of_other_languages_are_texts() -> None:
    evil = "x'); DROP TABLE entity;-- $1 %s ${jndi}"
    predicate = parse_q(f'brandName=="{evil}"')
    assert predicate == model.QueryTerm(Path(("brandName",)), Op.EQ, Text(evil))


def test_a_pattern_that_others_choke_on_is_quick() -> None:
    car = {**CAR, "brandName": {"type": "Property", "value": "a" * 50_000 + "!"}}
    assert not matches(parse_q('brandName~="^(a+)+$"'), car)
    assert not matches(parse_q('brandName~="(a|aa)+b"'), car)
    assert matches(parse_q('brandName!~="(.*a){20}b"'), car)
