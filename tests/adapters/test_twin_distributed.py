# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Twins as each other's context sources: real second and third edges, with data of their own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from cities import Processes
from distributed_world import ABEEL, LINDEMOND, MAREWIJK, Pager, create, entity, register, start_edge, url_of, value
from distributed_world import warnings as told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_world import Edge, Reply

MANY = 1_050


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Edge, Edge, Edge]]:
    with Processes() as processes:
        cities = (MAREWIJK, LINDEMOND, ABEEL)
        started = [start_edge(processes, tmp_path_factory.mktemp("city"), each) for each in cities]
        yield started[0], started[1], started[2]
        for each in started:
            assert "defect" not in each.part.output(), each.part.output()


def ids(reply: Reply) -> list[str]:
    return [each["id"] for each in reply.json]


def walked(edge: Edge, path: str) -> list[str]:
    """Ids of all pages, by the links to the next."""
    found: list[str] = []
    for _ in range(100):
        reply = edge.call("GET", path)
        assert reply.status == 200, reply.body
        assert told(reply) == []
        found += ids(reply)
        following = [each for each in reply.headers.get_all("Link", []) if 'rel="next"' in each]
        if not following:
            return found
        path = following[0].partition("<")[2].partition(">")[0].removeprefix("/ngsi-ld/v1")
    raise AssertionError("pages without end")


def test_what_two_twins_hold_of_an_entity_is_one(twins: tuple[Edge, Edge, Edge]) -> None:
    here, there, _ = twins
    create(here, entity("Bridge", "one", width=value(7), name=value("Lange brug")))
    create(there, entity("Bridge", "one", load=value(30)), entity("Bridge", "two", load=value(60)))
    registration = register(here, url_of(there), {"type": "Bridge"})
    one = here.call("GET", "/entities/urn:ngsi-ld:Bridge:one").json
    assert (one["width"]["value"], one["load"]["value"]) == (7, 30)
    reply = here.call("GET", "/entities?type=Bridge&count=true")
    assert (len(reply.json), reply.headers["NGSILD-Results-Count"]) == (2, "2")
    assert ids(here.call("GET", "/entities?type=Bridge&q=load%3E40")) == ["urn:ngsi-ld:Bridge:two"]
    assert ids(here.call("GET", "/entities?type=Bridge&local=true")) == ["urn:ngsi-ld:Bridge:one"]
    selectors = [{"type": "Bridge", "id": "urn:ngsi-ld:Bridge:two"}, {"type": "Tunnel"}]
    posted = here.call("POST", "/entityOperations/query", {"type": "Query", "entities": selectors})
    assert ids(posted) == ["urn:ngsi-ld:Bridge:two"]
    both = here.call("GET", "/entities?type=Bridge&q=" + quote("width>1;load>1"))
    assert ids(both) == []
    split = here.call("GET", "/entities?type=Bridge&splitEntities=true&q=" + quote("width>1;load>1"))
    assert ids(split) == ["urn:ngsi-ld:Bridge:one"]
    assert here.call("DELETE", registration).status == 204


def test_pages_over_two_twins_have_everything_once(twins: tuple[Edge, Edge, Edge]) -> None:
    here, there, _ = twins
    create(there, *(entity("Tree", f"{number:05}", height=value(number)) for number in range(MANY)))
    create(here, *(entity("Tree", f"{number:05}", age=value(1)) for number in range(MANY - 10, MANY + 40)))
    registration = register(here, url_of(there), {"type": "Tree"})
    every = [f"urn:ngsi-ld:Tree:{number:05}" for number in range(MANY + 40)]
    assert walked(here, "/entities?type=Tree&limit=170") == every
    whole = here.call("GET", "/entities?type=Tree&limit=1000&count=true")
    assert (ids(whole), whole.headers["NGSILD-Results-Count"]) == (every[:1000], str(len(every)))
    last = here.call("GET", f"/entities?type=Tree&limit=100&offset={MANY - 20}").json
    assert {"height", "age"} <= last[15].keys()
    assert here.call("DELETE", registration).status == 204


