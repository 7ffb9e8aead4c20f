# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Scenarios against a plain model: queries in one equal those of the overlaid entities; keeping makes that the twin."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from clocks import StillClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twin_world import AUTHORITY, LocalTwin, point

from hanse.kernel.errors import ConflictError, NotFoundError, PreconditionError
from hanse.query import matches, parse_q
from hanse.twin import rows
from hanse.twin.adapters.hierarchy import SqlHierarchy
from hanse.twin.adapters.scenarios import SqlScenarios
from hanse.twin.model import Box, Filter, Operator, Outcome, Query, Row
from hanse.twin.scenarios import differing
from hanse.twin.search import Search

NUMBERS = st.integers(0, 7)
VALUES = st.integers(0, 3)
PARENTS = st.one_of(st.none(), NUMBERS)
TYPES = st.sampled_from(["Bench", "Tree"])
ENTITIES = st.tuples(NUMBERS, TYPES, VALUES, PARENTS)
Json = dict[str, Any]


def urn(number: int) -> str:
    return f"urn:hanse:{AUTHORITY}:thing:{number}"


def made(number: int, kind: str, value: int, parent: int | None) -> Json:
    entity: Json = {
        "id": urn(number),
        "type": kind,
        "size": {"type": "Property", "value": value},
        "location": point(4.4 + value / 100, 51.9),
    }
    if parent is not None:
        entity["partOf"] = {"type": "Relationship", "object": urn(parent)}
    return entity


def below(entities: dict[str, Json], top: str) -> set[str]:
    """What hangs under an entity, by looking at all of them until nothing is added."""
    found: set[str] = set()
    while True:
        held = found | {top}
        more = {each for each, one in entities.items() if one.get("partOf", {}).get("object") in held}
        if more <= found:
            return found - {top}
        found |= more


