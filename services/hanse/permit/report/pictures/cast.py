# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Who plays a part in the pictures: the neighbours that rules looked at, numbered alike in every picture and table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.permit.report.pictures.marks import SIGNS, Item, sign
from hanse.permit.report.pictures.svg import document, element
from hanse.permit.report.pictures.theme import style

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from markupsafe import Markup

    from hanse.permit.report.scene import Scene, SceneBuilding
    from hanse.permit.report.wording import Wording

# Worst first: the order in which a report's overall verdict is found.
PRECEDENCE: Final = ("NON_COMPLIANT", "INSUFFICIENT_DATA", "REVIEW_REQUIRED", "COMPLIANT", "NOT_APPLICABLE")
MARKED: Final = frozenset(PRECEDENCE[:3])
MOST_NUMBERED: Final = 12


@dataclass(frozen=True, slots=True)
class Notable:
    """A neighbour that at least one rule looked at: its number, worst verdict and distance in metres."""

    number: int
    id: str
    city: str
    distance_m: float | None
    verdict: str

    @property
    def marked(self) -> bool:
        """Whether the pictures draw attention to it."""
        return self.verdict in MARKED


def notables(report: Mapping[str, Any]) -> tuple[Notable, ...]:
    """Return the neighbours named in the evidence, worst verdict first, then nearest; at most a dozen."""
    found: dict[str, tuple[int, float, str]] = {}
    for rule in report["rules"]:
        for one in rule["evidence"]["neighbours"]:
            distance = one["distance_m"]
            seen = (PRECEDENCE.index(one["verdict"]), float("inf") if distance is None else distance, one["city"])
            found[one["id"]] = min(found.get(one["id"], seen), seen)
    ranked = sorted(found.items(), key=lambda item: (*item[1], item[0]))[:MOST_NUMBERED]
    return tuple(
        Notable(at, identifier, city, None if distance == float("inf") else distance, PRECEDENCE[rank])
        for at, (identifier, (rank, distance, city)) in enumerate(ranked, 1)
    )


def standing(scene: Scene, cast: Sequence[Notable]) -> list[tuple[Notable, SceneBuilding]]:
    """Return the numbered neighbours that have a place in the scene."""
    by_id = {building.id: building for building in scene.neighbours if not building.footprint.is_empty}
    return [(one, by_id[one.id]) for one in cast if one.id in by_id]


def city_name(report: Mapping[str, Any], authority: str) -> str:
    """Return the name of a city: its own where the report tells it, else what stands before the first dot."""
    if authority == report["city"]["authority"]:
        return str(report["city"]["name"])
    return authority.split(".", maxsplit=1)[0].replace("-", " ").title()


def counted(words: Wording, report: Mapping[str, Any], buildings: Sequence[SceneBuilding]) -> str:
    """Return in words how many buildings each city has here."""
    tally: dict[str, int] = {}
    for building in buildings:
        tally[building.city] = tally.get(building.city, 0) + 1
    texts = [
        words.label(
            "picture.building_of" if count == 1 else "picture.buildings_of",
            count=words.number(count, 0),
            city=words.text(city_name(report, city), 60),
        )
        for city, count in sorted(tally.items())
    ]
    return words.listed(texts) or words.label("picture.no_buildings")


def remarks(words: Wording, report: Mapping[str, Any], cast: Sequence[Notable]) -> str:
    """Return a sentence for each neighbour that the pictures draw attention to."""
    return " ".join(
        words.label(
            "picture.marked",
            number=one.number,
            city=words.text(city_name(report, one.city), 60),
            verdict=words.label(f"verdict.{one.verdict}").lower(),
            distance=words.metres(one.distance_m),
        )
        for one in cast
        if one.marked
    )


def city_items(
    words: Wording, report: Mapping[str, Any], own_city: str, shown: Iterable[SceneBuilding], prefix: str
) -> list[Item]:
    """Return the legend's entries for the plan, the own city and the other cities whose buildings are shown."""
    items = [Item(element("rect", width=24, height=15, y=0.5, class_="plan"), words.label("picture.building"))]
    cities = sorted({building.city for building in shown})
    others = words.listed([words.text(city_name(report, city), 60) for city in cities if city != own_city])
    if own_city in cities:
        name = words.text(city_name(report, own_city), 60)
        sample = element("rect", width=24, height=15, y=0.5, class_="own")
        items.append(Item(sample, words.label("picture.in_city", city=name)))
    if others:
        sample = element(
            "g",
            element("rect", width=24, height=15, y=0.5, class_="other"),
            element("rect", width=24, height=15, y=0.5, fill=f"url(#{prefix}-hatch)"),
        )
        items.append(Item(sample, words.label("picture.in_city", city=others)))
    return items


def verdict_items(words: Wording, cast: Sequence[Notable]) -> list[Item]:
    """Return the legend's entries for the verdicts that neighbours have."""
    held = {one.verdict for one in cast}
    return [Item(sign(verdict, 12, 8, 17), words.label(f"verdict.{verdict}")) for verdict in SIGNS if verdict in held]


def silent_items(words: Wording, report: Mapping[str, Any]) -> list[Item]:
    """Return a legend's entry for each city whose buildings are missing, or may be."""
    return [
        Item(
            sign("INSUFFICIENT_DATA", 12, 8, 17),
            words.label(
                "picture.silent",
                city=words.text(city_name(report, source["city"]), 60),
                state=words.code("state", source["state"]).lower(),
            ),
        )
        for source in report["sources"]
        if source["state"] != "answered"
    ]


def hatch(prefix: str) -> Markup:
    """Return the pattern of the other cities' buildings."""
    return element(
        "defs",
        element(
            "pattern",
            element("path", d="M0 0L0 6", class_="hatch"),
            id=f"{prefix}-hatch",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        ),
    )


def nowhere(words: Wording, title: str, prefix: str) -> str:
    """Return the picture of a plan that has no place: a sentence that says so."""
    text = words.label("picture.nowhere")
    return document(
        (760.0, 90.0),
        words.label(title),
        text,
        prefix,
        words.language,
        style(),
        element("rect", width=760, height=90, rx=10, class_="land"),
        element("text", text, x=380, y=50, class_="mid"),
    )
