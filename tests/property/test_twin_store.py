# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Any run of writes, deletions and retries against a plain model: outcomes, aliases, events, ids never used again."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from twin_world import AUTHORITY, LocalTwin, point

from hanse.api.types.v1 import types_pb2 as types
from hanse.contracts.validation import validate_document
from hanse.kernel.errors import ConflictError
from hanse.twin import rows
from hanse.twin.model import Outcome, Query, Request, Row, Written

if TYPE_CHECKING:
    from clocks import StillClock

NUMBERS = st.integers(0, 6)
SOURCES = st.sampled_from(["", "a", "b", "c"])
BATCHES = st.lists(st.tuples(NUMBERS, st.integers(0, 3), SOURCES), min_size=1, max_size=4)
DATASETS = st.sampled_from(["one", "two"])


def urn(number: int) -> str:
    return f"urn:hanse:{AUTHORITY}:bench:{number}"


class TwinMachine(RuleBasedStateMachine):
    """The model: entities by id, source ids by data set, ids retired, requests done, events told."""

    store = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.twin = LocalTwin.make(self.folder, store=self.store)
        self.held: dict[str, tuple[str, Row]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.retired: set[str] = set()
        self.requests: dict[str, tuple[str, list[Written]]] = {}
        self.told: list[tuple[str, str]] = []

    @initialize()
    def data_sets(self) -> None:
        self.urns = {name: self.twin.put(name) for name in ("one", "two")}

    def teardown(self) -> None:
        self.twin.database.close()
        shutil.rmtree(self.folder)

    def rows(self, batch: list[tuple[int, int, str]]) -> list[Row]:
        city = self.twin.config.city.crs
        made = []
        for number, value, source in batch:
            entity = {
                "id": urn(number),
                "type": "Bench",
                "value": {"type": "Property", "value": value},
                "location": point(5 + value / 100, 52),
            }
            made.append(rows.row(entity, city, source_id=source))
        return made

    def expected(self, dataset: str, batch: list[Row]) -> tuple[list[Written], Any] | None:
        """What writing gives and what it leaves; None when it must be refused."""
        held, aliases, done = dict(self.held), dict(self.aliases), []
        for row in batch:
            before = held.get(row.id)
            taken = aliases.get((dataset, row.source_id)) if row.source_id else None
            if row.id in self.retired or (before and before[0] != dataset) or taken not in (None, row.id):
                return None
            if before and before[1].sha256 == row.sha256:
                done.append(Written(row.id, Outcome.UNCHANGED))
                continue
            done.append(Written(row.id, Outcome.REPLACED if before else Outcome.CREATED))
            held[row.id] = (dataset, row)
            if row.source_id:
                aliases[dataset, row.source_id] = row.id
        return done, (held, aliases)

    @rule(dataset=DATASETS, batch=BATCHES, request_id=st.sampled_from(["", "", "r1", "r2"]))
    def write(self, dataset: str, batch: list[tuple[int, int, str]], request_id: str) -> None:
        made = self.rows(batch)
        fingerprint = f"{dataset} {[(row.id, row.sha256, row.source_id) for row in made]}"
        request = Request(request_id, fingerprint) if request_id else None
        earlier = self.requests.get(request_id)
        if earlier is not None:
            if earlier[0] == fingerprint:
                assert list(self.twin.store.write(self.urns[dataset], made, request)) == earlier[1]
            else:
                self.refused(dataset, made, request)
            return
        expected = self.expected(dataset, made)
        if expected is None:
            self.refused(dataset, made, request)
            return
        done, (self.held, self.aliases) = expected
        assert list(self.twin.store.write(self.urns[dataset], made, request)) == done
        self.told += [(item.id, item.outcome.value) for item in done if item.outcome is not Outcome.UNCHANGED]
        if request is not None:
            self.requests[request_id] = (fingerprint, done)

    def refused(self, dataset: str, made: list[Row], request: Request | None) -> None:
        with pytest.raises(ConflictError) as caught:
            self.twin.store.write(self.urns[dataset], made, request)
        assert caught.value.remedy

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3, unique=True))
    def delete(self, numbers: list[int]) -> None:
        ids = [urn(number) for number in numbers]
        there = {entity_id for entity_id in ids if entity_id in self.held}
        assert set(self.twin.store.delete(ids)) == there
        self.told += [(entity_id, "deleted") for entity_id in ids if entity_id in there]
        self.retired |= there
        self.held = {name: value for name, value in self.held.items() if name not in there}
        self.aliases = {key: name for key, name in self.aliases.items() if name not in there}

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        page = self.twin.store.query(Query(limit=100))
        found = {entity.id: entity for entity in map(types.Entity.FromString, page.entities)}
        assert found.keys() == self.held.keys()
        for name, (dataset, row) in self.held.items():
            assert (found[name].json, found[name].dataset) == (row.json, self.urns[dataset])
            assert self.twin.store.get(name) == found[name].SerializeToString()

    @invariant()
    def finds_by_source_id(self) -> None:
        for dataset in ("one", "two"):
            known = {source: name for (held, source), name in self.aliases.items() if held == dataset}
            assert self.twin.store.aliases(self.urns[dataset])(["a", "b", "c", "d"]) == known
        for source in "abc":
            names = [name for (_, held), name in sorted(self.aliases.items()) if held == source]
            wire = self.twin.store.get(source)
            assert (types.Entity.FromString(wire).id if wire else None) == (names[0] if names else None)

    @invariant()
    def has_told_of_every_change(self) -> None:
        events = self.twin.events()
        changes = [(change["id"], change["change"]) for event in events for change in event["data"]["changes"]]
        assert sorted(changes) == sorted(self.told)
        for event in events[-1:]:
            assert validate_document(event, "twin/v1", "entity-changed") == []

    @invariant()
    def leaves_nothing_behind(self) -> None:
        reader = self.twin.database.read()
        living = "SELECT count(*) FROM entity WHERE branch=0"
        assert reader.execute(living).fetchone() == (len(self.held),)
        for table, age in (("entity_geo", 0), ("entity_plane", 0), ("entity_past_geo", 1), ("entity_past_plane", 1)):
            of_age = "e.number=t.number AND (CASE WHEN e.branch<0 THEN 1 ELSE 0 END)=?"
            wrong = f"SELECT count(*) FROM {table} t LEFT JOIN entity e ON {of_age}"
            assert reader.execute(f"{wrong} WHERE e.number IS NULL", (age,)).fetchone() == (0,), table
        for table in ("entity_body", "entity_scalar", "entity_kind", "entity_scope"):
            orphans = f"SELECT count(*) FROM {table} WHERE number NOT IN (SELECT number FROM entity)"
            assert reader.execute(orphans).fetchone() == (0,), table


