# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A twin for tests: served as a process and called as its gateway does, or a store in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import postgres_cluster
from cities import make_city

from hanse import cityjson
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.twin.v1 import twin_pb2_grpc
from hanse.api.types.v1 import types_pb2 as types
from hanse.jose import HybridSigner, parse_object, sign_jwt
from hanse.kernel import keys
from hanse.kernel.channel import connect, metadata
from hanse.kernel.clock import system_clock
from hanse.kernel.events import Outbox
from hanse.kernel.ids import new_id
from hanse.kernel.storage import Database
from hanse.ngsild import FeatureMapping, to_entity
from hanse.twin import rows
from hanse.twin.adapters.databases.opening import opened_twin, postgres_database
from hanse.twin.adapters.databases.schema import MIGRATIONS
from hanse.twin.adapters.repository import SqlTwin
from hanse.twin.wire.convert import dataset as dataset_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import grpc
    from cities import Part

    from hanse.cityjson import Feature
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.twin.model import Row

AUTHORITY = "marewijk.example"
NO_EVENTS = {"enabled = true": "enabled = false"}
RD = "https://www.opengis.net/def/crs/EPSG/0/28992"
Header = pb.LoadEntitiesRequest.Header
CITYJSON, SEQUENCE, NGSI_LD = Header.FORMAT_CITYJSON, Header.FORMAT_CITYJSON_SEQ, Header.FORMAT_NGSI_LD
OPERATOR = pb.AttributeFilter.Operator


def dataset_urn(name: str) -> str:
    """A data set of the city."""
    return f"urn:hanse:{AUTHORITY}:dataset:{name}"


def dataset_message(name: str, **changes: str) -> types.Dataset:
    """A data set with terms."""
    values = {
        "id": dataset_urn(name),
        "title": f"Test data {name}",
        "owner": "City of Marewijk",
        "licence": "CC0-1.0",
        "terms": "https://marewijk.example/terms",
        "jurisdiction": "NL",
    }
    return types.Dataset(**{**values, **changes})


def in_store(store: str) -> dict[str, str]:
    """Settings of a city whose twin is in a store of a kind (fixture `store`); PostgreSQL's is empty."""
    if store == "sqlite":
        return {}
    return {"[twin]\n": f'[twin]\ndatabase = "{postgres_cluster.new_database()}"\n'}


@dataclass(frozen=True)
class Served:
    """A running twin, and calls to it as the city's gateway makes them."""

    part: Part
    channel: grpc.Channel
    token: str

    @classmethod
    def of(cls, part: Part, scope: str = "twin:read twin:write") -> Self:
        """Through the gateway's certificate, with a token that identity's key has signed."""
        return cls(part, connect(part.config, "gateway", "twin"), signed_token(part.config, scope=scope))

    @property
    def stub(self) -> Any:
        """The generated client."""
        return twin_pb2_grpc.TwinServiceStub(self.channel)

    @property
    def metadata(self) -> Any:
        """With the operator's token."""
        return metadata(self.token)

    def call(self, method: str, request: Any, timeout: float = 20) -> Any:
        """One method with the operator's token."""
        return getattr(self.stub, method)(request, timeout=timeout, metadata=self.metadata)

    def put(self, name: str, **changes: str) -> types.Dataset:
        """Creates a data set."""
        return self.call("PutDataset", pb.PutDatasetRequest(dataset=dataset_message(name, **changes)))

    def load(self, name: str, data: bytes, form: int, **header: Any) -> list[pb.LoadEntitiesResponse]:
        """Loads a file; every message of progress."""
        return list(self.call("LoadEntities", upload(name, data, form, **header), timeout=120))

    def loaded(self, name: str, data: bytes, form: int, **header: Any) -> pb.LoadEntitiesResponse:
        """Puts the data set, loads a file, and gives the last message."""
        self.put(name)
        answers = self.load(name, data, form, **header)
        assert [answer.done for answer in answers] == [False] * (len(answers) - 1) + [True]
        return answers[-1]

    def pages(self, request: pb.QueryEntitiesRequest) -> Iterator[pb.QueryEntitiesResponse]:
        """Page after page."""
        asked = pb.QueryEntitiesRequest()
        asked.CopyFrom(request)
        while True:
            page = self.call("QueryEntities", asked)
            yield page
            if not page.next_page_token:
                return
            asked.page_token = page.next_page_token

    def all(self, **query: Any) -> list[types.Entity]:
        """Everything that a query finds."""
        request = pb.QueryEntitiesRequest(**{"page_size": 1000, **query})
        return [entity for page in self.pages(request) for entity in page.entities]

    def upsert(self, name: str, *entities: types.Entity, request_id: str = "") -> pb.UpsertEntitiesResponse:
        """One batch."""
        batch = pb.UpsertEntitiesRequest(dataset=dataset_urn(name), entities=entities, request_id=request_id)
        (answer,) = self.call("UpsertEntities", iter([batch]))
        return answer

    def alive(self) -> bool:
        """Whether it still answers, after whatever was done to it."""
        self.call("ListDatasets", pb.ListDatasetsRequest())
        return self.part.process.poll() is None


