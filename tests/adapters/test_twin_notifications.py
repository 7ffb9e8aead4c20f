# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications from a change to the endpoint: what is sent, how failing goes on, and that nothing is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiomqtt
import pytest
from clocks import StillClock
from contexts_at_hand import renaming
from edge_world import free_port
from endpoints import Endpoint
from twin_world import LocalTwin

from hanse.kernel.clock import timestamp
from hanse.ngsild import BadRequestDataError
from hanse.twin import rows
from hanse.twin.adapters.history.store import sql_history
from hanse.twin.adapters.subscriptions import SubscriptionShelf
from hanse.twin.history.instances import micros, written
from hanse.twin.history.model import Appended
from hanse.twin.outward import Call, Outward, OutwardError, Policy
from hanse.twin.subscriptions import documents, notices
from hanse.twin.subscriptions.delivery import FIRST_REST_S, LONGEST_REST_S, Delivery
from hanse.twin.subscriptions.engine import Engine, Surroundings, following
from hanse.twin.subscriptions.images import ENTITIES
from hanse.twin.subscriptions.members import Scope
from hanse.twin.subscriptions.model import Kept, State
from hanse.twin.subscriptions.showing import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BENCH = "urn:ngsi-ld:Bench:1"


class Middle:
    """Jitter of nothing."""

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


@dataclass
class Post:
    """A twin with its engine, its queues, and who sends; all steps are the test's."""

    twin: LocalTwin
    clock: StillClock
    outward: Outward
    home: str = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.twin.put("benches")
        self.restart()

    def restart(self) -> None:
        """As after a kill: all that is left is what was stored."""
        around = Surroundings(
            "marewijk.example",
            renaming,
            lambda local: str(local or "core"),
            lambda _store, seen, style: [notices.current(seen, style)],
        )
        self.shelf = SubscriptionShelf(self.twin.database, self.twin.config.tenant, ENTITIES)
        self.engine = Engine(self.twin.store, self.shelf, self.clock, around)
        self.delivery = Delivery(self.shelf, self.outward, self.clock, jitter=Middle())  # type: ignore[arg-type]

    def subscribe(self, name: str, url: str, **members: Any) -> str:
        identifier = f"urn:ngsi-ld:Subscription:{name}"
        endpoint = {"uri": url, "timeout": 2000, **members.pop("endpoint", {})}
        notification = {"endpoint": endpoint, **members.pop("notification", {})}
        document = {"id": identifier, "type": "Subscription", "notification": notification, **members}
        if "entities" not in document:
            document["entities"] = [{"type": "Bench"}]
        scope = Scope(renaming(), self.clock.now())
        taken = documents.taken(document, None, scope, renaming)
        moment = timestamp(self.clock.now())
        due = following(taken, self.clock.now())
        assert self.shelf.add(Kept(identifier, taken, moment, moment, state=State(due=due)))
        return identifier

    def write(self, **values: Any) -> None:
        """Writes the bench anew."""
        attributes = {name: {"type": "Property", "value": value} for name, value in values.items()}
        entity = {"id": BENCH, "type": "Bench", **attributes}
        self.twin.store.write(self.home, [rows.row(entity, self.twin.config.city.crs)])

    def send(self) -> None:
        """One round of sending, to its end."""

        async def whole() -> None:
            await self.delivery.round()
            await self.delivery.settled()

        self.outward.wait(whole())

    def state(self, identifier: str) -> State:
        kept = self.shelf.get(identifier)
        assert kept is not None
        return kept.state


@pytest.fixture(scope="module")
def outward() -> Iterator[Outward]:
    made = Outward(Policy.of(["127.0.0.0/8"]))
    yield made
    made.close()


@pytest.fixture
def post(tmp_path: Path, clock: StillClock, outward: Outward, store: str) -> Iterator[Post]:
    twin = LocalTwin.make(tmp_path, clock, store=store)
    yield Post(twin, clock, outward)
    twin.database.close()


def test_a_change_is_told_with_what_is_asked_for_and_counted(post: Post) -> None:
    with Endpoint() as endpoint:
        wanted = {"receiverInfo": [{"key": "X-Key", "value": "secret"}]}
        name = post.subscribe(
            "a", endpoint.url + "/notify", endpoint=wanted, watchedAttributes=["colour"], q='colour=="red"'
        )
        post.write(colour="blue", number=1)
        post.write(colour="red", number=1)
        post.clock.forward(seconds=1)
        post.write(colour="red", number=2)
        assert post.engine.step() == 1
        post.send()
        sent = endpoint.next()
    assert sent.path == "/notify"
    assert sent.headers["x-key"] == "secret"
    assert "json-ld#context" in sent.headers["link"]
    assert sent.json["subscriptionId"] == name
    assert [one["colour"]["value"] for one in sent.json["data"]] == ["red"]
    state = post.state(name)
    assert (state.sent, state.failed, state.streak) == (1, 0, 0)
    assert state.success == timestamp(post.clock.now())
    assert endpoint.came.empty()


