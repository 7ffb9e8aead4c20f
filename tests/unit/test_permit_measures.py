# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Each measure by cases worked out by hand: bounds inclusive, silence never compliant, missing data never against."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from hanse.geo import DatumStatus, VerticalDatum
from hanse.permit.ifc.uses import Use
from hanse.permit.measures import Context, measure_named
from hanse.permit.model import (
    Element,
    Finding,
    InForce,
    LegalSource,
    Neighbour,
    Plan,
    Rule,
    Source,
    SourceState,
    Surroundings,
    Verdict,
)
from hanse.permit.verdict import PRECEDENCE, worst
from hanse.permit.zoning import search_radius

NAP = VerticalDatum("NAP", 5709, DatumStatus.DECLARED)
TAW = VerticalDatum("TAW", 5710, DatumStatus.DECLARED)
SOURCE = LegalSource("art. 1", {"nl": "x"}, {"nl": "x"}, InForce(date(2024, 1, 1), None))
HOME = Use("wonen", "residential", "Pset_BuildingCommon.OccupancyType", "building", declared=True)


def plan(ridge: float | None = 12.0, uses: tuple[Use, ...] = (HOME,), datum: VerticalDatum = NAP) -> Plan:
    footprint = box(0, 0, 10, 8)
    return Plan(
        footprint=footprint,
        elements=(Element("wall", "IfcWall", footprint, 9.0), Element("roof", "IfcRoof", footprint, ridge or 6.0)),
        triangles=np.zeros((0, 3, 3)),
        element=np.zeros(0, dtype=np.int64),
        ground=None if ridge is None else 1.0,
        ridge=ridge,
        height=11.0,
        datum=datum,
        uses=uses,
        missed=(),
    )


def neighbour(name: str, west: float, ridge: float | None = 8.0, datum: VerticalDatum = NAP) -> Neighbour:
    """A building of 10 by 8 m whose west wall stands at `west`."""
    return Neighbour(name, "lindemond.example", box(west, 0, west + 10, 8), 0.0, ridge, datum)


def around(*neighbours: Neighbour, silent: SourceState | None = None) -> Context:
    source = Source("lindemond.example", silent or SourceState.ANSWERED)
    return Context(Surroundings(neighbours, (source,)), NAP)


def rule(measure: str, uses: tuple[str, ...] = (), plane: Polygon | None = None, **limits: float) -> Rule:
    return Rule("r", measure, limits, uses, plane, SOURCE)


def judge(held: Plan, wanted: Rule, context: Context | None = None) -> Finding:
    return measure_named(wanted.measure)(held, wanted, context or around())


# use_allowed


def test_every_declared_use_must_be_allowed() -> None:
    office = Use("kantoor", "office", "Pset_SpaceOccupancyRequirements.OccupancyType", "space", declared=True)
    allowed = rule("use_allowed", ("residential",))
    assert judge(plan(), allowed).verdict is Verdict.COMPLIANT
    found = judge(plan(uses=(HOME, office)), allowed)
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.evidence.elements == ("space",)
    assert found.explanation == {
        "nl": "Het model noemt als gebruik kantoor (“kantoor”); hier is toegestaan: wonen.",
        "en": "The model names as its use office (“kantoor”); allowed here: residential.",
    }


def test_a_use_is_called_by_its_name_and_one_of_the_city_s_own_by_its_code() -> None:
    boat = Use("ligplaats", "mooring", "Pset_BuildingCommon.OccupancyType", "building", declared=True)
    fine = judge(plan(uses=(HOME, boat)), rule("use_allowed", ("residential", "mooring")))
    assert fine.explanation["nl"] == "Gebruik voor mooring, wonen is hier toegestaan."
    assert fine.explanation["en"] == "The use mooring, residential is allowed here."


@pytest.mark.parametrize("uses", [(), (replace(HOME, label="raketbasis", code=""),)])
def test_an_unknown_use_is_missing_data(uses: tuple[Use, ...]) -> None:
    assert judge(plan(uses=uses), rule("use_allowed", ("residential",))).verdict is Verdict.INSUFFICIENT_DATA


