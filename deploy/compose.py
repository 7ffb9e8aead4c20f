# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Writes docker-compose.yml: two cities are the same services under two names, so they are written, not typed.

`python deploy/compose.py` writes; `python deploy/compose.py --check` says whether the file is what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docker-compose.yml"
CITIES = ("marewijk", "lindemond")
PARTS = ("identity", "permit", "translation", "twin", "twin_edge", "gateway")
TWIN = ("twin", "twin_edge")  # both read and write the twin's own storage
HEADER = """\
# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
# Two neighbouring cities, each part its own container, their twins in PostgreSQL: docker compose up --build
# Written by deploy/compose.py; change it there.
"""
POSTGRES = "postgis/postgis:17-3.5"
COMMON: dict[str, Any] = {
    "restart": "unless-stopped",
    "init": True,
    "read_only": True,
    "tmpfs": ["/tmp"],  # noqa: S108 - inside the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "stop_grace_period": "30s",
}


def city_volume(city: str, *, writes: bool = False) -> str:
    """A city's configuration, keys and trust: a volume that no container of another city has."""
    return f"{city}-city:/cities/{city}" + ("" if writes else ":ro")


def image(part: str) -> dict[str, Any]:
    """The image of a part, built from the one Dockerfile; the twin's holds its HTTP edge, too."""
    part = "twin" if part in TWIN else part
    arguments = {"SERVICE": part}
    if part == "permit":
        arguments["LICENCES"] = "EUPL-1.2 AND Apache-2.0 AND LGPL-3.0-or-later AND GPL-3.0-or-later"
    return {
        "image": f"hanse-{part}:0.1.0",
        "build": {"context": ".", "dockerfile": "deploy/Dockerfile", "args": arguments},
    }


def setup() -> dict[str, Any]:
    """Writes configurations, keys and trust once; a second run changes nothing."""
    command = ["federation", "new", "--out", "/cities", "--containers", "--http", "--if-missing"]
    return {
        **image("gateway"),
        "command": [*command, *(city.capitalize() for city in CITIES)],
        "environment": {"HANSE_CLOCK_OFFSET": "0"},
        "volumes": [*(city_volume(city, writes=True) for city in CITIES), "anchor:/cities/anchor"],
        "restart": "no",
    }


def container(city: str, part: str) -> str:
    """The name of a part's container."""
    return f"{city}-{part.replace('_', '-')}"


def service(city: str, part: str) -> dict[str, Any]:
    """One part of one city. The gateway alone writes into the city's volume: its trust.

    State is a volume of a part's own; the twin and its edge have one together, for it is the same storage.
    """
    path = f"/cities/{city}/city.toml"
    made = {
        **image(part),
        **COMMON,
        "command": ["up", "--only", part],
        "environment": {"HANSE_CITY": path},
        "volumes": [city_volume(city, writes=part == "gateway"), f"{state(city, part)}:/state"],
        "depends_on": {"setup": {"condition": "service_completed_successfully"}},
        "networks": networks(city, part),
    }
    if part in TWIN:
        made["volumes"].append(f"{city}-sql:/sql:ro")
        made["depends_on"][f"{city}-postgres"] = {"condition": "service_healthy"}
    if part != "nats":
        made["healthcheck"] = {
            "test": ["CMD", "hanse", "health", part],
            "interval": "10s",
            "timeout": "5s",
            "retries": 6,
            "start_period": "30s",
        }
    return made


def state(city: str, part: str) -> str:
    """The volume of a part's state."""
    return f"{city}-twin" if part in TWIN else f"{city}-{part}"


def postgres(city: str) -> dict[str, Any]:
    """The twin's database. It is in no network: its socket lies in a volume that it shares with the twin's alone.

    While the image prepares a new database it runs another server; only then is PostgreSQL the container's process 1.
    """
    return {
        "image": POSTGRES,
        **COMMON,
        "init": False,
        "user": "postgres",
        "shm_size": "256mb",
        "network_mode": "none",
        "command": ["postgres", "-c", "listen_addresses="],
        "environment": {"POSTGRES_USER": "hanse", "POSTGRES_DB": "hanse", "POSTGRES_HOST_AUTH_METHOD": "trust"},
        "volumes": [f"{city}-postgres:/var/lib/postgresql/data", f"{city}-sql:/var/run/postgresql"],
        "healthcheck": {
            "test": ["CMD-SHELL", "grep -qx postgres /proc/1/comm && pg_isready -q -U hanse -d hanse"],
            "interval": "5s",
            "timeout": "5s",
            "retries": 6,
            "start_period": "60s",
        },
    }


def networks(city: str, part: str) -> dict[str, Any] | list[str]:
    """Where a part is reached. NATS and the gateway have the names in their certificates, for who dials by those."""
    if part == "nats":
        named = {"aliases": [f"nats.{city}.example"]}
        return {city: named, "border": named}
    if part == "gateway":
        return {city: {"aliases": [f"gateway.{city}.example"]}, "border": {}}
    return [city]


def join() -> dict[str, Any]:
    """Makes each city known to the other, once both gateways serve: by both operators' keys, read and then gone."""
    return {
        **image("gateway"),
        "command": ["federation", "join", *(f"/cities/{city}/city.toml" for city in CITIES)],
        "environment": {"HANSE_CLOCK_OFFSET": "0"},
        "volumes": [city_volume(city) for city in CITIES],
        "networks": list(CITIES),
        "depends_on": {f"{city}-gateway": {"condition": "service_healthy"} for city in CITIES},
        "restart": "no",
    }


def compose() -> dict[str, Any]:
    """The whole file."""
    services: dict[str, Any] = {"setup": setup()}
    volumes = ["anchor"]
    for city in CITIES:
        volumes += [f"{city}-city", f"{city}-postgres", f"{city}-sql"]
        services[f"{city}-postgres"] = postgres(city)
        for part in ("nats", *PARTS):
            services[container(city, part)] = service(city, part)
            volumes.append(state(city, part))
    services["join"] = join()
    return {
        "name": "hanse",
        "services": services,
        "volumes": {name: {} for name in dict.fromkeys(volumes)},
        "networks": {name: {} for name in (*CITIES, "border")},
    }


class _Plain(yaml.SafeDumper):
    """No anchors: a reader of one service sees all of it."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002
        return True


def main() -> int:
    """Writes, or with `--check` compares."""
    text = HEADER + yaml.dump(compose(), Dumper=_Plain, sort_keys=False, width=120)
    if "--check" in sys.argv:
        same = TARGET.read_text(encoding="utf-8") == text
        print("docker-compose.yml is fresh" if same else "run python deploy/compose.py: docker-compose.yml is stale")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
