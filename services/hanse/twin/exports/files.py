# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a query finds as a file that other tools read; with it, what the format could not carry, and the terms."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse import cityjson
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.cityjson import CityJsonError
from hanse.exports import Shape, feature_geojson
from hanse.geo import CrsError, DatumStatus
from hanse.kernel.errors import LimitExceededError, invalid
from hanse.ngsild import Form, Loss, LossKind, NgsiLdError, Options, feature, restore_losses, solid_crs, to_feature
from hanse.ngsild.kinds import CONTENT
from hanse.twin.exports import models
from hanse.twin.history.instances import attributes
from hanse.twin.names import own_renaming
from hanse.twin.space.places import horizontal
from hanse.twin.wire import convert

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import grpc

    from hanse.kernel.workers import WorkerPool
    from hanse.twin.model import Query, Stored
    from hanse.twin.search import Search

Json = Any
CHUNK = 256 * 1024
MAX_LOSSES = 200
MAX_MODELS = 100_000
MAX_MODEL_BYTES = 1 << 30
GLTF_TIMEOUT_S = 600.0
_FORM = pb.ExportEntitiesRequest
_SOLID = frozenset({"solidGeometry", "parts", "validity"})
_PLAIN = frozenset({"type", "datasetId", *CONTENT.values()})
_TOLD = ("lod", "verticalDatum", "verticalDatumStatus", "surfaceTypes")


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
    workers: WorkerPool
    folder: Path

    def export(
        self, request: pb.ExportEntitiesRequest, query: Query, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportEntitiesResponse]:
        """Chunks of at most 256 KiB, then the summary. Raises InvalidInputError, LimitExceededError."""
        for name in ("page_size", "page_token", "order_by", "pick", "omit", "language"):
            if getattr(request.query, name):
                raise invalid(f"query.{name}", "has no meaning in an export")
        tally, digest = _Tally(), hashlib.sha256()
        if request.surfaces and request.format != _FORM.FORMAT_GEOJSON:
            raise invalid("surfaces", "is for GeoJSON; the other formats have all surfaces")
        for chunk in _chunks(self._bytes(request, query, tally)):
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

    def _bytes(self, request: pb.ExportEntitiesRequest, query: Query, tally: _Tally) -> Iterator[bytes]:
        match request.format:
            case _FORM.FORMAT_CITYJSON_SEQ:
                return cityjson.write_sequence(self._features(query, tally), rounded=True)
            case _FORM.FORMAT_GEOJSON:
                return self._geojson(query, tally, Shape.SURFACES if request.surfaces else Shape.FOOTPRINT)
            case _FORM.FORMAT_GLTF:
                return self._gltf(query, tally)
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
            tally.lost((*restore_losses(entity), *_assumed(one.id, entity)))
            tally.entities += 1
            yield made

    def _geojson(self, query: Query, tally: _Tally, wanted: Shape) -> Iterator[bytes]:
        """Attributes as plain values; a solid as its footprint on the ground or as its surfaces, heights kept."""
        yield b'{"type":"FeatureCollection","features":['
        options = Options(form=Form.SIMPLIFIED)
        for one, entity in self._found(query, tally):
            plain = {name: value for name, value in entity.items() if name not in _SOLID}
            tally.lost(tuple(_simplified(one.id, plain)))
            written = feature(plain, own_renaming(), options)
            if "solidGeometry" in entity:
                written = self._in_space(one, entity, written, wanted, tally)
            text = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
            yield (b",\n" if tally.entities else b"\n") + text.encode()
            tally.entities += 1
        yield b"\n]}\n"

    def _in_space(
        self, one: Stored, entity: dict[str, Json], written: dict[str, Json], wanted: Shape, tally: _Tally
    ) -> dict[str, Json]:
        """A feature with the geometry of its most detailed solid."""
        detail = "levels of detail and parts, of which GeoJSON has one shape"
        if wanted is Shape.FOOTPRINT:
            detail = "solids, of which GeoJSON has the footprint"
        tally.lost((Loss(LossKind.NARROWED, f"/{one.id}/solidGeometry", detail),))
        try:
            shaped = feature_geojson(to_feature(entity), shape=wanted, crs=solid_crs(entity))
        except (NgsiLdError, CityJsonError, CrsError) as error:
            tally.lost((Loss(LossKind.NARROWED, f"/{one.id}/solidGeometry", f"a solid that cannot be read: {error}"),))
            return written
        if shaped["geometry"] is None:
            return written
        told = {name: shaped["properties"][name] for name in _TOLD if name in shaped["properties"]}
        return {
            **written,
            "geometry": shaped["geometry"],
            "bbox": shaped["bbox"],
            "properties": {**written["properties"], **told},
        }

    def _gltf(self, query: Query, tally: _Tally) -> Iterator[bytes]:
        """Bodies go to a file, of which a worker makes the other: neither is ever whole in memory here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            source, target = Path(folder, "bodies"), Path(folder, "glb")
            size = 0
            with source.open("wb") as file:
                for one, entity in self._found(query, tally):
                    if "solidGeometry" not in entity:
                        tally.lost((Loss(LossKind.DROPPED, f"/{one.id}", "an entity without a solid"),))
                        continue
                    size += file.write(one.json + b"\n")
                    tally.entities += 1
                    if tally.entities > MAX_MODELS or size > MAX_MODEL_BYTES:
                        raise LimitExceededError(
                            f"a glTF file has at most {MAX_MODELS} entities, of {MAX_MODEL_BYTES >> 20} MiB of JSON",
                            remedy="Export a smaller area.",
                        )
            left = self.workers.run(GLTF_TIMEOUT_S, models.write, str(source), str(target), self.city_crs)
            for entity_id in left:
                tally.entities -= 1
                tally.lost(
                    (Loss(LossKind.DROPPED, f"/{entity_id}", "a solid that cannot be read in the city's system"),)
                )
            with target.open("rb") as made:
                yield from iter(lambda: made.read(CHUNK), b"")


def _simplified(entity_id: str, entity: Mapping[str, Json]) -> Iterator[Loss]:
    """What plain values leave out of attributes."""
    for name, held in attributes(entity):
        for member in sorted({member for one in held for member in one} - _PLAIN):
            yield Loss(LossKind.DROPPED, f"/{entity_id}/{name}/{member}", f"{_kind(member)} beside a plain value")


def _kind(member: str) -> str:
    return {"unitCode": "a unit", "observedAt": "when it was observed"}.get(member, "an attribute of an attribute")


def _assumed(entity_id: str, entity: Mapping[str, Json]) -> Iterator[Loss]:
    """CityJSON names what a vertical datum is, not what it is taken to be."""
    solid = entity.get("solidGeometry", {}).get("json", {})
    if solid.get("verticalDatumStatus") == DatumStatus.ASSUMED:
        detail = f"that {solid.get('verticalDatum')} is assumed as vertical datum: assume it again on loading"
        yield Loss(LossKind.DROPPED, f"/{entity_id}/solidGeometry/json/verticalDatumStatus", detail)


def _chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)
