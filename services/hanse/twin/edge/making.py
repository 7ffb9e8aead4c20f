# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Puts the edge's world together from the city's configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hanse.kernel.config import CityConfig, ConfigError
from hanse.kernel.events import Outbox
from hanse.twin.adapters.contexts import ContextShelf
from hanse.twin.adapters.databases.opening import open_database, opened_twin
from hanse.twin.edge.contexts import Library
from hanse.twin.edge.distributed.cities import Cities
from hanse.twin.edge.fetching import Fetcher
from hanse.twin.edge.notifying import notifications, policy
from hanse.twin.edge.world import SilentOutbox, World
from hanse.twin.outward import Outward

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.repository import SqlTwin

Json = Any


def made_world(config: CityConfig, clock: Clock) -> tuple[World, Callable[[], None]]:
    """The world, and what closes it. Raises ConfigError."""
    database = open_database(config)

    def make(key: str) -> SqlTwin:
        outbox: Any = Outbox(config, clock, "twin") if key == config.tenant else SilentOutbox()
        return opened_twin(database, key, clock, outbox, config.state)

    fetch = Fetcher(config.twin_edge.contexts, clock, loopback=config.twin_edge.open)
    library = Library(ContextShelf(database, config.tenant), fetch, clock, _at_hand(config))
    outward = Outward(policy(config))
    cities = Cities.of(config, clock)
    world = World(config, clock, library, make, outward, cities)
    service = notifications(world, outward, database)
    service.start()

    def close() -> None:
        service.stop()
        outward.close()
        cities.close()
        database.close()

    return world, close


def _at_hand(config: CityConfig) -> dict[str, Json]:
    """Context documents that the configuration brings, by the URLs that they stand for."""
    found = {}
    for line in config.twin_edge.preloaded:
        url, _, name = line.partition(" ")
        path = config.root / name.strip()
        try:
            found[url] = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(f"twin_edge.preloaded: {path} is no context document that can be read: {error}") from None
        if not isinstance(found[url], dict) or "@context" not in found[url]:
            raise ConfigError(f"twin_edge.preloaded: {path} holds no @context")
    return found
