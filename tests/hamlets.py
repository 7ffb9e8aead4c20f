# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two hamlets on a border, small enough to start in every module: a plot here, a house on each side, five rules.

The plan of `plan()` complies when both twins answer; without the neighbour's answer two of its rules cannot be judged.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from cities import LINDEMOND, MAREWIJK, make_federation
from permit_ifc import Block
from plans import rule, zoning
from story import Border, quiet

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.kernel import channel as channels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from cities import Part, Processes

    from hanse.cli.demo.people import Architect, Operator
    from hanse.kernel.config import CityConfig

T = TypeVar("T")
PLOT = (90_000.0, 440_000.0)
HOUSES = {MAREWIJK: (89_975.0, 440_000.0), LINDEMOND: (90_025.0, 440_000.0)}
DEPENDENT = ("neighbour_distance", "neighbour_height")
CALL_S = 20.0
Check = permit_pb2.Check
Record = exchange_pb2.ExchangeRecord


def house(authority: str) -> bytes:
    """A city's whole twin as CityJSON: one box of 10 by 8 by 6 metres on its own side of the border."""
    x, y = HOUSES[authority]
    corners = [(0, 0), (10, 0), (10, 8), (0, 8)]
    vertices = [[a * 1000, b * 1000, z * 1000] for z in (1, 7) for a, b in corners]
    walls = [[[at, (at + 1) % 4, (at + 1) % 4 + 4, at + 4]] for at in range(4)]
    solid: dict[str, Any] = {"type": "Solid", "lod": "2.2", "boundaries": [[[[3, 2, 1, 0]], *walls, [[4, 5, 6, 7]]]]}
    solid["semantics"] = {
        "surfaces": [{"type": "GroundSurface"}, {"type": "WallSurface"}, {"type": "RoofSurface"}],
        "values": [[0, 1, 1, 1, 1, 2]],
    }
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [x, y, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {f"house-{authority}": {"type": "Building", "geometry": [solid]}},
        "vertices": vertices,
    }
    return json.dumps(document).encode()


def law() -> dict[str, Any]:
    """Marewijk's rules over the whole hamlet."""
    return zoning(MAREWIJK, (89_900.0, 439_900.0, 90_100.0, 440_100.0))


def lonely_law() -> dict[str, Any]:
    """As `law`, under another id, without any rule that needs to know what stands around."""
    document = {**law(), "id": f"urn:hanse:{MAREWIJK}:zoning:lonely-2026"}
    document["zones"][0]["rules"] = [rule("W-1.height", "max_height", max_m=12.0, reference_level_m=1.0)]
    return document


def plan(folder: Path, block: Block = Block()) -> Path:  # noqa: B008 - frozen
    """The plan as a file: a block of 10 by 8 by 6 metres on the plot."""
    path = folder / "plan.ifc"
    path.write_text(block.step(), encoding="ascii")
    return path


@dataclass
class Hamlets:
    """Both hamlets running, and their parts by city and name so that they can be hurt and mended."""

    border: Border
    parts: dict[tuple[str, str], Part]
    plan: Path

    @property
    def here(self) -> Operator:
        """Marewijk's operator: the plan is here."""
        return self.border.here

    @property
    def there(self) -> Operator:
        """Lindemond's operator: the neighbour."""
        return self.border.there

    def of(self, city: str) -> Operator:
        """The operator of a city."""
        return self.here if city == MAREWIJK else self.there

    def part(self, city: str, name: str) -> Part:
        """The process of a part as it runs now."""
        return self.parts[city, name]

    def restart(self, city: str, name: str, env: Mapping[str, str] | None = None) -> Part:
        """The part anew, serving when this returns; ends the old process first."""
        old = self.part(city, name)
        if old.process.poll() is None:
            old.kill()
        self.parts[city, name] = self.border.processes.start(old.config, name, env=env)
        return self.parts[city, name]

    def mend(self) -> None:
        """Starts again whatever does not run."""
        for (city, name), part in tuple(self.parts.items()):
            if part.process.poll() is not None:
                self.restart(city, name)

    def architect(self) -> Architect:
        """An architect of Lindemond, signed in here."""
        return self.border.architect()[0]

    def ask(self, who: str = MAREWIJK, whom: str = LINDEMOND, *, timeout: float = CALL_S) -> int:
        """An operator asks the other city's twin for its buildings; how many came. Raises grpc.RpcError."""
        operator = self.of(who)
        stub = twin_pb2_grpc.TwinServiceStub(operator.channel)
        terms = channels.metadata(operator.token, city=whom, purpose="trying the border")
        request = twin_pb2.QueryEntitiesRequest(type="Building")
        return len(stub.QueryEntities(request, timeout=timeout, metadata=terms).entities)

    def exchanges(self, city: str, size: int = 20) -> list[exchange_pb2.ExchangeRecord]:
        """A city's newest exchanges."""
        operator = self.of(city)
        stub = exchange_pb2_grpc.ExchangeLogServiceStub(operator.channel)
        request = exchange_pb2.ListExchangesRequest(page_size=size)
        terms = channels.metadata(operator.token)
        return list(stub.ListExchanges(request, timeout=CALL_S, metadata=terms, wait_for_ready=True).exchanges)

    def trust(self, city: str, document: bytes) -> None:
        """Installs a trust list at run time. Raises grpc.RpcError."""
        operator = self.of(city)
        request = exchange_pb2.PutTrustListRequest(document=document)
        terms = channels.metadata(operator.token)
        exchange_pb2_grpc.PeerServiceStub(operator.channel).PutTrustList(request, timeout=CALL_S, metadata=terms)

    def put_peer(self, city: str, of: CityConfig, address: str = "") -> None:
        """Registers a neighbour in a city, at its own address or another."""
        operator = self.of(city)
        peer = exchange_pb2.Peer(
            authority=of.city.authority,
            address=address or of.gateway.peer_reach,
            leaf_address=of.nats.leaf_reach,
            neighbour=True,
        )
        request, terms = exchange_pb2.PutPeerRequest(peer=peer), channels.metadata(operator.token)
        exchange_pb2_grpc.PeerServiceStub(operator.channel).PutPeer(request, timeout=CALL_S, metadata=terms)


