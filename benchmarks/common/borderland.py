# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The two made-up cities, up and loaded, for as long as a benchmark lasts."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.cli.demo.cities import Cities, create, running
from hanse.cli.demo.people import Operator
from hanse.examples import borderland
from hanse.kernel.channel import connect, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from hanse.kernel.config import CityConfig


@dataclass(frozen=True, slots=True)
class Borderland:
    """Both cities' configurations, and the files they were loaded from."""

    cities: Cities
    files: borderland.Borderland

    @property
    def here(self) -> CityConfig:
        """Marewijk."""
        return self.cities.marewijk

    @property
    def there(self) -> CityConfig:
        """Lindemond."""
        return self.cities.lindemond


@contextlib.contextmanager
def two_cities(console: Console) -> Iterator[Borderland]:
    """Starts both cities as `hanse up` does, makes them peers, loads twins and zoning; ends them with the block."""
    with tempfile.TemporaryDirectory() as folder, console.status("Starting two cities") as status:
        cities, built = create(Path(folder) / "cities"), []

        def build() -> None:
            built.append(borderland.write(Path(folder) / "borderland"))

        with running(cities, build, lambda what: status.update(f"Starting two cities ({what})"), lambda: None):
            _load(cities, built[0])
            status.stop()
            yield Borderland(cities, built[0])


def _load(cities: Cities, files: borderland.Borderland) -> None:
    for config, other in (cities.both, cities.both[::-1]):
        operator, name = Operator.of(config), config.city.name.lower()
        operator.add_peer(other)
        operator.load_twin(files.twins[name], config.city.name, lambda _read, _of: None)
        operator.put_zoning(files.zoning[name])


def token_of(config: CityConfig, name: str) -> str:
    """A fresh token (five minutes) for a client of the city."""
    with connect(config, name, "gateway") as channel:
        stub = identity_pb2_grpc.IdentityServiceStub(channel)
        grant = identity_pb2.ExchangeTokenRequest(certificate=identity_pb2.ExchangeTokenRequest.CertificateGrant())
        return str(stub.ExchangeToken(grant, timeout=10).access_token)


def buildings(config: CityConfig) -> list[str]:
    """The ids of a city's buildings."""
    with connect(config, "gateway", "twin") as channel:
        stub = twin_pb2_grpc.TwinServiceStub(channel)
        request = twin_pb2.QueryEntitiesRequest(type="Building")
        answers = stub.StreamEntities(request, timeout=60, metadata=metadata(token_of(config, "client-platform")))
        return [entity.id for answer in answers for entity in answer.entities]
