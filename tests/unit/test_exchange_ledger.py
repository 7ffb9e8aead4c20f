# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The log on disk: what it appends, what it refuses, what it forgets; and many writers through one sequencer."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest
from clocks import StillClock
from exchange_paper import SUBJECT, PaperCity

from hanse.gateway.exchange import leaf
from hanse.gateway.exchange.checkpoint import CheckpointError, checkpoint_json, read_checkpoint_json
from hanse.gateway.exchange.leaf import leaf_bytes
from hanse.gateway.exchange.ledger import ASKER, Begin, Continue, Entry, Exchange, Ledger
from hanse.gateway.exchange.log import ExchangeLog, only_sequencer
from hanse.gateway.exchange.store import BROKEN, COMPLETE, OPEN, open_store
from hanse.gateway.exchange.vault import Vault
from hanse.jose import parse_object
from hanse.kernel.config import ConfigError
from hanse.kernel.errors import ConflictError, HanseError, UnavailableError
from hanse.kernel.ids import new_salt
from hanse.merkle import EMPTY_ROOT, Frontier, hash_leaf, inclusion_proof, tree_root, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def city(tmp_path: Path) -> Iterator[PaperCity]:
    made = PaperCity("marewijk.example", tmp_path, StillClock())
    yield made
    made.database.close()


OWN = "urn:hanse:marewijk.example:person:" + "2d" * 20


def begin(
    city: PaperCity, identifier: str, subject: str = SUBJECT, payload: bytes = b"asked", owner: str = ""
) -> Begin:
    exchange = city.ledger.new(
        id=identifier,
        role=ASKER,
        city="lindemond.example",
        method="/hanse.api.twin.v1.TwinService/GetEntity",
        contract="twin/v1",
        purpose="test",
        subject=city.vault.handle(subject),
        owner=city.vault.handle(owner) if owner else None,
        caller="urn:hanse:marewijk.example:client:platform",
        trust=b"",
    )
    return Begin(exchange, (Entry(leaf.REQUEST, f"request.{identifier}", payload),), city.authority, 1_800_000_000)


def end(identifier: str) -> Continue:
    return Continue(identifier, (Entry(leaf.ANSWER, f"answer.{identifier}", b"answered"),), COMPLETE, "OK")


def found(city: PaperCity, identifier: str) -> Exchange:
    exchange = city.ledger.exchange(identifier)
    assert exchange is not None
    return exchange


def test_leaves_are_in_the_tree_and_open_what_they_commit_to(city: PaperCity) -> None:
    ledger = city.ledger
    assert ledger.commit([begin(city, "a"), begin(city, "b"), end("b")]) == [None] * 3
    assert ledger.commit([end("a")]) == [None]
    assert ledger.size() == 4
    root = tree_root(4, ledger.read_node)
    for identifier in "ab":
        for opened in ledger.opened(found(city, identifier)):
            data = leaf_bytes(city.authority, opened.kind, opened.salt, opened.statement)
            path = inclusion_proof(opened.index, 4, ledger.read_node)
            verify_inclusion(hash_leaf(data), opened.index, 4, path, root)
    assert [(o.kind, o.index, o.payload) for o in ledger.opened(found(city, "a"))] == [
        ("request", 0, b"asked"),
        ("answer", 3, b"answered"),
    ]
    assert (found(city, "a").state, found(city, "a").status) == (COMPLETE, "OK")


def test_a_leaf_names_contract_and_tenant_and_nothing_else(city: PaperCity) -> None:
    city.ledger.commit([begin(city, "a")])
    (data,) = city.database.read().execute("SELECT data FROM leaf").fetchone()
    document = parse_object(data)
    assert set(document) == {"commitment", "contract", "kind", "revision", "tenant"}
    assert (document["contract"], document["revision"], document["tenant"]) == (
        "exchange/v1",
        "1.0.0",
        "marewijk.example",
    )


