# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""However an exporter calls the parts of a building, none is overlooked; a person weighs what is no wall."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from permit_ifc import Block, tower, with_lines
from permit_world import LINDEMOND, MAREWIJK, RD, MemoryTwin, Noon, World, facts_of, law, run_check

from hanse.permit.ifc.header import ModelError
from hanse.permit.ifc.reader import load_facts, read_model
from hanse.permit.plan import place

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.permit.check import Outcome
    from hanse.permit.model import ZoningPlan

X, Y = 90_000.0, 440_000.0
GUID = "0000000000000000000999"
PART = "0000000000000000000777"
TEXT = {"nl": "tekst", "en": "text"}
DAYS = {"from": "2020-01-01", "to": None}
ENVELOPE = ("IFCWALL", "IFCROOF", "IFCSLAB", "IFCCURTAINWALL")


def area(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[X + x, Y + y] for x, y in ring]]}


def article(measure: str, **parameters: Any) -> dict[str, Any]:
    source = {"article": "art. 1", "title": TEXT, "text": TEXT, "in_force": DAYS}
    return {"id": measure, "measure": measure, "parameters": parameters, "source": source}


HEIGHT = article("max_height", max_m=11.0, reference_level_m=1.0)
PLANE = article("footprint_within", building_plane=area(-1, -1, 11, 9))


