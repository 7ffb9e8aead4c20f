# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Copies of remote contexts: good for a day, then fetched anew while the old one serves (CIM 009 clause 5.13.1)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from twin_world import LocalTwin

from hanse.jsonld import ContextError, ContextFault
from hanse.twin.adapters.contexts import ContextShelf
from hanse.twin.edge.contexts import FRESH, RETRY, Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL, NEAR = "https://contexts.example/one.jsonld", "https://contexts.example/near.jsonld"


class Remote:
    """A server of contexts: `term` is what it serves, None while it is away."""

    def __init__(self) -> None:
        self.term: str | None = "https://example.org/old"
        self.asked = 0

    def __call__(self, url: str) -> Any:
        self.asked += 1
        if self.term is None:
            raise ContextError(ContextFault.UNAVAILABLE, "away", url)
        return {"@context": {"hue": self.term}}


@pytest.fixture
def remote() -> Remote:
    return Remote()


@pytest.fixture
def library(tmp_path: Path, clock: StillClock, remote: Remote) -> Iterator[Library]:
    twin = LocalTwin.make(tmp_path, clock)
    at_hand = {NEAR: {"@context": {"hue": "https://example.org/near"}}}
    yield Library(ContextShelf(twin.database, twin.config.tenant), remote, clock, at_hand)
    twin.database.close()


def settled(remote: Remote, asked: int) -> None:
    deadline = time.monotonic() + 20
    while remote.asked < asked:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def meaning(library: Library, url: str = URL) -> str:
    return library.renaming(url).inward("hue")


def test_a_copy_that_expired_is_fetched_anew_and_meanwhile_used(
    library: Library, remote: Remote, clock: StillClock
) -> None:
    assert meaning(library) == "https://example.org/old"
    remote.term = "https://example.org/new"
    clock.forward(seconds=FRESH.total_seconds() - 1)
    assert (meaning(library), remote.asked) == ("https://example.org/old", 1)
    clock.forward(seconds=1)
    assert meaning(library) == "https://example.org/old", "nobody waits for the server"
    settled(remote, 2)
    deadline = time.monotonic() + 20
    while meaning(library) != "https://example.org/new":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kept = library.find(URL)
    assert kept is not None
    assert library.expiry(kept) == clock.now() + FRESH


def test_what_cannot_be_had_anew_is_asked_for_now_and_then(library: Library, remote: Remote, clock: StillClock) -> None:
    meaning(library)
    remote.term = None
    clock.forward(seconds=FRESH.total_seconds())
    for _ in range(3):
        assert meaning(library) == "https://example.org/old"
    settled(remote, 2)
    assert remote.asked == 2
    clock.forward(seconds=RETRY.total_seconds())
    assert meaning(library) == "https://example.org/old"
    settled(remote, 3)


def test_what_is_at_hand_never_expires(library: Library, remote: Remote, clock: StillClock) -> None:
    assert meaning(library, NEAR) == "https://example.org/near"
    clock.forward(seconds=timedelta(days=400).total_seconds())
    assert meaning(library, NEAR) == "https://example.org/near"
    kept = library.find(NEAR)
    assert kept is not None
    assert library.expiry(kept) is None
    assert remote.asked == 0