def test_the_same_words_twice_commit_differently(city: PaperCity) -> None:
    city.ledger.commit([begin(city, "a"), begin(city, "b")])
    twice = [Continue(each, (Entry(leaf.ANSWER, "same", b""),), COMPLETE) for each in "ab"]
    city.ledger.commit(twice)
    leaves = [data for (data,) in city.database.read().execute("SELECT data FROM leaf WHERE idx>1")]
    assert len(leaves) == len(set(leaves)) == 2


def test_an_id_is_used_once_and_the_rest_of_the_batch_goes_on(city: PaperCity) -> None:
    first, again, other = city.ledger.commit([begin(city, "a"), begin(city, "a"), begin(city, "b")])
    assert (first, other) == (None, None)
    assert isinstance(again, ConflictError)
    assert again.reason == "REPLAYED"
    assert city.ledger.size() == 2


def test_only_what_is_open_goes_on(city: PaperCity) -> None:
    unknown = city.ledger.commit([end("nothing")])[0]
    assert isinstance(unknown, HanseError)
    city.ledger.commit([begin(city, "a"), end("a")])
    assert isinstance(city.ledger.commit([end("a")])[0], HanseError)
    assert city.ledger.size() == 2


def test_survives_a_restart_and_the_replay_guard_with_it(city: PaperCity, tmp_path: Path) -> None:
    city.ledger.commit([begin(city, "a")])
    city.database.close()
    database = open_store(tmp_path / "gateway.db")
    ledger = Ledger(database, city.authority, city.vault, city.clock)
    assert ledger.size() == 1
    assert isinstance(ledger.commit([begin(city, "a")])[0], ConflictError)
    assert [exchange.id for exchange in ledger.open_exchanges()] == ["a"]
    assert ledger.commit([end("a")]) == [None]
    database.close()


def test_nothing_is_written_when_the_disk_is_full(city: PaperCity) -> None:
    city.ledger.commit([begin(city, "a")])
    (pages,) = city.database.read().execute("PRAGMA page_count").fetchone()
    city.database._writer.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(UnavailableError):
        city.ledger.commit([begin(city, "b", payload=bytes(1_000_000)), end("a")])
    assert city.ledger.size() == 1
    assert found(city, "a").state == OPEN


def test_checkpoint_of_what_there_is(city: PaperCity) -> None:
    size, note = city.ledger.checkpoint(city.log)
    document = checkpoint_json(city.authority, note)
    empty = read_checkpoint_json(document, city.authority, city.log.public)
    assert (size, empty.size, empty.root) == (0, 0, EMPTY_ROOT)
    city.ledger.commit([begin(city, "a"), begin(city, "b"), end("a")])
    size, note = city.ledger.checkpoint(city.log)
    checkpoint = read_checkpoint_json(checkpoint_json(city.authority, note), city.authority, city.log.public)
    assert (size, checkpoint.root) == (3, tree_root(3, city.ledger.read_node))
    assert city.ledger.checkpoint(city.log) == (size, note), "an unchanged tree is not signed again"
    for wrong in (document.replace(b"marewijk", b"lindemond"), document[:-1] + b',"x":1}', b"{}", b"["):
        with pytest.raises(CheckpointError):
            read_checkpoint_json(wrong, city.authority, city.log.public)


def test_old_replay_marks_go_but_known_exchanges_stay_known(city: PaperCity) -> None:
    city.ledger.commit([begin(city, "a")])
    city.clock.forward(days=3650)  # type: ignore[attr-defined]
    city.ledger.commit([begin(city, "b")])
    city.ledger.checkpoint(city.log)
    marks = city.database.read().execute("SELECT count(*) FROM seen").fetchone()
    assert marks == (0,)
    assert isinstance(city.ledger.commit([begin(city, "a")])[0], ConflictError)