def test_rooms_can_show_that_a_use_is_allowed_but_not_that_it_is_forbidden() -> None:
    guessed = replace(HOME, declared=False)
    assert judge(plan(uses=(guessed,)), rule("use_allowed", ("residential",))).verdict is Verdict.COMPLIANT
    assert judge(plan(uses=(guessed,)), rule("use_allowed", ("office",))).verdict is Verdict.REVIEW_REQUIRED


# max_height


@pytest.mark.parametrize(
    ("ridge", "verdict"),
    [
        (12.0, Verdict.COMPLIANT),
        (12.5, Verdict.COMPLIANT),
        (12.51, Verdict.COMPLIANT),
        (12.52, Verdict.NON_COMPLIANT),
    ],
)
def test_the_height_is_counted_from_the_reference_level_inclusively(ridge: float, verdict: Verdict) -> None:
    found = judge(plan(ridge), rule("max_height", max_m=11.0, reference_level_m=1.5))
    assert found.verdict is verdict
    assert found.evidence.measured == pytest.approx(ridge - 1.5)
    assert found.evidence.elements == ("roof",)


def test_an_unknown_height_is_missing_data_however_high() -> None:
    found = judge(plan(None), rule("max_height", max_m=1.0, reference_level_m=0.0))
    assert found.verdict is Verdict.INSUFFICIENT_DATA
    assert "OrthogonalHeight" in found.explanation["en"]


def test_a_height_in_another_datum_is_for_a_person_to_decide() -> None:
    found = judge(plan(datum=TAW), rule("max_height", max_m=100.0, reference_level_m=0.0))
    assert found.verdict is Verdict.REVIEW_REQUIRED
    assert "TAW" in found.evidence.assumptions[0]["en"]


def test_an_assumed_datum_is_judged_and_shows() -> None:
    found = judge(
        plan(datum=replace(NAP, status=DatumStatus.ASSUMED)), rule("max_height", max_m=15, reference_level_m=0)
    )
    assert found.verdict is Verdict.COMPLIANT
    assert len(found.evidence.assumptions) == 1


@pytest.mark.parametrize(
    ("level", "verdict"), [(6.5, Verdict.COMPLIANT), (6.6, Verdict.REVIEW_REQUIRED), (40.0, Verdict.REVIEW_REQUIRED)]
)
def test_a_building_of_which_most_lies_below_the_reference_level_is_doubted(level: float, verdict: Verdict) -> None:
    """Eleven metres high, its ridge at 12 m: as if nobody had filled in how high it stands."""
    found = judge(plan(), rule("max_height", max_m=10.0, reference_level_m=level))
    assert found.verdict is verdict
    assert ("OrthogonalHeight" in found.explanation["nl"]) is (verdict is Verdict.REVIEW_REQUIRED)


def test_a_building_lower_than_the_ground_around_is_doubted() -> None:
    hill = replace(neighbour("n", 20, 30.0), ground=12.5)
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    assert judge(plan(), wanted, around(hill)).verdict is Verdict.REVIEW_REQUIRED
    assert judge(plan(), wanted, around(hill, neighbour("m", 20, 9.0))).verdict is Verdict.COMPLIANT


# footprint_within


def test_a_footprint_that_fills_the_plane_exactly_lies_within() -> None:
    found = judge(plan(), rule("footprint_within", plane=box(0, 0, 10, 8)))
    assert (found.verdict, found.evidence.measured) == (Verdict.COMPLIANT, 0.0)


def test_what_protrudes_is_measured_and_shown() -> None:
    found = judge(plan(), rule("footprint_within", plane=box(0, 0, 9.5, 20)))
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.evidence.measured == pytest.approx(0.5)
    assert found.evidence.geometry is not None
    assert found.evidence.geometry.area == pytest.approx(4.0)
    assert found.evidence.elements == ("wall", "roof")


def test_a_centimetre_beyond_is_within_tolerance_two_are_not() -> None:
    assert judge(plan(), rule("footprint_within", plane=box(0, 0, 9.99, 8))).verdict is Verdict.COMPLIANT
    assert judge(plan(), rule("footprint_within", plane=box(0, 0, 9.98, 8))).verdict is Verdict.NON_COMPLIANT


