# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse credential issue` against a running city: what claims are, and what a refusal leaves behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cities import Processes, city_path, make_city
from twin_world import NO_EVENTS

from hanse.cli.main import main
from hanse.cli.output import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.kernel.config import CityConfig


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityConfig]:
    config = make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS)
    with Processes() as processes:
        processes.start_city(config, ("identity", "gateway"))
        yield config


def issue(city: CityConfig, folder: Path, *words: str) -> int:
    files = ("--holder-key", str(folder / "key"), "--out", str(folder / "credential"))
    return main(["credential", "issue", *files, *words, "--city", str(city_path(city)), "--json"])


def test_a_text_of_digits_is_a_text(city: CityConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert issue(city, tmp_path, "--claim", "register_number=1", "--claim", "birthdate=1970-01-01") == Exit.OK, (
        capsys.readouterr().err
    )
    assert {path.name for path in tmp_path.iterdir()} == {"key", "credential"}


@pytest.mark.parametrize("words", [("--claim", "birthdate=yesterday"), ("--type", "urn:x:other"), ("--days", "0.0001")])
def test_a_refusal_leaves_nothing_behind(
    city: CityConfig, tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert issue(city, tmp_path, *words) != Exit.OK
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["error"]["message"]
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_was_there_stays(city: CityConfig, tmp_path: Path) -> None:
    assert issue(city, tmp_path) == Exit.OK
    key = (tmp_path / "key").read_bytes()
    assert issue(city, tmp_path, "--claim", "birthdate=yesterday") != Exit.OK
    assert (tmp_path / "key").read_bytes() == key