def test_forgetting_a_subject_leaves_the_others(city: PaperCity) -> None:
    other = SUBJECT.replace("0f", "1e")
    city.ledger.commit([begin(city, "a"), begin(city, "b", other), end("a"), end("b")])
    before = tree_root(4, city.ledger.read_node)
    assert city.ledger.forget(SUBJECT) == 1
    assert city.ledger.opened(found(city, "a")) == []
    assert (found(city, "a").subject, found(city, "a").purpose, found(city, "a").caller) == (None, "", "")
    assert len(city.ledger.opened(found(city, "b"))) == 2
    assert tree_root(4, city.ledger.read_node) == before
    assert city.ledger.forget(SUBJECT) == 0
    city.ledger.commit([begin(city, "c")])
    assert len(city.ledger.opened(found(city, "c"))) == 1, "someone forgotten may come again, as a stranger"


def test_forgotten_by_the_name_in_this_city(city: PaperCity) -> None:
    city.ledger.commit([begin(city, "a", owner=OWN), end("a")])
    assert city.ledger.forget(OWN) == 1
    assert city.ledger.opened(found(city, "a")) == []
    assert city.database.read().execute("SELECT count(*) FROM subject").fetchone() == (0,), "its key is gone"


@pytest.mark.parametrize("name", [SUBJECT, OWN])
def test_forgotten_while_an_exchange_runs(city: PaperCity, name: str) -> None:
    city.ledger.commit([begin(city, "a", owner=OWN)])
    assert city.ledger.forget(name) == 1
    assert city.ledger.commit([end("a")]) == [None], "the exchange goes on"
    exchange = found(city, "a")
    assert (exchange.state, exchange.subject, exchange.owner, exchange.purpose) == (COMPLETE, None, None, "")
    assert city.ledger.size() == 2, "its leaves are all there"
    assert city.ledger.opened(exchange) == []
    for table in ("body", "subject"):
        assert city.database.read().execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_forgotten_under_every_name(city: PaperCity) -> None:
    elsewhere = "urn:hanse:thirdham.example:person:" + "3c" * 20
    other = SUBJECT.replace("0f", "1e")
    jobs = [
        begin(city, "a", owner=OWN),
        begin(city, "b", elsewhere, owner=OWN),
        begin(city, "c"),
        begin(city, "d", other),
    ]
    city.ledger.commit(jobs)
    assert city.ledger.forget(elsewhere) == 3, "all of the person's: also where this city did not know who it was"
    for identifier in "abc":
        exchange = found(city, identifier)
        assert (exchange.subject, exchange.owner, exchange.caller) == (None, None, "")
    assert len(city.ledger.opened(found(city, "d"))) == 1


def test_what_is_forgotten_is_gone_from_the_files(city: PaperCity, tmp_path: Path) -> None:
    city.ledger.commit([begin(city, "a"), end("a")])
    (sealed,) = city.database.read().execute("SELECT sealed_key FROM subject").fetchone()
    assert _in_files(tmp_path, sealed)
    city.ledger.forget(SUBJECT)
    assert city.ledger.scrub()
    assert not _in_files(tmp_path, sealed)