class ScenarioMachine(RuleBasedStateMachine):
    """A living twin and a few scenarios, each as a dict."""

    store = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = StillClock()
        self.twin = LocalTwin.make(self.folder, self.clock, store=self.store)
        self.scenarios = SqlScenarios(self.twin.store, self.clock)
        self.search = Search(self.twin.store, self.crs)
        self.living: dict[str, Json] = {}
        self.retired: set[str] = set()
        # Of each scenario: what stands otherwise (None: taken out), and what was there when it was said.
        self.edits: dict[str, dict[str, tuple[Json | None, Json | None]]] = {}
        self.count = 0

    @property
    def crs(self) -> str:
        return self.twin.config.city.crs

    @initialize()
    def data_set(self) -> None:
        self.dataset = self.twin.put("one")

    def teardown(self) -> None:
        self.twin.database.close()
        shutil.rmtree(self.folder)

    def row(self, entity: Json) -> Row:
        return rows.row(entity, self.crs)

    def overlaid(self, scenario: str) -> dict[str, Json]:
        whole = {**self.living, **{each: then for each, (then, _) in self.edits[scenario].items()}}
        return {each: one for each, one in sorted(whole.items()) if one is not None}

    @rule(entities=st.lists(ENTITIES, min_size=1, max_size=3))
    def live(self, entities: list[tuple[int, str, int, int | None]]) -> None:
        wanted = [made(*each) for each in entities if urn(each[0]) not in self.retired]
        self.twin.store.write(self.dataset, [self.row(each) for each in wanted])
        self.living.update({each["id"]: each for each in wanted})

    @rule(number=NUMBERS)
    def die(self, number: int) -> None:
        if self.twin.store.delete([urn(number)]):
            del self.living[urn(number)]
            self.retired.add(urn(number))

    @rule()
    def open(self) -> None:
        self.count += 1
        if len(self.edits) < 3:
            made_now = self.scenarios.create(f"urn:hanse:{AUTHORITY}:scenario:{self.count}", f"plan {self.count}")
            self.edits[made_now.id] = {}
            with pytest.raises(ConflictError):
                self.scenarios.create(f"urn:hanse:{AUTHORITY}:scenario:x{self.count}", f"plan {self.count}")

    @precondition(lambda self: self.edits)
    @rule(
        data=st.data(),
        put=st.lists(ENTITIES, max_size=3),
        out=st.lists(NUMBERS, max_size=2, unique=True),
    )
    def edit(self, data: st.DataObject, put: list[tuple[int, str, int, int | None]], out: list[int]) -> None:
        scenario = data.draw(st.sampled_from(sorted(self.edits)))
        wanted = [made(*each) for each in put]
        removed = [urn(each) for each in out if urn(each) not in {one["id"] for one in wanted}]
        shown, edits = self.overlaid(scenario), dict(self.edits[scenario])
        if any(each not in self.living and each not in edits for each in removed):
            with pytest.raises(NotFoundError):
                self.scenarios.edit(scenario, self.dataset, [self.row(each) for each in wanted], removed)
            return
        if any(each["id"] in self.retired and each["id"] not in self.living for each in wanted):
            with pytest.raises(ConflictError) as caught:
                self.scenarios.edit(scenario, self.dataset, [self.row(each) for each in wanted], removed)
            assert caught.value.metadata["entity"] in self.retired
            return
        written = self.scenarios.edit(scenario, self.dataset, [self.row(each) for each in wanted], removed)
        outcomes = []
        for each in wanted:
            before = shown.get(each["id"])
            outcomes.append(
                Outcome.CREATED if before is None else Outcome.UNCHANGED if before == each else Outcome.REPLACED
            )
            shown[each["id"]] = each
        assert [one.outcome for one in written] == outcomes
        for each, then in [*((one["id"], one) for one in wanted), *((gone, None) for gone in removed)]:
            today = self.living.get(each)
            edits.pop(each, None)
            if then != today:
                edits[each] = (then, today)
        self.edits[scenario] = edits

    @precondition(lambda self: self.edits)
    @rule(data=st.data())
    def keep(self, data: st.DataObject) -> None:
        scenario = data.draw(st.sampled_from(sorted(self.edits)))
        edits = self.edits[scenario]
        changed = sorted(each for each, (then, base) in edits.items() if self.living.get(each) not in (base, then))
        late = {each for each, (then, _) in edits.items() if then is not None and each in self.retired}
        if changed or late:
            with pytest.raises(PreconditionError) as caught:
                self.scenarios.keep(scenario, lambda body: rows.remade(body, self.crs))
            assert not changed or changed[0] in caught.value.message
            assert caught.value.reason == "STATE_CHANGED"
            return
        then = self.overlaid(scenario)
        counts = self.scenarios.keep(scenario, lambda body: rows.remade(body, self.crs))
        assert counts == (
            len(then.keys() - self.living.keys()),
            sum(1 for each in then.keys() & self.living.keys() if then[each] != self.living[each]),
            len(self.living.keys() - then.keys()),
        )
        self.retired |= self.living.keys() - then.keys()
        self.living = then
        del self.edits[scenario]
        assert self.scenarios.get(scenario) is None

    @precondition(lambda self: self.edits)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        scenario = data.draw(st.sampled_from(sorted(self.edits)))
        self.scenarios.drop(scenario)
        del self.edits[scenario]
        with pytest.raises(NotFoundError):
            self.scenarios.drop(scenario)

    @precondition(lambda self: self.edits)
    @rule(data=st.data(), kind=st.sampled_from(["", "Bench", "Tree"]), value=VALUES, top=NUMBERS)
    def ask(self, data: st.DataObject, kind: str, value: int, top: int) -> None:
        scenario = data.draw(st.sampled_from(["", *sorted(self.edits)]))
        entities = self.overlaid(scenario) if scenario else dict(sorted(self.living.items()))
        branch = (self.twin.store.branch(scenario) if scenario else 0) or 0
        condition = parse_q(f"size>={value}")
        box = Box(4.39, 51.8, 4.4 + value / 100, 52.0)
        queries = {
            Query(type=kind): [e for e in entities.values() if kind in ("", e["type"])],
            Query(type=kind, condition=condition): [
                e for e in entities.values() if kind in ("", e["type"]) and matches(condition, e)
            ],
            Query(filters=(Filter("size", Operator.EQUAL, value),)): [
                e for e in entities.values() if e["size"]["value"] == value
            ],
            Query(degrees=box): [e for e in entities.values() if e["location"]["value"]["coordinates"][0] <= box.max_x],
            Query(under=urn(top)): [entities[each] for each in sorted(below(entities, urn(top)))],
        }
        for plain, expected in queries.items():
            query = Query(**{**{n: getattr(plain, n) for n in plain.__slots__}, "branch": branch})
            assert [json.loads(one.json) for one in self.search.matching(query)] == expected
            assert sum(self.search.count(query).values()) == len(expected)
        hanging = SqlHierarchy(self.twin.store).below([urn(top)], branch, 100)
        assert hanging == sorted(below(entities, urn(top)))

    @invariant()
    def scenarios_differ_as_they_should(self) -> None:
        for scenario, edits in self.edits.items():
            found = self.scenarios.get(scenario)
            assert found is not None
            told = {each.id: each for each in self.scenarios.differences(found.branch)}
            then = self.overlaid(scenario)
            assert set(told) == {
                each for each in then.keys() | self.living.keys() if then.get(each) != self.living.get(each)
            }
            for each, difference in told.items():
                today, planned = self.living.get(each, {}), then.get(each, {})
                assert difference.attributes() == differing(today, planned)
                assert difference.change == ("removed" if not planned else "replaced" if today else "added")
            got = self.twin.store.many([urn(number) for number in range(8)], found.branch)
            assert {each: json.loads(one.json) for each, one in got.items()} == then
            assert found.added == len([e for e, (t, _) in edits.items() if t is not None and e not in self.living])
            assert found.removed == len([e for e, (t, _) in edits.items() if t is None and e in self.living])
        assert [each.id for each in self.scenarios.page("", 100)] == sorted(self.edits)

    @invariant()
    def the_living_twin_is_as_it_is(self) -> None:
        assert {one.id: json.loads(one.json) for one in self.search.matching(Query())} == self.living