def test_a_source_that_orders_as_it_pleases_is_paged_through(twins: tuple[Edge, Edge, Edge]) -> None:
    here = twins[0]
    told_as = [entity("Post", f"{number * 7 % 333:04}", height=value(number)) for number in range(333)]
    create(here, entity("Post", "0100", age=value(2)), entity("Post", "9000", age=value(2)))
    with Pager(told_as, largest=100) as source:
        registration = register(here, source.url, {"type": "Post"})
        every = sorted({each["id"] for each in told_as} | {"urn:ngsi-ld:Post:9000"})
        assert walked(here, "/entities?type=Post&limit=150") == every
        mapped = here.call("GET", "/entities?type=Post&limit=1&entityMap=true")
        assert mapped.status == 201
        location = mapped.headers["NGSILD-EntityMap"]
        asked = len(source.asked)
        page = here.call("GET", "/entities?type=Post&limit=120&offset=60", NGSILD_EntityMap=location)
        assert ids(page) == every[60:180]
        assert {"age", "height"} <= next(each for each in page.json if each["id"].endswith("0100")).keys()
        assert all(len(each["id"].split(",")) <= 50 for each in source.asked[asked:])
        assert here.call("DELETE", registration).status == 204


def test_a_map_keeps_the_set_and_forgets_what_is_gone(twins: tuple[Edge, Edge, Edge]) -> None:
    here, there, _ = twins
    create(here, *(entity("Pole", f"{number}", age=value(number)) for number in range(6)))
    create(there, *(entity("Pole", f"{number}", age=value(number)) for number in range(5, 10)))
    registration = register(here, url_of(there), {"type": "Pole"})
    made = here.call("GET", "/entityMaps?type=Pole&entityMapLifetime=PT10M")
    assert made.status == 201, made.body
    location, document = made.headers["NGSILD-EntityMap"], made.json
    identifier = registration.rpartition("/")[2]
    held = document["entityMap"]
    assert held["urn:ngsi-ld:Pole:0"] == ["@none"]
    assert held["urn:ngsi-ld:Pole:5"] == ["@none", identifier]
    assert held["urn:ngsi-ld:Pole:9"] == [identifier]
    create(here, entity("Pole", "1a", age=value(1)))
    assert there.call("DELETE", "/entities/urn:ngsi-ld:Pole:7").status == 204
    assert here.call("DELETE", "/entities/urn:ngsi-ld:Pole:1?local=true").status == 204
    page = here.call("GET", "/entities?type=Pole&limit=4&offset=0", NGSILD_EntityMap=location)
    assert (page.status, page.headers["NGSILD-EntityMap"]) == (200, location)
    assert ids(page) == [f"urn:ngsi-ld:Pole:{number}" for number in (0, 2, 3, 4)]
    page = here.call("GET", "/entities?type=Pole&limit=10&offset=4&count=true", NGSILD_EntityMap=location)
    assert ids(page) == [f"urn:ngsi-ld:Pole:{number}" for number in (5, 6, 8, 9)]
    assert page.headers["NGSILD-Results-Count"] == "8"
    path = location.removeprefix("/ngsi-ld/v1")
    assert "urn:ngsi-ld:Pole:7" not in here.call("GET", path).json["entityMap"]
    changed = here.call("PATCH", path, {"expiresAt": "2099-01-01T00:00:00Z", "entityMap": {"urn:x:y": ["@none"]}})
    assert changed.status == 204
    kept = here.call("GET", path).json
    assert "urn:x:y" not in kept["entityMap"]
    assert kept["expiresAt"] < "2099"
    assert here.call("PATCH", path, {"expiresAt": "tomorrow"}).error == (400, "BadRequestData")
    assert here.call("GET", path, NGSILD_Tenant="other").status == 404
    assert here.call("DELETE", path).status == 204
    assert here.call("GET", path).error == (404, "ResourceNotFound")
    assert here.call("GET", "/entityMaps/no-uri").error == (400, "BadRequestData")
    gone = here.call("GET", "/entities?type=Pole", NGSILD_EntityMap=location)
    assert gone.status == 201, "a map that is gone is made again"
    assert gone.headers["NGSILD-EntityMap"] != location
    assert here.call("DELETE", registration).status == 204


