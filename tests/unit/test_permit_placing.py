# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Where a model says that it stands: units, scale, turn, height, and the sentences for what cannot be believed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyproj
import pytest
from permit_ifc import Block, Georeference, with_lines
from permit_world import RD, facts_of

from hanse.geo import DatumStatus
from hanse.permit.plan import place

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.permit.plan import Placed


def placed(tmp_path: Path, block: Block) -> Placed:
    file = tmp_path / "block.ifc"
    file.write_text(block.step())
    return place(facts_of(file, tmp_path / "cache"), RD)


def codes(result: Placed) -> list[str]:
    return [issue.code for issue in result.issues]


def test_a_block_stands_where_its_map_conversion_says(tmp_path: Path) -> None:
    result = placed(tmp_path, Block())
    assert result.plan is not None
    assert result.plan.footprint.bounds == pytest.approx((90_000, 440_000, 90_010, 440_008))
    assert (result.plan.ground, result.plan.ridge) == pytest.approx((1.0, 7.0))
    assert result.plan.datum.name == "NAP"
    assert result.plan.datum.status is DatumStatus.DECLARED
    assert codes(result) == []


def test_a_turn_of_ninety_degrees_swaps_width_and_depth(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(abscissa="0.", ordinate="1.")))
    assert result.plan is not None
    assert result.plan.footprint.bounds == pytest.approx((89_992, 440_000, 90_000, 440_010))
    assert result.placement is not None
    assert result.placement.rotation_deg == pytest.approx(90)


def test_the_direction_need_not_have_length_one(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(abscissa="3.", ordinate="4.")))
    assert result.plan is not None
    assert result.plan.footprint.area == pytest.approx(80)


def test_a_model_in_millimetres_with_the_right_scale_has_the_same_size(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(unit_m=0.001, georeference=Georeference(scale="0.001", map_unit="METRE")))
    assert result.plan is not None
    assert result.plan.footprint.bounds == pytest.approx((90_000, 440_000, 90_010, 440_008))
    assert result.plan.ridge == pytest.approx(7.0)


def test_map_and_model_in_millimetres_are_read_as_the_map_unit_says_and_it_is_noted(tmp_path: Path) -> None:
    where = Georeference(eastings=9e7, northings=4.4e8, height="1000.", map_unit="MILLI")
    result = placed(tmp_path, Block(unit_m=0.001, georeference=where))
    assert result.plan is not None
    assert result.plan.footprint.bounds == pytest.approx((90_000, 440_000, 90_010, 440_008))
    assert result.plan.ridge == pytest.approx(7.0)
    assert codes(result) == ["MAP_UNIT"]


@pytest.mark.parametrize("map_unit", ["$", "METRE"])
def test_millimetres_where_metres_are_meant_are_named(tmp_path: Path, map_unit: str) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(eastings=9e7, northings=4.4e8, map_unit=map_unit)))
    assert result.plan is None
    assert codes(result) == ["MILLIMETRES_AS_METRES"]
    assert "metres" in result.issues[0].en
    assert "90,000,000" in result.issues[0].en


def test_a_scale_that_contradicts_the_units_is_refused_with_the_right_one(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(unit_m=0.001, georeference=Georeference(scale="1.", map_unit="METRE")))
    assert codes(result) == ["SCALE"]
    assert "0.001" in result.issues[0].en


@pytest.mark.parametrize("factors", ["0.9,1.,1.", "1.,1.,0.9", "1.,1.,0.997", "-1.,1.,1."])
def test_factors_that_shrink_the_building_are_refused(tmp_path: Path, factors: str) -> None:
    block = Block(schema="IFC4X3_ADD2").step()
    line = next(each for each in block.splitlines() if "IFCMAPCONVERSION" in each)
    scaled = line.replace("IFCMAPCONVERSION", "IFCMAPCONVERSIONSCALED").replace("$);", f"1.,{factors});")
    file = tmp_path / "block.ifc"
    file.write_text(block.replace(line, scaled))
    assert codes(place(facts_of(file, tmp_path / "cache"), RD)) == ["SCALE"]


def test_a_map_s_scale_makes_no_building_lower(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(scale="0.9985")))
    assert result.plan is not None
    assert result.plan.ridge == pytest.approx(7.0)
    assert result.plan.footprint.area == pytest.approx(80 * 0.9985**2)


@pytest.mark.parametrize("schema", ["IFC4", "IFC2X3"])
def test_georeferences_that_contradict_each_other_place_nothing(tmp_path: Path, schema: str) -> None:
    block = Block(schema=schema).step()
    if schema == "IFC4":
        line = next(each for each in block.splitlines() if "IFCMAPCONVERSION" in each).replace("#63=", "#300=")
        same, other = line, line.replace("90000.0", "90020.0")
    else:
        line = "#300=IFCPROPERTYSET('0000000000000000000030',$,'ePset_MapConversion',$,({}));"
        same = line.format(",".join(f"#{60 + at}" for at in range(5)))
        other = line.format("#310,#61") + "\n#310=IFCPROPERTYSINGLEVALUE('Eastings',$,IFCREAL(90020.),$);"
    for name, more, expected in (("same", same, []), ("other", other, ["GEOREFERENCES_DIFFER"])):
        file = tmp_path / f"{name}.ifc"
        file.write_text(with_lines(block, more))
        assert codes(place(facts_of(file, tmp_path / "cache"), RD)) == expected