TestScenarios = ScenarioMachine.TestCase
TestScenarios.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


class PostgresScenarios(ScenarioMachine):
    """The same in PostgreSQL."""

    store = "postgres"


@pytest.mark.usefixtures("postgres")
class TestScenariosInPostgres(PostgresScenarios.TestCase):
    """As the model says, on a server."""

    settings = settings(max_examples=15, stateful_step_count=15, deadline=None)


def test_opening_costs_one_row(tmp_path: Path) -> None:
    """Whatever the twin holds: no row of entities is written or read for a scenario that differs in nothing."""
    twin = LocalTwin.make(tmp_path)
    dataset = twin.put("one")
    twin.store.write(dataset, [rows.row(made(number, "Bench", 1, None), twin.config.city.crs) for number in range(8)])
    scenarios = SqlScenarios(twin.store, StillClock())
    counts = "SELECT (SELECT COUNT(*) FROM entity), (SELECT COUNT(*) FROM entity_body), (SELECT COUNT(*) FROM scenario)"
    before = twin.database.read().execute(counts).fetchone()
    scenario = scenarios.create(f"urn:hanse:{AUTHORITY}:scenario:1", "plan")
    assert twin.database.read().execute(counts).fetchone() == (*before[:2], before[2] + 1)
    scenarios.edit(scenario.id, dataset, [], [urn(3)])
    scenarios.drop(scenario.id)
    assert twin.database.read().execute(counts).fetchone() == before
    leftovers = "SELECT COUNT(*) FROM entity_scalar WHERE number NOT IN (SELECT number FROM entity)"
    assert twin.database.read().execute(leftovers).fetchone() == (0,)
    twin.database.close()


def test_a_source_s_id_names_what_a_scenario_adds(tmp_path: Path) -> None:
    twin = LocalTwin.make(tmp_path)
    dataset = twin.put("one")
    scenarios = SqlScenarios(twin.store, StillClock())
    scenario = scenarios.create(f"urn:hanse:{AUTHORITY}:scenario:1", "plan")
    planned = {**made(1, "Bench", 1, None), "sourceId": {"type": "Property", "value": "plan-1"}}
    scenarios.edit(scenario.id, dataset, [rows.row(planned, twin.config.city.crs)], [])
    assert dict(scenarios.aliases(scenario.branch, dataset)(["plan-1", "plan-2"])) == {"plan-1": urn(1)}
    assert twin.store.get("plan-1") is None
    assert list(twin.store.many(["plan-1"], scenario.branch)) == ["plan-1"]
    assert scenarios.keep(scenario.id, lambda body: rows.remade(body, twin.config.city.crs)) == (1, 0, 0)
    assert twin.store.get("plan-1") is not None
    assert [(one["change"], one["id"]) for event in twin.events() for one in event["data"]["changes"]] == [
        ("created", urn(1))
    ]
    twin.database.close()


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_who_still_reads_a_dropped_scenario_sees_nothing_of_the_next(
    tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    """Its number is what a running query holds."""
    if store == "postgres":
        request.getfixturevalue("postgres")
    twin = LocalTwin.make(tmp_path, store=store)
    dataset = twin.put("one")
    scenarios = SqlScenarios(twin.store, StillClock())
    dropped = scenarios.create(f"urn:hanse:{AUTHORITY}:scenario:1", "dropped")
    scenarios.drop(dropped.id)
    others = scenarios.create(f"urn:hanse:{AUTHORITY}:scenario:2", "another's")
    scenarios.edit(others.id, dataset, [rows.row(made(1, "Bench", 1, None), twin.config.city.crs)], [])
    assert not list(twin.store.many([urn(1)], dropped.branch))
    assert list(twin.store.many([urn(1)], others.branch)) == [urn(1)]
    twin.database.close()
