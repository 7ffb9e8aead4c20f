# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What every handler of the edge works with: the city, its stores by tenant, contexts."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hanse import geo
from hanse.twin.edge.distributed.crowds import Crowd
from hanse.twin.edge.ogc.memory import Memory
from hanse.twin.edge.problems import Kind, Problem, bad_data
from hanse.twin.edge.speaking import TENANT
from hanse.twin.model import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.kernel.events import Event
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.contexts import Library
    from hanse.twin.edge.distributed.cities import Cities
    from hanse.twin.edge.http import Request
    from hanse.twin.outward import Outward

_TENANT: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_MAX_TENANTS: Final = 1_000  # whose stores are at hand
# Set by the city's gateway. Whoever else says it has links in his own answer that lead where he says.
GATEWAY_BASE: Final = "hanse-base"
_BASE: Final = re.compile(r"https://[A-Za-z0-9.:\[\]-]{1,270}(?:/cities/[a-z0-9.-]{1,253})?")


class SilentOutbox:
    """Takes the events of tenants that share the city's service and not its events."""

    def add(self, _connection: Any, _event: Event) -> str:  # noqa: ANN401 - as `hanse.kernel.events.Outbox`
        """Leaves an event out."""
        return ""


@dataclass(slots=True)
class World:
    """The edge's surroundings.

    Attributes:
        config: the city's.
        clock: tells the time.
        contexts: JSON-LD contexts.
        make: makes the store of a tenant by the key that its rows begin with.
        outward: calls other servers.
        cities: the way to other cities.
        crowd: calls of context sources that are under way.
        ogc: what is remembered of collections of features.
        started: when this process began to serve.
    """

    config: CityConfig
    clock: Clock
    contexts: Library
    make: Callable[[str], SqlTwin]
    outward: Outward
    cities: Cities
    crowd: Crowd = field(default_factory=Crowd)
    started: datetime = field(init=False)
    ogc: Memory = field(default_factory=Memory)
    _stores: dict[str, SqlTwin] = field(default_factory=dict)
    _homes: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Notes the time."""
        self.started = self.clock.now()

    @property
    def crs(self) -> str:
        """The city's coordinate system."""
        return self.config.city.crs

    def store(self, request: Request, *, create: bool = False) -> SqlTwin:
        """The store of a request's tenant; the city's own when it names none.

        Raises:
            Problem: NonexistentTenant, unless `create`; BadRequestData for what is no name.
        """
        name = request.headers.get(TENANT)
        if not name:
            return self.store_of(self.config.tenant)
        if not _TENANT.fullmatch(name):
            raise bad_data("NGSILD-Tenant has 1 to 100 letters, digits, _, . or -")
        store = self.store_of(f"{self.config.tenant}/{name}")
        if not create and store.dataset(self.home) is None:
            raise Problem(Kind.NO_TENANT, f"there is no tenant {name}")
        return store

    def store_of(self, key: str) -> SqlTwin:
        """The store of a tenant by the key that its rows begin with.

        Stores hold nothing of their own: the oldest makes room, so that asking for tenants that there are not shuts
        out none that there is.
        """
        found = self._stores.get(key)
        if found is None:
            with self._lock:
                while len(self._stores) >= _MAX_TENANTS:
                    del self._stores[next(iter(self._stores))]
                found = self._stores.setdefault(key, self.make(key))
        return found

    @property
    def home(self) -> str:
        """The data set of what comes by this way."""
        return f"urn:hanse:{self.config.city.authority}:dataset:city"

    def settled(self, store: SqlTwin) -> str:
        """The data set of what is new, made if it is not there."""
        if store.tenant not in self._homes:
            if store.dataset(self.home) is None:
                store.put_dataset(self._described())
            self._homes.add(store.tenant)
        return self.home

    def _described(self) -> Dataset:
        city, crs = self.config.city, geo.Crs.parse(self.config.city.crs)
        return Dataset(
            id=self.home,
            title=f"Entities kept by {city.name}",
            owner=city.name,
            licence="LicenseRef-the-city-s-own",
            terms="Ask the city.",
            jurisdiction=city.jurisdiction,
            crs=crs.uri,
            vertical_datum=crs.vertical.name,
            vertical_datum_source=crs.vertical.status.value,
        )

    def base(self, request: Request) -> str:
        """Scheme and host as the client sees them, with the path before this API's where a gateway says so."""
        through = request.headers.get(GATEWAY_BASE)
        if through and _BASE.fullmatch(through):
            return through
        reach = self.config.twin_edge.url
        if reach:
            return reach
        scheme = "http" if self.config.twin_edge.open else "https"
        return f"{scheme}://{request.authority or request.headers.get('host') or self.config.twin_edge.reach}"
