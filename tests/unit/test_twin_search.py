# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What no index alone answers: the nearest in portions, and cursors of the feed that a store has no room for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from twin_world import AUTHORITY, LocalTwin, point

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import InvalidInputError, LimitExceededError
from hanse.twin import rows, search
from hanse.twin.adapters.history.store import sql_history
from hanse.twin.changes import ChangeFeed
from hanse.twin.history.instances import number
from hanse.twin.search import Search
from hanse.twin.wire import convert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.twin.model import Page, Query

COUNT = 30


def urn(number_: int) -> str:
    return f"urn:hanse:{AUTHORITY}:bench:{number_:02d}"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTwin]:
    made = LocalTwin.make(tmp_path_factory.mktemp("twin"))
    home = made.put("benches")
    scattered = [(each * 7) % COUNT for each in range(COUNT)]  # the order of ids is not that of distance
    benches = [
        {"id": urn(each), "type": "Bench", "location": point(4.4 + away / 1000, 51.9)}
        for each, away in enumerate(scattered)
    ]
    made.store.write(home, [rows.row(each, made.config.city.crs) for each in benches])
    yield made
    made.database.close()


def asked(twin: LocalTwin, count: int, page_size: int) -> tuple[Search, Query]:
    nearest = pb.Nearest(x=4.4, y=51.9, count=count)
    request = pb.QueryEntitiesRequest(nearest=nearest, page_size=page_size)
    return Search(twin.store, twin.config.city.crs), convert.query(request, twin.config.city.crs, lambda _: 0)


def ids(page: Page) -> list[str]:
    return [types.Entity.FromString(wire).id for wire in page.entities]


@pytest.mark.parametrize("page_size", [0, 1, 4, 12, 1000])
def test_the_nearest_come_each_once_and_all_of_them(twin: LocalTwin, page_size: int) -> None:
    search_, query = asked(twin, 12, page_size)
    expected = sorted(range(COUNT), key=lambda each: (each * 7) % COUNT)[:12]
    assert ids(search_.page(query)) == [urn(each) for each in expected]
    pages = [ids(page) for page in search_.pages(query)]
    assert [each for page in pages for each in page] == [urn(each) for each in expected]
    assert max(map(len, pages)) <= (page_size or 100)


def test_the_nearest_that_no_message_holds_are_refused_not_cut(
    twin: LocalTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_PAGE_BYTES", 1_000)
    search_, query = asked(twin, 12, 0)
    with pytest.raises(LimitExceededError, match="12 nearest"):
        search_.page(query)
    assert sum(len(page.entities) for page in search_.pages(query)) == 12


@pytest.mark.parametrize("cursor", ["9" * 19, str(2**63), "9" * 30, "-1", "\u0661"])
def test_a_cursor_beyond_what_is_stored_is_refused(twin: LocalTwin, cursor: str) -> None:
    feed = ChangeFeed(Search(twin.store, twin.config.city.crs), system_clock())
    request = pb.SubscribeEntitiesRequest(cursor=cursor)
    context: Any = None
    with pytest.raises(InvalidInputError, match="cursor"):
        next(feed.follow(request, convert.query(request.query, twin.config.city.crs, lambda _: 0), context))


def test_pages_of_versions_lose_none_where_a_batch_wrote_an_entity_twice(tmp_path: Path) -> None:
    clock = StillClock()
    twin = LocalTwin.make(tmp_path, clock)
    home, crs = twin.put("benches"), twin.config.city.crs
    for first in range(0, 12, 3):
        clock.forward(seconds=1)
        sizes = [{"type": "Property", "value": size} for size in range(first, first + 3)]
        twin.store.write(home, [rows.row({"id": urn(0), "type": "Bench", "size": size}, crs) for size in sizes])
    history = sql_history(twin.store, crs, clock)
    whole, paged, before = history.versions(urn(0)), [], ""
    while some := history.versions(urn(0), before, 1):
        paged += some
        before = some[-1].since
    assert paged == whole
    assert len(whole) == len({each.since for each in whole}) == 4
    assert [each.until for each in whole] == ["", *(each.since for each in whole[:-1])]
    twin.database.close()


def test_a_number_is_what_a_double_says_exactly() -> None:
    assert number(2**53) == 2.0**53
    assert number(0.5) == 0.5
    for each in (2**53 + 1, 10**400, -(10**400), math.inf, math.nan, True, "1", None):
        assert number(each) is None
