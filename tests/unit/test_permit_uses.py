# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What labels in a model mean, and what is only guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from permit_ifc import Block
from permit_world import facts_of

from hanse.permit.ifc.uses import code_of

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.permit.ifc.uses import Use


def uses(tmp_path: Path, block: Block) -> tuple[Use, ...]:
    file = tmp_path / "block.ifc"
    file.write_text(block.step())
    return facts_of(file, tmp_path / "cache").uses


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("wonen", "residential"),
        ("Woonfunctie", "residential"),
        ("residential", "residential"),
        ("kantoor", "office"),
        ("Office building", "office"),
        ("citygml:1000 (residential building)", "residential"),
        ("citygml:9999", ""),
        ("winkel", "retail"),
        ("raketbasis", ""),
        ("kantoor en wonen", ""),
        ("officer's mess", ""),
        ("", ""),
    ],
)
def test_labels_have_a_code_when_they_are_known_and_clear(label: str, code: str) -> None:
    assert code_of(label) == code


def test_the_building_s_own_word_counts_and_rooms_then_do_not(tmp_path: Path) -> None:
    found = uses(tmp_path, Block(occupancy="wonen", rooms=("Kantoor",)))
    assert [(use.code, use.declared) for use in found] == [("residential", True)]


def test_rooms_are_a_hint_when_the_building_says_nothing(tmp_path: Path) -> None:
    found = uses(tmp_path, Block(occupancy=None, rooms=("Bedroom 1", "Hallway", "Bathroom 1")))
    assert [(use.code, use.declared) for use in found] == [("residential", False)]


def test_an_unknown_label_stays_without_a_code(tmp_path: Path) -> None:
    found = uses(tmp_path, Block(occupancy="raketbasis"))
    assert [(use.label, use.code) for use in found] == [("raketbasis", "")]


def test_nothing_named_is_nothing_known(tmp_path: Path) -> None:
    assert uses(tmp_path, Block(occupancy=None)) == ()
