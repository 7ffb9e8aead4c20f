# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin is killed in the middle of a load: told to resume, it goes on there, and nothing is lost or done twice."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import grpc
import pytest
from cities import Processes, make_city
from twin_world import NGSI_LD, NO_EVENTS, Served, upload

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 6_000  # so many that a busy machine kills in the middle, too


def benches() -> bytes:
    """An entity a line; every hundredth is none."""
    lines = (
        b'{"type":"Bench","id":"urn:x:%d","n":{"type":"Property"%s}}\n' % (n, b',"value":%d' % n if n % 100 else b"")
        for n in range(COUNT)
    )
    return b"".join(lines)


def test_a_load_goes_on_after_its_twin_was_killed(tmp_path: Path) -> None:
    config, data = make_city(tmp_path, settings=NO_EVENTS), benches()
    with Processes() as processes:
        twin = Served.of(processes.start(config, "twin"))
        twin.put("benches")
        call = twin.call("LoadEntities", upload("benches", data, NGSI_LD), timeout=120)
        first = next(call)
        assert 0 < first.read < COUNT
        twin.part.kill()
        with pytest.raises(grpc.RpcError):
            list(call)
        twin.channel.close()
        again = Served.of(processes.start(config, "twin"))
        answers = again.load("benches", data, NGSI_LD, resume=True)
        end = answers[-1]
        again.channel.close()
        assert again.part.stop() == 0
    refused = [each.source_id for answer in answers for each in answer.new_refusals]
    assert end.resumed >= first.read
    assert (end.read, end.created, end.refused, end.unchanged) == (COUNT, COUNT - COUNT // 100, COUNT // 100, 0)
    assert refused == [f"urn:x:{n}" for n in range(0, COUNT, 100)], "each is told once, those from before the kill too"
    with sqlite3.connect(config.state / "twin.db") as database:
        told = database.execute("SELECT outcome, COUNT(*), COUNT(DISTINCT id) FROM change GROUP BY outcome").fetchall()
        notes = database.execute("SELECT COUNT(*) FROM load_run").fetchone()[0]
    database.close()
    assert told == [("created", COUNT - COUNT // 100, COUNT - COUNT // 100)]
    assert notes == 0