TestTwinMachine = TwinMachine.TestCase
TestTwinMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


class PostgresMachine(TwinMachine):
    """The same in PostgreSQL."""

    store = "postgres"


TestPostgresMachine = pytest.mark.usefixtures("postgres")(PostgresMachine.TestCase)
TestPostgresMachine.settings = settings(max_examples=2, stateful_step_count=8, deadline=None)


def test_a_moved_entity_is_told_with_both_places(tmp_path: Path, store: str) -> None:
    twin = LocalTwin.make(tmp_path, store=store)
    dataset, city = twin.put("one"), twin.config.city.crs
    for longitude in (5.0, 6.0):
        entity = {"id": urn(1), "type": "Bench", "location": point(longitude, 52)}
        twin.store.write(dataset, [rows.row(entity, city)])
    twin.store.delete([urn(1)])
    boxes = [event["data"]["changes"][0]["bbox"] for event in twin.events()]
    assert boxes == [[5, 52, 5, 52], [5, 52, 6, 52], [6, 52, 6, 52]]
    twin.database.close()


def test_many_changes_are_told_in_events_that_travel(tmp_path: Path, store: str) -> None:
    twin = LocalTwin.make(tmp_path, store=store)
    dataset, city = twin.put("one"), twin.config.city.crs
    long = f"urn:hanse:{AUTHORITY}:bench:" + "x" * 240
    made = [rows.row({"id": f"{long}{n}", "type": "urn:type:" + "t" * 1500}, city) for n in range(700)]
    twin.store.write(dataset, made)
    events = twin.events()
    told = [change["id"] for event in events for change in event["data"]["changes"]]
    assert told == [row.id for row in made]
    assert max(len(json.dumps(event)) for event in events) < 256 * 1024
    assert [validate_document(event, "twin/v1", "entity-changed") for event in events] == [[]] * len(events)
    twin.database.close()


def test_after_a_day_a_request_id_is_forgotten(tmp_path: Path, clock: StillClock, store: str) -> None:
    twin = LocalTwin.make(tmp_path, clock, store=store)
    dataset, city = twin.put("one"), twin.config.city.crs
    row = rows.row({"id": urn(1), "type": "Bench"}, city)
    first = Request("r", "1")
    twin.store.write(dataset, [row], first)
    clock.forward(hours=23)
    twin.store.write(dataset, [row], Request("other", "2"))
    assert twin.store.done_before(first) == [Written(urn(1), Outcome.CREATED)]
    clock.forward(hours=2)
    twin.store.write(dataset, [row], Request("another", "3"))
    assert twin.store.done_before(first) is None
    twin.database.close()


def test_every_stored_key_begins_with_the_tenant(tmp_path: Path) -> None:
    """Tables that are joined by `number` alone hold nothing that is asked for by name."""
    twin = LocalTwin.make(tmp_path)
    reader = twin.database.read()
    tables = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
    keys = {
        table: [row[1] for row in reader.execute(f"PRAGMA table_info({table})") if row[5] == 1]
        for (table,) in reader.execute(tables)
        if not table.startswith(("entity_geo", "entity_plane", "entity_past_"))
    }
    by_number = {"entity", "entity_body", "series", "point", "point_hour"}
    assert {table for table, key in keys.items() if key != ["tenant"]} == by_number
    indices = reader.execute("SELECT sql FROM sqlite_master WHERE type='index' AND tbl_name='entity' AND sql NOT NULL")
    assert all("(tenant, " in sql for (sql,) in indices)
    twin.database.close()


def test_the_two_schemas_have_the_same_tables_and_columns(tmp_path: Path, postgres: str) -> None:
    """But for scalars, which have a column a kind there, and boxes."""
    del postgres
    (tmp_path / "file").mkdir()
    (tmp_path / "server").mkdir()
    file, server = LocalTwin.make(tmp_path / "file"), LocalTwin.make(tmp_path / "server", store="postgres")
    names = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
    columns: dict[str, set[str]] = {}
    for (table,) in file.database.read().execute(names):
        columns[table] = {row[1] for row in file.database.read().execute(f"PRAGMA table_info({table})")}
    own = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema=current_schema()"
    there: dict[str, set[str]] = {}
    for table, column in server.database.read().execute(own):
        there.setdefault(table, set()).add(column)
    boxes = {"entity_geo", "entity_plane", "entity_past_geo", "entity_past_plane"}
    special = {*boxes, "entity_scalar", "schema_version", "point_rest"}
    shadows = {f"{box}_{part}" for box in boxes for part in ("node", "parent", "rowid")}
    assert {name: columns[name] for name in columns.keys() - special - shadows} == {
        name: there[name] for name in there.keys() - special
    }
    file.database.close()
    server.database.close()
