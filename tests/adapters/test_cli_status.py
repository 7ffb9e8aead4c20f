# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse status` of a city that is only just starting: says what is not ready, and waits when it is told to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cities import Processes, city_path, make_city

from hanse.cli.main import main
from hanse.cli.output import Exit
from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities
OTHERS = ("translation", "twin", "permit")


@pytest.fixture
def city(tmp_path: Path) -> CityConfig:
    return make_city(tmp_path / "city", settings={"enabled = true": "enabled = false"})


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes() as started:
        yield started


def test_a_city_that_starts_is_waited_for(
    city: CityConfig, processes: Processes, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["status", "--city", str(city_path(city))]
    assert main(words) == Exit.UNAVAILABLE
    assert "hanse status --wait 60" in capsys.readouterr().err
    assert main([*words, "--wait", "0.5"]) == Exit.UNAVAILABLE
    said = capsys.readouterr().err
    assert "waiting up to 0.5 s for the gateway" in said
    assert "asked for 0.5 s" in said
    processes.start_city(city, ("identity", "gateway"))
    assert main(words) == Exit.FAILED
    assert "not ready: permit, translation, twin; " in capsys.readouterr().err
    assert main([*words, "--wait", "0.5"]) == Exit.FAILED
    said = capsys.readouterr().err
    assert "waiting up to 0.5 s for permit, translation, twin" in said
    assert "not ready after 0.5 s: permit, translation, twin; " in said
    command = [sys.executable, "-m", "hanse.cli.main", *words, "--wait", "60", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        for part in OTHERS:
            processes.start(city, part, wait=False)
        out, _ = waiting.communicate(timeout=90)
    assert waiting.returncode == Exit.OK
    assert all(part["serving"] for part in json.loads(out)["parts"])