def test_a_loop_of_three_ends_and_all_are_heard(twins: tuple[Edge, Edge, Edge]) -> None:
    names = ("width", "load", "age")
    made = []
    for edge, other, name in zip(twins, (*twins[1:], twins[0]), names, strict=True):
        create(edge, entity("Ring", "one", **{name: value(1)}))
        made.append((edge, register(edge, url_of(other), {"type": "Ring"}, operations=["retrieveOps", "updateOps"])))
    assert names[2] in twins[0].call("GET", "/entities/urn:ngsi-ld:Ring:one").json
    sent = [edge.call("GET", registration).json["timesSent"] for edge, registration in made]
    assert sent == [1, 1, 1], "nobody is asked twice"
    for edge, name in itertools.product(twins, names):
        found = edge.call("GET", "/entities/urn:ngsi-ld:Ring:one")
        assert found.json[name]["value"] == 1
        assert any("508" in each for each in told(found)), told(found)
    queried = twins[0].call("GET", "/entities?type=Ring").json
    assert len(queried) == 1
    assert set(names) <= queried[0].keys()
    for edge, registration in made:
        assert edge.call("DELETE", registration).status == 204


def test_tenants_of_one_twin_are_sources_of_each_other(twins: tuple[Edge, Edge, Edge]) -> None:
    here = twins[0]
    made = here.call("POST", "/entities", entity("Shed", "one", age=value(1)), NGSILD_Tenant="parks")
    assert made.status == 201
    registration = register(here, url_of(here), {"type": "Shed"}, tenant="parks")
    assert ids(here.call("GET", "/entities?type=Shed")) == ["urn:ngsi-ld:Shed:one"]
    assert here.call("DELETE", registration).status == 204


def test_types_and_attributes_of_all_are_known(twins: tuple[Edge, Edge, Edge]) -> None:
    here, there, _ = twins
    create(here, entity("Kiosk", "one", opens=value(8), rent={"type": "Property", "value": 3}))
    create(there, entity("Kiosk", "two", closes=value(20)), entity("Stall", "one", opens=value(9)))
    registration = register(here, url_of(there), {"type": "Kiosk"})
    assert {"Kiosk", "Stall"} <= set(here.call("GET", "/types").json["typeList"])
    assert "Stall" not in here.call("GET", "/types?local=true").json["typeList"]
    kiosk = here.call("GET", "/types/Kiosk").json
    assert kiosk["entityCount"] == 2
    assert {"opens", "rent", "closes"} == {each["attributeName"] for each in kiosk["attributeDetails"]}
    detailed = {each["typeName"]: set(each["attributeNames"]) for each in here.call("GET", "/types?details=true").json}
    assert detailed["Kiosk"] == {"opens", "rent", "closes"}
    assert "closes" in here.call("GET", "/attributes").json["attributeList"]
    opens = here.call("GET", "/attributes/opens").json
    assert (opens["attributeCount"], set(opens["typeNames"])) == (2, {"Kiosk", "Stall"})
    assert here.call("GET", "/attributes/closes").status == 200
    assert here.call("GET", "/attributes/closes?local=true").status == 404
    assert here.call("GET", "/types/Nowhere").error == (404, "ResourceNotFound")
    assert here.call("DELETE", registration).status == 204


def evolution(edge: Edge, name: str, *days: int, **more: Any) -> None:
    points = [value(day, observedAt=f"2026-03-{day:02}T00:00:00Z") for day in days]
    made = edge.call("POST", "/temporal/entities", entity("Meter", name, level=points, **more))
    assert made.status in {201, 204}, made.body


