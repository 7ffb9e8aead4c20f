# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The soak's questions: each finds what it is there to find, and nothing in what is right."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers.invariants import check_ended, exchanges_settled, log_consistent, writes_kept
from ledgers.journal import Journal
from ledgers.load import Worker, run
from ledgers.soak_audit import CHECKS, Audit
from ledgers.soak_ledger import markdown

from hanse.kernel.errors import HanseError, UnavailableError
from hanse.merkle import Frontier, hash_leaf

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAVES = [f"leaf {number}".encode() for number in range(9)]


def root(leaves: Sequence[bytes]) -> bytes:
    return Frontier().extend([hash_leaf(leaf) for leaf in leaves])[0].root()


@pytest.mark.parametrize(("stored", "broken"), [(1, True), (2, False), (3, False), (4, True), (None, True)])
def test_a_write_is_kept_between_what_was_acknowledged_and_what_was_sent(stored: int | None, *, broken: bool) -> None:
    assert bool(list(writes_kept({"a": 3}, {"a": 2}, {"a": stored}))) is broken


def test_a_write_that_was_never_acknowledged_may_be_gone() -> None:
    assert list(writes_kept({"a": 3}, {}, {"a": None})) == []


@pytest.mark.parametrize(
    ("state", "verdict", "reason", "detail", "broken"),
    [
        ("SUCCEEDED", "NON_COMPLIANT", "", "", False),
        ("SUCCEEDED", "INSUFFICIENT_DATA", "", "", False),
        ("SUCCEEDED", "COMPLIANT", "", "", True),
        ("ABORTED", "", "OPERATION_LOST", "the token is gone", False),
        ("FAILED", "", "", "", True),
        ("RUNNING", "", "", "", True),
        ("CANCELLED", "", "CANCELLED", "by nobody", True),
    ],
)
def test_a_check_ends_honestly(state: str, verdict: str, reason: str, detail: str, *, broken: bool) -> None:
    assert bool(list(check_ended("id", state, verdict, reason, detail))) is broken


@given(st.lists(st.integers(0, len(LEAVES)), max_size=12))
def test_every_beginning_of_a_log_is_consistent_with_it(sizes: list[int]) -> None:
    shown = [(size, root(LEAVES[:size])) for size in sorted(sizes)]
    assert list(log_consistent("here", shown, LEAVES)) == []


def test_a_log_that_shrank_was_rewritten_or_lost_its_end_is_found() -> None:
    good = [(size, root(LEAVES[:size])) for size in (2, 5, 9)]
    assert list(log_consistent("here", [good[1], good[0]], LEAVES))
    assert list(log_consistent("here", good, LEAVES[:8]))
    assert list(log_consistent("here", good, [b"another", *LEAVES[1:]]))
    assert list(log_consistent("here", [*good, (9, b"x" * 32)], LEAVES))


def test_a_half_done_exchange_is_found() -> None:
    assert list(exchanges_settled("here", {"a": "COMPLETE", "b": "BROKEN"})) == []
    assert len(list(exchanges_settled("here", {"a": "OPEN"}))) == 1


def test_what_passes_is_counted_and_what_does_not_is_a_violation() -> None:
    journal, stop = Journal(), threading.Event()
    errors: list[HanseError | None] = [UnavailableError("away"), None, HanseError("a defect")]

    def act(_turn: int) -> None:
        error = errors.pop(0)
        if not errors:
            stop.set()
        if error is not None:
            raise error

    run(Worker("call", act, 0), journal, stop)
    assert journal.calls == {("call", "UNAVAILABLE"): 1, ("call", "ok"): 1, ("call", "INTERNAL"): 1}
    assert journal.violations == ["call: INTERNAL INTERNAL: a defect"]
    audit = Audit()
    audit.note(CHECKS, ["a check: has not ended"])
    text = markdown("2026-11-23", 10, 1, journal, audit)
    assert "| call | 1 | 1 | 1 |" in text
    assert f"| {CHECKS} | 1 | 1 |" in text
    assert "- a check: has not ended" in text
    assert "for 10 minutes (seed 1)" in text
    assert "for 1 minute (seed 1)" in markdown("2026-11-23", 1, 1, journal, audit)