COURTYARD = box(0, 0, 10, 8).difference(box(3, 2, 7, 6))
NOTCH = box(0, 0, 10, 8).difference(box(3, 2, 7, 8))
GAP = box(0, 0, 3, 8).union(box(7, 0, 10, 8))


@pytest.mark.parametrize(("plane", "area"), [(COURTYARD, 16.0), (NOTCH, 24.0), (GAP, 32.0)], ids=["hole", "U", "gap"])
def test_what_covers_a_part_that_the_plane_leaves_open_protrudes(plane: Polygon, area: float) -> None:
    """Every corner of what lies outside is a point of the plane's edge: only its middle is 2 m away."""
    found = judge(plan(), rule("footprint_within", plane=plane))
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.evidence.measured == pytest.approx(2.0, abs=0.001)
    assert found.evidence.geometry is not None
    assert found.evidence.geometry.area == pytest.approx(area)
    assert found.evidence.elements == ("wall", "roof")


def test_a_gap_of_two_centimetres_in_the_plane_is_within_tolerance_one_of_three_is_not() -> None:
    for gap, verdict in ((0.02, Verdict.COMPLIANT), (0.03, Verdict.NON_COMPLIANT)):
        plane = box(0, 0, 5, 8).union(box(5 + gap, 0, 10, 8))
        assert judge(plan(), rule("footprint_within", plane=plane)).verdict is verdict


# neighbour_distance


@pytest.mark.parametrize(
    ("gap", "verdict"), [(5.0, Verdict.COMPLIANT), (4.99, Verdict.COMPLIANT), (4.98, Verdict.NON_COMPLIANT)]
)
def test_the_distance_is_inclusive(gap: float, verdict: Verdict) -> None:
    found = judge(plan(), rule("neighbour_distance", min_m=5.0, search_radius_m=50.0), around(neighbour("n", 10 + gap)))
    assert found.verdict is verdict
    assert found.evidence.measured == pytest.approx(gap)


def test_a_party_wall_is_allowed_where_no_distance_is_asked_and_a_clash_never() -> None:
    wanted = rule("neighbour_distance", min_m=0.0, search_radius_m=50.0)
    assert judge(plan(), wanted, around(neighbour("n", 10.0))).verdict is Verdict.COMPLIANT
    assert judge(plan(), wanted, around(neighbour("n", 9.9))).verdict is Verdict.COMPLIANT  # 0.8 m2
    clash = judge(plan(), wanted, around(neighbour("n", 9.0)))
    assert clash.verdict is Verdict.NON_COMPLIANT
    assert clash.evidence.geometry is not None
    assert clash.evidence.geometry.area == pytest.approx(8.0)


@pytest.mark.parametrize("radius", [5.0, 9.99, 10.0, 60.0])
def test_a_distance_to_keep_is_looked_for_as_far_as_it_is_asked_to_be(radius: float) -> None:
    wanted = rule("neighbour_distance", min_m=10.0, search_radius_m=radius)
    found = judge(plan(), wanted, around(neighbour("n", 17.0)))
    assert (found.verdict, found.evidence.measured) == (Verdict.NON_COMPLIANT, 7.0)
    assert search_radius([wanted]) == max(10.0, radius)


def test_all_neighbours_are_judged_and_counted_however_few_are_listed() -> None:
    """The one that is too near comes last and stands in the evidence first."""
    many = [neighbour(f"n{number:03}", 20.0) for number in range(300)]
    wanted = rule("neighbour_distance", min_m=5.0, search_radius_m=50.0)
    found = judge(plan(), wanted, around(*many, neighbour("near", 12.0)))
    assert found.verdict is Verdict.NON_COMPLIANT
    assert (found.evidence.neighbour_count, len(found.evidence.neighbours)) == (301, 200)
    assert found.evidence.neighbours[0].neighbour.id == "near"


def test_nobody_near_keeps_the_distance() -> None:
    wanted = rule("neighbour_distance", min_m=5.0, search_radius_m=50.0)
    assert judge(plan(), wanted, around(neighbour("n", 100))).verdict is Verdict.COMPLIANT


# neighbour_height


