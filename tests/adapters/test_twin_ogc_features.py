# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features of the edge as a process: who may ask, what comes back in which form, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from cities import Processes
from edge_world import Edge, Reply
from ogc_world import building, ogc, put
from twin_world import as_sequence, cubes, dataset_urn, signed_token

from hanse import cityjson
from hanse.ngsild import FeatureMapping, to_entity

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/collections/Building/items"
COUNT = 12


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with Processes() as processes:
        served = Edge.start(processes, tmp_path_factory.mktemp("city"))
        some = [building(number, round(4.45 + number * 0.001, 6), 51.91) for number in range(COUNT)]
        some[3]["name"] = {"type": "LanguageProperty", "languageMap": {"nl": "<script>alert(1)</script>", "en": "x"}}
        some[4]["flow"] = {"type": "Property", "value": 7, "observedAt": "2026-01-05T12:00:00Z"}
        put(served, some)
        yield served
        assert "defect" not in served.part.output(), served.part.output()
        assert "Traceback" not in served.part.output(), served.part.output()


def links(reply: Reply) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in reply.json["links"]:
        found.setdefault(link["rel"], []).append(link["href"])
    return found


def ids(reply: Reply) -> list[int]:
    assert reply.status == 200, reply.body
    return [int(each["id"].rpartition(":")[2]) for each in reply.json["features"]]


def refused(reply: Reply) -> str:
    """What a 400 says."""
    assert reply.status == 400, (reply.status, reply.body)
    assert set(reply.json) == {"type", "title", "detail", "status"}
    detail: str = reply.json["detail"]
    return detail


def test_a_token_that_may_read_the_twin_is_needed(edge: Edge) -> None:
    assert ogc(edge, "/", Authorization="").status == 401
    assert ogc(edge, ITEMS, Authorization="Bearer x.y.z").status == 401
    other = f"Bearer {signed_token(edge.config, scope='twin:write')}"
    for path in ("/", "/api", "/conformance", "/collections", ITEMS, f"{ITEMS}/urn:x:building:001"):
        assert ogc(edge, path, Authorization=other).status == 403
    reader = f"Bearer {signed_token(edge.config, scope='twin:read')}"
    assert ogc(edge, ITEMS, Authorization=reader).status == 200


def test_all_links_of_the_landing_page_lead_on(edge: Edge) -> None:
    landing = ogc(edge, "/")
    found = links(landing)
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= found.keys()
    for some in found.values():
        for href in some:
            assert ogc(edge, href).status == 200
    (data,) = found["data"]
    for collection in ogc(edge, data).json["collections"]:
        for link in collection["links"]:
            answer = ogc(edge, link["href"])
            assert answer.status in {200, 406}, link  # buildings without a source have no CityJSON
            if answer.status == 200:
                assert answer.headers["Content-Type"] == link["type"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/geo+json"),
        ("*/*", "application/geo+json"),
        ("application/geo+json", "application/geo+json"),
        ("application/json", "application/json"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json;q=0.2, application/geo+json;q=0.1", "application/json"),
    ],
)
def test_the_form_is_negotiated(edge: Edge, accept: str, media: str) -> None:
    answer = ogc(edge, ITEMS, **({"Accept": accept} if accept else {}))
    assert (answer.status, answer.headers["Content-Type"]) == (200, media)


def test_f_comes_before_accept_and_what_is_not_offered_is_refused(edge: Edge) -> None:
    assert ogc(edge, ITEMS, {"f": "json"}, Accept="text/html").headers["Content-Type"] == "application/geo+json"
    assert ogc(edge, "/", {"f": "html"}, Accept="application/json").headers["Content-Type"] == "text/html"
    assert "f is one of" in refused(ogc(edge, ITEMS, {"f": "gml"}))
    assert ogc(edge, ITEMS, Accept="application/gml+xml").status == 406


def test_a_collection_tells_number_extent_and_systems(edge: Edge) -> None:
    (found,) = [each for each in ogc(edge, "/collections").json["collections"] if each["id"] == "Building"]
    assert found["itemCount"] == COUNT
    assert found["extent"]["spatial"]["bbox"] == [[4.45, 51.91, 4.4613, 51.9102]]
    assert found["crs"][0] == found["storageCrs"] == found["extent"]["spatial"]["crs"] == CRS84
    assert {f"{EPSG}{code}" for code in (28992, 7415, 4326, 3857)} <= set(found["crs"])
    alone = ogc(edge, "/collections/Building").json
    assert {**alone, "links": 0} == {**found, "links": 0}
    assert ogc(edge, "/collections/Nothing").status == 404
    assert ogc(edge, "/collections/Nothing/items").status == 404
    assert ogc(edge, "/collections/Nothing/queryables").status == 404