def test_an_observation_that_moves_the_latest_value_is_a_change(post: Post) -> None:
    """By whichever way it comes (CIM 009 clause 5.8.6): points, an evolution, an instance changed or deleted."""
    history = sql_history(post.twin.store, post.twin.config.city.crs, post.clock)
    hour = 3_600_000_000
    noon = micros(timestamp(post.clock.now()))

    def point(number: float, time_us: int) -> dict[str, Any]:
        return {"type": "Property", "value": number, "observedAt": written(time_us)}

    def evolve(number: float, time_us: int) -> None:
        history.record({"id": BENCH, "type": "Bench", "noise": point(number, time_us)}, post.home, create=False)

    def told() -> list[Any]:
        """What is notified, and what the city's event says."""
        before = len(post.twin.events())
        count = post.engine.step()
        post.send()
        values = [one["noise"]["value"] for _ in range(count) for one in endpoint.next().json["data"]]
        assert len(post.twin.events()) == before
        return values

    with Endpoint() as endpoint:
        post.subscribe("noise", endpoint.url, watchedAttributes=["noise"])
        post.write(colour="red")
        assert told() == []
        events = len(post.twin.events())
        history.append([Appended(0, BENCH, "noise", "", "", [noon - 2 * hour], [40.0])])
        assert told() == [40.0]
        history.append([Appended(0, BENCH, "noise", "", "", [noon - 3 * hour], [39.0])])
        assert told() == [], "it came late"
        evolve(41.0, noon - hour)
        assert told() == [41.0]
        evolve(38.0, noon - 4 * hour)
        assert told() == [], "it came late"
        changes = [one for event in post.twin.events()[events:] for one in event["data"]["changes"]]
        assert [(one["id"], one["change"]) for one in changes] == [(BENCH, "replaced")] * 2


def test_changes_from_before_a_subscription_are_not_told(post: Post) -> None:
    post.subscribe("other", "http://127.0.0.1:9/", entities=[{"type": "Tree"}])
    post.write(colour="red")
    post.subscribe("late", "http://127.0.0.1:9/")
    assert post.engine.step() == 0


def test_an_endpoint_that_fails_for_hours_is_asked_ever_less_often_and_loses_nothing(post: Post) -> None:
    with Endpoint(status=500) as endpoint:
        name = post.subscribe("failing", endpoint.url)
        post.write(colour="red")
        post.engine.step()
        rests = []
        for _ in range(12):
            post.send()
            state = post.state(name)
            assert state.streak == state.failed == state.sent
            assert "500" in state.refused
            rest = 0
            while post.state(name).again > timestamp(post.clock.now()):
                post.send()
                assert post.state(name).sent == state.sent, "it rests"
                post.clock.forward(seconds=5)
                rest += 5
            rests.append(rest)
        assert rests == [FIRST_REST_S * 2**doubled for doubled in range(6)] + [LONGEST_REST_S] * 6
        kept = post.shelf.get(name)
        assert kept is not None
        told = shown(kept, ENTITIES, renaming(), post.clock.now(), renaming)["notification"]
        assert told["status"] == "failed"
        assert told["timesFailed"] == told["timesSent"] == 12
        endpoint.status = 200
        while not endpoint.came.empty():
            endpoint.came.get()
        post.send()
        assert endpoint.next().json["data"][0]["colour"]["value"] == "red"
    assert post.state(name).streak == 0
    assert post.shelf.due(timestamp(post.clock.now()), []) == []


def test_after_a_day_a_notification_is_given_up_and_that_is_counted(post: Post) -> None:
    with Endpoint(status=503) as endpoint:
        name = post.subscribe("given-up", endpoint.url)
        post.write(colour="red")
        post.engine.step()
        post.send()
        post.clock.forward(hours=25)
        post.send()
    assert post.shelf.due("9999", []) == []
    assert post.state(name).failed == 2


