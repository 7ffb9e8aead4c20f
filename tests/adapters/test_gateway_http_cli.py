# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A city that serves HTTP as an operator sees it: made, started, mended, looked at; and a token for curl."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import Processes, city_path, make_city
from http_world import with_http

from hanse.cli.checkup import Grade
from hanse.cli.checkup_machine import http
from hanse.cli.health import edge_is_serving
from hanse.cli.main import main
from hanse.kernel.clock import system_clock
from hanse.kernel.config import load
from hanse.kernel.tokens import CityTokenVerifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from cities import Part

pytestmark = pytest.mark.cities


def until(check: Callable[[], bool], part: Part) -> None:
    deadline = time.monotonic() + 60
    while not check():
        assert time.monotonic() < deadline, part.output()
        time.sleep(0.05)


@pytest.mark.parametrize("words", [["init", "Oord"], ["federation", "new", "Oord"]])
def test_a_city_is_made_with_http_when_asked(tmp_path: Path, words: list[str]) -> None:
    place = ["--out", str(tmp_path / "oord" if words[0] == "init" else tmp_path), "--base-port", "23450"]
    assert main([*words, *place, "--http"]) == 0
    config = load(tmp_path / "oord" / "city.toml")
    assert (config.gateway.http_reach, config.twin_edge.reach) == ("127.0.0.1:23458", "127.0.0.1:23459")
    assert [each.grade for each in http(config)] == [Grade.GOOD]


def test_a_city_without_it_has_none_and_one_with_half_of_it_is_told(tmp_path: Path) -> None:
    config = make_city(tmp_path / "city")
    assert (config.gateway.http_listen, config.twin_edge.listen) == ("", "")
    assert not list(http(config))
    half = with_http(config, edge=False)
    (found,) = http(half)
    assert found.grade is Grade.WARNING
    assert "twin_edge.listen" in found.remedy


def test_the_edge_is_started_and_mended_and_stops_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = with_http(make_city(tmp_path / "city", settings={"enabled = true": "enabled = false"}))
    path = str(city_path(config))
    with Processes() as processes:
        command = [sys.executable, "-m", "hanse.cli.main", "up", "--city", path, "--only", "twin_edge"]
        part = processes.run(command, config, "up")
        until(lambda: edge_is_serving(config, 1.0), part)
        assert main(["health", "twin_edge", "--city", path]) == 0
        state = config.state / "up-twin_edge.json"

        def pid() -> int:
            return int(json.loads(state.read_text())["parts"]["twin_edge"]["pid"])

        first = pid()
        os.kill(first, signal.SIGKILL)
        until(lambda: pid() not in (0, first) and edge_is_serving(config, 1.0), part)
        assert part.stop() == 0
        assert not edge_is_serving(config, 0.5)
        assert main(["health", "twin_edge", "--city", path]) == 3
    capsys.readouterr()


def test_health_of_an_edge_that_there_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = make_city(tmp_path / "city")
    assert main(["health", "twin_edge", "--city", str(city_path(config))]) == 2
    assert "twin_edge is not configured" in capsys.readouterr().err


def test_a_token_for_programs_that_speak_http(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = make_city(tmp_path / "city", settings={"enabled = true": "enabled = false"})
    with Processes() as processes:
        processes.start_city(config, ("identity", "gateway"))
        capsys.readouterr()
        assert main(["client", "token", "platform", "--purpose", "maps", "--city", str(city_path(config))]) == 0
        subject = CityTokenVerifier(config, system_clock()).verify(capsys.readouterr().out.strip())
        assert (subject.id, subject.purpose) == ("urn:hanse:marewijk.example:client:platform", "maps")
        assert main(["client", "token", "nobody", "--city", str(city_path(config))]) == 2
