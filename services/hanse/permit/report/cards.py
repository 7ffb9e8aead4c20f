# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A report of permit/v1 made ready to be shown: every number, date and text already in words of one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.permit.report.pictures.cast import PRECEDENCE, city_name, notables
from hanse.permit.report.pictures.gauge import gauge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from markupsafe import Markup

    from hanse.permit.report.scene import Scene
    from hanse.permit.report.wording import Said, Value, Wording

Json = Mapping[str, Any]
_MOST_NEIGHBOURS: Final = 12
_MOST_ELEMENTS: Final = 12
_MOST_ROWS: Final = 100
_LONG: Final = 1500
_NAME: Final = 120
_TAIL: Final = 5  # characters of an id that tell neighbours apart at a glance
_LEFT_OUT: Final = "not_asked"
_UNHEARD: Final = frozenset({"partial", "refused", "timed_out", "unavailable"})
_TO_DO: Final = PRECEDENCE[:3]


@dataclass(frozen=True, slots=True)
class Row:
    """A neighbouring building in a table: its number in the pictures, else the end of its id, and what was found."""

    name: str
    id: str
    city: str
    distance: str
    measured: str
    allowed: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RuleCard:
    """One rule as shown."""

    anchor: str
    number: int
    title: Said
    verdict: str
    zone: str
    measured: str
    allowed: str
    tolerance: str
    gauge: Markup | None
    explanation: Said
    article: str
    article_title: Said
    article_text: Said
    in_force: str
    elements: tuple[str, ...]
    elements_more: str
    assumptions: tuple[Said, ...]
    neighbours: tuple[Row, ...]
    neighbours_more: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next, with the rules that it is about: (anchor, title, why)."""

    text: str
    rules: tuple[tuple[str, Said, Said], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceCard:
    """What one city answered, and its data sets as (title, facts); a fact is (label, text)."""

    city: str
    authority: str
    state: str
    whole: bool
    as_of: str
    count: str
    detail: Said
    snapshot: str
    exchange: str
    datasets: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A building's figures behind the pictures: the plan's, or those of a neighbour by its number there."""

    name: str
    city: str
    distance: str
    ground: str
    ridge: str
    height: str
    verdict: str
    id: str


def rule_cards(words: Wording, report: Json) -> tuple[RuleCard, ...]:
    """Return all rules, worst verdict first, in the report's order otherwise."""
    numbers = {one.id: str(one.number) for one in notables(report)}
    ordered = sorted(report["rules"], key=lambda rule: PRECEDENCE.index(rule["verdict"]))
    return tuple(_rule(words, report, rule, at, numbers) for at, rule in enumerate(ordered, 1))


def _rule(words: Wording, report: Json, rule: Json, number: int, numbers: Mapping[str, str]) -> RuleCard:
    evidence, source = rule["evidence"], rule["source"]
    measured, allowed = words.pair(evidence["measured"], evidence["allowed"], evidence["unit"])
    elements, neighbours = evidence["elements"], evidence["neighbours"]
    both = _both(evidence["measured"], evidence["allowed"])
    return RuleCard(
        anchor=f"rule-{number}",
        number=number,
        title=words.said(rule["title"], _NAME),
        verdict=rule["verdict"],
        zone=words.text(rule["zone"], _NAME),
        measured=_framed(words, "measured", rule["measure"], measured, evidence["measured"]),
        allowed=_framed(words, "allowed", rule["measure"], allowed, evidence["allowed"]),
        tolerance=words.value(evidence["tolerance"], evidence["unit"]) if evidence["tolerance"] and both else "",
        gauge=gauge(*both, rule["verdict"]) if both else None,
        explanation=words.said(rule["explanation"], _LONG),
        article=words.text(source["article"], _NAME),
        article_title=words.said(source["title"], _NAME),
        article_text=words.said(source["text"], _LONG),
        in_force=words.label("rule.in_force", date=words.day(source["in_force"]["from"])),
        elements=tuple(words.text(one, 40) for one in elements[:_MOST_ELEMENTS]),
        elements_more=_more(words, "rule.elements_more", len(elements) - _MOST_ELEMENTS),
        assumptions=tuple(words.said(one) for one in evidence["assumptions"]),
        neighbours=tuple(_row(words, report, one, evidence["unit"], numbers) for one in _worst(neighbours)),
        neighbours_more=_neighbours_more(words, evidence),
    )


def _neighbours_more(words: Wording, evidence: Json) -> str:
    """How many neighbours there are beside those shown; reports before 1.1.0 do not count them."""
    listed = len(evidence["neighbours"])
    count = max(evidence.get("neighbour_count", 0), listed)
    if count <= _MOST_NEIGHBOURS:
        return ""
    numbers = {"shown": _MOST_NEIGHBOURS, "count": words.number(count, 0), "listed": words.number(listed, 0)}
    return words.label("rule.neighbours_more", **numbers)


