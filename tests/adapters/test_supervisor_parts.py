# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse up` with real parts: starts, mends, stops, and says why when it cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import Part, Processes, city_path, is_serving, make_city

from hanse.cli.keyfiles import refuse_parts
from hanse.cli.output import CliError, Exit
from hanse.kernel.config import split_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities


@pytest.fixture
def city(tmp_path: Path) -> CityConfig:
    return make_city(tmp_path / "city")


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes() as started:
        yield started


def up(processes: Processes, city: CityConfig, only: str = "nats,identity") -> Part:
    command = [sys.executable, "-m", "hanse.cli.main", "up", "--city", str(city_path(city)), "--only", only]
    return processes.run(command, city, "up")


def state(city: CityConfig, only: str = "nats,identity") -> dict[str, dict[str, object]]:
    path = city.state / f"up-{'-'.join(only.split(','))}.json"
    if not path.exists():
        return {}
    return dict(json.loads(path.read_text())["parts"])


def until(check: Callable[[], bool], part: Part, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, part.output()
        time.sleep(0.05)


def all_serve(city: CityConfig, only: str = "nats,identity") -> bool:
    parts = state(city, only)
    return bool(parts) and all(part["state"] == "serving" for part in parts.values())


def alive(pid: object) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_parts_are_started_mended_and_stopped_in_order(processes: Processes, city: CityConfig) -> None:
    part = up(processes, city)
    until(lambda: all_serve(city), part)
    assert is_serving(city, "identity")
    first = state(city)["identity"]["pid"]
    os.kill(int(str(first)), signal.SIGKILL)
    until(lambda: state(city)["identity"]["restarts"] == 1 and all_serve(city), part)
    assert is_serving(city, "identity")
    pids = [entry["pid"] for entry in state(city).values()]
    assert first not in pids
    assert part.stop() == 0
    assert not any(map(alive, pids))
    lines = [line for line in part.output().splitlines() if line.endswith("stopped")]
    assert [line.split()[1] for line in lines] == ["identity", "nats"]


def test_a_killed_supervisor_leaves_nothing_behind(processes: Processes, city: CityConfig) -> None:
    part = up(processes, city)
    until(lambda: all_serve(city), part)
    pids = [entry["pid"] for entry in state(city).values()]
    part.kill()
    until(lambda: not any(map(alive, pids)), part)
    (city.state / "up-nats-identity.json").unlink()
    again = up(processes, city)
    until(lambda: all_serve(city), again)
    assert again.stop() == 0


def test_a_killed_nats_runner_leaves_no_server_on_its_port(processes: Processes, city: CityConfig) -> None:
    part = up(processes, city, "nats")
    until(lambda: all_serve(city, "nats"), part)
    os.kill(int(str(state(city, "nats")["nats"]["pid"])), signal.SIGKILL)
    until(lambda: state(city, "nats")["nats"]["restarts"] == 1 and all_serve(city, "nats"), part)
    assert part.stop() == 0


def test_a_second_supervisor_is_refused(processes: Processes, city: CityConfig) -> None:
    part = up(processes, city, "identity")
    until(lambda: all_serve(city, "identity"), part)
    second = up(processes, city, "identity")
    assert second.process.wait(30) == Exit.USAGE
    assert "runs already" in second.output()
    assert is_serving(city, "identity")


def test_a_taken_port_is_named(processes: Processes, city: CityConfig) -> None:
    with socket.create_server(split_address(city.identity.listen)):
        part = up(processes, city, "identity")
        assert part.process.wait(30) == Exit.UNAVAILABLE
    assert f"identity.listen = {city.identity.listen}" in part.output()
    assert "Traceback" not in part.output()


def test_a_part_that_cannot_start_says_why(processes: Processes, city: CityConfig) -> None:
    (city.keys / "pairwise.secret").write_bytes(b"short")
    (city.keys / "identity.jwks.json").write_text("{}")  # there and private, but no keys: only identity itself can tell
    part = up(processes, city)
    assert part.process.wait(60) in {Exit.USAGE, Exit.FAILED}
    assert "identity cannot start" in part.output()
    assert "Traceback" not in part.output()
    assert not any(map(alive, [entry["pid"] for entry in state(city).values() if entry["pid"]]))


def test_key_files_of_all_parts_are_looked_at_before_the_first_starts(processes: Processes, city: CityConfig) -> None:
    (city.keys / "identity.jwks.json").chmod(0o644)
    (city.keys / "subjects.secret").unlink()
    (city.keys / "nats-leaf.pem").unlink()
    (city.keys / "gateway.key.pem").write_bytes(b"")
    part = up(processes, city, "nats,identity,gateway")
    assert part.process.wait(60) == Exit.USAGE
    said = part.output()
    assert said.count("error: ") == 1
    assert "missing: subjects.secret, nats-leaf.pem; empty: gateway.key.pem" in said
    assert "others may read identity.jwks.json" in said
    assert "backup" in said
    assert f"chmod 600 {city.keys / 'identity.jwks.json'}" in said
    assert not (city.state / "log").exists(), "nothing was started"


def test_a_part_needs_no_key_of_another(city: CityConfig) -> None:
    for name in ("identity.jwks.json", "log.jwks.json", "subjects.secret", "gateway.key.pem", "nats.pem"):
        (city.keys / name).unlink()
    refuse_parts(city.keys, ["translation", "twin"])
    with pytest.raises(CliError, match=r"missing: gateway\.key\.pem, log\.jwks\.json, subjects"):
        refuse_parts(city.keys, ["twin", "gateway"])
