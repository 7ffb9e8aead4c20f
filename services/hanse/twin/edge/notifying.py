# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications of the edge: puts engine, queues and calls together from the edge's world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.adapters.subscriptions import SubscriptionShelf, subscribed_tenants
from hanse.twin.edge.ngsild import linking
from hanse.twin.edge.ngsild.rendering import Read
from hanse.twin.edge.speaking import Speech
from hanse.twin.outward import Outward, Policy
from hanse.twin.subscriptions.delivery import Delivery
from hanse.twin.subscriptions.engine import Engine, Surroundings
from hanse.twin.subscriptions.images import ENTITIES, REGISTRATIONS
from hanse.twin.subscriptions.registering import RegistrationEngine
from hanse.twin.subscriptions.service import NotificationService, Post

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanse.kernel.config import CityConfig
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.world import World
    from hanse.twin.subscriptions.images import Image
    from hanse.twin.subscriptions.notices import Style

Json = Any
_LOOPBACK = ("127.0.0.0/8", "::1/128")


def policy(config: CityConfig) -> Policy:
    """Which addresses may be called; an open edge, which is a conformance suite's, may call this machine."""
    return Policy.of((*config.twin_edge.networks, *(_LOOPBACK if config.twin_edge.open else ())))


def surroundings(world: World) -> Surroundings:
    """What notifications are written with."""
    edge = world.config.twin_edge
    base = edge.url or f"{'http' if edge.open else 'https'}://{edge.reach}"

    def link(local: Json) -> str:
        url = world.contexts.implicit(local)
        return base + url if url.startswith("/") else url

    def join(store: SqlTwin, seen: Image, style: Style) -> list[Json]:
        speech = Speech(style.media, style.local, style.renaming)
        wanted = linking.Join(style.join == "inline", style.level, frozenset())
        return linking.documents(store, speech, style.options, wanted, [Read(seen.entity, seen.times)])

    return Surroundings(world.config.city.authority, world.contexts.renaming, link, join)


def notifications(world: World, outward: Outward, database: Any) -> NotificationService:  # noqa: ANN401
    """The service that notifies of what changes in the stores of all tenants."""
    around = surroundings(world)
    own = world.config.tenant

    def make(tenant: str) -> list[Post]:
        store, clock = world.store_of(tenant), world.clock
        name = tenant.removeprefix(own).removeprefix("/")
        entities = SubscriptionShelf(database, tenant, ENTITIES)
        sources = SubscriptionShelf(database, tenant, REGISTRATIONS)
        follower = RegistrationEngine(RegistrationShelf(database, tenant), sources, clock, around)
        return [
            Post(Engine(store, entities, clock, around), Delivery(entities, outward, clock, name)),
            Post(follower, Delivery(sources, outward, clock, name)),
        ]

    tenants: Callable[[], list[str]] = lambda: subscribed_tenants(database)  # noqa: E731 - bound to this database
    return NotificationService(outward, tenants, make)