def test_a_type_with_a_long_name_is_a_collection(edge: Edge) -> None:
    entity = {"id": "urn:x:far:1", "type": "https://vocabulary.example/Ünder/Street#Lamp"}
    assert edge.call("POST", "/entities", entity).status == 201
    (found,) = [each for each in ogc(edge, "/collections").json["collections"] if "Lamp" in each["id"]]
    (items,) = [each["href"] for each in found["links"] if each["type"] == "application/geo+json"]
    (feature,) = ogc(edge, items).json["features"]
    assert (feature["id"], feature["geometry"]) == ("urn:x:far:1", None)
    (own,) = [each["href"] for each in found["links"] if each["rel"] == "self"]
    assert ogc(edge, f"{own}/items/urn:x:far:1").json["id"] == "urn:x:far:1"
    assert edge.call("DELETE", "/entities/urn:x:far:1").status == 204


def test_pages_hold_while_others_write(edge: Edge) -> None:
    """What is there all the time is found once, whatever comes and goes between two pages."""
    some = [{"id": f"urn:x:paged:{n:02}", "type": "Paged"} for n in range(1, 9)]
    assert edge.call("POST", "/entityOperations/create", some).status == 201
    page = ogc(edge, "/collections/Paged/items", {"limit": 3})
    assert ids(page) == [1, 2, 3]
    assert page.json["numberReturned"] == 3
    assert edge.call("DELETE", "/entities/urn:x:paged:02").status == 204
    assert edge.call("POST", "/entities", {"id": "urn:x:paged:00", "type": "Paged"}).status == 201
    assert edge.call("POST", "/entities", {"id": "urn:x:paged:045", "type": "Paged"}).status == 201
    page = ogc(edge, links(page)["next"][0])
    assert ids(page) == [4, 45, 5]
    page = ogc(edge, links(page)["next"][0])
    assert ids(page) == [6, 7, 8]
    assert "next" not in links(page)
    gone = [f"urn:x:paged:{each:02}" for each in (0, 1, 3, 4, 5, 6, 7, 8)] + ["urn:x:paged:045"]
    assert edge.call("POST", "/entityOperations/delete", gone).status == 204


def test_what_is_written_shows_at_once(edge: Edge) -> None:
    one = {"id": "urn:x:fresh:1", "type": "Fresh", "n": {"type": "Property", "value": 1}}
    assert edge.call("POST", "/entities", one).status == 201
    assert ogc(edge, "/collections/Fresh/items").json["features"][0]["properties"]["n"] == 1
    path = "/entities/urn:x:fresh:1/attrs"
    for value in range(2, 6):
        assert edge.call("PATCH", path, {"n": {"type": "Property", "value": value}}).status == 204
        page = ogc(edge, "/collections/Fresh/items").json
        assert (page["features"][0]["properties"]["n"], page["numberMatched"]) == (value, 1)
    assert edge.call("POST", path, {"late": {"type": "Property", "value": True}}).status == 204
    assert ids(ogc(edge, "/collections/Fresh/items", {"late": "true"})) == [1]
    away = {"id": "urn:x:fresh:2", "type": "Fresh"}
    box = {"bbox": "0,0,1,1"}
    assert ids(ogc(edge, "/collections/Fresh/items", box)) == [1]
    assert edge.call("POST", "/entities", away).status == 201
    assert ids(ogc(edge, "/collections/Fresh/items", box)) == [1, 2]


def test_limits(edge: Edge) -> None:
    assert len(ids(ogc(edge, ITEMS))) == 10
    assert len(ids(ogc(edge, ITEMS, {"limit": 5}))) == 5
    for above in ("1001", "999999999", "9" * 3000, "0012"):
        assert len(ids(ogc(edge, ITEMS, {"limit": above}))) == COUNT
    for wrong in ("0", "-1", "unlimited", "", "1.5", "٣", "1e2", "00"):
        assert "limit" in refused(ogc(edge, ITEMS, {"limit": wrong}))


