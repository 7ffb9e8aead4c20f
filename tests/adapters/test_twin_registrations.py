# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context source registrations over HTTP and their subscribers: found, told of, and of no use once they expired."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cities import Processes
from clocks import StillClock
from contexts_at_hand import renaming
from edge_world import Edge
from endpoints import Endpoint
from twin_world import LocalTwin

from hanse.kernel.clock import system_clock, timestamp
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.adapters.subscriptions import SubscriptionShelf
from hanse.twin.registrations import documents as registrations
from hanse.twin.subscriptions import documents
from hanse.twin.subscriptions.engine import Surroundings
from hanse.twin.subscriptions.images import REGISTRATIONS
from hanse.twin.subscriptions.members import Scope
from hanse.twin.subscriptions.model import Kept, State
from hanse.twin.subscriptions.registering import RegistrationEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCES, SUBSCRIPTIONS = "/csourceRegistrations", "/csourceSubscriptions"
WEST = [[[4, 51], [4.45, 51], [4.45, 52], [4, 52], [4, 51]]]
HARBOUR = {"type": "Polygon", "coordinates": [[[4.4, 51.88], [4.5, 51.88], [4.5, 51.93], [4.4, 51.93], [4.4, 51.88]]]}


def registration(name: str, *types: str, **members: Any) -> dict[str, Any]:
    information = {"entities": [{"type": each} for each in types], **members.pop("information", {})}
    return {
        "id": f"urn:ngsi-ld:ContextSourceRegistration:{name}",
        "type": "ContextSourceRegistration",
        "information": [information],
        "endpoint": "https://source.example",
        **members,
    }


# Over HTTP


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Edge]:
    with Processes() as processes:
        started = Edge.start(processes, tmp_path_factory.mktemp("city"), store, networks=["127.0.0.0/8"])
        for document in (
            registration("plain", "Crane"),
            registration("some", "Crane", information={"propertyNames": ["load"], "relationshipNames": ["at"]}),
            registration("placed", "Crane", location=HARBOUR, scope="/harbour", owner="port"),
            registration("past", "Crane", observationInterval={"startAt": "2020-01-01T00:00:00Z"}),
        ):
            assert started.call("POST", SOURCES, document).status == 201
        yield started
        assert "defect" not in started.part.output(), started.part.output()


def found(edge: Edge, query: str) -> list[str]:
    answer = edge.call("GET", f"{SOURCES}?{query}")
    assert answer.status == 200, answer.body
    return sorted(each["id"].rpartition(":")[2] for each in answer.json)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("type=Crane", ["placed", "plain", "some"]),
        ("type=Tug", []),
        ("type=Crane&attrs=load", ["placed", "plain", "some"]),
        ("type=Crane&attrs=height", ["placed", "plain"]),
        ("type=Crane&q=height%3E3", ["placed", "plain"]),
        ("type=Crane&q=load%3E3", ["placed", "plain", "some"]),
        ("type=Crane&pick=id,height", ["placed", "plain"]),
        ("type=Crane&csf=owner==%22port%22", ["placed"]),
        ("type=Crane&scopeQ=/harbour", ["placed"]),
        (
            "type=Crane&georel=within&geometry=Polygon&coordinates=[[[4,51],[4.45,51],[4.45,52],[4,52],[4,51]]]",
            ["placed"],
        ),
        ("type=Crane&georel=equals&geometry=Point&coordinates=[5,51.9]", []),
        ("type=Crane&timerel=after&timeAt=2025-01-01T00:00:00Z", ["past"]),
        ("type=Crane&timerel=before&timeAt=2019-01-01T00:00:00Z", []),
        ("type=Crane&timerel=after&timeAt=2025-01-01T00:00:00Z&timeproperty=createdAt", []),
    ],
)
def test_sources_are_found_by_what_they_may_know(edge: Edge, query: str, names: list[str]) -> None:
    assert found(edge, query) == names


@pytest.mark.parametrize(
    "query",
    ["", "id=urn:x:1", "csf=owner==%22port%22", "scopeQ=/harbour", "timerel=after&timeAt=2025-01-01T00:00:00Z"],
)
def test_a_query_that_is_too_wide_is_refused(edge: Edge, query: str) -> None:
    assert edge.call("GET", f"{SOURCES}?{query}").error == (400, "BadRequestData")


