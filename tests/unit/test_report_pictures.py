# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Pictures of a report: to scale, in the right order, accessible, the same every time, whatever is put into them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box
from test_report_sample import EAST, NORTH, OTHER, building, report, scene, silent_report

from hanse.permit.report.pictures import plan_svg, section_svg, view_svg
from hanse.permit.report.pictures.faces import building_faces, normals, plan_faces
from hanse.permit.report.pictures.hidden import affordable, painting_order, sampled
from hanse.permit.report.pictures.marks import SIGNS, round_length
from hanse.permit.report.pictures.svg import number
from hanse.permit.report.scene import SceneCity

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanse.permit.report.scene import Scene

    Picture = Callable[[Scene, dict[str, Any], str], str]

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = [plan_svg, view_svg, section_svg]


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 (made here)


def ring(data: str) -> np.ndarray:
    return np.array([pair.split() for pair in re.findall(r"[ML]([-\d.]+ [-\d.]+)", data)], dtype=float)


def of_class(svg: str, name: str, tag: str = "path") -> list[ET.Element]:
    found = ET.fromstring(svg).iter(f"{SVG}{tag}")  # noqa: S314
    return [node for node in found if name in (node.get("class") or "").split()]


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_picture_has_its_text_alternative_and_language(draw: Picture, language: str) -> None:
    root = ET.fromstring(draw(scene(), report(), language))  # noqa: S314
    ids = {node.get("id"): node.text for node in root if node.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert root.get("role") == "img"
    assert root.get("lang") == language
    assert (root.get("aria-labelledby") or "").split() == list(ids)
    assert all(ids.values())


@pytest.mark.parametrize("draw", PICTURES)
def test_pictures_are_the_same_every_time_and_their_ids_are_their_own(draw: Picture) -> None:
    first = draw(scene(), report(), "en")
    assert draw(scene(), report(), "en") == first
    others = [other(scene(), report(), "en") for other in PICTURES if other is not draw]
    ids = set(re.findall(r'\bid="([^"]+)"', first))
    assert ids
    assert not any(f'id="{one}"' in other for one in ids for other in others)


def test_plan_view_is_to_scale_with_north_up() -> None:
    svg = plan_svg(scene(), report(), "en")
    drawn = ring(of_class(svg, "plan")[0].get("d") or "")
    wide, high = np.ptp(drawn, axis=0)
    blank = next(node for node in of_class(svg, "blank", "rect") if node.get("height") == "5")
    (bar,) = [text for text in texts(svg) if re.fullmatch(r"\d+\u00a0m", text)]
    per_metre = float(blank.get("width") or 0) / float(bar.removesuffix("\u00a0m"))
    assert wide / per_metre == pytest.approx(12.0, abs=0.1)
    assert high / per_metre == pytest.approx(10.0, abs=0.1)
    own, other = (ring(of_class(svg, name)[0].get("d") or "").mean(axis=0) for name in ("own", "other"))
    assert own[0] < drawn[:, 0].mean() < other[0]


def test_plan_view_tells_cities_and_verdicts_apart_without_colour() -> None:
    svg = plan_svg(scene(), report(), "en")
    hatched = [node for node in ET.fromstring(svg).iter(f"{SVG}path") if node.get("fill") == "url(#plan-hatch)"]  # noqa: S314
    assert len(hatched) == len([one for one in of_class(svg, "other") if one.get("d")])
    signs = {node.get("d") for node in of_class(svg, "sign")}
    assert {SIGNS["NON_COMPLIANT"][1], SIGNS["COMPLIANT"][1]} <= signs
    assert {"Buildings in Marewijk", "Buildings in Lindemond", "Does not comply", "City border"} <= set(texts(svg))


@pytest.mark.parametrize("draw", [plan_svg, view_svg])
@pytest.mark.parametrize(("language", "told"), [("nl", "Gebiedsgrens"), ("en", "Zone boundary")])
def test_legend_names_the_lines_that_are_seen_and_no_others(draw: Picture, language: str, told: str) -> None:
    def drawn(held: Scene, name: str) -> list[str]:
        svg = draw(held, report(), language)  # type: ignore[call-arg]
        return [one.get("d") or "" for one in of_class(svg, name) if one.get("d") not in {"", "M0 8L25 8"}]

    plane = {"nl": "Bouwvlak", "en": "Building plane"}[language]
    assert drawn(scene(), "zone")
    assert {told, plane} <= set(texts(draw(scene(), report(), language)))
    # Zone and plane reach so far that no edge of theirs comes into the picture.
    vast = box(EAST - 5000, NORTH - 5000, EAST + 5000, NORTH + 5000)
    far = replace(
        scene(),
        zones=tuple(replace(one, area=vast) for one in scene().zones),
        building_planes=tuple(replace(one, area=vast) for one in scene().building_planes),
    )
    assert told not in texts(draw(far, report(), language))
    assert draw is plan_svg or plane not in texts(draw(far, report(), language))


def grounds() -> tuple[SceneCity, SceneCity]:
    """The ground of both cities, on either side of the sample's border."""
    middle = EAST + 21
    return (
        SceneCity("Marewijk", box(EAST - 200, NORTH - 200, middle, NORTH + 200)),
        SceneCity("Lindemond", box(middle, NORTH - 200, EAST + 300, NORTH + 200)),
    )


@pytest.mark.parametrize("draw", [plan_svg, view_svg])
def test_the_border_is_named_where_a_city_s_ground_is_known(draw: Picture) -> None:
    assert of_class(draw(scene(), report(), "en"), "city-name", "text") == []
    for known in (grounds()[:1], grounds()):
        svg = draw(replace(scene(), territories=known), report(), "en")
        assert {node.text for node in of_class(svg, "city-name", "text")} == {"Marewijk", "Lindemond"}
        assert "City border" in texts(svg)


def test_each_city_s_name_stands_on_its_own_side() -> None:
    svg = plan_svg(replace(scene(), territories=grounds()), report(), "en")
    line = ring(of_class(svg, "border")[0].get("d") or "")
    east = {node.text: turned(node)[0] for node in of_class(svg, "city-name", "text")}
    assert east["Marewijk"] < line[:, 0].min() < line[:, 0].max() < east["Lindemond"]


def turned(node: ET.Element) -> np.ndarray:
    """Where a text that is turned stands."""
    return np.array(
        [float(each) for each in re.findall(r"[-\d.]+", (node.get("transform") or "").split(" rotate")[0])][-2:]
    )


def test_a_name_that_another_wrote_stays_a_text() -> None:
    ground = SceneCity("<script>\u202e" + "x" * 900, box(EAST - 900, NORTH - 900, EAST + 21, NORTH + 900))
    svg = plan_svg(replace(scene(), territories=(ground,)), report(), "en")
    assert "<script" not in svg
    assert "\u202e" not in svg
    assert all(len(text) < 200 for text in texts(svg))


def test_plan_view_measures_the_distance_to_violating_neighbours() -> None:
    svg = plan_svg(scene(), report(), "nl")
    assert "20,0\u00a0m" in texts(svg)
    assert "14,0\u00a0m" not in texts(svg)
    assert "Gebouw 1 in Lindemond: voldoet niet, op 20,0\u00a0m." in svg


def test_numbers_are_the_same_in_every_picture_and_start_with_the_worst() -> None:
    for draw in (plan_svg, view_svg):
        assert {"1", "2"} <= set(texts(draw(scene(), report(), "en")))
    assert "Silhouette along the line from the plan to building 1" in section_svg(scene(), report(), "en")


@pytest.mark.parametrize("draw", PICTURES)
def test_pictures_say_which_city_is_missing(draw: Picture) -> None:
    seen = scene()
    alone = replace(seen, neighbours=seen.neighbours[:1])
    assert "Lindemond did not answer in time: buildings there may be missing" in texts(
        draw(alone, silent_report(), "en")
    )


@pytest.mark.parametrize("draw", PICTURES)
def test_plan_without_a_place_is_said_not_drawn(draw: Picture) -> None:
    nowhere = replace(scene(), plan=None, neighbours=(), zones=(), building_planes=(), border=None, extent=(0, 0, 0, 0))
    if draw is plan_svg:
        assert draw(nowhere, report(), "en").startswith("<svg")
    else:
        assert "nothing to draw" in draw(nowhere, report(), "en")


@pytest.mark.parametrize("draw", PICTURES)
def test_plan_of_unknown_height_gets_no_height(draw: Picture) -> None:
    shown = texts(draw(scene(ridge=None), report(), "en"))
    assert not any("13.00" in text or "12.0\u00a0m" in text for text in shown)
    if draw is not plan_svg:
        assert any("height not known" in text for text in shown)


def test_section_shows_heights_and_the_limits_that_follow_from_the_rules() -> None:
    shown = texts(section_svg(scene(), report(), "en"))
    assert "13.00\u00a0m" in shown
    assert "7.00\u00a0m" in shown
    assert "at most 11.00\u00a0m" in shown  # 4 m above a ridge of 7 m
    assert "at most 15.00\u00a0m" in shown  # 14 m above a reference level of 1 m


def test_view_measures_heights_of_plan_and_violating_neighbours() -> None:
    shown = texts(view_svg(scene(), report(), "en"))
    assert {"12.0\u00a0m", "6.0\u00a0m"} <= set(shown)


@pytest.mark.parametrize("draw", PICTURES)
def test_hostile_text_stays_text(draw: Picture) -> None:
    evil = '</text><script>alert(1)</script>"&\u202e\x00]]>'
    hostile = report(city={"authority": "marewijk.example", "name": evil})
    svg = draw(scene(title=evil), hostile, "nl")
    root = ET.fromstring(svg)  # noqa: S314 (well-formed is what is tested)
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert "\u202e" not in svg


@pytest.mark.parametrize("draw", PICTURES)
def test_buildings_without_outline_height_or_solid_do_not_break_pictures(draw: Picture) -> None:
    seen = scene()
    bare = replace(building("bare", OTHER, (25.0, 25.0), 8.0), surfaces=())
    odd = [
        bare,
        replace(bare, id="urn:hanse:lindemond.example:building:flat", ground=None, ridge=None),
        replace(bare, id="urn:hanse:lindemond.example:building:none", footprint=Polygon()),
        replace(bare, id="urn:hanse:lindemond.example:building:point", surfaces=(("", (np.zeros((1, 3)),)), ("", ()))),
    ]
    svg = draw(replace(seen, neighbours=(*seen.neighbours, *odd)), report(), "en")
    assert "nan" not in svg


def test_work_is_bounded_however_many_walls_overlap() -> None:
    outline = np.array([[0.0, 0.0], [700.0, 0.0], [700.0, 400.0], [0.0, 400.0]])
    walls = [[np.column_stack([outline, np.full(4, float(depth))])] for depth in range(500)]
    step = affordable(walls)
    assert len(sampled(walls, step).point) < 2_000_000 < 700 * 400 * 500
    assert painting_order(walls, 0.5) == [499]


def cube(x: float, depth: float, size: float = 10.0) -> list[np.ndarray]:
    return [np.array([[x, 0, depth], [x + size, 0, depth], [x + size, size, depth], [x, size, depth]], dtype=float)]


def test_what_stands_behind_is_painted_first_and_what_is_hidden_not_at_all() -> None:
    near, far, hidden, slanted = cube(0, 5), cube(5, 1), cube(1, 0, 3), cube(4, 3)
    assert painting_order([near, far, hidden, slanted], 0.5) == [1, 3, 0]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50)), min_size=1, max_size=12, unique_by=lambda one: one[1])
)
def test_overlapping_sheets_are_painted_from_back_to_front(sheets: list[tuple[int, int]]) -> None:
    order = painting_order([cube(x, depth) for x, depth in sheets], 0.5)
    for at, later in pairwise(order):
        overlap = abs(sheets[at][0] - sheets[later][0]) < 10
        assert not overlap or sheets[at][1] < sheets[later][1]