def test_a_box_in_degrees_in_metres_and_with_heights(edge: Edge) -> None:
    assert ids(ogc(edge, ITEMS, {"bbox": "4.4525,51.9,4.4545,52"})) == [3, 4]
    assert ids(ogc(edge, ITEMS, {"bbox": "51.9,4.4525,52,4.4545", "bbox-crs": f"{EPSG}4326"})) == [3, 4]
    corners = ogc(edge, ITEMS, {"crs": f"{EPSG}28992", "id": "urn:x:building:003"}).json["features"][0]["geometry"]
    (x, y, _), *_ = corners["coordinates"][0]
    rd = f"{x - 1},{y - 1},{x + 1},{y + 1}"
    assert ids(ogc(edge, ITEMS, {"bbox": rd, "bbox-crs": f"{EPSG}28992"})) == [3]
    assert ids(ogc(edge, ITEMS, {"bbox": rd, "bbox-crs": f"{EPSG}28992".replace("http:", "https:")})) == [3]
    assert ids(ogc(edge, ITEMS, {"bbox": "4.4525,51.9,10,4.4545,52,20"})) == [3, 4]
    assert ids(ogc(edge, ITEMS, {"bbox": "4.4525,51.9,10.6,4.4545,52,20"})) == []
    low = f"{x - 1},{y - 1},-9,{x + 1},{y + 1},1.4"
    assert ids(ogc(edge, ITEMS, {"bbox": low, "bbox-crs": f"{EPSG}7415"})) == []
    assert "NAP" in refused(ogc(edge, ITEMS, {"bbox": low, "bbox-crs": f"{EPSG}6190"}))


@pytest.mark.parametrize(
    "box",
    [
        *("", ",,,", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "a,b,c,d", "1;2;3;4"),
        *("NaN,1,2,3", "1,2,inf,4", "-inf,0,1,1", "1e999,0,1e999,1", "0x1,0,1,1", "1_0,0,11,1"),
        *("4,52,5,51", "0,0,5,1,1,4", "900,0,901,1", "[4,51,5,52]"),
    ],
)
def test_a_box_that_is_none_is_refused(edge: Edge, box: str) -> None:
    assert "bbox" in refused(ogc(edge, ITEMS, {"bbox": box}))


@pytest.mark.parametrize("parameter", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("name", ["", "EPSG:28992", f"{EPSG}999999", f"{EPSG}2154", "http://127.0.0.1/crs", "x" * 9000])
def test_an_unknown_system_is_refused(edge: Edge, parameter: str, name: str) -> None:
    assert parameter in refused(ogc(edge, ITEMS, {parameter: name}))


def test_positions_keep_their_heights_in_every_system(edge: Edge) -> None:
    for system in ogc(edge, "/collections/Building").json["crs"]:
        answer = ogc(edge, ITEMS, {"crs": system, "limit": 1})
        assert answer.headers["Content-Crs"] == f"<{system}>"
        (feature,) = answer.json["features"]
        properties = feature["properties"]
        (height,) = {position[2] for position in feature["geometry"]["coordinates"][0]}
        told = properties["verticalDatum"]
        # TAW lies 2.3 m below NAP, DHHN92 some centimetres above it (EPSG's published offsets).
        expected = {"NAP": 1.5, "TAW": 3.8164, "DHHN92": 1.4815}[told]
        assert height == pytest.approx(expected, abs=0.02)
        assert (told != "NAP") == system.endswith(("/6190", "/5555"))


def test_axes_are_in_the_order_of_their_system(edge: Edge) -> None:
    def first(system: str) -> list[float]:
        found = ogc(edge, f"{ITEMS}/urn:x:building:000", {"crs": system}).json["geometry"]["coordinates"][0][0]
        return [round(each, 4) for each in found]

    assert first(CRS84) == [4.45, 51.91, 1.5]
    assert first(f"{EPSG}4326") == [51.91, 4.45, 1.5]
    assert first(f"{EPSG}4258") == [51.91, 4.45, 1.5]
    # The tower in Amersfoort from which the Dutch grid is counted.
    place = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [5.38720621, 52.15517440]}}
    put(edge, [{"id": "urn:x:tower:1", "type": "Tower", "location": place}])
    tower = ogc(edge, "/collections/Tower/items", {"crs": f"{EPSG}28992"}).json["features"][0]
    assert tower["geometry"]["coordinates"] == [pytest.approx(155_000, abs=0.5), pytest.approx(463_000, abs=0.5)]
    north, east, _ = first(f"{EPSG}3035")
    assert north < east  # of the Netherlands, counted from 52 N 10 E with 3,210,000 north and 4,321,000 east


