# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Numbers, dates and other people's text as a report says them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.permit.report.wording import legible, wording

NL, EN = wording("nl"), wording("en")


def test_numbers_are_written_as_each_language_writes_them() -> None:
    assert NL.quantity(12345.5, "m") == "12.345,50\u00a0m"
    assert EN.quantity(12345.5, "m2") == "12,345.50\u00a0m²"
    assert NL.quantity(90.556, "deg", 2) == "90,56°"
    assert EN.number(-2.5) == "\u22122.5"
    assert EN.number(3.0) == "3"


def test_values_that_differ_never_look_alike() -> None:
    assert EN.pair(12.0004, 12.0, "m") == ("12.0004\u00a0m", "12.0000\u00a0m")
    assert EN.pair(12.0, 12.0, "m") == ("12.00\u00a0m", "12.00\u00a0m")


@given(
    st.floats(-1e6, 1e6).map(lambda value: round(value, 6)),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 6)),
)
def test_pairs_tell_apart_whatever_differs_by_a_micrometre(measured: float, allowed: float) -> None:
    left, right = NL.pair(measured, allowed, "m")
    assert (left == right) == (abs(measured - allowed) < 5e-7)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_numbers_out_of_reach_are_shown_rather_than_failed_on(value: float) -> None:
    assert EN.number(value) == str(value)


def test_values_of_every_kind_the_contract_admits() -> None:
    assert NL.value(None, "m") == "onbekend"
    assert NL.value(["residential", "office"], "") == "wonen of kantoor"
    assert EN.value("some_new_use", "") == "some new use"
    assert EN.value([], "") == "none"


def test_dates_are_in_words_and_times_say_that_they_are_utc() -> None:
    assert NL.day("2024-01-31") == "31 januari 2024"
    assert EN.day("2024-01-31") == "31 January 2024"
    assert NL.moment("2026-11-23T11:59:58.000Z") == "23 november 2026 11:59:58 UTC"
    assert EN.day("0000") == "0000"


def test_text_is_taken_in_the_language_else_in_english_else_in_any() -> None:
    assert NL.said({"nl": "ja", "en": "yes"}).text == "ja"
    assert (NL.said({"en": "yes", "de": "ja"}).text, NL.said({"en": "yes"}).language) == ("yes", "en")
    assert NL.said({"fr": "oui", "de": "ja"}).language == "de"
    assert NL.said("wat dan ook").language == ""
    assert not NL.said(None)


def test_bidirectional_overrides_and_controls_are_spelled_out() -> None:
    assert legible("ok\u202egnp.exe\u2066\x00\u200b") == "ok⟨U+202E⟩gnp.exe⟨U+2066⟩⟨U+0000⟩⟨U+200B⟩"
    assert legible("a\tb\nc") == "a b c"


def test_scripts_that_need_joiners_and_marks_keep_them() -> None:
    for text in ("\u0645\u06cc\u200c\u062e\u0648\u0627", "क्\u200dष", "é", "שלום"):
        assert legible(text) == text


def test_stacked_marks_cannot_climb_over_the_lines_around() -> None:
    assert legible("a" + "\u0301" * 300).count("\u0301") == 4


@given(st.text())
def test_legible_text_has_nothing_hidden(text: str) -> None:
    shown = legible(text)
    kinds = {unicodedata.category(character) for character in shown if character not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert legible(shown) == shown


def test_endless_text_is_cut_with_a_count_of_what_is_missing() -> None:
    assert EN.text("x" * 5000, 100) == "x" * 100 + "… (4,900 more characters)"


def test_labels_cannot_reach_into_what_they_are_filled_with() -> None:
    words = wording("en", {"page.by": "{city.__class__} {city}"})
    assert words.label("page.by", city="Marewijk") == "{city.__class__} Marewijk"
