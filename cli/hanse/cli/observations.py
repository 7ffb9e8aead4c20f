# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Snapshots of sensors, whatever their JSON looks like, as sensor entities with observed values.

A mapping says where things are. Paths are names and numbers with dots between; one that begins with `@` looks into the
record's station, which stands in a file of its own:

    {"origin": {"longitude": 4.48, "latitude": 51.92},
     "records": [{"path": "traffic.s", "type": "TrafficFlowObserved", "id": "urn:ndw:station:{@name}",
                  "time": "traffic.t", "x": "@x", "y": "@y",
                  "stations": {"file": "stations.json", "path": "stations", "index": "0"},
                  "values": {"intensity": {"path": "1", "unit": "E0"}}, "static": {"name": "@name"}}]}

`x` and `y` are metres east and north of the origin; `longitude` and `latitude` may stand in their place. A `path` that
leads to an object is one record, to an array many. Times without offset are the city's own. Without `time` there are no
values: the records say where sensors are. A record that does not fit is refused, and the others are read.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hanse.cli.output import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Json = Any
_METRES_A_DEGREE = 6_371_008.8 * math.pi / 180  # mean radius of the earth (IUGG)
_HOLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one sensor said: its source id, and its values with unit and time."""

    id: str
    type: str
    time: str
    values: Mapping[str, tuple[Json, str]]
    rest: Mapping[str, Json]

    def entity(self) -> dict[str, Json]:
        """The sensor as an NGSI-LD entity that shows these values."""
        shown = {
            name: {"type": "Property", "value": value, "observedAt": self.time, **({"unitCode": unit} if unit else {})}
            for name, (value, unit) in self.values.items()
        }
        return {"id": self.id, "type": self.type, **self.rest, **shown}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A record of a snapshot that the mapping does not fit: its place, and why."""

    place: str
    reason: str


def read_observations(path: Path, mapping_path: Path, zone: str) -> list[Observation | Misfit]:
    """The observations of a snapshot, and the records of it that are none.

    Raises:
        CliError: a file is no JSON, or has not what the mapping says.
        OSError: a file cannot be read.
    """
    snapshot, mapping = _load(path), _load(mapping_path)
    if not isinstance(mapping, dict) or not isinstance(mapping.get("records"), list):
        raise CliError(f"{mapping_path} has no list `records`", "See the documentation of `hanse twin load`.")
    found: list[Observation | Misfit] = []
    for number, record in enumerate(mapping["records"]):
        try:
            found += list(_record(snapshot, record, mapping.get("origin", {}), mapping_path.parent, zone))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise CliError(
                f"{path.name}: records[{number}] of the mapping does not fit: {error!s:.200}",
                "Correct its paths, or leave the record out.",
            ) from None
    return found


def _load(path: Path) -> Json:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise CliError(f"{path} is no JSON: {error}", "Give a JSON file.") from None


def _record(snapshot: Json, record: Json, origin: Json, folder: Path, zone: str) -> Iterator[Observation | Misfit]:
    path = record["path"]
    items = at(snapshot, path)
    stations: Json = None
    if "stations" in record:
        document = _load(folder / record["stations"]["file"])
        stations = at(document, record["stations"]["path"])
    time = _utc(at(snapshot, record["time"]), zone) if "time" in record else ""
    if not time and record.get("values"):
        raise ValueError("values need a time")
    for number, item in enumerate(items) if isinstance(items, list) else [(None, items)]:
        try:
            station = None if stations is None else stations[at(item, record["stations"]["index"])]
            yield _observation(_Scope(item, station), record, origin, time)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            place = "/".join(["", *filter(None, path.split(".")), *([] if number is None else [str(number)])])
            yield Misfit(place, f"the mapping does not fit: {type(error).__name__} {error!s:.200}")


def _observation(scope: _Scope, record: Json, origin: Json, time: str) -> Observation:
    values = {
        name: (value, said.get("unit", ""))
        for name, said in record.get("values", {}).items()
        if (value := scope.find(said["path"])) is not None
    }
    rest = {name: {"type": "Property", "value": scope.find(where)} for name, where in record.get("static", {}).items()}
    name = _HOLE.sub(lambda hole: _word(scope.find(hole[1])), record["id"])
    return Observation(name, record["type"], time, values, {**rest, **_place(scope, record, origin)})


@dataclass(frozen=True, slots=True)
class _Scope:
    item: Json
    station: Json

    def find(self, path: str) -> Json:
        return at(self.station, path[1:]) if path.startswith("@") else at(self.item, path)


def at(document: Json, path: str) -> Json:
    """What a path leads to. Raises KeyError, IndexError or TypeError."""
    for step in path.split(".") if path else []:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _place(scope: _Scope, record: Json, origin: Json) -> dict[str, Json]:
    if "longitude" in record:
        position = [float(scope.find(record["longitude"])), float(scope.find(record["latitude"]))]
    elif "x" in record:
        latitude = float(origin["latitude"])
        east = float(scope.find(record["x"])) / (_METRES_A_DEGREE * math.cos(math.radians(latitude)))
        north = float(scope.find(record["y"])) / _METRES_A_DEGREE
        position = [round(float(origin["longitude"]) + east, 7), round(latitude + north, 7)]
    else:
        return {}
    return {"location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": position}}}


def _word(value: Json) -> str:
    """A value as a part of a URN."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", str(value)).strip("-")


def _utc(text: Json, zone: str) -> str:
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