def test_times(edge: Edge) -> None:
    every = list(range(COUNT))
    without = [each for each in every if each != 4]
    for told, expected in (
        ("2026-01-05T12:00:00Z", every),
        ("2026-01-05T13:00:00+01:00", every),
        ("2026-01-05", every),
        ("2026-01-04", without),
        ("2026-01-05T12:00:00.5Z", without),
        ("2026-01-01T00:00:00Z/2026-01-05T12:00:00Z", every),
        ("../2026-01-05T11:59:59Z", without),
        ("/2026-01-06", every),
        ("2026-01-05T12:00:00Z/..", every),
        ("2026-01-06/", without),
    ):
        assert ids(ogc(edge, ITEMS, {"datetime": told, "limit": 50})) == expected, told
    for wrong in ("", "yesterday", "2026", "2026-13-01", "2026-01-01/2025-01-01", "a/b", "2026-01-01T00:00:00", "../x"):
        assert "datetime" in refused(ogc(edge, ITEMS, {"datetime": wrong}))
    told = ogc(edge, f"{ITEMS}/urn:x:building:004").json["properties"]
    assert (told["flow"], told["observedAt"]) == (7, "2026-01-05T12:00:00Z")


def test_properties_and_filters(edge: Edge) -> None:
    assert ids(ogc(edge, ITEMS, {"storeys": "3"})) == [3, 8]
    assert ids(ogc(edge, ITEMS, {"storeys": "3", "use": "home"})) == [3]
    assert ids(ogc(edge, ITEMS, {"id": "urn:x:building:007"})) == [7]
    assert ids(ogc(edge, ITEMS, {"filter": "storeys=3 AND use='home'"})) == [3]
    as_json = {"op": ">", "args": [{"property": "storeys"}, 3]}
    asked = {"filter": json.dumps(as_json), "filter-lang": "cql2-json", "use": "shop"}
    assert ids(ogc(edge, ITEMS, asked)) == [4]
    place = "S_INTERSECTS(location, POINT(51.9101 4.4531))"
    assert ids(ogc(edge, ITEMS, {"filter": place, "filter-crs": f"{EPSG}4326"})) == [3]
    assert ids(ogc(edge, ITEMS, {"filter": place})) == []
    known = ogc(edge, "/collections/Building/queryables")
    assert known.headers["Content-Type"] == "application/schema+json"
    properties = known.json["properties"]
    assert properties["storeys"]["type"] == "number"
    assert properties["use"]["type"] == "string"
    assert properties["location"] == {
        "title": "location",
        "format": "geometry-any",
        "x-ogc-role": "primary-geometry",
    }
    assert known.json["additionalProperties"] is False


@pytest.mark.parametrize(
    "asked",
    [
        {"ooga": "booga"},
        {"offset": "3"},
        {"Limit": "3"},
        {"filter": "ooga=1"},
        {"filter": ""},
        {"filter": "storeys"},
        {"filter": "storeys = = 3"},
        {"filter": "f(storeys)=1"},
        {"filter": "(" * 5000},
        {"filter": "NOT " * 2000 + "storeys=1"},
        {"filter": " OR ".join(["storeys=1"] * 600)},
        {"filter": "use LIKE '" + "%a" * 300 + "'"},
        {"filter": "storeys=1", "filter-lang": "cql-text"},
        {"filter": "storeys=1", "filter-lang": "cql2-json"},
        {"filter": "[" * 4000, "filter-lang": "cql2-json"},
        {"filter": '{"op":"not","args":[' * 100, "filter-lang": "cql2-json"},
        {"filter": '{"op":"=","args":[NaN,1]}', "filter-lang": "cql2-json"},
        {"filter": "S_INTERSECTS(location, POINT(1e400 2))"},
        {"filter": "S_WITHIN(location, POLYGON((0 0,1 1)))"},
        {"filter": "S_INTERSECTS(location, POINT(1e9 1e9))", "filter-crs": f"{EPSG}28992"},
        {"filter": "S_INTERSECTS(location, BBOX(1000000,1000000,2000000,2000000))"},
        {"filter": "S_INTERSECTS(location, POINT(4.45 91))"},
        {"cursor": "x" * 3000},
    ],
)
def test_bad_questions_are_refused(edge: Edge, asked: dict[str, str]) -> None:
    assert refused(ogc(edge, ITEMS, asked))


