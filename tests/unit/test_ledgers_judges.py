# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The judges' ledger: a failure needs its reason, a reason its failure, and both are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ledgers.cases import Case, Suite, demanded, not_applicable
from ledgers.judges import HERE, SUITES
from ledgers.ledger import Judged, markdown, read_reasons

if TYPE_CHECKING:
    from pathlib import Path

CASES = (demanded("one", met=True), demanded("two", met=False, detail="2, not 3"), not_applicable("three", "no RSA"))


def judged(reasons: dict[str, str], cases: tuple[Case, ...] = CASES, size: int = 0) -> Judged:
    return Judged(Suite("suite", "somebody", lambda _: iter(cases), size), cases, reasons)


def test_a_failing_case_without_a_reason_is_not_sound() -> None:
    assert not judged({}).sound
    assert [case.id for case in judged({}).unexplained] == ["two"]
    assert judged({"two": "rounded"}).sound


def test_a_reason_without_a_failing_case_is_not_sound() -> None:
    assert judged({"two": "rounded", "one": "once upon a time"}).outlived == ["one"]
    assert not judged({"two": "rounded", "gone": "case was renamed"}).sound


def test_a_suite_that_did_not_run_whole_is_not_sound() -> None:
    assert not judged({"two": "rounded"}, size=4).sound
    assert not judged({}, cases=()).sound


def test_the_ledger_names_every_failure_and_counts_the_rest() -> None:
    text = markdown("2026-11-23", [judged({"two": "rounded", "one": "gone"})], {"Python": "3.11"})
    assert "| suite | somebody | 3 | 1 | 1 | 1 |" in text
    assert "- suite, `two`: 2, not 3. rounded" in text
    assert "- suite, `one`: **no longer fails; take its reason away**" in text
    assert "- suite: 1 because no RSA" in text
    assert "**no reason given**" in markdown("2026-11-23", [judged({})], {})


@pytest.mark.parametrize("text", ["- a list", "suite: [one]", "suite: {one: }", "suite: {one: '  '}"])
def test_a_list_of_reasons_that_gives_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "nonconforming.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"nonconforming\.yaml"):
        read_reasons(tmp_path / "nonconforming.yaml")


def test_the_reasons_that_are_committed_name_suites_that_exist() -> None:
    names = {suite.name for suite in SUITES}
    assert set(read_reasons(HERE / "nonconforming.yaml")) <= names