def test_forgetting_says_so_while_an_older_copy_is_read(
    city: PaperCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanse.gateway.exchange.log._SCRUBS", 2)
    city.ledger.commit([begin(city, "a"), end("a")])
    (sealed,) = city.database.read().execute("SELECT sealed_key FROM subject").fetchone()
    reader = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM subject").fetchall()

    async def run() -> None:
        log = ExchangeLog(city.ledger, city.log, 0.05)
        log.start()
        with pytest.raises(UnavailableError, match="an older copy") as caught:
            await log.forget(SUBJECT)
        assert caught.value.reason == "STORAGE_UNAVAILABLE"
        assert city.ledger.opened(found(city, "a")) == []
        assert _in_files(tmp_path, sealed)
        reader.close()
        for _ in range(200):
            if not _in_files(tmp_path, sealed):
                break  # without being asked again
            await asyncio.sleep(0.05)
        assert not _in_files(tmp_path, sealed)
        assert await log.forget(SUBJECT) == 0
        await log.close()

    asyncio.run(run())


def test_a_database_that_fails_is_away(city: PaperCity) -> None:
    async def run() -> None:
        log = ExchangeLog(city.ledger, city.log, 60)
        for ask in (log.read, log.write):
            with pytest.raises(UnavailableError) as caught:
                await ask(lambda: city.database.read().execute("SELECT * FROM nowhere"))
            assert caught.value.reason == "STORAGE_UNAVAILABLE"

    asyncio.run(run())


def _in_files(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.glob("gateway.db*"))


def test_bodies_are_sealed_to_their_place_and_city(city: PaperCity) -> None:
    city.ledger.commit([begin(city, "a"), begin(city, "b")])
    assert not _in_files(city.folder, b"request.a")
    with city.database.write() as connection:
        connection.execute("UPDATE body SET sealed=(SELECT sealed FROM body WHERE id='b') WHERE id='a'")
    with pytest.raises(HanseError, match="altered"):
        city.ledger.opened(found(city, "a"))
    stranger = Vault(city.authority, b"\1" * 32, new_salt)
    with pytest.raises(HanseError, match="unwrapped"):
        stranger.key(city.database.read(), city.vault.handle(SUBJECT))


def test_pages_newest_first(city: PaperCity) -> None:
    city.ledger.commit([begin(city, f"{number}") for number in range(7)])
    first = city.ledger.exchanges({}, 1 << 62, 3)
    assert [exchange.id for exchange in first] == ["6", "5", "4"]
    then = city.ledger.exchanges({}, first[-1].request_leaf, 10)
    assert [exchange.id for exchange in then] == ["3", "2", "1", "0"]
    assert city.ledger.exchanges({"city": "elsewhere.example"}, 1 << 62, 3) == []
    mine = {"handle": city.vault.handle(SUBJECT), "caller": "nobody"}
    assert len(city.ledger.exchanges(mine, 1 << 62, 10)) == 7
    assert city.ledger.exchanges({**mine, "handle": b"x"}, 1 << 62, 10) == []


def test_many_writers_one_sequence(city: PaperCity) -> None:
    async def run() -> None:
        log = ExchangeLog(city.ledger, city.log, 0.01)
        log.start()
        await asyncio.gather(*(log.append(begin(city, str(number))) for number in range(300)))
        assert (await log.checkpoint())[0] == 300
        with pytest.raises(ConflictError):
            await log.append(begin(city, "7"))
        await asyncio.gather(*(log.append(end(str(number))) for number in range(300)))
        await log.close()

    asyncio.run(run())
    latest = city.ledger.latest_checkpoint()
    assert latest is not None
    assert latest[0] == 600, "closing signs what is there"
    leaves = [data for (data,) in city.database.read().execute("SELECT data FROM leaf ORDER BY idx")]
    frontier, _ = Frontier().extend([hash_leaf(data) for data in leaves])
    assert frontier.root() == tree_root(600, city.ledger.read_node)


def test_a_full_disk_fails_the_calls_that_wait_and_no_other(city: PaperCity) -> None:
    async def run() -> None:
        log = ExchangeLog(city.ledger, city.log, 60)
        log.start()
        (pages,) = city.database.read().execute("PRAGMA page_count").fetchone()
        city.database._writer.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(UnavailableError) as caught:
            await log.append(begin(city, "a", payload=bytes(1_000_000)))
        assert caught.value.reason == "LOG_UNAVAILABLE"
        city.database._writer.execute("PRAGMA max_page_count=1073741823")
        await log.append(begin(city, "a"))
        await log.close()

    asyncio.run(run())
    assert city.ledger.size() == 1


def test_one_sequencer_a_city(tmp_path: Path) -> None:
    with (
        only_sequencer(tmp_path / "lock"),
        pytest.raises(ConfigError, match="another gateway"),
        only_sequencer(tmp_path / "lock"),
    ):
        pass
    with only_sequencer(tmp_path / "lock"):
        pass


def test_every_key_begins_with_the_tenant(city: PaperCity) -> None:
    connection = sqlite3.connect(city.folder / "gateway.db")
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            keys = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5] == 1]
            assert keys == ["tenant"], table
        for (index,) in connection.execute("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL"):
            assert connection.execute(f"PRAGMA index_info({index})").fetchone()[2] == "tenant", index
    finally:
        connection.close()
    assert BROKEN == 3
