# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Events on the wire: CloudEvents' own rules, subjects that no two cities share, lies that are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.kernel.events_model import MAX_EVENT_BYTES, Event, EventError, city_token, decode, encode, subject_of

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
AUTHORITY = st.lists(LABEL, min_size=2, max_size=4).map(".".join)
SUBJECT = "hanse.marewijk_example.twin.v1.entities-changed"
EVENT = Event("twin/v1", "1.0.0", "entities-changed", "urn:hanse:marewijk.example:dataset:d", {"count": 3})


def written(event: Event = EVENT) -> bytes:
    return encode(event, authority="marewijk.example", part="twin", identifier="e1", time="2026-11-23T12:00:00.000Z")


def altered(**members: object) -> bytes:
    return json.dumps({**json.loads(written()), **members}).encode()


def test_an_event_is_a_cloudevent_1_0() -> None:
    # CloudEvents 1.0.2 section 3: required attributes, names of lower-case letters and digits only.
    document = json.loads(written())
    assert {"id", "source", "specversion", "type"} <= set(document)
    assert document["specversion"] == "1.0"
    assert all(name.isalnum() and name == name.lower() for name in document)
    assert document["type"] == "hanse.twin.v1.entities-changed"
    assert document["source"] == "urn:hanse:marewijk.example:service:twin"


def test_what_is_written_is_read() -> None:
    event = decode(SUBJECT, written())
    assert (event.id, event.city, event.contract, event.name) == (
        "e1",
        "marewijk.example",
        "twin/v1",
        "entities-changed",
    )
    assert event.data == {"count": 3}


@given(AUTHORITY, AUTHORITY)
def test_no_two_cities_share_subjects(one: str, other: str) -> None:
    mine = subject_of(one, "twin/v1", "x")
    theirs = subject_of(other, "twin/v1", "x")
    assert (mine == theirs) == (one == other)
    assert mine.count(".") == 4  # a city is one token, so no wildcard of another reaches in


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"a":',
        b"[" * 10_000,
        b"x" * (MAX_EVENT_BYTES + 1),
        altered(source="urn:hanse:lindemond.example:service:twin"),
        altered(source="https://marewijk.example"),
        altered(source=3),
        altered(id=""),
        altered(id="x" * 101),
        altered(specversion="0.3"),
        altered(data=[1]),
        altered(type="hanse.identity.v1.credential-revoked"),
        altered(hansecontract="identity/v1"),
    ],
)
def test_a_malformed_or_lying_event_is_refused(body: bytes) -> None:
    with pytest.raises(EventError):
        decode(SUBJECT, body)


@pytest.mark.parametrize("subject", ["", "hanse", "other.a.b.v1.c", "hanse.marewijk.example.twin.v1.x", SUBJECT + ".x"])
def test_a_foreign_subject_is_refused(subject: str) -> None:
    with pytest.raises(EventError):
        decode(subject, written())


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_an_event_error(body: bytes) -> None:
    with pytest.raises(EventError):
        decode(SUBJECT, body)


@pytest.mark.parametrize(
    "event",
    [
        Event("twin", "1.0.0", "changed", "", {}),
        Event("twin/v0", "1.0.0", "changed", "", {}),
        Event("twin/v1", "1.0.0", "Has Spaces", "", {}),
        Event("twin/v1", "1.0.0", "changed.>", "", {}),
        Event("twin/v1", "1.0.0", "changed", "", {"much": "x" * MAX_EVENT_BYTES}),
    ],
)
def test_an_event_that_cannot_travel_is_not_written(event: Event) -> None:
    with pytest.raises(EventError):
        written(event)


def test_a_token_is_one_nats_token() -> None:
    assert city_token("a.b-c.example") == "a_b-c_example"