@dataclass(frozen=True)
class Applicant:
    """An architect's calls, one by one, so that something can happen between them."""

    channel: grpc.Channel
    terms: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, architect: Architect) -> Applicant:
        """With a fresh token."""
        architect.sign_in()
        return cls(architect.channel, tuple(channels.metadata(architect.token, purpose="permit-check")))

    @property
    def permit(self) -> permit_pb2_grpc.PermitServiceStub:
        """The permit service behind the gateway."""
        return permit_pb2_grpc.PermitServiceStub(self.channel)

    def upload(self, data: bytes, name: str = "plan.ifc", chunk: int = 256 * 1024, **header: Any) -> permit_pb2.Model:
        """Uploads a model; `header` overrides what is announced."""
        announced = {"filename": name, "size_bytes": len(data), **header}

        def messages() -> Iterator[permit_pb2.UploadModelRequest]:
            yield permit_pb2.UploadModelRequest(header=permit_pb2.UploadModelRequest.Header(**announced))
            for at in range(0, len(data), chunk):
                yield permit_pb2.UploadModelRequest(chunk=data[at : at + chunk])

        model: permit_pb2.Model = self.permit.UploadModel(messages(), timeout=CALL_S, metadata=self.terms)
        return model

    def start(self, model: str, **wanted: Any) -> Check:
        """Starts a check."""
        request = permit_pb2.CreateCheckRequest(model=model, purpose="permit-check", **wanted)
        check: Check = self.permit.CreateCheck(request, timeout=CALL_S, metadata=self.terms)
        return check

    def watch(self, check: str) -> Iterator[Check]:
        """The check now and after every change."""
        request = permit_pb2.WatchCheckRequest(id=check)
        return iter(self.permit.WatchCheck(request, timeout=60, metadata=self.terms))

    def get(self, check: str) -> Check:
        """The check as it stands; waits for a gateway that is just starting."""
        request = permit_pb2.GetCheckRequest(id=check)
        found: Check = self.permit.GetCheck(request, timeout=CALL_S, metadata=self.terms, wait_for_ready=True)
        return found

    def finish(self, check: str) -> Check:
        """The check when it has ended."""
        *_, last = self.watch(check)
        return last

    def report(self, check: str) -> dict[str, Any]:
        """A finished check's report."""
        request = permit_pb2.GetReportRequest(check=check, format=permit_pb2.GetReportRequest.FORMAT_JSON)
        parts = self.permit.GetReport(request, timeout=CALL_S, metadata=self.terms)
        report: dict[str, Any] = json.loads(b"".join(part.chunk for part in parts))
        return report


def load(operator: Operator, data: bytes) -> twin_pb2.LoadEntitiesResponse:
    """Loads CityJSON into the operator's twin; the last answer. Raises grpc.RpcError."""
    stub = twin_pb2_grpc.TwinServiceStub(operator.channel)
    terms, form = channels.metadata(operator.token), twin_pb2.LoadEntitiesRequest.Header
    dataset = types_pb2.Dataset(
        id=f"urn:hanse:{operator.config.city.authority}:dataset:buildings",
        title="Houses",
        owner="Test",
        licence="CC0-1.0",
        jurisdiction="NL",
        crs=operator.config.city.crs,
        vertical_datum="NAP",
        vertical_datum_source="declared",
    )
    stub.PutDataset(twin_pb2.PutDatasetRequest(dataset=dataset), timeout=CALL_S, metadata=terms)
    header = form(dataset=dataset.id, format=form.FORMAT_CITYJSON, size_bytes=len(data))
    messages = (twin_pb2.LoadEntitiesRequest(header=header), twin_pb2.LoadEntitiesRequest(chunk=data))
    last = twin_pb2.LoadEntitiesResponse()
    for answer in stub.LoadEntities(iter(messages), timeout=CALL_S, metadata=terms):
        last = answer
    return last


def until(ask: Callable[[], T | None], otherwise: str, seconds: float = 30.0) -> T:
    """What `ask` answers once that is true or something; fails when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(otherwise)


def open_hamlets(folder: Path, processes: Processes, *, settings: Mapping[str, str] | None = None) -> Hamlets:
    """Both hamlets up, neighbours, their houses in the twins, the law in force."""
    border = Border.open(make_federation(folder, settings=settings), processes)
    for operator in (border.here, border.there):
        path = folder / f"{operator.config.city.authority}.city.json"
        path.write_bytes(house(operator.config.city.authority))
        operator.load_twin(path, "Houses", quiet)
    document = folder / "zoning.json"
    document.write_text(json.dumps(law()), encoding="utf-8")
    border.here.put_zoning(document)
    parts = {(part.config.city.authority, part.name): part for part in processes.parts}
    return Hamlets(border, parts, plan(folder))