def test_an_endpoint_that_hangs_blocks_no_other(post: Post) -> None:
    with Endpoint(hangs=True) as hanging, Endpoint() as good:
        stuck = post.subscribe("hanging", hanging.url, endpoint={"timeout": 20_000})
        fine = post.subscribe("fine", good.url)
        post.write(colour="red")
        post.engine.step()
        post.outward.wait(post.delivery.round())
        hanging.next()
        assert good.next().json["subscriptionId"] == fine
        while not post.state(fine).success:
            time.sleep(0.01)
        post.write(colour="blue")
        post.engine.step()
        post.outward.wait(post.delivery.round())
        assert good.next().json["data"][0]["colour"]["value"] == "blue"
        assert post.state(stuck).under_way
        assert post.state(stuck).sent == 1
        hanging.freed.set()
        post.outward.wait(post.delivery.settled())
    assert not post.state(stuck).under_way
    assert (post.state(stuck).sent, post.state(stuck).streak) == (1, 1)


def test_times_are_those_of_sending(post: Post) -> None:
    """CIM 009 clause 5.2.14.2: when the last one was sent, the last that was taken, the last that was not."""
    with Endpoint() as endpoint:
        name = post.subscribe("slow", endpoint.url, endpoint={"timeout": 20_000})
        for status in (200, 500):
            endpoint.status = status
            endpoint.answers.clear()
            sent = timestamp(post.clock.now())
            post.write(colour=f"{status}")
            post.engine.step()
            post.outward.wait(post.delivery.round())
            endpoint.next()
            state = post.state(name)
            assert (state.last, state.under_way) == (sent, True)
            post.clock.forward(seconds=7)
            endpoint.answers.set()
            post.outward.wait(post.delivery.settled())
            state = post.state(name)
            assert state.last == (state.success if status == 200 else state.failure) == sent
            assert not state.under_way
    assert (state.sent, state.failed) == (2, 1)


def test_who_was_killed_while_sending_sends_again_and_counts_both(post: Post) -> None:
    with Endpoint() as endpoint:
        name = post.subscribe("killed", endpoint.url)
        post.write(colour="red")
        post.engine.step()
        post.shelf.begin([name], timestamp(post.clock.now()))
        post.restart()
        assert post.state(name).under_way
        post.clock.forward(seconds=1)
        post.send()
        assert endpoint.next().json["subscriptionId"] == name
    state = post.state(name)
    assert (state.sent, state.failed, state.success) == (2, 0, timestamp(post.clock.now()))


def test_what_an_ended_subscription_waits_for_is_not_counted_as_sent(post: Post) -> None:
    name = post.subscribe("ended", "http://127.0.0.1:9/", expiresAt="2026-11-23T12:00:30Z")
    post.write(colour="red")
    assert post.engine.step() == 1
    post.clock.forward(seconds=60)
    post.send()
    assert (post.state(name).sent, post.state(name).last) == (0, "")
    assert post.shelf.due("9999", []) == []


def test_a_kill_loses_nothing_and_repeats_nothing(post: Post) -> None:
    with Endpoint() as endpoint:
        post.subscribe("killed", endpoint.url)
        post.write(colour="red")
        post.restart()  # before the change was looked at
        assert post.engine.step() == 1
        post.restart()  # before it was sent
        assert post.engine.step() == 0
        post.send()
        assert endpoint.next().json["data"][0]["colour"]["value"] == "red"
        post.restart()
        post.send()
        assert endpoint.came.empty()


def test_throttling_periods_and_ends(post: Post) -> None:
    with Endpoint() as endpoint:
        post.subscribe("slow", endpoint.url, throttling=60)
        post.subscribe("often", endpoint.url, timeInterval=10)
        name = post.subscribe("ending", endpoint.url, expiresAt="2026-11-23T12:00:30Z")
        post.write(colour="red")
        assert post.engine.step() == 2
        post.clock.forward(seconds=10)
        post.write(colour="blue")
        assert post.engine.step() == 2  # the periodic one, and the one that ends
        post.clock.forward(seconds=50)
        post.write(colour="green")
        assert post.engine.step() == 2  # slow again, and the periodic one
        kept = post.shelf.get(name)
        assert kept is not None
        assert documents.status(kept.document, post.clock.now()) == "expired"


