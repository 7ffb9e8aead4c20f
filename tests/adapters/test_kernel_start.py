# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a part is started: what it writes is its owner's alone, wherever the configuration puts it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import city_path, make_city

from hanse.kernel.start import run_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.kernel.config import CityConfig


@pytest.fixture(autouse=True)
def usual_rights() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def start(config: CityConfig, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Starts a part that writes one file into a folder of its own, and ends."""

    def main(config: CityConfig) -> None:
        (config.state / "uploads").mkdir()
        (config.state / "uploads" / "model").write_text("a house")

    monkeypatch.setattr(sys, "argv", ["part", "--city", str(city_path(config))])
    run_service(main)
    return config.state / "uploads" / "model"


@pytest.mark.parametrize("there", [True, False])
def test_the_state_folder_is_private_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    if there:
        elsewhere.mkdir()
    config = make_city(tmp_path / "city", settings={'state = "state"': f'state = "{elsewhere}"'})
    if there:
        elsewhere.chmod(0o755)
    written = start(config, monkeypatch)
    assert written.is_relative_to(elsewhere)
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert written.parent.stat().st_mode & 0o777 == 0o700
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_folder_shared_with_others_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    config = make_city(tmp_path / "city", settings={'state = "state"': f'state = "{shared}"'})
    shared.chmod(0o1777)  # as /tmp
    with caplog.at_level(logging.WARNING):
        written = start(config, monkeypatch)
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert written.parent.stat().st_mode & 0o777 == 0o700
    assert str(shared) in caplog.text
