# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What others wrote can be shown: in logs, on terminals, as the reason of an exchange."""

from __future__ import annotations

import io
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hanse.cli.output import Output
from hanse.gateway.exchange.envelope import is_purpose
from hanse.kernel.start import LineFormatter
from hanse.kernel.text import escape, steers

STEERING = "\n\r\t\x00\x1b[2J\x7f\x85\x9b31m\u200e\u202e\u2028\u2029\u2066\ufeff\U000e0041"


@given(st.text())
def test_nothing_that_steers_is_left(text: str) -> None:
    shown = escape(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown)
    assert not steers(shown)
    assert steers(text) == (shown != text)


@pytest.mark.parametrize("char", [char for char in STEERING if not char.isascii() or not char.isprintable()], ids=ascii)
def test_each_is_spelt_out(char: str) -> None:
    assert escape(f"a{char}b") == f"a{ascii(char)[1:-1]}b"
    assert not is_purpose(f"permit{char}check")


@pytest.mark.parametrize("text", ["Größe: niet meer dan 10 m²", "Čeština", "東京", "שלום", "a\u00a0b", "😀"])
def test_writing_stays_as_it_is(text: str) -> None:
    assert escape(text) == text
    assert is_purpose(text)


@pytest.mark.parametrize("text", ["", "x" * 201])
def test_a_purpose_has_its_length(text: str) -> None:
    assert not is_purpose(text)
    assert is_purpose(text[:200] or "x")


def test_a_record_is_one_line_and_a_traceback_none_of_ours() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    log = logging.Logger("hanse.test")  # noqa: LOG001 - of its own, so that no other handler hears
    log.addHandler(handler)
    forged = f"no{STEERING}\nERROR hanse.gateway: forged"
    log.info("it said %s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        log.exception("defect")
    first, second, *rest = stream.getvalue().rstrip("\n").split("\n")
    assert first == f"INFO hanse.test: it said {escape(forged)}"
    assert second == "ERROR hanse.test: defect"
    assert rest
    assert all(line.startswith("| ") for line in rest)
    assert not any(steers(line) for line in (first, second, *rest))


def test_the_command_line_shows_it_harmlessly() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=400, color_system=None)
    output = Output(console=console, notes=console)
    output.table("", ("what",), [[STEERING + "x"]], {})
    output.error(STEERING + "x", STEERING, details=[STEERING])
    output.note(STEERING)
    shown = stream.getvalue()
    assert "[2J" in shown
    for char in set(STEERING) - {"\n", "\x1b"}:
        assert (char.isascii() and char.isprintable()) or char not in shown, ascii(char)
    assert "\x1b[2J" not in shown
