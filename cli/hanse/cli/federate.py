# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse federation new|join`: several cities that trust one anchor, to try things out or to run in containers.

A real federation grows city by city: `hanse init`, `hanse trust`, `hanse peer`.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.cli.client import GatewayClient
from hanse.cli.federation import city_entry, make_anchor, refuse_anchor, sign_trust_list
from hanse.cli.init import DEFAULT_BASE_PORT, Ports, authority_label, create_city, refuse_city
from hanse.cli.output import CliError, Exit
from hanse.cli.program import command
from hanse.kernel.config import CityConfig, load
from hanse.kernel.trust import ANCHORS, LIST

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hanse.cli.output import Output

CLIENTS = ("operator", "platform", "architect")
ANCHOR = "anchor.example"
TRUST_DAYS = 365
_ANCHOR_FOLDER = "anchor"
_DATABASE = "postgresql:///hanse?host=/sql&user=hanse"
_STEP = 100
_PAIR = 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse federation`."""
    parser = subparsers.add_parser("federation", help="make several cities that trust each other")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="write cities, an anchor and its trust list")
    new.add_argument("names", nargs="+", metavar="NAME", help="of each city")
    new.add_argument(
        "--out", type=Path, default=Path(), metavar="FOLDER", help="folder for one folder a city (default: here)"
    )
    new.add_argument(
        "--base-port", type=int, default=DEFAULT_BASE_PORT, metavar="PORT", help="first city's first; then 100 on"
    )
    new.add_argument("--containers", action="store_true", help="listen on all addresses; parts are named CITY-PART")
    new.add_argument("--http", action="store_true", help="serve the twins over HTTP, too: NGSI-LD and OGC API")
    new.add_argument("--if-missing", action="store_true", help="do nothing when the cities stand there already")
    new.set_defaults(run=_new)
    join = actions.add_parser("join", help="register running cities with each other")
    join.add_argument("cities", nargs="+", type=Path, metavar="CITY.toml", help="two or more, each running")
    join.set_defaults(run=_join)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A city to be made."""

    name: str
    slug: str
    folder: Path
    ports: Ports

    @property
    def authority(self) -> str:
        return f"{self.slug}.example"


def _new(arguments: argparse.Namespace, output: Output) -> int:
    plans = _plans(arguments.names, arguments.out, arguments.base_port)
    standing = [plan for plan in plans if (plan.folder / "city.toml").exists()]
    if len(standing) == len(plans) and arguments.if_missing:
        output.result({"made": []}, "all of them stand there already")
        return Exit.OK
    if standing:
        raise CliError(f"{standing[0].folder} holds a city; nothing was changed", "Give another --out.")
    anchor = arguments.out / _ANCHOR_FOLDER
    refuse_anchor(anchor)
    for plan in plans:
        refuse_city(plan.folder, plan.name, plan.authority, plan.ports)
    public = make_anchor(anchor, ANCHOR)
    configs = [_create(plan, containers=arguments.containers, http=arguments.http) for plan in plans]
    document = sign_trust_list(anchor, [_entry(config) for config in configs], 1, TRUST_DAYS)
    for config in configs:
        (config.trust / ANCHORS / f"{ANCHOR}.json").write_bytes(public.read_bytes())
        (config.trust / LIST).write_bytes(document)
    paths = [str(config.root / "city.toml") for config in configs]
    lines = [command("up", "--city", path) for path in paths]
    if len(paths) >= _PAIR:
        lines.append(command("federation", "join", *paths))
    output.result({"made": paths, "anchor": str(anchor)}, "Next:\n" + "\n".join(lines))
    return Exit.OK


def _plans(names: Sequence[str], out: Path, base_port: int) -> list[_Plan]:
    """What is to be made, each city a hundred ports on. Raises CliError for what cannot stand side by side."""
    plans: list[_Plan] = []
    for index, name in enumerate(names):
        slug = authority_label(name)
        if slug == _ANCHOR_FOLDER:
            raise CliError(f"{name!r} would have the anchor's folder, {out / slug}", "Give the city another name.")
        if twin := next((plan for plan in plans if plan.slug == slug), None):
            raise CliError(
                f"{twin.name!r} and {name!r} would both be {slug}.example, in {out / slug}", "Give each its own name."
            )
        plans.append(_Plan(name, slug, out / slug, Ports.from_base(base_port + _STEP * index)))
    return plans


def _create(plan: _Plan, *, containers: bool, http: bool) -> CityConfig:
    config = create_city(plan.folder, plan.name, plan.authority, plan.ports, CLIENTS, http=http)
    if not containers:
        return config
    path = config.root / "city.toml"
    path.write_text(in_containers(path.read_text(encoding="utf-8"), plan.slug, plan.authority), encoding="utf-8")
    return load(path)


def in_containers(text: str, slug: str, authority: str) -> str:
    """A city.toml whose parts listen on all addresses and are reached under their containers' names.

    NATS is reached by neighbours as `nats.<authority>`, the gateway by HTTP clients as `gateway.<authority>`: those
    names stand in their certificates. The twin's PostgreSQL is reached by a socket in the folder /sql of its parts.
    """
    lines, part = [], ""
    for line in text.splitlines():
        if match := re.fullmatch(r"\[(\w+)\].*", line):
            part = match[1]
        if line.startswith("state = "):
            line = 'state = "/state"'  # noqa: PLW2901 - a volume of each container's own
        lines.append(line.replace("127.0.0.1:", "0.0.0.0:"))  # inside a container's own network
        if match := re.match(r'(peer_|leaf_|http_|)listen = "127\.0\.0\.1:(\d+)"', line):
            named = part == "nats" or match[1] == "http_"
            host = f"{part}.{authority}" if named else f"{slug}-{part.replace('_', '-')}"
            lines.append(f'{match[1]}address = "{host}:{match[2]}"')
            if part == "twin":
                lines.append(f'database = "{_DATABASE}"  # PostgreSQL: a socket in a volume')
    return "\n".join(lines) + "\n"


def _entry(config: CityConfig) -> dict[str, object]:
    city = config.city
    return city_entry(config.keys, city.authority, city.name, jurisdiction=city.jurisdiction, valid_days=TRUST_DAYS)


def _join(arguments: argparse.Namespace, output: Output) -> int:
    configs = [load(path) for path in arguments.cities]
    authorities = [config.city.authority for config in configs]
    if len(authorities) < _PAIR:
        raise CliError("a city has no neighbour but another city", "Name at least two CITY.toml.")
    for authority in authorities:
        if authorities.count(authority) > 1:
            raise CliError(f"{authority} is named twice; nothing was changed", "Name each city's CITY.toml once.")
    join(configs)
    names = ", ".join(config.city.name for config in configs)
    output.result({"joined": [config.city.authority for config in configs]}, f"neighbours now: {names}")
    return Exit.OK


def join(configs: Sequence[CityConfig]) -> None:
    """Registers each of these running cities as a neighbour of each other.

    Raises:
        HanseError: a gateway does not answer, and nothing was changed; or one refuses.
    """
    with ExitStack() as stack:
        clients = [stack.enter_context(GatewayClient.of(config)) for config in configs]
        for client in clients:
            client.token()
        for config, client in zip(configs, clients, strict=True):
            stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
            for other in configs:
                if other is config:
                    continue
                peer = exchange_pb2.Peer(
                    authority=other.city.authority,
                    address=other.gateway.peer_reach,
                    leaf_address=other.nats.leaf_reach if other.nats.enabled else "",
                    neighbour=True,
                )
                client.call(stub.PutPeer, exchange_pb2.PutPeerRequest(peer=peer))