def test_every_building_within_the_radius_counts() -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    low, high, far = neighbour("low", 30, 7.0), neighbour("high", 20, 11.0), neighbour("far", 60, 1.0)
    assert judge(plan(), wanted, around(high, far)).verdict is Verdict.COMPLIANT
    found = judge(plan(), wanted, around(low, high, far))
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.evidence.measured == pytest.approx(5.0)
    assert [(each.neighbour.id, each.verdict) for each in found.evidence.neighbours] == [
        ("low", Verdict.NON_COMPLIANT),
        ("high", Verdict.COMPLIANT),
    ]


@pytest.mark.parametrize(
    ("ridge", "verdict"), [(8.0, Verdict.COMPLIANT), (7.99, Verdict.COMPLIANT), (7.98, Verdict.NON_COMPLIANT)]
)
def test_the_difference_is_inclusive(ridge: float, verdict: Verdict) -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    assert judge(plan(), wanted, around(neighbour("n", 20, ridge))).verdict is verdict


def test_a_building_of_unknown_height_leaves_it_open() -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    found = judge(plan(), wanted, around(neighbour("n", 20, None), neighbour("m", 20, 9.0)))
    assert found.verdict is Verdict.INSUFFICIENT_DATA
    assert "For 1 of them" in found.explanation["en"]


def test_heights_that_cannot_be_compared_are_not() -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    found = judge(plan(), wanted, around(neighbour("n", 20, 0.0, TAW)))
    assert found.verdict is Verdict.REVIEW_REQUIRED
    assert "TAW" in found.explanation["nl"]
    unknown = VerticalDatum("unknown", None, DatumStatus.UNKNOWN)
    assert judge(plan(), wanted, around(neighbour("n", 20, 0.0, unknown))).verdict is Verdict.INSUFFICIENT_DATA


def test_an_assumed_datum_of_the_neighbour_shows_in_the_evidence() -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    found = judge(plan(), wanted, around(neighbour("n", 20, 9.0, replace(NAP, status=DatumStatus.ASSUMED))))
    assert found.verdict is Verdict.COMPLIANT
    assert "lindemond.example" in found.evidence.assumptions[0]["en"]


def test_nobody_near_is_nothing_to_compare_with() -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    assert judge(plan(), wanted).verdict is Verdict.NOT_APPLICABLE


# Places that were converted

APART = {"min_m": 5.0, "search_radius_m": 50.0}


def converted(accuracy: float | None) -> Plan:
    return replace(plan(), accuracy_m=accuracy, converted_from="EPSG:25831")


@pytest.mark.parametrize(
    ("gap", "accuracy", "verdict"),
    [
        (5.3, 0.25, Verdict.COMPLIANT),
        (5.2, 0.25, Verdict.REVIEW_REQUIRED),
        (4.8, 0.25, Verdict.REVIEW_REQUIRED),
        (4.7, 0.25, Verdict.NON_COMPLIANT),
        (40.0, None, Verdict.REVIEW_REQUIRED),
        (0.1, None, Verdict.REVIEW_REQUIRED),
    ],
)
def test_a_distance_within_the_accuracy_of_the_place_is_for_a_person(
    gap: float, accuracy: float | None, verdict: Verdict
) -> None:
    found = judge(converted(accuracy), rule("neighbour_distance", **APART), around(neighbour("n", 10 + gap)))
    assert found.verdict is verdict
    assert "EPSG:25831" in found.evidence.assumptions[0]["en"]
    assert ("smaller than the accuracy" in found.explanation["en"]) is (verdict is Verdict.REVIEW_REQUIRED)


def test_the_accuracy_of_the_neighbour_s_place_counts_too() -> None:
    for gap, verdict in ((6.1, Verdict.COMPLIANT), (5.9, Verdict.REVIEW_REQUIRED), (3.9, Verdict.NON_COMPLIANT)):
        near = replace(neighbour("n", 10 + gap), accuracy_m=1.0)
        found = judge(plan(), rule("neighbour_distance", **APART), around(near))
        assert found.verdict is verdict
        assert "lindemond.example" in found.evidence.assumptions[0]["en"]


def test_a_clash_that_the_accuracy_could_explain_is_for_a_person() -> None:
    wanted = rule("neighbour_distance", **APART)
    assert judge(converted(0.5), wanted, around(neighbour("n", 9.6))).verdict is Verdict.REVIEW_REQUIRED
    assert judge(converted(0.5), wanted, around(neighbour("n", 8.0))).verdict is Verdict.NON_COMPLIANT