def upload(name: str, data: bytes, form: int, **header: Any) -> Iterator[pb.LoadEntitiesRequest]:
    """A header, then the bytes in chunks."""
    values = {"dataset": dataset_urn(name), "format": form, "size_bytes": len(data), **header}
    yield pb.LoadEntitiesRequest(header=Header(**values))
    for start in range(0, len(data), 1 << 20):
        yield pb.LoadEntitiesRequest(chunk=data[start : start + (1 << 20)])


def signed_token(config: CityConfig, *, scope: str, **changes: Any) -> str:
    """An access token as this city's identity signs them."""
    signer = HybridSigner.from_jwks(parse_object(keys.read_secret(config.keys / keys.IDENTITY)))
    now, authority = int(system_clock().now().timestamp()), config.city.authority
    claims = {
        "iss": authority,
        "aud": authority,
        "sub": f"urn:hanse:{authority}:client:operator",
        "iat": now,
        "exp": now + 3600,
        "jti": new_id(system_clock()),
        "scope": scope,
    }
    return sign_jwt({**claims, **changes}, signer.es256, typ="at+jwt")


def entity(values: Mapping[str, Any] | None = None, **head: Any) -> types.Entity:
    """An entity of Properties, or of whole attributes where a value is a dict; `id` and `type` go into the JSON."""
    document: dict[str, Any] = {"type": "Bench"}
    for name, value in (values or {}).items():
        plain = name in ("id", "type", "@context") or isinstance(value, dict | list)
        document[name] = value if plain else {"type": "Property", "value": value}
    return types.Entity(json=json.dumps(document).encode(), **head)


def point(longitude: float, latitude: float) -> dict[str, Any]:
    """A GeoProperty."""
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [longitude, latitude]}}


@dataclass(frozen=True)
class LocalTwin:
    """A store in this process."""

    config: CityConfig
    database: Any
    store: SqlTwin
    outbox: Outbox

    @classmethod
    def make(cls, folder: Path, clock: Clock | None = None, *, store: str = "sqlite") -> Self:
        """An empty store of Marewijk, not durable; `store` "postgres" needs the fixture `postgres`."""
        config, clock = make_city(folder, settings=NO_EVENTS), clock or system_clock()
        database: Any = (
            postgres_database(postgres_cluster.roomy_url(), postgres_cluster.new_schema())
            if store == "postgres"
            else Database(config.state / "twin.db", MIGRATIONS, durable=False)
        )
        outbox = Outbox(config, clock, "twin")
        return cls(config, database, opened_twin(database, config.tenant, clock, outbox, config.state), outbox)

    def put(self, name: str) -> str:
        """Creates a data set; returns its URN."""
        made = dataset_of(dataset_message(name), AUTHORITY, self.config.city.crs)
        self.store.put_dataset(made)
        return made.id

    def events(self) -> list[dict[str, Any]]:
        """What waits in the outbox."""
        return [json.loads(each.body) for each in self.outbox.pending(self.database, 10_000)]


def feature_rows(features: Iterable[Feature], dataset: str, city_crs: str) -> list[Row]:
    """Rows of CityJSON features with ids counted up, so that two runs make the same."""
    mapping = FeatureMapping(dataset, assumed_vertical="NAP")
    made = []
    for number, feature in enumerate(features):
        urn = f"urn:hanse:{AUTHORITY}:{feature.root.type.lower()}:{number:06d}"
        mapped = to_entity(feature, urn, mapping)
        made.append(replace(rows.row(mapped.entity, city_crs, source_id=feature.id), flagged=not mapped.valid))
    return made


def cubes(count: int, *, crs: str | None = RD, start: int = 0, height: int = 10_000, **changes: Any) -> dict[str, Any]:
    """A CityJSON document of `count` cubes of 8 m, `height` millimetres high, 12 m apart, in millimetres of RD."""
    objects, vertices = {}, []
    for number in range(start, start + count):
        x, y, first = (number % 40) * 12_000, (number // 40) * 12_000, len(vertices)
        floor = [(x, y), (x + 8000, y), (x + 8000, y + 8000), (x, y + 8000)]
        vertices += [[*corner, 0] for corner in floor] + [[*corner, height] for corner in floor]
        faces = [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
        shell = [[[first + corner for corner in face]] for face in faces]
        objects[f"cube-{number}"] = {
            "type": "Building",
            "attributes": {"number": number, "name": f"house {number}", "listed": number % 2 == 0},
            "geometry": [{"type": "Solid", "lod": "1.2", "boundaries": [shell]}],
        }
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [90_000.0, 437_000.0, 0.0]},
        "CityObjects": objects,
        "vertices": vertices,
    }
    if crs is not None:
        document["metadata"] = {"referenceSystem": crs}
    return {**document, **changes}


def as_sequence(document: dict[str, Any]) -> bytes:
    """The same as CityJSONSeq: a header, then a feature a line."""
    reading = cityjson.load(json.dumps(document).encode())
    assert reading.refused == ()
    return b"".join(cityjson.write_sequence(reading.features))
