# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a running edge says of a notification while its endpoint has not answered, and as soon as it has."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cities import Processes
from edge_world import Edge
from endpoints import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Edge]:
    with Processes() as processes:
        started = Edge.start(processes, tmp_path_factory.mktemp("city"), store, networks=["127.0.0.0/8"])
        yield started
        assert "defect" not in started.part.output(), started.part.output()


def subscribed(edge: Edge, endpoint: Endpoint, kind: str) -> str:
    """A subscription to a type, one of whose entities has just been written."""
    notification = {"endpoint": {"uri": endpoint.url, "timeout": 20_000}}
    document = {"type": "Subscription", "entities": [{"type": kind}], "notification": notification}
    answer = edge.call("POST", "/subscriptions", document)
    assert answer.status == 201, answer.body
    entity = {"id": f"urn:ngsi-ld:{kind}:1", "type": kind, "load": {"type": "Property", "value": 3}}
    assert edge.call("POST", "/entities", entity).status == 201
    return str(answer.headers["Location"]).rpartition("/")[2]


def told(edge: Edge, name: str) -> dict[str, Any]:
    found: dict[str, Any] = edge.call("GET", f"/subscriptions/{name}").json["notification"]
    return found


def test_who_answered_and_asks_at_once_is_told_that_it_went_well(edge: Edge) -> None:
    with Endpoint() as endpoint:
        endpoint.answers.clear()
        name = subscribed(edge, endpoint, "Crane")
        endpoint.next()
        answering = threading.Timer(0.1, endpoint.answers.set)
        answering.start()
        seen = told(edge, name)
        answering.join()
    assert (seen["status"], seen["timesSent"]) == ("ok", 1)
    assert seen["lastSuccess"] == seen["lastNotification"]


def test_of_an_endpoint_that_is_slow_it_is_said_that_something_was_sent(edge: Edge) -> None:
    with Endpoint() as endpoint:
        endpoint.answers.clear()
        name = subscribed(edge, endpoint, "Tug")
        endpoint.next()
        seen = told(edge, name)
        assert seen["timesSent"] == 1
        assert not seen.keys() & {"status", "lastSuccess", "lastFailure", "timesFailed"}
        endpoint.status = 500
        endpoint.answers.set()
        while "status" not in (then := told(edge, name)):
            time.sleep(0.05)
    assert (then["status"], then["timesSent"], then["timesFailed"]) == ("failed", 1, 1)
    assert then["lastFailure"] == then["lastNotification"] == seen["lastNotification"]