def test_what_both_recorded_is_told_in_the_order_of_time(twins: tuple[Edge, Edge, Edge]) -> None:
    here, there, _ = twins
    evolution(here, "one", 1, 3, 5)
    evolution(there, "one", 2, 3, 4, flow=[value(1, observedAt="2026-03-01T00:00:00Z")])
    evolution(there, "two", 9)
    operations = ["retrieveTemporal", "queryTemporal"]
    registration = register(here, url_of(there), {"type": "Meter"}, operations=operations)
    window = "timerel=after&timeAt=2026-01-01T00:00:00Z"
    one = here.call("GET", f"/temporal/entities/urn:ngsi-ld:Meter:one?{window}").json
    assert [each["value"] for each in one["level"]] == [1, 2, 3, 4, 5]
    assert "flow" in one
    last = here.call("GET", f"/temporal/entities/urn:ngsi-ld:Meter:one?{window}&lastN=2").json
    assert [each["value"] for each in last["level"]] == [4, 5]
    simple = here.call("GET", f"/temporal/entities/urn:ngsi-ld:Meter:one?{window}&options=temporalValues").json
    assert [pair[0] for pair in simple["level"]["values"]] == [1, 2, 3, 4, 5]
    assert here.call("GET", f"/temporal/entities/urn:ngsi-ld:Meter:two?{window}").status == 200
    queried = here.call("GET", f"/temporal/entities?type=Meter&{window}&count=true")
    assert (ids(queried), queried.headers["NGSILD-Results-Count"]) == (
        ["urn:ngsi-ld:Meter:one", "urn:ngsi-ld:Meter:two"],
        "2",
    )
    paged = here.call("GET", f"/temporal/entities?type=Meter&{window}&limit=1&offset=1")
    assert ids(paged) == ["urn:ngsi-ld:Meter:two"]
    body = {
        "type": "Query",
        "entities": [{"type": "Meter"}],
        "temporalQ": {"timerel": "after", "timeAt": "2026-01-01T00:00:00Z"},
    }
    assert len(here.call("POST", "/temporal/entityOperations/query", body).json) == 2
    summed = here.call(
        "GET",
        f"/temporal/entities/urn:ngsi-ld:Meter:one?{window}&options=aggregatedValues&aggrMethods=max&aggrPeriodDuration=PT0S",
    )
    assert any("aggregated" in each for each in told(summed))
    assert here.call("GET", f"/temporal/entities/urn:ngsi-ld:Meter:two?{window}&local=true").status == 404
    assert here.call("DELETE", registration).status == 204


def test_what_is_recorded_goes_to_those_who_keep_it(twins: tuple[Edge, Edge, Edge]) -> None:
    here, there, _ = twins
    operations = [
        "upsertTemporal",
        "appendAttrsTemporal",
        "deleteAttrsTemporal",
        "updateAttrInstanceTemporal",
        "deleteAttrInstanceTemporal",
        "deleteTemporal",
        "retrieveTemporal",
    ]
    registration = register(here, url_of(there), {"type": "Dial"}, mode="redirect", operations=operations)
    point = value(1, observedAt="2026-03-01T00:00:00Z")
    path = "/temporal/entities/urn:ngsi-ld:Dial:one"
    made = here.call("POST", "/temporal/entities", entity("Dial", "one", level=[point]))
    assert (made.status, made.headers["Location"]) == (201, f"/ngsi-ld/v1{path}")
    assert here.call("GET", f"{path}?local=true").status == 404
    later = value(2, observedAt="2026-03-02T00:00:00Z")
    assert here.call("POST", f"{path}/attrs", {"level": [later], "flow": [later]}).status == 204
    found = here.call("GET", path).json
    assert [each["value"] for each in found["level"]] == [1, 2]
    instance = found["level"][0]["instanceId"]
    changed = here.call("PATCH", f"{path}/attrs/level/{instance}", {"level": [{**point, "value": 9}]})
    assert changed.status == 204, changed.body
    assert here.call("DELETE", f"{path}/attrs/flow").status == 204
    assert "flow" not in there.call("GET", path).json
    assert [each["value"] for each in there.call("GET", path).json["level"]] == [9, 2]
    assert here.call("DELETE", path).status == 204
    assert there.call("GET", path).status == 404
    assert here.call("DELETE", registration).status == 204