@pytest.mark.parametrize(
    ("margin", "verdict"),
    [
        (0.3, Verdict.COMPLIANT),
        (0.2, Verdict.REVIEW_REQUIRED),
        (-0.2, Verdict.REVIEW_REQUIRED),
        (-0.3, Verdict.NON_COMPLIANT),
    ],
)
def test_a_margin_to_the_plane_within_the_accuracy_of_the_place_is_for_a_person(
    margin: float, verdict: Verdict
) -> None:
    wanted = rule("footprint_within", plane=box(-9, -9, 10 + margin, 19))
    found = judge(converted(0.25), wanted)
    assert found.verdict is verdict
    assert found.evidence.assumptions
    assert judge(plan(), replace(wanted, accuracy_m=0.25)).verdict is verdict
    assert judge(converted(None), wanted).verdict is Verdict.REVIEW_REQUIRED


@pytest.mark.parametrize(
    ("west", "verdict"),
    [(49.5, Verdict.NON_COMPLIANT), (49.9, Verdict.REVIEW_REQUIRED), (50.1, Verdict.REVIEW_REQUIRED)],
)
def test_whether_a_lower_building_is_within_the_radius_may_be_for_a_person(west: float, verdict: Verdict) -> None:
    wanted = rule("neighbour_height", max_above_m=4.0, radius_m=40.0)
    assert judge(converted(0.25), wanted, around(neighbour("n", west, 1.0))).verdict is verdict
    assert judge(converted(0.25), wanted, around(neighbour("n", 51.0, 1.0))).verdict is Verdict.NOT_APPLICABLE


# Silence


NEIGHBOUR_RULES = [
    rule("neighbour_height", max_above_m=4.0, radius_m=40.0),
    rule("neighbour_distance", min_m=5.0, search_radius_m=40.0),
]


@pytest.mark.parametrize("wanted", NEIGHBOUR_RULES, ids=lambda wanted: wanted.measure)
@pytest.mark.parametrize("state", [state for state in SourceState if state is not SourceState.ANSWERED])
def test_a_city_that_did_not_answer_whole_leaves_it_open(wanted: Rule, state: SourceState) -> None:
    found = judge(plan(), wanted, around(neighbour("n", 20, 9.0), silent=state))
    assert found.verdict is Verdict.INSUFFICIENT_DATA
    assert "lindemond.example" in found.explanation["nl"]


@pytest.mark.parametrize("wanted", NEIGHBOUR_RULES, ids=lambda wanted: wanted.measure)
def test_what_is_known_to_be_wrong_stays_wrong(wanted: Rule) -> None:
    found = judge(plan(), wanted, around(neighbour("n", 12, 1.0), silent=SourceState.TIMED_OUT))
    assert found.verdict is Verdict.NON_COMPLIANT


@pytest.mark.parametrize("wanted", NEIGHBOUR_RULES, ids=lambda wanted: wanted.measure)
@pytest.mark.parametrize(
    "known",
    [Surroundings((), (), peers_unknown="no gateway"), Surroundings((), (), unread=(("lindemond.example", "b"),))],
)
def test_not_knowing_whom_to_ask_or_what_was_said_leaves_it_open(wanted: Rule, known: Surroundings) -> None:
    assert judge(plan(), wanted, Context(known, NAP)).verdict is Verdict.INSUFFICIENT_DATA


# Precedence


def test_the_worst_verdict_counts_in_the_published_order() -> None:
    assert [verdict.value for verdict in PRECEDENCE] == [
        "NON_COMPLIANT",
        "INSUFFICIENT_DATA",
        "REVIEW_REQUIRED",
        "COMPLIANT",
        "NOT_APPLICABLE",
    ]
    assert worst([Verdict.COMPLIANT, Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA]) is Verdict.NON_COMPLIANT
    assert worst([Verdict.NOT_APPLICABLE, Verdict.COMPLIANT]) is Verdict.COMPLIANT
    assert worst([]) is Verdict.INSUFFICIENT_DATA
