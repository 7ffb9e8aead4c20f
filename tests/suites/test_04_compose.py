# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""docker-compose.yml brings up two neighbouring cities.

Where a Docker engine answers, through the docker package in containers. Where none does, the very commands,
environments and health checks of the file run as processes of this machine.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import docker
import postgres_cluster
import psycopg
import pytest
import yaml
from docker.types import Healthcheck

pytestmark = [pytest.mark.cities, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CITIES = ("marewijk", "lindemond")
PARTS = {"gateway", "identity", "permit", "translation", "twin", "twin_edge"}
LONG_RUNNING = [name for name in SERVICES if name not in {"setup", "join"}]


def is_foreign(name: str) -> bool:
    """Whether a service is somebody else's program, not built here: PostgreSQL."""
    return "build" not in SERVICES[name]


class Engine(Protocol):
    """Runs services of the file."""

    def run_once(self, name: str) -> None:
        """Runs a service to its end; fails when it fails."""

    def start(self, name: str) -> None:
        """Starts a service."""

    def healthy(self, name: str) -> bool:
        """Its own health check."""

    def execute(self, name: str, *words: str, fails: bool = False) -> str:
        """Runs `hanse` in the environment of a service; it must succeed unless it `fails` may."""

    def close(self) -> None:
        """Ends everything."""


def aliases(spec: dict[str, Any], network: str) -> list[str]:
    """The further names of a service in a network."""
    networks = spec["networks"]
    return list(networks[network].get("aliases", ())) if isinstance(networks, dict) else []


class Local:
    """Processes instead of containers: `/cities` is a folder, host names are this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._databases: dict[str, tuple[Path, int]] = {}
        self._open = ExitStack()
        self._postgres = postgres_cluster.programs()
        if self._postgres is None:
            pytest.skip("no PostgreSQL with PostGIS: run deploy/test-packages.sh")

    def _words(self, words: list[str]) -> list[str]:
        return [word.replace("/cities", str(self._folder / "cities")) for word in words]

    def _environment(self, name: str) -> dict[str, str]:
        own = {key: self._words([value])[0] for key, value in SERVICES[name].get("environment", {}).items()}
        return {**os.environ, **own, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def _hanse(self, name: str, words: list[str], *, fails: bool = False) -> str:
        command = [sys.executable, "-m", "hanse.cli.main", *self._words(words)]
        done = subprocess.run(
            command, env=self._environment(name), capture_output=True, text=True, timeout=120, check=False
        )
        assert fails or done.returncode == 0, f"{name} {words}: {done.stderr}"
        return done.stdout

    def run_once(self, name: str) -> None:
        self._hanse(name, SERVICES[name]["command"])
        for city in CITIES:
            self.start(f"{city}-postgres")
        for path in self._folder.glob("cities/*/city.toml"):
            text = path.read_text(encoding="utf-8").replace("0.0.0.0:", "127.0.0.1:")
            cities = "|".join(CITIES)
            hosts = rf"(({cities})-[a-z-]+|(nats|gateway)\.({cities})\.example):"
            text = text.replace('state = "/state"', 'state = "state"')
            socket_folder, _ = self._databases[f"{path.parent.name}-postgres"]
            text = text.replace("host=/sql", f"host={socket_folder}")
            path.write_text(re.sub(hosts, "127.0.0.1:", text), encoding="utf-8")

    def _start_postgres(self, name: str) -> None:
        """What the image's entry point does: a database for the user named, then the file's own command."""
        assert self._postgres is not None
        program, *options = SERVICES[name]["command"]
        assert (program, options[::2]) == ("postgres", ["-c"] * (len(options) // 2))
        given = dict(option.split("=", 1) for option in options[1::2])
        made = SERVICES[name]["environment"]
        running = postgres_cluster.server(self._postgres, made["POSTGRES_USER"], given)
        folder, _ = self._databases[name] = self._open.enter_context(running)
        where = f"postgresql:///postgres?host={folder}&user={made['POSTGRES_USER']}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {made['POSTGRES_DB']}".encode())

    def _postgres_is_healthy(self, name: str) -> bool:
        kind, script = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        folder, pid = self._databases[name]
        env = {"PATH": f"{self._postgres}:/usr/bin:/bin", "PGHOST": str(folder)}
        return (
            subprocess.run(["sh", "-c", script.replace("/proc/1/", f"/proc/{pid}/")], env=env, check=False).returncode
            == 0
        )

    def start(self, name: str) -> None:
        if is_foreign(name):
            if name not in self._databases:
                self._start_postgres(name)
            return
        command = [sys.executable, "-m", "hanse.cli.main", *self._words(SERVICES[name]["command"])]
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                command, env=self._environment(name), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def healthy(self, name: str) -> bool:
        if is_foreign(name):
            return self._postgres_is_healthy(name)
        code = self._running[name].poll()
        assert code is None, f"{name} ended with {code}: {(self._folder / f'{name}.log').read_text()}"
        if "healthcheck" not in SERVICES[name]:
            return True
        kind, program, *words = SERVICES[name]["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "hanse")
        command = [sys.executable, "-m", "hanse.cli.main", *words]
        return subprocess.run(command, env=self._environment(name), capture_output=True, check=False).returncode == 0

    def execute(self, name: str, *words: str, fails: bool = False) -> str:
        return self._hanse(name, list(words), fails=fails)

    def close(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._open.close()


class Containers:
    """The file through a Docker engine."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._running: dict[str, Any] = {}
        for name in COMPOSE["networks"]:
            client.networks.create(f"hanse-test-{name}")

    def _make(self, name: str) -> Any:
        spec = SERVICES[name]
        if is_foreign(name):
            self._client.images.pull(spec["image"])
        else:
            build = spec["build"]
            self._client.images.build(
                path=str(ROOT), dockerfile=build["dockerfile"], buildargs=build["args"], tag=spec["image"], rm=True
            )
        check = spec.get("healthcheck")
        second = 1_000_000_000
        container = self._client.containers.create(
            spec["image"],
            spec["command"],
            name=f"hanse-test-{name}",
            hostname=name,
            environment=spec.get("environment", {}),
            volumes=[f"hanse-test-{volume}" for volume in spec.get("volumes", [])],
            healthcheck=Healthcheck(test=check["test"], interval=second, timeout=5 * second) if check else None,
            read_only=spec.get("read_only", False),
            tmpfs=dict.fromkeys(spec.get("tmpfs", []), ""),
            cap_drop=spec.get("cap_drop"),
            security_opt=spec.get("security_opt"),
            init=spec.get("init"),
            user=spec.get("user"),
            shm_size=spec.get("shm_size"),
            network_mode=spec.get("network_mode"),
        )
        for network in spec.get("networks", []):
            self._client.networks.get(f"hanse-test-{network}").connect(
                container, aliases=[name, *aliases(spec, network)]
            )
        container.start()
        self._running[name] = container
        return container

    def run_once(self, name: str) -> None:
        container = self._make(name)
        assert container.wait(timeout=300)["StatusCode"] == 0, container.logs().decode()

    def start(self, name: str) -> None:
        self._make(name)

    def healthy(self, name: str) -> bool:
        container = self._running[name]
        container.reload()
        assert container.status in {"created", "running"}, container.logs().decode()
        return container.health == "healthy" or "healthcheck" not in SERVICES[name]

    def execute(self, name: str, *words: str, fails: bool = False) -> str:
        code, output = self._running[name].exec_run(["hanse", *words])
        assert fails or code == 0, output.decode()
        return str(output.decode())

    def close(self) -> None:
        for container in self._running.values():
            container.remove(force=True, v=True)
        for name in COMPOSE["networks"]:
            self._client.networks.get(f"hanse-test-{name}").remove()
        for name in COMPOSE["volumes"]:
            self._client.volumes.get(f"hanse-test-{name}").remove(force=True)


def engine_answers() -> bool:
    """Whether somebody listens where the docker package would ask (it leaves a socket open when nobody does)."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not host.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(host.removeprefix("unix://")) == 0


def make_engine(folder: Path) -> Engine:
    """Docker where it runs, else this machine."""
    return Containers(docker.from_env(timeout=60)) if engine_answers() else Local(folder)


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = make_engine(tmp_path_factory.mktemp("compose"))
    try:
        engine.run_once("setup")
        for name in LONG_RUNNING:
            engine.start(name)
        deadline = time.monotonic() + 180
        waiting = set(LONG_RUNNING)
        while waiting:
            waiting = {name for name in waiting if not engine.healthy(name)}
            assert time.monotonic() < deadline, f"not healthy: {sorted(waiting)}"
        if isinstance(engine, Local):
            engine.execute("join", *SERVICES["join"]["command"])
        else:
            engine.run_once("join")
        yield engine
    finally:
        engine.close()


def settled(cities: Engine, city: str) -> dict[str, Any]:
    """The city's status once its NATS server is back from learning of the new neighbour."""
    deadline = time.monotonic() + 60
    while True:
        status: dict[str, Any] = json.loads(cities.execute(f"{city}-gateway", "status", "--json", fails=True))
        well = all(part["serving"] for part in status["parts"])
        if (well and status["peers"][0]["state"] == "reachable") or time.monotonic() > deadline:
            return status
        time.sleep(1)


def test_every_part_serves_and_the_neighbour_is_known(cities: Engine) -> None:
    for city, other in (CITIES, CITIES[::-1]):
        status = settled(cities, city)
        assert {part["part"] for part in status["parts"]} >= PARTS
        assert all(part["serving"] for part in status["parts"]), status
        assert all(part["version"] for part in status["parts"]), status
        assert [peer["authority"] for peer in status["peers"]] == [f"{other}.example"]
        assert status["peers"][0]["state"] == "reachable"


def test_the_file_is_what_its_generator_writes() -> None:
    command = [sys.executable, str(ROOT / "deploy" / "compose.py"), "--check"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_every_volume_is_a_folder_that_the_image_gives_to_its_user() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    owned = re.search(r"install -d -o hanse -g hanse -m 0700 (.+)", dockerfile)
    assert owned is not None
    own = (spec for name, spec in SERVICES.items() if not is_foreign(name))
    targets = {volume.split(":")[1] for spec in own for volume in spec.get("volumes", [])}
    assert targets <= set(owned[1].split())


def test_no_container_that_stays_has_another_citys_keys_or_the_anchors() -> None:
    for name in LONG_RUNNING:
        city, _, part = name.partition("-")
        if is_foreign(name):
            assert {volume.split(":")[0] for volume in SERVICES[name]["volumes"]} == {name, f"{city}-sql"}
            continue
        access = "" if part == "gateway" else ":ro"  # the gateway installs trust lists and notes neighbours
        twins = part.startswith("twin")  # the twin and its edge have one storage
        own = [f"{city}-city:/cities/{city}{access}", f"{city}-twin:/state" if twins else f"{name}:/state"]
        assert SERVICES[name]["volumes"] == own + ([f"{city}-sql:/sql:ro"] if twins else [])
    assert SERVICES["join"]["volumes"] == [f"{city}-city:/cities/{city}:ro" for city in CITIES]
    holders = [name for name, spec in SERVICES.items() if any("anchor" in volume for volume in spec["volumes"])]
    assert holders == ["setup"]


def test_every_name_in_the_file_is_declared() -> None:
    for name, spec in SERVICES.items():
        assert set(spec.get("depends_on", {})) <= set(SERVICES), name
        assert set(spec.get("networks", [])) <= set(COMPOSE["networks"]), name
        assert {volume.split(":")[0] for volume in spec.get("volumes", [])} <= set(COMPOSE["volumes"]), name
        if not is_foreign(name):
            lock = ROOT / "requirements" / f"{spec['build']['args']['SERVICE']}.lock"
            assert lock.is_file(), f"{name}: the Dockerfile needs {lock.name}"


@pytest.mark.parametrize("city", CITIES)
def test_the_twin_is_in_postgresql_and_nobody_else_reaches_it(cities: Engine, city: str) -> None:
    database = SERVICES[f"{city}-postgres"]
    assert database["network_mode"] == "none"
    assert "listen_addresses=" in database["command"]
    holders = [name for name, spec in SERVICES.items() if any(f"{city}-sql:" in each for each in spec["volumes"])]
    assert holders == [f"{city}-postgres", f"{city}-twin", f"{city}-twin-edge"]
    findings = json.loads(cities.execute(f"{city}-twin", "doctor", "--json", fails=True))
    found = next(each for each in findings if each["what"] == "twin.database")
    assert found["grade"] == "good", found
    assert re.search(r"PostGIS \d", found["found"]), "the twin made no tables there"
