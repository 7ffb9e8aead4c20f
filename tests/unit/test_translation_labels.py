# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The catalogue of labels: whole in both languages, and honest about where a label came from."""

from __future__ import annotations

import re

import pytest

from hanse.contracts.labels import labels as catalogues
from hanse.translation.labels import Label, labels


def marks(text: str) -> list[str]:
    return sorted(re.findall(r"{(\w+)}", text))


def test_both_languages_have_every_label_with_the_same_marks() -> None:
    texts = catalogues()
    assert set(texts) == {"nl", "en"}
    assert set(texts["nl"]) == set(texts["en"])
    assert [key for key, text in texts["nl"].items() if marks(text) != marks(texts["en"][key])] == []


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("nl", Label("verdict.COMPLIANT", "Voldoet", "nl", "catalogue")),
        ("nl-BE", Label("verdict.COMPLIANT", "Voldoet", "nl", "catalogue")),
        ("EN", Label("verdict.COMPLIANT", "Complies", "en", "catalogue")),
        ("de", Label("verdict.COMPLIANT", "Complies", "en", "fallback")),
    ],
)
def test_a_label_says_its_language_and_rung(language: str, label: Label) -> None:
    assert labels(["verdict.COMPLIANT"], language) == [label]


def test_an_unknown_key_is_its_own_label() -> None:
    assert labels(["verdict.PERHAPS"], "nl") == [Label("verdict.PERHAPS", "verdict.PERHAPS", "", "fallback")]


def test_no_key_means_all() -> None:
    assert {label.key for label in labels([], "nl")} == set(catalogues()["nl"])