def test_one_feature(edge: Edge) -> None:
    found = ogc(edge, f"{ITEMS}/urn:x:building:003")
    assert (found.status, found.headers["Content-Type"]) == (200, "application/geo+json")
    assert {"self", "alternate", "collection"} <= links(found).keys()
    entity = next(each for each in links(found)["alternate"] if "/ngsi-ld/" in each)
    assert edge.call("GET", entity.split("/ngsi-ld/v1")[1]).json["id"] == found.json["id"]
    assert ogc(edge, f"{ITEMS}/urn:x:building:999").status == 404
    assert ogc(edge, "/collections/Road/items/urn:x:building:003").status == 404
    assert ogc(edge, f"{ITEMS}/urn:x:building:003", {"limit": 1}).status == 400


def test_tenants_have_collections_of_their_own(edge: Edge) -> None:
    assert ogc(edge, "/collections", NGSILD_Tenant="nobody").status == 404
    entity = {"id": "urn:x:tree:1", "type": "Tree"}
    assert edge.call("POST", "/entities", entity, NGSILD_Tenant="parks").status == 201
    found = ogc(edge, "/collections", NGSILD_Tenant="parks")
    assert [each["id"] for each in found.json["collections"]] == ["Tree"]
    assert found.headers["NGSILD-Tenant"] == "parks"
    assert ogc(edge, ITEMS, NGSILD_Tenant="parks").status == 404
    assert ogc(edge, "/collections/Tree/items").status == 404


def test_solids_come_as_cityjson_and_as_footprints_on_the_ground(edge: Edge) -> None:
    features = [each for each in cityjson.read_sequence(as_sequence(cubes(3)).splitlines()) if not is_header(each)]
    mapping = FeatureMapping(dataset_urn("cubes"), assumed_vertical="NAP")
    some = [{**to_entity(each, f"urn:x:cube:{n}", mapping).entity, "type": "Cube"} for n, each in enumerate(features)]
    put(edge, some)
    page = ogc(edge, "/collections/Cube/items", {"crs": f"{EPSG}7415"})
    first = page.json["features"][0]
    assert first["properties"]["lods"] == ["1.2"]
    assert first["properties"]["verticalDatumStatus"] == "assumed"
    corners = {tuple(map(round, position)) for position in first["geometry"]["coordinates"][0]}
    assert corners == {(90000, 437000, 0), (90008, 437000, 0), (90008, 437008, 0), (90000, 437008, 0)}
    assert "solidGeometry" not in page.body.decode()
    whole = ogc(edge, "/collections/Cube/items", {"f": "cityjson"})
    assert whole.headers["Content-Type"] == "application/city+json-seq"
    back = [each for each in cityjson.read_sequence(whole.body.splitlines()) if not is_header(each)]
    assert [each.id for each in back] == [each.id for each in features]
    assert sum(len(each.quantized) for each in back) == sum(len(each.quantized) for each in features)
    assert ogc(edge, "/collections/Cube/items", {"f": "cityjson", "crs": f"{EPSG}7415"}).status == 400


def is_header(part: Any) -> bool:
    return not isinstance(part, cityjson.Feature)


class Reading(HTMLParser):
    """What a page says and how: its elements in order, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/api", "/conformance", "/collections", "/collections/Building", "/collections/Building/queryables"),
        *(ITEMS, f"{ITEMS}/urn:x:building:003"),
    ],
)
def test_pages_can_be_read_by_all(edge: Edge, path: str) -> None:
    answer = ogc(edge, path, {"f": "html"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    page = Reading(answer.body.decode())
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("title")) == len(page.all("main")) == 1
    assert not page.all("script")
    assert b"<script>" not in answer.body
    assert all("scope" in each for each in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    for link in page.all("a"):
        target = link["href"] or ""
        assert ogc(edge, target).status in {200, 406} or "/ngsi-ld/" in target, target


def test_the_next_page_is_a_link_in_html(edge: Edge) -> None:
    page = Reading(ogc(edge, ITEMS, {"f": "html", "limit": 5}).body.decode())
    (following,) = [each["href"] for each in page.all("a") if each.get("rel") == "next"]
    answer = ogc(edge, str(following))
    assert answer.headers["Content-Type"] == "text/html"
    assert b"urn:x:building:005" in answer.body
