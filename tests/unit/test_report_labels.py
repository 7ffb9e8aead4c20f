# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The catalogue of a report: whole in both languages, with every code of the contract and every label asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_report_sample import SCHEMA

from hanse.permit.report import labels
from hanse.permit.report.labels import CATALOGUE, LANGUAGES, LanguageError, catalogue

REPORT = Path(labels.__file__).parent
MARK = re.compile(r"\{[a-z]+\}")


def test_languages_have_the_same_labels_none_empty() -> None:
    assert set(CATALOGUE) == set(LANGUAGES) == {"nl", "en"}
    assert set(CATALOGUE["nl"]) == set(CATALOGUE["en"])
    assert all(text.strip() for texts in CATALOGUE.values() for text in texts.values())


def test_languages_have_the_same_marks_to_fill_in() -> None:
    for key, text in CATALOGUE["en"].items():
        assert sorted(MARK.findall(text)) == sorted(MARK.findall(CATALOGUE["nl"][key])), key


def test_languages_differ() -> None:
    same = {key for key, text in CATALOGUE["en"].items() if CATALOGUE["nl"][key] == text}
    # Units, letters and words that both languages spell alike.
    assert len(same) < 20
    assert not any(key.startswith(("verdict.", "overall.", "next.", "state.")) for key in same)


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("verdict", SCHEMA["$defs"]["verdict"]["enum"]),
        ("overall", SCHEMA["$defs"]["verdict"]["enum"]),
        ("next", SCHEMA["$defs"]["verdict"]["enum"]),
        ("state", SCHEMA["$defs"]["source"]["properties"]["state"]["enum"]),
        ("loss", SCHEMA["$defs"]["loss"]["properties"]["kind"]["enum"]),
        ("datum", [code for code in SCHEMA["$defs"]["dataset"]["properties"]["vertical_datum_source"]["enum"] if code]),
    ],
)
def test_every_code_of_the_contract_has_a_label(family: str, codes: list[str]) -> None:
    assert [code for code in codes if f"{family}.{code}" not in CATALOGUE["nl"]] == []


def test_every_label_asked_for_exists_and_every_label_is_asked_for() -> None:
    sources = [*REPORT.glob("*.py"), *REPORT.glob("pictures/*.py"), *REPORT.glob("templates/*.j2")]
    text = "\n".join(path.read_text("utf-8") for path in sources if path.name != "labels.py")
    asked = set(re.findall(r'label\(\s*"([a-z]+\.[a-zA-Z0-9_]+)"', text))
    assert asked - set(CATALOGUE["nl"]) == set()
    families = ("verdict", "overall", "next", "state", "loss", "datum", "measure", "measured", "allowed", "use", "unit")
    families += ("section", "side")
    known = {key for key in CATALOGUE["nl"] if key.partition(".")[0] not in families}
    assert {key for key in known if f'"{key}"' not in text} == set()


def test_official_labels_go_over_the_defaults() -> None:
    assert catalogue("en", {"verdict.COMPLIANT": "Fine"})["verdict.COMPLIANT"] == "Fine"
    assert catalogue("en")["verdict.COMPLIANT"] == "Complies"


def test_language_that_no_report_is_written_in_is_refused() -> None:
    with pytest.raises(LanguageError, match="'de' is not one a report is written in: ask for one of nl, en"):
        catalogue("de")
