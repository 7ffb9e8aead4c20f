# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse twin` against a running city, through its gateway: scenarios, places, light, exports."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import glb
import pytest
from cities import Processes, city_path, make_city
from twin_world import AUTHORITY, NO_EVENTS, RD, cubes, dataset_urn

from hanse.cityjson import load
from hanse.cli.main import main
from hanse.cli.output import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.kernel.config import CityConfig

NEAR = ("--crs", RD)


@dataclass
class Here:
    """A city with cubes in its twin, and its operator's command line."""

    config: CityConfig
    folder: Path
    capsys: pytest.CaptureFixture[str] | None = None

    def run(self, *words: object, code: int = Exit.OK) -> str:
        said = main(["twin", *map(str, words), "--city", str(city_path(self.config))])
        assert self.capsys is not None
        out = self.capsys.readouterr()
        assert said == code, out.err
        return out.out if code in (Exit.OK, Exit.FAILED) else out.err

    def document(self, *words: object, code: int = Exit.OK) -> Any:
        return json.loads(self.run(*words, "--json", code=code))

    def file(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    here = Here(make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS), tmp_path_factory.mktemp("files"))
    with Processes() as processes:
        processes.start_city(here.config, ("identity", "twin", "gateway"))
        path = here.file("cubes.city.json", cubes(20))
        words = ["load", str(path), "--dataset", "cubes", "--assume-vertical-datum", "NAP"]
        assert main(["twin", *words, "--city", str(city_path(here.config))]) == Exit.OK
        yield here


@pytest.fixture
def here(city: Here, capsys: pytest.CaptureFixture[str]) -> Here:
    city.capsys = capsys
    return city


def test_heights_are_asked_for(here: Here) -> None:
    """Cubes are 10 m high and stand at 0 m."""
    every = here.document("query")
    assert len(here.document("query", "--between", "9.5,30")) == len(every) == 20
    assert here.document("query", "--between", "10.5,30") == []
    assert len(here.document("query", "--height", "9,11")) == 20
    assert here.document("query", "--height", "0,9") == []
    here.run("query", "--height", "2", code=Exit.USAGE)
    here.run("query", "--height", "2,3", "--between", "2,3", code=Exit.USAGE)


def test_a_plan_is_tried_out_and_kept(here: Here) -> None:
    made = here.document("scenario", "create", "tower")
    assert made["id"].startswith(f"urn:hanse:{AUTHORITY}:scenario:")
    assert here.run("scenario", "create", "tower", code=Exit.FAILED) == ""
    plan = here.file("plan.city.json", cubes(1, start=3, height=80_000))
    words = ("--dataset", "cubes", "--assume-vertical-datum", "NAP")
    (put,) = here.document("scenario", "put", "tower", plan, *words)
    assert put["state"] == "replaced"
    removed = here.document("query", "--q", 'name=="house 0"')[0]["id"]
    here.run("scenario", "remove", "tower", removed)
    (listed,) = here.document("scenario", "list")
    assert (listed["added"], listed["replaced"], listed["removed"]) == (0, 1, 1)
    told = here.document("scenario", "compare", "tower", "--sun", "2026-03-20", "--radius", 100)
    assert {each["change"] for each in told["differences"]} == {"replaced", "removed"}
    assert told["sunlight"]
    assert "hours then" in here.run("scenario", "compare", "tower", "--sun", "2026-03-20", "--radius", 100)
    assert len(here.document("query", "--scenario", "tower")) == 19
    assert len(here.document("query", "--scenario", made["id"], "--q", "ridgeHeight>50")) == 1
    assert len(here.document("query")) == 20
    line = ("90000,437004,50", "90100,437004,50", *NEAR)
    assert here.document("sight", *line)["visible"]
    seen = here.document("sight", *line, "--scenario", "tower", code=Exit.FAILED)
    assert [each["id"] for each in seen["obstacles"]] == [put["id"]]
    assert here.document("scenario", "keep", "tower") == {"created": 0, "replaced": 1, "deleted": 1}
    assert not here.document("sight", *line, code=Exit.FAILED)["visible"]
    assert here.document("scenario", "list") == []
    assert here.run("scenario", "keep", "tower", code=Exit.USAGE)


def test_a_plan_is_dropped(here: Here) -> None:
    here.run("scenario", "create", "bench")
    bench = {"id": "plan-1", "type": "Bench", "name": {"type": "Property", "value": "b"}}
    path = here.file("bench.json", [bench, {**bench, "id": "plan-2"}])
    assert {each["state"] for each in here.document("scenario", "put", "bench", path, "--dataset", "cubes")} == {
        "created"
    }
    again = here.document("scenario", "put", "bench", path, "--dataset", dataset_urn("cubes"))
    assert {each["state"] for each in again} == {"unchanged"}
    wrong = here.file("wrong.json", {**bench, "name": "bare"})
    (refused,) = here.document("scenario", "put", "bench", wrong, "--dataset", "cubes", code=Exit.FAILED)
    assert (refused["state"], refused["path"]) == ("refused", "/name")
    here.run("scenario", "drop", "bench")
    assert here.document("query", "--type", "Bench") == []


def test_a_place_is_asked_about(here: Here) -> None:
    found = here.document("place", "--bbox", "90058,436998,90070,437010", *NEAR)
    assert [each["type"] for group in found["above"] for each in group["entities"]] == ["Building"]
    assert found["above"][0]["owner"] == "Marewijk"
    assert "Marewijk" in here.run("place", "--circle", "90064,437004,3", *NEAR)
    ring = [[4, 51.8], [5, 51.8], [5, 52], [4, 52], [4, 51.8]]
    polygon = here.file("area.json", {"type": "Polygon", "coordinates": [ring]})
    assert here.document("place", "--polygon", polygon, "--limit", 3)["cut"]


def test_light_is_asked_about(here: Here) -> None:
    out = here.folder / "shadow.json"
    told = here.document("shadow", "cube-7", "--at", "2026-06-21T12:00:00+02:00", "--out", out)
    assert told["area_m2"] > 64
    assert json.loads(out.read_text())["geometry"]["type"] == "MultiPolygon"
    assert "no shadow" in here.run("shadow", "cube-7", "--at", "2026-06-21T02:00:00+02:00")
    here.run("shadow", "cube-7", "--at", "noon", code=Exit.USAGE)
    hours = here.document("sun", "90088,437009,1", "90088,437004,90", "--day", "2026-06-21", *NEAR)
    assert hours["hours"][0] < hours["hours"][1] == pytest.approx(hours["possible_hours"])
    here.run("sun", "1,2", "--day", "2026-06-21", code=Exit.USAGE)


def test_files_are_exported(here: Here) -> None:
    wanted = ("--type", "Building", "--filter", "number>9", "--filter", "number<15")
    paths = {form: here.folder / f"five.{form}" for form in ("cityjsonseq", "geojson", "gltf")}
    for form, path in paths.items():
        told = here.document("export", "--format", form, "--out", path, *wanted)
        assert told["entities"] == 5
        assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(load(paths["cityjsonseq"].read_bytes()).features) == 5
    assert len(json.loads(paths["geojson"].read_text())["features"]) == 5
    assert len(glb.check(paths["gltf"].read_bytes())["nodes"]) == 6
    here.run("export", "--format", "geojson", "--surfaces", "--out", paths["geojson"], *wanted)
    assert json.loads(paths["geojson"].read_text())["features"][0]["properties"]["surfaceTypes"]
    nothing = here.folder / "nothing"
    here.run("export", "--format", "gltf", "--surfaces", "--out", nothing, code=Exit.FAILED)
    assert not list(here.folder.glob("nothing*"))