def _worst(neighbours: Sequence[Json]) -> Sequence[Json]:
    def order(one: Json) -> tuple[int, float, str]:
        distance = one["distance_m"]
        return PRECEDENCE.index(one["verdict"]), float("inf") if distance is None else distance, one["id"]

    return sorted(neighbours, key=order)[:_MOST_NEIGHBOURS]


def _row(words: Wording, report: Json, one: Json, unit: str, numbers: Mapping[str, str]) -> Row:
    measured, allowed = words.pair(one["measured"], one["allowed"], unit)
    name = words.text(one["id"].rpartition(":")[2], _NAME)
    return Row(
        name=numbers.get(one["id"]) or (name if len(name) <= _TAIL else f"…{name[-_TAIL:]}"),
        id=name,
        city=words.text(city_name(report, one["city"]), _NAME),
        distance=words.metres(one["distance_m"]),
        measured=measured,
        allowed=allowed,
        verdict=one["verdict"],
    )


def _both(measured: Value, allowed: Value) -> tuple[float, float] | None:
    numeric = [float(one) for one in (measured, allowed) if isinstance(one, int | float) and not isinstance(one, bool)]
    return (numeric[0], numeric[1]) if len(numeric) == len((measured, allowed)) else None


def _framed(words: Wording, family: str, measure: str, text: str, value: Value) -> str:
    """Return a value in the words that its measure has for it: "at most 12.00 m above the reference level"."""
    known = isinstance(value, int | float) and f"{family}.{measure}" in words.labels
    return words.label(f"{family}.{measure}", value=text) if known else text


def _more(words: Wording, key: str, count: int) -> str:
    return words.label(key, count=words.number(count, 0)) if count > 0 else ""


def sentence(words: Wording, report: Json, cards: Sequence[RuleCard]) -> str:
    """Return what the overall verdict means for this plan, in one sentence; a second one when cities were silent."""
    verdict = report["verdict"]
    told = [card for card in cards if card.verdict == verdict]
    titles = list(dict.fromkeys(card.title.text for card in told))
    key = f"overall.{verdict}" if cards else "overall.no_rules"
    text = words.label(key, count=len(told), total=len(cards), rules=words.listed(titles))
    silent = _in_state(words, report, {*_UNHEARD, _LEFT_OUT})
    return f"{text} {words.label('overall.silent', cities=silent)}" if silent else text


def _in_state(words: Wording, report: Json, states: Collection[str]) -> str:
    return words.listed(
        [words.text(city_name(report, one["city"]), _NAME) for one in report["sources"] if one["state"] in states]
    )


def tally(cards: Iterable[RuleCard]) -> tuple[tuple[str, int], ...]:
    """Return how many rules have each verdict, worst first, none with none."""
    held = [card.verdict for card in cards]
    return tuple((verdict, held.count(verdict)) for verdict in PRECEDENCE if verdict in held)


def steps(words: Wording, report: Json, cards: Sequence[RuleCard]) -> tuple[Step, ...]:
    """Return what to do next, the most pressing first; never empty."""
    found = []
    for verdict in _TO_DO:
        rules = tuple((card.anchor, card.title, card.explanation) for card in cards if card.verdict == verdict)
        if rules:
            found.append(Step(words.label(f"next.{verdict}"), rules))
    issues = [words.said(issue).text for issue in report["placement"]["issues"]]
    if issues:
        found.append(Step(words.label("next.placement", issues=" ".join(issues))))
    for key, states in (("next.silent", _UNHEARD), ("next.not_asked", {_LEFT_OUT})):
        if cities := _in_state(words, report, states):
            found.append(Step(words.label(key, cities=cities)))
    if report["verdict"] not in _TO_DO:
        found.append(Step(words.label(f"next.{report['verdict']}")))
    return tuple(found) or (Step(words.label(f"next.{report['verdict']}")),)


def source_cards(words: Wording, report: Json) -> tuple[SourceCard, ...]:
    """Return what each city answered, silent ones included."""
    return tuple(
        SourceCard(
            city=words.text(city_name(report, one["city"]), _NAME),
            authority=words.text(one["city"], 253),
            state=words.code("state", one["state"]),
            whole=one["state"] == "answered",
            as_of=words.moment(one["as_of"]) if one["as_of"] else "",
            count=words.number(one["count"], 0),
            detail=words.remark(one["detail"]),
            snapshot=words.text(one["snapshot_sha256"] or "", 64),
            exchange=words.text(one["exchange_id"], 200) if one["exchange_id"] else "",
            datasets=tuple(
                (words.text(data["title"] or data["id"], _NAME), _facts(words, data)) for data in one["datasets"]
            ),
        )
        for one in report["sources"]
    )


