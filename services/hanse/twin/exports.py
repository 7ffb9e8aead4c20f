# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a query finds as a file that other tools read; with it, what the format could not carry, and the terms."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hanse import cityjson
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.cityjson import CityJsonError
from hanse.kernel.errors import UnimplementedError, invalid
from hanse.ngsild import Form, Loss, LossKind, NgsiLdError, Options, feature, restore_losses, solid_crs, to_feature
from hanse.twin import convert
from hanse.twin.names import own_renaming
from hanse.twin.places import horizontal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc

    from hanse.twin.model import Query, Stored
    from hanse.twin.search import Search

Json = Any
CHUNK = 256 * 1024
MAX_LOSSES = 200
_FORM = pb.ExportEntitiesRequest


@dataclass(slots=True)
class _Tally:
    """What went into a file, what did not, and whose it is."""

    entities: int = 0
    datasets: set[str] = field(default_factory=set)
    losses: dict[tuple[str, str], Loss] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def lost(self, losses: tuple[Loss, ...]) -> None:
        """Counts losses by what they are, and keeps the first of each."""
        for loss in losses:
            key = (loss.kind.value, loss.detail)
            self.counts[key] += 1
            if len(self.losses) < MAX_LOSSES:
                self.losses.setdefault(key, loss)

    def told(self) -> Iterator[types.Loss]:
        """The losses as messages."""
        for key, loss in self.losses.items():
            times = f" ({self.counts[key]} times)" if self.counts[key] > 1 else ""
            yield types.Loss(kind=f"KIND_{loss.kind.value.upper()}", path=loss.path, detail=loss.detail + times)


@dataclass(frozen=True, slots=True)
class Exports:
    """Writes files from queries."""

    search: Search
    city_crs: str

    def export(
        self, request: pb.ExportEntitiesRequest, query: Query, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportEntitiesResponse]:
        """Chunks of at most 256 KiB, then the summary. Raises InvalidInputError, LimitExceededError."""
        for name in ("page_size", "page_token", "order_by"):
            if getattr(request.query, name):
                raise invalid(f"query.{name}", "has no meaning in an export")
        tally, digest = _Tally(), hashlib.sha256()
        for chunk in _chunks(self._bytes(request.format, query, tally)):
            if not context.is_active():
                return
            digest.update(chunk)
            yield pb.ExportEntitiesResponse(chunk=chunk)
        described = [self.search.store.dataset(name) for name in sorted(tally.datasets)]
        yield pb.ExportEntitiesResponse(
            summary=pb.ExportEntitiesResponse.Summary(
                entities=tally.entities,
                sha256=digest.hexdigest(),
                losses=list(tally.told()),
                datasets=[convert.dataset_message(each) for each in described if each is not None],
            )
        )

    def _bytes(self, form: int, query: Query, tally: _Tally) -> Iterator[bytes]:
        match form:
            case _FORM.FORMAT_CITYJSON_SEQ:
                return cityjson.write_sequence(self._features(query, tally), rounded=True)
            case _FORM.FORMAT_GEOJSON:
                return self._geojson(query, tally)
            case _FORM.FORMAT_GLTF:
                raise UnimplementedError("glTF", remedy="Ask for CityJSONSeq.")
        raise invalid("format", "is missing or unknown; say CityJSONSeq, GeoJSON or glTF")

    def _found(self, query: Query, tally: _Tally) -> Iterator[tuple[Stored, dict[str, Json]]]:
        for one in self.search.matching(query):
            tally.datasets.add(one.dataset)
            yield one, json.loads(one.json)

    def _features(self, query: Query, tally: _Tally) -> Iterator[cityjson.Feature]:
        """Features in the city's system; what has no solid there is told as a loss."""
        for one, entity in self._found(query, tally):
            try:
                made = to_feature(entity)
                inside = not len(made.quantized) or solid_crs(entity).horizontal == horizontal(self.city_crs).horizontal
            except (NgsiLdError, CityJsonError) as error:
                tally.lost((Loss(LossKind.DROPPED, f"/{one.id}", f"an entity that is no city object: {error}"),))
                continue
            if not inside:
                tally.lost((Loss(LossKind.DROPPED, f"/{one.id}", "a solid in another system than the city's"),))
                continue
            tally.lost(restore_losses(entity))
            tally.entities += 1
            yield made

    def _geojson(self, query: Query, tally: _Tally) -> Iterator[bytes]:
        yield b'{"type":"FeatureCollection","features":['
        options = Options(form=Form.SIMPLIFIED)
        for one, entity in self._found(query, tally):
            if "solidGeometry" in entity:
                detail = "solids, of which GeoJSON has the footprint"
                tally.lost((Loss(LossKind.NARROWED, f"/{one.id}/solidGeometry", detail),))
            plain = {
                name: value for name, value in entity.items() if name not in {"solidGeometry", "parts", "validity"}
            }
            text = json.dumps(feature(plain, own_renaming(), options), ensure_ascii=False, separators=(",", ":"))
            yield (b",\n" if tally.entities else b"\n") + text.encode()
            tally.entities += 1
        yield b"\n]}\n"


def _chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)