def test_coordinates_outside_the_system_are_refused(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(eastings=-3e6, northings=1.0)))
    assert codes(result) == ["OUTSIDE_CRS"]


def test_a_plan_in_another_country_is_outside_the_city(tmp_path: Path) -> None:
    where = Georeference(eastings=500_000, northings=5_400_000, crs="EPSG:25832")
    result = placed(tmp_path, Block(georeference=where))
    assert codes(result) == ["OUTSIDE_CITY"]
    assert result.placement is not None


def test_another_system_of_the_same_place_is_converted(tmp_path: Path) -> None:
    # The tower in Amersfoort, origin of RD: 155000, 463000 is 52.1551729 N, 5.3872037 E in ETRS89 (Kadaster).
    east, north = pyproj.Transformer.from_crs(4258, 25831, always_xy=True).transform(5.3872037, 52.1551729)
    where = Georeference(eastings=east, northings=north, crs="EPSG:25831", vertical_datum="'NAP'")
    result = placed(tmp_path, Block(georeference=where))
    assert result.plan is not None
    west, south, _, _ = result.plan.footprint.bounds
    assert math.hypot(west - 155_000, south - 463_000) < 0.5
    assert result.plan.datum.status is DatumStatus.DECLARED
    assert (result.plan.accuracy_m, result.plan.converted_from) == (0.25, "EPSG:25831")


def test_an_undeclared_vertical_datum_is_assumed_and_said_so(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(crs="EPSG:28992")))
    assert result.plan is not None
    assert (result.plan.datum.name, result.plan.datum.status) == ("NAP", DatumStatus.ASSUMED)


def test_without_a_height_only_the_building_itself_is_measured(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(height="$")))
    assert result.plan is not None
    assert (result.plan.ground, result.plan.ridge) == (None, None)
    assert result.plan.height == pytest.approx(6.0)
    assert codes(result) == ["HEIGHT_MISSING"]


@pytest.mark.parametrize("name", ["", "RD", "EPSG:4326", "EPSG:999999"])
def test_an_unknown_or_angular_system_is_refused(tmp_path: Path, name: str) -> None:
    assert codes(placed(tmp_path, Block(georeference=Georeference(crs=name)))) == ["CRS_UNKNOWN"]


def test_a_direction_of_no_length_is_refused(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=Georeference(abscissa="0.", ordinate="0.")))
    assert codes(result) == ["ROTATION"]


def test_latitude_and_longitude_are_no_georeference(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(georeference=None, latitude=True))
    assert codes(result) == ["NO_GEOREFERENCE"]
    assert "no georeference" in result.issues[0].en
    assert result.plan is None


def test_property_sets_place_a_model_of_the_older_schema(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(schema="IFC2X3"))
    assert result.plan is not None
    assert result.plan.footprint.bounds == pytest.approx((90_000, 440_000, 90_010, 440_008))
    assert result.placement is not None
    assert result.placement.declared_by == "ePSet_MapConversion"


def test_property_sets_without_a_height_leave_it_open(tmp_path: Path) -> None:
    result = placed(tmp_path, Block(schema="IFC2X3", georeference=Georeference(height="$")))
    assert result.plan is not None
    assert result.plan.ridge is None


def test_a_context_that_is_moved_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "block.ifc"
    moved = (
        Block()
        .step()
        .replace(
            "#5=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#4,$);",
            "#90=IFCCARTESIANPOINT((100.,0.,0.));\n#91=IFCAXIS2PLACEMENT3D(#90,$,$);\n"
            "#5=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#91,$);",
        )
    )
    file.write_text(moved)
    assert codes(place(facts_of(file, tmp_path / "cache"), RD)) == ["OFFSET_CONTEXT"]


def test_fzk_house_is_as_large_as_its_makers_say(shared_data: Path, tmp_path: Path) -> None:
    mesh = facts_of(shared_data / "data" / "ifc" / "AC20-FZK-Haus.ifc", tmp_path).mesh
    low, high = mesh.triangles.min(axis=(0, 1)), mesh.triangles.max(axis=(0, 1))
    assert (high - low).tolist() == pytest.approx([13.0, 11.0, 6.5], abs=0.05)
    assert mesh.missed == ()


def test_a_real_model_in_millimetres_is_read_and_lies_outside(shared_data: Path, tmp_path: Path) -> None:
    facts = facts_of(shared_data / "data" / "ifc" / "building-architecture.ifc", tmp_path)
    result = place(facts, RD)
    assert codes(result) == ["MAP_UNIT", "OUTSIDE_CITY"]
    assert "729,013,348.83" in result.issues[0].en