def test_an_expired_registration_is_kept_and_of_no_use(edge: Edge) -> None:
    soon = system_clock().now() + timedelta(seconds=1)
    information = {"entities": [{"id": "urn:x:barge:1", "type": "Barge"}], "propertyNames": ["load"]}
    lasting = registration("barge", mode="exclusive", expiresAt=timestamp(soon))
    lasting["information"] = [information]
    made = edge.call("POST", SOURCES, lasting)
    assert made.status == 201, made.body
    rival = {**lasting, "id": "urn:ngsi-ld:ContextSourceRegistration:rival"}
    del rival["expiresAt"]
    assert edge.call("POST", SOURCES, rival).error == (409, "Conflict")
    deadline = time.monotonic() + 20
    while found(edge, "type=Barge"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kept = edge.call("GET", f"{SOURCES}/{lasting['id']}")
    assert (kept.status, kept.json["expiresAt"]) == (200, lasting["expiresAt"])
    assert edge.call("POST", SOURCES, rival).status == 201
    again = edge.call("PATCH", f"{SOURCES}/{lasting['id']}", {"expiresAt": "2020-01-01T00:00:00Z"})
    assert again.error == (400, "BadRequestData")


def test_a_city_says_who_it_is_as_a_source(edge: Edge) -> None:
    told = edge.call("GET", "/info/sourceIdentity").json
    assert (told["type"], told["contextSourceAlias"]) == ("ContextSourceIdentity", "marewijk.example")
    assert told["contextSourceUptime"].startswith("PT")
    assert {"id", "contextSourceTimeAt"} <= told.keys()
    assert edge.call("GET", "/info/sourceIdentity", NGSILD_Tenant="nobody").error == (404, "NonexistentTenant")
    assert edge.call("POST", "/entities", {"id": "urn:x:1", "type": "T"}, NGSILD_Tenant="port").status == 201
    other = edge.call("GET", "/info/sourceIdentity", NGSILD_Tenant="port").json
    assert other["contextSourceAlias"] != told["contextSourceAlias"]
    assert other["id"] != told["id"]
    with_context = edge.call("GET", "/info/sourceIdentity", Accept="application/ld+json").json
    assert "@context" in with_context


def test_errors_are_json_and_a_body_says_what_it_is(edge: Edge) -> None:
    refused = edge.call("GET", f"{SUBSCRIPTIONS}/none", Accept="application/ld+json")
    assert (refused.status, refused.headers["Content-Type"]) == (400, "application/json")
    assert edge.call("POST", SOURCES, b"{}", Content_Type="").error == (400, "InvalidRequest")
    assert edge.call("POST", SOURCES, b"{}", Content_Type="text/plain").status == 415


def test_who_subscribes_to_sources_is_told_at_once_and_of_changes(edge: Edge) -> None:
    assert edge.call("POST", SOURCES, registration("ferry", "Ferry", "Boat")).status == 201
    with Endpoint() as endpoint:
        wanted = {
            "type": "Subscription",
            "entities": [{"type": "Ferry"}],
            "notification": {"endpoint": {"uri": endpoint.url}},
        }
        made = edge.call("POST", SUBSCRIPTIONS, wanted)
        assert made.status == 201, made.body
        first = endpoint.next().json
        assert (first["type"], first["triggerReason"]) == ("ContextSourceNotification", "newlyMatching")
        assert [each["type"] for each in first["data"][0]["information"][0]["entities"]] == [["Ferry"], ["Boat"]]
        path = f"{SOURCES}/urn:ngsi-ld:ContextSourceRegistration:ferry"
        assert edge.call("PATCH", path, {"endpoint": "https://other.example"}).status == 204
        second = endpoint.next().json
        assert (second["triggerReason"], second["data"][0]["endpoint"]) == ("updated", "https://other.example")
        assert edge.call("DELETE", path).status == 204
        assert endpoint.next().json["triggerReason"] == "noLongerMatching"


# Step by step


@dataclass
class Watch:
    """A twin's registrations and who follows them; all steps are the test's."""

    twin: LocalTwin
    clock: StillClock
    sources: RegistrationShelf = field(init=False)
    shelf: SubscriptionShelf = field(init=False)
    engine: RegistrationEngine = field(init=False)

    def __post_init__(self) -> None:
        tenant = self.twin.config.tenant
        self.sources = RegistrationShelf(self.twin.database, tenant)
        self.shelf = SubscriptionShelf(self.twin.database, tenant, REGISTRATIONS)
        around = Surroundings("marewijk.example", renaming, lambda local: str(local or "core"), lambda *_: [])
        self.engine = RegistrationEngine(self.sources, self.shelf, self.clock, around)

    def register(self, name: str, *types: str, **members: Any) -> str:
        scope = Scope(renaming(), self.clock.now())
        document = registrations.taken(registration(name, *types, **members), scope)
        assert self.sources.add(document["id"], document, self.clock.now())
        return str(document["id"])

    def subscribe(self, name: str, **members: Any) -> None:
        document = {
            "id": f"urn:ngsi-ld:Subscription:{name}",
            "type": "Subscription",
            "entities": [{"type": "Crane"}],
            **members,
            "notification": {"endpoint": {"uri": "http://127.0.0.1:9/"}, **members.get("notification", {})},
        }
        taken = documents.taken(document, None, Scope(renaming(), self.clock.now()), renaming)
        moment = timestamp(self.clock.now())
        assert self.shelf.add(Kept(document["id"], taken, moment, moment, state=State(due=moment)))

    def told(self) -> list[tuple[str, list[str]]]:
        """One step: reasons, and the registrations of each notification that waits for the first time."""
        self.engine.step()
        found = []
        for waiting in self.shelf.due(timestamp(self.clock.now()), []):
            body = json.loads(waiting.body)["body"]
            found.append((body["triggerReason"], sorted(each["id"].rpartition(":")[2] for each in body["data"])))
            self.shelf.drop(waiting)
        return found


@pytest.fixture
def watch(tmp_path: Path, clock: StillClock, store: str) -> Iterator[Watch]:
    twin = LocalTwin.make(tmp_path, clock, store=store)
    yield Watch(twin, clock)
    twin.database.close()


def test_without_a_match_nothing_is_told_but_by_the_clock(watch: Watch) -> None:
    watch.register("tug", "Tug")
    watch.subscribe("changes")
    assert watch.told() == []
    watch.subscribe("periodic", timeInterval=10)
    assert watch.told() == [("newlyMatching", [])]
    watch.register("crane", "Crane")
    assert watch.told() == [("newlyMatching", ["crane"])]  # the change; the period is not over
    watch.clock.forward(seconds=10)
    assert watch.told() == [("newlyMatching", ["crane"])]


def test_nobody_is_told_of_what_expired_or_after_expiry(watch: Watch) -> None:
    ends = timestamp(watch.clock.now() + timedelta(seconds=10))
    watch.register("short", "Crane", expiresAt=ends)
    watch.subscribe("lasting")
    watch.subscribe("short", expiresAt=ends)
    assert watch.told() == [("newlyMatching", ["short"])] * 2
    watch.clock.forward(seconds=11)
    watch.subscribe("late")
    assert watch.told() == []
    watch.register("crane", "Crane")
    assert watch.told() == [("newlyMatching", ["crane"])] * 2


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"watchedAttributes": ["height"]}, ["loads", "plain"]),  # what is notified of is all
        ({"watchedAttributes": ["height"], "notification": {"attributes": ["height"]}}, ["plain"]),
        ({"watchedAttributes": ["height"], "notification": {"attributes": ["load"]}}, ["loads", "plain"]),
        ({"watchedAttributes": ["height"], "notification": {"pick": ["id", "height"]}}, ["plain"]),
        ({"csf": 'owner=="port"'}, ["plain"]),
        ({"scopeQ": "/harbour"}, ["plain"]),
        ({"datasetId": ["urn:x:two"]}, ["plain"]),
        ({"temporalQ": {"timerel": "after", "timeAt": "2025-01-01T00:00:00Z"}}, ["past"]),
        ({"geoQ": {"georel": "within", "geometry": "Polygon", "coordinates": WEST}}, ["plain"]),
    ],
)  # fmt: skip
def test_who_subscribes_may_say_which(watch: Watch, members: dict[str, Any], names: list[str]) -> None:
    watch.register("plain", "Crane", owner="port", scope="/harbour", location=HARBOUR)
    watch.register("loads", "Crane", information={"propertyNames": ["load"]}, datasetId=["urn:x:one"])
    watch.register("past", "Crane", observationInterval={"startAt": "2020-01-01T00:00:00Z"})
    watch.subscribe("wanted", **members)
    assert watch.told() == [("newlyMatching", names)]