def test_a_long_wall_behind_does_not_cover_a_small_house_before_it() -> None:
    # By its mean depth the wall is nearer; where both meet it is farther.
    wall = [np.array([[0, 0, 0], [100, 0, 40], [100, 10, 40], [0, 10, 0]], dtype=float)]
    house = [np.array([[2, 2, 8], [8, 2, 8], [8, 8, 8], [2, 8, 8]], dtype=float)]
    assert painting_order([house, wall], 0.5) == [1, 0]


def test_triangles_of_one_plane_become_one_face() -> None:
    faces = plan_faces(scene().plan, 0)  # type: ignore[arg-type]
    assert len(faces) == 7  # floor, four walls, two roofs
    assert sorted(face.kind for face in faces).count("wall") == 4
    assert len(building_faces(building("x", OTHER, (0.0, 0.0), 9.0), 0)) == 6  # the ground is not drawn


def test_normals_are_right_far_from_the_origin() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=float) + np.array([EAST, NORTH, 3.0])
    assert normals([square, square[:2]]).tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(("metres", "length"), [(0.7, 0.5), (1.0, 1.0), (49.0, 20.0), (50.0, 50.0), (199.0, 100.0)])
def test_scale_bars_have_round_lengths(metres: float, length: float) -> None:
    assert round_length(metres) == pytest.approx(length)


def test_numbers_are_short() -> None:
    assert [number(value) for value in (1.0, 1.25, -0.01, 100.06)] == ["1", "1.2", "0", "100.1"]