def _facts(words: Wording, data: Json) -> tuple[tuple[str, str], ...]:
    datum = words.text(data.get("vertical_datum", ""), _NAME)
    told = data.get("vertical_datum_source", "")
    if told:
        datum = f"{datum} ({words.code('datum', told)})".strip()
    given = (
        ("data.owner", data["owner"]),
        ("data.licence", data["licence"]),
        ("data.terms", data["terms"]),
        ("data.jurisdiction", data.get("jurisdiction", "")),
        ("data.crs", data.get("crs", "")),
    )
    facts = [(words.label(key), words.text(text)) for key, text in given if text]
    return (
        *facts,
        *([(words.label("data.datum"), datum)] if datum else []),
        (words.label("data.id"), words.text(data["id"])),
    )


def model_facts(words: Wording, report: Json) -> tuple[tuple[str, str], ...]:
    """Return what there is to say of the model file and of where it stands."""
    model, place = report["model"], report["placement"]
    size = words.label("model.bytes", count=words.number(model["size_bytes"], 0))
    angle = place["rotation_deg"]
    facts = [
        ("model.file", words.text(model["filename"], 200)),
        ("model.schema", words.text(model["schema"], 100)),
        ("model.size", size),
        ("data.crs", words.text(place["crs"] or "", 300)),
        ("model.eastings", _metres(words, place["eastings"])),
        ("model.northings", _metres(words, place["northings"])),
        ("model.height", _metres(words, place["height"])),
        ("data.datum", words.text(place["vertical_datum"] or "", 100)),
        ("model.rotation", "" if angle is None else words.quantity(angle, "deg", 2)),
        ("model.declared_by", words.text(place["declared_by"] or "", 200)),
    ]
    return tuple((words.label(key), text or words.label("value.unknown")) for key, text in facts)


def _metres(words: Wording, value: float | None) -> str:
    return "" if value is None else words.quantity(value, "m", 2)


def measures(words: Wording, report: Json) -> tuple[tuple[str, str, str, Said], ...]:
    """Return (what, value, uncertainty, method) of everything measured."""
    return tuple(
        (
            words.code("measure", one["name"]),
            words.value(one["value"], one["unit"]),
            "" if one["uncertainty"] is None else "\u00b1\u00a0" + words.quantity(one["uncertainty"], one["unit"]),
            words.remark(one["method"]),
        )
        for one in report["measures"][:_MOST_ROWS]
    )


def losses(words: Wording, report: Json) -> tuple[tuple[tuple[str, str, str, Said], ...], str]:
    """Return (kind, city, place, detail) of what translation lost, alike ones once; a note when not all are shown."""
    rows = list(
        dict.fromkeys(
            (
                words.code("loss", one["kind"]),
                words.text(city_name(report, one["city"]), _NAME) if one.get("city") else "",
                words.text(one["path"] or "/", 200),
                words.remark(one["detail"]),
            )
            for one in report["losses"]
        )
    )
    note = words.label("losses.more", shown=_MOST_ROWS, count=words.number(len(rows), 0))
    return tuple(rows[:_MOST_ROWS]), note if len(rows) > _MOST_ROWS else ""


def identifiers(words: Wording, report: Json) -> tuple[tuple[str, str], ...]:
    """Return the ids and hashes by which everything that this report rests on is found back."""
    model, software = report["model"], report["software"]
    told = (
        ("proof.report", report["id"]),
        ("proof.check", report["check"]),
        ("model.id", model["id"]),
        ("model.sha256", model["sha256"]),
        *(("proof.zoning_sha256", f"{one['sha256']} ({one['id']})") for one in report["zoning"]),
        ("proof.purpose", report["purpose"]),
        ("proof.subject", report["subject"]),
        ("proof.contract", f"{report['contract']} ({report['revision']})"),
        ("proof.software", f"{software['name']} {software['version']}"),
    )
    return tuple((words.label(key), words.text(text)) for key, text in told)


def standings(words: Wording, report: Json, scene: Scene) -> tuple[Standing, ...]:
    """Return the figures behind the pictures: the plan first, then each numbered neighbour."""
    by_id = {building.id: building for building in scene.neighbours}
    rows = []
    if scene.plan is not None:
        rows.append(
            Standing(
                words.label("table.plan"),
                words.text(city_name(report, scene.city), _NAME),
                "",
                *_levels(words, scene.plan.ground, scene.plan.ridge),
                "",
                "",
            )
        )
    for one in notables(report):
        building = by_id.get(one.id)
        levels = _levels(words, None, None) if building is None else _levels(words, building.ground, building.ridge)
        name, city = words.text(one.id.rpartition(":")[2], _NAME), words.text(city_name(report, one.city), _NAME)
        rows.append(Standing(str(one.number), city, words.metres(one.distance_m), *levels, one.verdict, name))
    return tuple(rows)


def _levels(words: Wording, ground: float | None, ridge: float | None) -> tuple[str, str, str]:
    height = None if ground is None or ridge is None else ridge - ground
    return words.metres(ground, 2), words.metres(ridge, 2), words.metres(height, 2)