def law_of(*zones: tuple[dict[str, Any], tuple[dict[str, Any], ...]]) -> ZoningPlan:
    def zone(number: int, ground: dict[str, Any], rules: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        named = [{**rule, "id": f"{number}.{rule['id']}"} for rule in rules]
        return {"id": str(number), "name": TEXT, "geometry": ground, "rules": named}

    return law(
        {
            "contract": "zoning/v1",
            "revision": "1.0.0",
            "id": f"urn:hanse:{MAREWIJK}:zoning:test",
            "authority": MAREWIJK,
            "title": TEXT,
            "in_force": DAYS,
            "jurisdiction": "NL",
            "licence": "CC0-1.0",
            "owner": "Marewijk",
            "terms": "",
            "crs": "https://www.opengis.net/def/crs/EPSG/0/28992",
            "zones": [zone(at, *each) for at, each in enumerate(zones)],
        }
    )


PLOT = law_of((area(-50, -50, 60, 60), (HEIGHT, PLANE)))


def kept(folder: Path, step: str) -> Path:
    """A file named by what it holds: what was read of a model is kept by its name."""
    file = folder / f"{hashlib.sha256(step.encode()).hexdigest()}.ifc"
    file.write_text(step)
    return file


def check(folder: Path, step: str, zoning: ZoningPlan = PLOT) -> Outcome:
    file = kept(folder, step)
    world = World(Noon(), MemoryTwin(MAREWIJK), MemoryTwin(LINDEMOND))
    return run_check(file, world, [zoning], folder / "models")


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {each["measure"]: each["verdict"] for each in outcome.report["rules"]}


def rule(outcome: Outcome, measure: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in outcome.report["rules"] if each["measure"] == measure)
    return found


def codes(folder: Path, step: str) -> list[str]:
    file = kept(folder, step)
    return [issue.code for issue in place(facts_of(file, folder / "models"), RD).issues]


def with_tower(ifc_class: str, **how: Any) -> str:
    tail = {"IFCWINDOW": "$,$,$,$,$,$", "IFCDOOR": "$,$,$,$,$,$", "IFCFURNISHINGELEMENT": "$", "IFCFLOWTERMINAL": "$"}
    text = tower(ifc_class, how.pop("guid", f"'{GUID}'"), tail=tail.get(ifc_class, "$,$"), **how)
    return with_lines(Block().step(), text)


BESIDE = [
    f"IFC{name}"
    for name in (
        *(
            "BUILDINGELEMENTPROXY",
            "CHIMNEY",
            "COLUMN",
            "BEAM",
            "PLATE",
            "MEMBER",
            "COVERING",
            "STAIR",
            "RAMP",
            "RAILING",
        ),
        *("WINDOW", "DOOR", "SHADINGDEVICE", "FOOTING", "BUILDINGELEMENTPART", "FURNISHINGELEMENT"),
        *("FLOWTERMINAL", "GEOGRAPHICELEMENT", "PROJECTIONELEMENT"),
    )
]


@pytest.mark.parametrize("ifc_class", BESIDE)
def test_what_rises_beside_the_envelope_is_for_a_person_to_weigh(tmp_path: Path, ifc_class: str) -> None:
    step = with_tower(ifc_class)
    outcome = check(tmp_path, step)
    found = rule(outcome, "max_height")
    assert (found["verdict"], found["evidence"]["measured"]) == ("REVIEW_REQUIRED", 6.0)
    assert GUID in found["evidence"]["elements"]
    assert f"{GUID}. With them it is 40 m." in found["explanation"]["en"]
    assert verdicts(outcome)["footprint_within"] == "COMPLIANT"


@pytest.mark.parametrize(("schema", "proxies"), [("IFC2X3", 2), ("IFC4", 2), ("IFC4X3_ADD2", 1)])
def test_every_schema_is_looked_through(tmp_path: Path, schema: str, proxies: int) -> None:
    """IFC4X3 has IfcProxy no more."""
    lines = [tower("IFCBUILDINGELEMENTPROXY", f"'{GUID}'", tail="$,$")]
    if proxies > 1:
        lines.append(tower("IFCPROXY", f"'{PART}'", number=120, tail=".PRODUCT.,$"))
    outcome = check(tmp_path, with_lines(Block(schema=schema).step(), *lines))
    found = rule(outcome, "max_height")
    assert found["verdict"] == "REVIEW_REQUIRED"
    assert {GUID, PART} & set(found["evidence"]["elements"]) == ({GUID, PART} if proxies > 1 else {GUID})


@pytest.mark.parametrize("ifc_class", ENVELOPE)
def test_what_rises_in_the_envelope_is_too_high(tmp_path: Path, ifc_class: str) -> None:
    outcome = check(tmp_path, with_tower(ifc_class))
    assert verdicts(outcome)["max_height"] == "NON_COMPLIANT"


def test_a_roof_over_the_terrace_on_columns_is_for_a_person_to_weigh(tmp_path: Path) -> None:
    step = with_tower("IFCPLATE", at=(12.0, 4.0, 2.5), size=(4.0, 4.0, 0.2))
    found = rule(check(tmp_path, step), "footprint_within")
    assert (found["verdict"], found["evidence"]["measured"]) == ("REVIEW_REQUIRED", 0.0)
    assert "With them it is 3 m." in found["explanation"]["en"]
    assert found["evidence"]["geometry"] is not None
    assert found["evidence"]["elements"][0] == GUID


@pytest.mark.parametrize("ifc_class", ["IFCCOLUMN", "IFCSTAIR", "IFCFURNISHINGELEMENT"])
def test_what_stays_inside_changes_nothing(tmp_path: Path, ifc_class: str) -> None:
    plain = check(tmp_path, Block().step())
    inside = check(tmp_path, with_tower(ifc_class, size=(3.0, 3.0, 5.0)))
    assert [each["explanation"] for each in inside.report["rules"]] == [
        each["explanation"] for each in plain.report["rules"]
    ]
    assert set(verdicts(inside).values()) == {"COMPLIANT"}


@pytest.mark.parametrize("ifc_class", ["IFCOPENINGELEMENT", "IFCVIRTUALELEMENT", "IFCANNOTATION", "IFCSPACE"])
def test_what_is_not_built_does_not_count(tmp_path: Path, ifc_class: str) -> None:
    tail = {"IFCVIRTUALELEMENT": "$", "IFCANNOTATION": "", "IFCSPACE": "$,.ELEMENT.,$,$"}.get(ifc_class, "$,$")
    step = with_lines(Block().step(), tower(ifc_class, f"'{GUID}'", tail=tail).replace(",);", ");"))
    assert set(verdicts(check(tmp_path, step)).values()) == {"COMPLIANT"}


def test_a_chimney_on_the_low_wing_counts_there(tmp_path: Path) -> None:
    """Below the ridge of the high part, above what is allowed where it stands."""
    low = article("max_height", max_m=7.0, reference_level_m=0.0)
    zoning = law_of((area(-50, -50, 20, 60), (low,)), (area(20, -50, 60, 60), (HEIGHT,)))
    wing = tower("IFCWALL", f"'{PART}'", number=200, at=(25.0, 4.0, 0.0), size=(10.0, 8.0, 10.0))
    link = tower("IFCSLAB", "'0000000000000000000778'", number=300, at=(15.0, 4.0, 0.0), size=(10.0, 8.0, 0.3))
    chimney = tower("IFCCHIMNEY", f"'{GUID}'", number=400, at=(5.0, 4.0, 0.0), size=(1.0, 1.0, 8.0))
    plain = check(tmp_path, with_lines(Block().step(), wing, link), zoning)
    assert plain.verdict == "COMPLIANT"
    outcome = check(tmp_path, with_lines(Block().step(), wing, link, chimney), zoning)
    assert {each["id"]: each["verdict"] for each in outcome.report["rules"]} == {
        "0.max_height": "REVIEW_REQUIRED",
        "1.max_height": "COMPLIANT",
    }


def test_what_alone_reaches_into_another_zone_is_held_to_its_rules(tmp_path: Path) -> None:
    east = article("max_height", max_m=2.0, reference_level_m=1.0)
    zoning = law_of((area(-50, -50, 11, 60), (HEIGHT,)), (area(11, -50, 60, 60), (east,)))
    outcome = check(tmp_path, with_tower("IFCPLATE", at=(12.0, 4.0, 2.5), size=(4.0, 4.0, 0.2)), zoning)
    assert {each["zone"]: each["verdict"] for each in outcome.report["rules"]} == {
        "0": "COMPLIANT",
        "1": "REVIEW_REQUIRED",
    }


def test_what_alone_reaches_out_of_every_zone_is_said(tmp_path: Path) -> None:
    step = with_tower("IFCPLATE", at=(12.0, 4.0, 2.5), size=(4.0, 4.0, 0.2))
    outcome = check(tmp_path, step, law_of((area(-50, -50, 11, 60), (HEIGHT,))))
    assert verdicts(outcome) == {"placement": "REVIEW_REQUIRED", "max_height": "COMPLIANT"}


def test_a_building_of_proxies_alone_is_not_measured(tmp_path: Path) -> None:
    step = Block().step().replace("=IFCWALL(", "=IFCBUILDINGELEMENTPROXY(")
    assert check(tmp_path, step).verdict == "INSUFFICIENT_DATA"


def test_a_sheet_that_stands_upright_has_a_footprint(tmp_path: Path) -> None:
    """A facade of no thickness, three metres in front of the building plane."""
    sheet = "\n".join(
        [
            "#100=IFCCARTESIANPOINT((14.,0.,0.));",
            "#101=IFCCARTESIANPOINT((14.,8.,0.));",
            "#102=IFCCARTESIANPOINT((14.,8.,6.));",
            "#103=IFCCARTESIANPOINT((14.,0.,6.));",
            "#104=IFCPOLYLOOP((#100,#101,#102,#103));",
            "#105=IFCFACEOUTERBOUND(#104,.T.);",
            "#106=IFCFACE((#105));",
            "#108=IFCOPENSHELL((#106));",
            "#109=IFCSHELLBASEDSURFACEMODEL((#108));",
            "#110=IFCSHAPEREPRESENTATION(#5,'Body','SurfaceModel',(#109));",
            "#111=IFCPRODUCTDEFINITIONSHAPE($,$,(#110));",
            f"#112=IFCCURTAINWALL('{GUID}',$,$,$,$,#7,#111,$,$);",
            f"#113=IFCRELCONTAINEDINSPATIALSTRUCTURE('{PART}',$,$,$,(#112),#9);",
        ]
    )
    found = rule(check(tmp_path, with_lines(Block().step(), sheet)), "footprint_within")
    assert found["verdict"] == "NON_COMPLIANT"
    assert found["evidence"]["measured"] == pytest.approx(3.0, abs=0.02)


# Parts


AGGREGATES = "IFCRELAGGREGATES('{key}',$,$,$,#500,({element}))"


@pytest.mark.parametrize("ifc_class", ENVELOPE)
@pytest.mark.parametrize("part", ["IFCBUILDINGELEMENTPART", "IFCMEMBER", "IFCPLATE"])
def test_a_part_counts_as_what_it_is_part_of(tmp_path: Path, ifc_class: str, part: str) -> None:
    layer = tower(part, f"'{PART}'", within=AGGREGATES)
    whole = f"#500={ifc_class}('{GUID}',$,$,$,$,#7,$,$,$);"
    outcome = check(tmp_path, with_lines(Block().step(), layer, whole))
    found = rule(outcome, "max_height")
    assert (found["verdict"], found["evidence"]["elements"]) == ("NON_COMPLIANT", [PART])
    assert codes(tmp_path, with_lines(Block().step(), layer, whole)) == []


def test_parts_of_parts_count_however_deep(tmp_path: Path) -> None:
    lines = [
        tower("IFCMEMBER", f"'{PART}'", within=AGGREGATES.replace("#500", "#501")),
        f"#500=IFCROOF('{GUID}',$,$,$,$,#7,$,$,$);",
        "#501=IFCELEMENTASSEMBLY('0000000000000000000402',$,$,$,$,#7,$,$,$,$);",
        "#502=IFCRELAGGREGATES('0000000000000000000403',$,$,$,#500,(#501));",
    ]
    assert verdicts(check(tmp_path, with_lines(Block().step(), *lines)))["max_height"] == "NON_COMPLIANT"


def test_a_part_without_geometry_is_missed_and_named(tmp_path: Path) -> None:
    lines = [
        f"#500=IFCWALL('{GUID}',$,$,$,$,#7,$,$,$);",
        f"#501=IFCBUILDINGELEMENTPART('{PART}',$,$,$,$,#7,$,$,$);",
        "#502=IFCRELAGGREGATES('0000000000000000000403',$,$,$,#500,(#501));",
    ]
    step = with_lines(Block().step(), *lines)
    assert codes(tmp_path, step) == ["ELEMENTS_WITHOUT_GEOMETRY"]
    found = rule(check(tmp_path, step), "max_height")
    assert found["verdict"] == "REVIEW_REQUIRED"
    assert PART in found["explanation"]["en"]
    assert GUID not in found["explanation"]["en"]


# Names


def test_of_two_walls_with_one_name_both_are_measured(tmp_path: Path) -> None:
    step = with_tower("IFCWALL", guid="'0000000000000000000004'")
    assert verdicts(check(tmp_path, step))["max_height"] == "NON_COMPLIANT"
    assert codes(tmp_path, step) == ["GLOBAL_ID_TWICE"]


@pytest.mark.parametrize("guid", ["$", "'<b>x'", "''", "'9000000000000000000999'"])
@pytest.mark.parametrize("ifc_class", ["IFCWALL", "IFCCHIMNEY"])
def test_an_element_without_a_proper_name_is_measured_and_that_is_noted(
    tmp_path: Path, guid: str, ifc_class: str
) -> None:
    lines = [tower(ifc_class, guid), tower(ifc_class, guid, number=120, size=(1.0, 1.0, 3.0))]
    step = with_lines(Block().step(), *lines)
    outcome = check(tmp_path, step)
    expected = "NON_COMPLIANT" if ifc_class == "IFCWALL" else "REVIEW_REQUIRED"
    assert verdicts(outcome)["max_height"] == expected
    assert any("#107" in issue["en"] for issue in outcome.report["placement"]["issues"])
    assert codes(tmp_path, step) == ["GLOBAL_ID_MISSING"]


@pytest.mark.parametrize("guid", ["$", "'x'"])
def test_a_building_without_a_proper_name_may_have_a_use(tmp_path: Path, guid: str) -> None:
    step = (
        Block(occupancy="kantoor").step().replace("#9=IFCBUILDING('0000000000000000000003'", f"#9=IFCBUILDING({guid}")
    )
    homes = law_of((area(-50, -50, 60, 60), (article("use_allowed", uses=["residential"]),)))
    outcome = check(tmp_path, step, homes)
    assert verdicts(outcome) == {"use_allowed": "NON_COMPLIANT"}
    assert "#9" in outcome.report["placement"]["issues"][0]["en"]


# Size and nesting


def test_millimetres_that_are_declared_as_metres_are_no_building(tmp_path: Path) -> None:
    step = Block(size=(10_000.0, 8_000.0, 6_000.0)).step()
    assert codes(tmp_path, step) == ["SIZE"]
    assert check(tmp_path, step).verdict == "INSUFFICIENT_DATA"
    assert codes(tmp_path, Block(size=(900.0, 8.0, 6.0)).step()) == []


def boolean(lines: str) -> str:
    return with_lines(Block().step().replace("'SweptSolid',(#17)", "'CSG',(#300)"), lines)


NESTED = {
    "a Boolean result that is its own operand": boolean("#300=IFCBOOLEANRESULT(.DIFFERENCE.,#300,#17);"),
    "two that hold each other": boolean(
        "#300=IFCBOOLEANRESULT(.UNION.,#301,#17);\n#301=IFCBOOLEANRESULT(.UNION.,#17,#300);"
    ),
    "a chain of two thousand": boolean(
        "".join(f"#{300 + at}=IFCBOOLEANRESULT(.UNION.,#{301 + at},#17);\n" for at in range(2000))
        + "#2300=IFCBOOLEANRESULT(.UNION.,#17,#17);"
    ),
    "forty doublings": boolean(
        "".join(f"#{300 + at}=IFCBOOLEANRESULT(.UNION.,#{301 + at},#{301 + at});\n" for at in range(40))
        + "#340=IFCBOOLEANRESULT(.UNION.,#17,#17);"
    ),
    "a placement relative to itself": Block().step().replace("#7=IFCLOCALPLACEMENT($,", "#7=IFCLOCALPLACEMENT(#7,"),
    "a mapped item in its own map": boolean(
        "#300=IFCMAPPEDITEM(#301,#303);\n#301=IFCREPRESENTATIONMAP(#4,#302);\n"
        "#302=IFCSHAPEREPRESENTATION(#5,'Body','MappedRepresentation',(#300));\n"
        "#303=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#3,$,$);"
    ),
    "a wall that is part of its own part": with_lines(
        Block().step(),
        f"#500=IFCWALL('{GUID}',$,$,$,$,#7,#19,$,$);",
        f"#501=IFCWALL('{PART}',$,$,$,$,#7,#19,$,$);",
        "#502=IFCRELAGGREGATES('0000000000000000000403',$,$,$,#500,(#501));",
        "#503=IFCRELAGGREGATES('0000000000000000000404',$,$,$,#501,(#500));",
    ),
    "a wall that fills its own opening": with_lines(
        Block().step(),
        f"#500=IFCOPENINGELEMENT('{GUID}',$,$,$,$,#7,#19,$,$);",
        "#502=IFCRELVOIDSELEMENT('0000000000000000000403',$,$,$,#20,#500);",
        "#503=IFCRELFILLSELEMENT('0000000000000000000404',$,$,$,#500,#20);",
    ),
}


@pytest.mark.parametrize("name", NESTED)
def test_geometry_that_never_ends_is_refused_before_it_is_meshed(tmp_path: Path, name: str) -> None:
    file = tmp_path / "model.ifc"
    file.write_text(NESTED[name])
    with pytest.raises(ModelError, match="of the model") as refused:
        read_model(file, tmp_path, "x")
    assert refused.value.remedy


def test_a_wall_cut_many_times_is_read(tmp_path: Path) -> None:
    cuts = "".join(f"#{300 + at}=IFCBOOLEANRESULT(.UNION.,#{301 + at},#17);\n" for at in range(20))
    assert check(tmp_path, boolean(cuts + "#320=IFCBOOLEANRESULT(.UNION.,#17,#17);")).verdict == "COMPLIANT"


def test_what_was_read_comes_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "model.ifc"
    file.write_text(with_lines(Block().step(), tower("IFCCHIMNEY", "$")))
    first = load_facts(read_model(file, tmp_path, "x"))
    again = load_facts(read_model(file, tmp_path, "x"))
    assert again.oddities == first.oddities != ()
    assert (again.beside.ids, again.beside.classes) == (("#107",), ("IfcChimney",))
    assert json.dumps(again.beside.triangles.tolist()) == json.dumps(first.beside.triangles.tolist())
