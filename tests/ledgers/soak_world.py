# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two cities whose parts may be killed at any moment, and are started again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cities import Federation, Part, Processes, make_federation
from story import Border, quiet

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.cli.client import GatewayClient
from hanse.examples import borderland

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.kernel.config import CityConfig

DOWN_S = (0.0, 3.0)


@dataclass
class World:
    """Both cities' running parts, by authority and name."""

    federation: Federation
    processes: Processes
    parts: dict[tuple[str, str], Part]
    files: borderland.Borderland
    draw: random.Random

    def kill_one(self) -> tuple[str, str]:
        """SIGKILL to a random part; started again after a while, and serving when this returns."""
        key = self.draw.choice(sorted(self.parts))
        part = self.parts[key]
        part.kill()
        time.sleep(self.draw.uniform(*DOWN_S))
        self.parts[key] = self.processes.start(part.config, part.name)
        return key

    def restart(self, name: str) -> None:
        """Stops and starts a part of both cities, as an operator would."""
        for key, part in self.parts.items():
            if part.name == name:
                part.stop()
                self.parts[key] = self.processes.start(part.config, name)

    def buildings(self, config: CityConfig) -> list[str]:
        """The ids of a city's buildings."""
        with GatewayClient.of(config) as client:
            stub = twin_pb2_grpc.TwinServiceStub(client.channel)
            answers = client.stream(stub.StreamEntities, twin_pb2.QueryEntitiesRequest(type="Building"))
            return [entity.id for answer in answers for entity in answer.entities]


def begin(folder: Path, processes: Processes, seed: int) -> World:
    """Two cities, loaded, neighbours of each other."""
    files = borderland.write(folder / "borderland")
    federation = make_federation(folder / "cities")
    border = Border.open(federation, processes)
    for operator in (border.here, border.there):
        name = operator.config.city.name.lower()
        operator.load_twin(files.twins[name], name, quiet)
        operator.put_zoning(files.zoning[name])
        _put_dataset(operator.config)
    parts = {(part.config.city.authority, part.name): part for part in processes.parts}
    return World(federation, processes, parts, files, random.Random(seed))  # noqa: S311 - draws which part is killed


def dataset_of(config: CityConfig) -> str:
    """The data set that the load writes to."""
    return f"urn:hanse:{config.city.authority}:dataset:soak"


def _put_dataset(config: CityConfig) -> None:
    dataset = types_pb2.Dataset(
        id=dataset_of(config), title="Soak", owner=config.city.name, licence="CC0-1.0", jurisdiction="NL"
    )
    with GatewayClient.of(config) as client:
        stub = twin_pb2_grpc.TwinServiceStub(client.channel)
        client.call(stub.PutDataset, twin_pb2.PutDatasetRequest(dataset=dataset))