def test_deletions_and_changes_are_shown_as_asked(post: Post) -> None:
    with Endpoint() as endpoint:
        post.subscribe(
            "shown",
            endpoint.url,
            notificationTrigger=["entityDeleted", "attributeUpdated", "attributeDeleted"],
            notification={"showChanges": True},
        )
        post.write(colour="red", number=1)
        post.clock.forward(seconds=1)
        post.write(colour="blue")
        post.clock.forward(seconds=1)
        post.twin.store.delete([BENCH])
        assert post.engine.step() == 2
        post.send()
        [changed] = endpoint.next().json["data"]
        post.send()
        [gone] = endpoint.next().json["data"]
    assert changed["colour"] == {"type": "Property", "value": "blue", "previousValue": "red"}
    assert changed["number"] == {"type": "Property", "value": "urn:ngsi-ld:null", "previousValue": 1}
    assert gone["colour"]["previousValue"] == "blue"
    assert gone["deletedAt"] == timestamp(post.clock.now())


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": {"uri": "file:///etc/passwd"}},
        {"endpoint": {"uri": "http://user:secret@example.org/"}},
        {"endpoint": {"uri": "mqtt://example.org/a/#"}},
        {"endpoint": {"receiverInfo": [{"key": "X: y\r\nHost", "value": "z"}]}},
        {"throttling": 1, "timeInterval": 1},
        {"throttling": -1},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"notification": {"pick": ["a"], "omit": ["a"]}},
        {"q": "((("},
        {"entities": [{"type": "Bench", "idPattern": "((("}]},
        {"unheardOf": 1},
    ],
)
def test_a_subscription_against_the_clause_is_refused(tmp_path: Path, outward: Outward, wrong: dict[str, Any]) -> None:
    clock = StillClock()
    post = Post(LocalTwin.make(tmp_path, clock), clock, outward)
    with pytest.raises(ValueError, match=r"."):
        post.subscribe("wrong", "http://example.org/", **wrong)


def test_addresses_that_are_not_allowed_are_not_called(tmp_path: Path, clock: StillClock) -> None:
    strict = Outward(Policy())
    try:
        post = Post(LocalTwin.make(tmp_path, clock), clock, strict)
        with Endpoint() as endpoint:
            name = post.subscribe("private", endpoint.url)
            post.write(colour="red")
            post.engine.step()
            post.send()
            assert "networks" in post.state(name).refused
            assert endpoint.came.empty()
        for url in (
            "http://localhost/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
        ):
            with pytest.raises(OutwardError, match="networks"):
                strict.wait(strict.send(Call("GET", url)))
    finally:
        strict.close()


def test_a_redirect_to_another_host_is_not_followed(outward: Outward) -> None:
    with Endpoint(status=307, headers={"Location": "http://localhost:1/elsewhere"}) as endpoint:
        with pytest.raises(OutwardError, match="another host"):
            outward.wait(outward.send(Call("POST", endpoint.url, body=b"{}")))
        endpoint.headers["Location"] = "/again"
        with pytest.raises(OutwardError, match="more than"):
            outward.wait(outward.send(Call("POST", endpoint.url, body=b"{}")))


def test_an_answer_without_end_is_cut_off(outward: Outward) -> None:
    with Endpoint(answer=b"x" * (17 * 1024 * 1024)) as endpoint, pytest.raises(OutwardError, match="bytes"):
        outward.wait(outward.send(Call("GET", endpoint.url, seconds=20)))


def test_a_message_goes_out_by_mqtt(tmp_path: Path, clock: StillClock, outward: Outward) -> None:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("no mosquitto: run deploy/test-packages.sh")
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    broker = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        post = Post(LocalTwin.make(tmp_path / "city", clock), clock, outward)
        info = {"receiverInfo": [{"key": "reader", "value": "me"}], "notifierInfo": [{"key": "MQTT-QoS", "value": "1"}]}
        name = post.subscribe("mqtt", f"mqtt://127.0.0.1:{port}/city/benches", endpoint=info)
        post.write(colour="red")
        post.engine.step()

        async def listened() -> Any:
            while True:
                try:
                    async with aiomqtt.Client("127.0.0.1", port) as client:
                        await client.subscribe("city/#", qos=1)
                        await post.delivery.round()
                        async for message in client.messages:
                            await post.delivery.settled()
                            return str(message.topic), json.loads(bytes(message.payload))
                except aiomqtt.MqttError:
                    assert broker.poll() is None

        topic, message = outward.wait(listened())
    finally:
        broker.terminate()
        broker.wait()
    assert topic == "city/benches"
    assert message["metadata"]["reader"] == "me"
    assert message["body"]["data"][0]["colour"]["value"] == "red"
    assert post.state(name).sent == 1
    with pytest.raises(BadRequestDataError):
        post.subscribe("wildcard", f"mqtt://127.0.0.1:{port}/city/+")
