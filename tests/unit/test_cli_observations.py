# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sensor snapshots read by a mapping, real ones among them; and numbers as a chart in text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hanse.cli.observations import Misfit, Observation, at, read_observations
from hanse.cli.output import CliError
from hanse.cli.twin_history import chart

MAPPING = Path(__file__).resolve().parents[2] / "examples/observations/rotterdam.json"
ZONE = "Europe/Amsterdam"


def files(folder: Path, snapshot: Any, mapping: Any) -> tuple[Path, Path]:
    one, other = folder / "snapshot.json", folder / "mapping.json"
    one.write_text(json.dumps(snapshot), encoding="utf-8")
    other.write_text(json.dumps(mapping), encoding="utf-8")
    return one, other


RECORD = {
    "path": "a.list",
    "type": "Sensor",
    "id": "urn:s:{0}",
    "time": "t",
    "longitude": "1",
    "latitude": "2",
    "values": {"level": {"path": "3", "unit": "CMT"}, "state": {"path": "4"}},
}


def test_records_become_sensors_with_observed_values(tmp_path: Path) -> None:
    snapshot = {"t": "2026-08-21T11:00:00", "a": {"list": [["x y/z", 4.5, 51.9, 7, None]]}}
    (found,) = read_observations(*files(tmp_path, snapshot, {"records": [RECORD]}), ZONE)
    assert isinstance(found, Observation)
    assert found.entity() == {
        "id": "urn:s:x-y-z",
        "type": "Sensor",
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [4.5, 51.9]}},
        "level": {"type": "Property", "value": 7, "observedAt": "2026-08-21T09:00:00.000Z", "unitCode": "CMT"},
    }


@pytest.mark.parametrize(
    ("snapshot", "change"),
    [
        ({"t": "2026-08-21T11:00:00"}, {}),
        ({"t": "yesterday", "a": {"list": []}}, {}),
        ({"t": "2026-08-21T11:00:00", "a": {"list": []}}, {"time": "nobody"}),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, snapshot: Any, change: dict[str, str]) -> None:
    with pytest.raises(CliError, match=r"records\[0\]"):
        read_observations(*files(tmp_path, snapshot, {"records": [{**RECORD, **change}]}), ZONE)


@pytest.mark.parametrize("change", [{}, {"id": "{nobody}"}])
def test_a_record_that_does_not_fit_is_refused_and_the_others_are_read(tmp_path: Path, change: dict[str, str]) -> None:
    records = [["a", 4.5, 51.9, 7, 8], ["b", 4.5, 51.9], ["c", "east", 51.9, 7, 8], ["d", 4.5, 51.9, 7, 8]]
    snapshot = {"t": "2026-08-21T11:00:00", "a": {"list": records}}
    found = read_observations(*files(tmp_path, snapshot, {"records": [{**RECORD, **change}]}), ZONE)
    assert [one.place if isinstance(one, Misfit) else one.id for one in found] == (
        [f"/a/list/{index}" for index in range(4)] if change else ["urn:s:a", "/a/list/1", "/a/list/2", "urn:s:d"]
    )
    assert all("does not fit" in one.reason for one in found if isinstance(one, Misfit))


def test_records_without_a_time_say_where_sensors_are(tmp_path: Path) -> None:
    record = {
        "path": "",
        "type": "Sensor",
        "id": "urn:s:{n}",
        "longitude": "x",
        "latitude": "y",
        "static": {"name": "n"},
    }
    (found,) = read_observations(*files(tmp_path, [{"n": "a", "x": 4.5, "y": 51.9}], {"records": [record]}), ZONE)
    assert isinstance(found, Observation)
    assert found.entity().keys() == {"id", "type", "name", "location"}


@pytest.mark.parametrize(
    ("name", "mapping", "path"),
    [
        ("ndw_stations_20260819.json", "ndw-stations.json", "stations"),
        ("luchtmeetnet-stations.json", "luchtmeetnet-stations.json", ""),
        ("live_80d5c29.json", "rotterdam.json", "traffic.s air.s water weather"),
        ("live_849bffd.json", "rotterdam.json", "traffic.s air.s water weather"),
        ("live_b524637.json", "rotterdam.json", "traffic.s air.s water weather"),
    ],
)
def test_every_real_snapshot_is_read_whole(
    tmp_path: Path, shared_data: Path, name: str, mapping: str, path: str
) -> None:
    folder = shared_data / "data/sensors"
    shutil.copy(folder / "ndw_stations_20260819.json", tmp_path / "ndw_stations_20260819.json")
    shutil.copy(MAPPING.parent / mapping, tmp_path / "mapping.json")
    document = json.loads((folder / name).read_bytes())
    parts = [at(document, each) for each in (path.split() or [""])]
    found = read_observations(folder / name, tmp_path / "mapping.json", ZONE)
    assert len(found) == sum(len(part) if isinstance(part, list) else 1 for part in parts)
    assert not [one for one in found if isinstance(one, Misfit)]


def test_the_example_s_mapping_fits_real_snapshots(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "data/sensors"
    stations = "ndw_stations_20260819.json"
    shutil.copy(folder / stations, tmp_path / stations)
    mapping = tmp_path / "mapping.json"
    shutil.copy(MAPPING, mapping)
    snapshot = json.loads((folder / "live_80d5c29.json").read_bytes())
    read = read_observations(folder / "live_80d5c29.json", mapping, ZONE)
    found = [one for one in read if isinstance(one, Observation)]
    assert len(found) == len(snapshot["traffic"]["s"]) + len(snapshot["air"]["s"]) + 2
    assert len({one.id for one in found}) == len(found)
    flows = [one.values["intensity"][0] for one in found if one.type == "TrafficFlowObserved"]
    assert flows == [row[1] for row in snapshot["traffic"]["s"]]
    for one in found:
        if one.type not in ("WeatherObserved", "WaterObserved"):
            longitude, latitude = one.entity()["location"]["value"]["coordinates"]
            assert 4.2 < longitude < 4.8
            assert 51.7 < latitude < 52.1


@pytest.mark.parametrize(
    ("numbers", "drawn"),
    [
        ([], ""),
        ([5.0], "▁"),
        ([1.0, 1.0], "▁▁"),
        ([0.0, 1.0, 2.0, 7.0], "▁▂▃█"),
        ([float(n) for n in range(120)], None),
    ],
)
def test_a_chart_has_a_bar_for_each_share(numbers: list[float], drawn: str | None) -> None:
    found = chart(numbers)
    assert found == drawn if drawn is not None else (len(found) == 60 and found == "".join(sorted(found)))
