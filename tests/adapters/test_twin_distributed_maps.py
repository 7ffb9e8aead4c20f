# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entity maps as both databases keep them: in order, by tenant, until they expire, and never too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from twin_world import LocalTwin

from hanse.kernel.clock import timestamp
from hanse.twin.adapters import entity_maps
from hanse.twin.adapters.entity_maps import EntityMap, EntityMaps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path, store: str) -> Iterator[EntityMaps]:
    twin = LocalTwin.make(tmp_path, store=store)
    yield EntityMaps(twin.database, "here")
    twin.database.close()


def kept(name: str, minutes: float = 10) -> EntityMap:
    entities = {"urn:x:b": ["@none"], "urn:x:a": ["urn:x:r1", "@none"]}
    return EntityMap(f"urn:x:{name}", timestamp(NOW + timedelta(minutes=minutes)), entities)


def test_a_map_comes_back_in_its_order_until_it_expires(shelf: EntityMaps) -> None:
    shelf.put(kept("one"), NOW)
    found = shelf.get("urn:x:one", NOW)
    assert found == kept("one")
    assert list(found.entities) == ["urn:x:b", "urn:x:a"]
    assert shelf.get("urn:x:one", NOW + timedelta(minutes=10)) is None
    assert EntityMaps(shelf.database, "there").get("urn:x:one", NOW) is None
    assert not EntityMaps(shelf.database, "there").delete("urn:x:one", NOW)
    shelf.put(EntityMap("urn:x:one", kept("one").expires, {}), NOW)
    assert shelf.get("urn:x:one", NOW) == EntityMap("urn:x:one", kept("one").expires, {})
    assert shelf.delete("urn:x:one", NOW)
    assert not shelf.delete("urn:x:one", NOW)


def test_what_has_expired_goes_and_of_too_many_those_that_expire_first(
    shelf: EntityMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entity_maps, "MAX_MAPS", 3)
    for number in (4, 2, 3, 1):
        shelf.put(kept(str(number), number), NOW)
    assert [number for number in range(1, 5) if shelf.get(f"urn:x:{number}", NOW)] == [1, 3, 4]
    shelf.put(kept("new"), NOW + timedelta(minutes=3.5))
    assert [number for number in range(1, 5) if shelf.get(f"urn:x:{number}", NOW)] == [4]
