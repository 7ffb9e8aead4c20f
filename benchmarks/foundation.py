# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The foundation's figures: what gRPC, the gateway, a permit check and an exchange between cities cost.

Two cities run as `hanse up` starts them; the client shares their cores. Rates are calls a second, ours divided by
the peer's: more is better. `permit_vs_floor` divides times: less is better. See benchmarks/README.md.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from common import figures
from common.borderland import buildings, token_of, two_cities
from common.load import Target, bare_proxy, rate
from common.permit import Checks
from common.twin import BOX_M, LIMIT, TwinReads
from rich.console import Console

from hanse.api.twin.v1 import twin_pb2
from hanse.kernel.channel import metadata

if TYPE_CHECKING:
    from common.borderland import Borderland

GET_ENTITY = "/hanse.api.twin.v1.TwinService/GetEntity"
AT_A_TIME = 16
SECONDS = 2.0


def main() -> int:
    """Measures everything in one run."""
    given = figures.parser(__doc__).parse_args()
    console, found = Console(stderr=True), []
    with two_cities(console) as land:
        for measure in (twin, hop, permit, exchange):
            with console.status(f"Measuring: {measure.__name__}"):
                found += measure(land, given.rounds)
    figures.tell("Foundation", found, given.json)
    return 0


def twin(land: Borderland, rounds: int) -> list[figures.Figure]:
    """The twin over gRPC, one call after another, and the same statements straight on its database file."""
    with TwinReads(land.here) as reads:
        reads.agree()
        point = [
            ("GetEntity over gRPC", "/s", reads.point),
            ("the same statement in SQLite", "/s", reads.point_in_sqlite),
        ]
        box = [
            (f"QueryEntities over gRPC, {BOX_M} m box, limit {LIMIT}", "/s", reads.box),
            ("the same statement in SQLite", "/s", reads.box_in_sqlite),
        ]
        return [
            figures.ratio("point_read_vs_sqlite", *figures.in_turns(rounds, point)),
            figures.ratio("bbox_vs_sqlite", *figures.in_turns(rounds, box)),
        ]


def hop(land: Borderland, rounds: int) -> list[figures.Figure]:
    """Point reads through the gateway, and through a proxy that does nothing, in its place."""
    city = land.here
    requests = [twin_pb2.GetEntityRequest(id=each).SerializeToString() for each in buildings(city)]
    who = metadata(token_of(city, "client-platform"))
    with bare_proxy(city, city, "twin", city.reach("twin")) as address:
        targets = {
            "through the gateway": Target(city, "client-platform", "gateway", city.gateway.reach, GET_ENTITY, who),
            "through a bare grpc.aio proxy": Target(city, "client-platform", "gateway", address, GET_ENTITY, who),
            "straight to the twin": Target(city, "gateway", "twin", city.reach("twin"), GET_ENTITY, who),
        }
        sides = [
            (name, "/s", lambda target=target: rate(target, requests, AT_A_TIME, SECONDS))
            for name, target in targets.items()
        ]
        ours, bare, direct = figures.in_turns(rounds, sides)
    kept = figures.ratio("", bare, direct).value
    bare = figures.Series(f"{bare.name} ({kept:.2f} of straight to the twin)", bare.unit, bare.rounds)
    return [figures.ratio("hop_vs_bare_proxy", ours, bare)]


def permit(land: Borderland, rounds: int) -> list[figures.Figure]:
    """A check from creation to its end, both twins asked, and IfcOpenShell opening and meshing the same file."""
    with Checks(land.here, land.files.plans["too-high"]) as checks:
        sides = [
            ("permit check, both cities' twins asked", "s", checks.check),
            ("IfcOpenShell: open, and mesh the envelope", "s", checks.floor),
        ]
        return [figures.ratio("permit_vs_floor", *figures.in_turns(rounds, sides))]


def exchange(land: Borderland, rounds: int) -> list[figures.Figure]:
    """Point reads in the other city through both gateways, signed and logged on both sides.

    Beside it two bare proxies in the gateways' places: nothing is signed, nothing is logged.
    """
    here, there = land.here, land.there
    requests = [twin_pb2.GetEntityRequest(id=each).SerializeToString() for each in buildings(there)]
    ours = metadata(token_of(here, "client-platform"), city=there.tenant, purpose="benchmark")
    with ExitStack() as stack:
        far = stack.enter_context(bare_proxy(there, there, "twin", there.reach("twin")))
        near = stack.enter_context(bare_proxy(here, there, "gateway", far))
        plain = metadata(token_of(there, "client-platform"))
        targets = {
            "exchange: signed, logged, two gateways": Target(
                here, "client-platform", "gateway", here.gateway.reach, GET_ENTITY, ours
            ),
            "two bare grpc.aio proxies": Target(here, "client-platform", "gateway", near, GET_ENTITY, plain),
        }
        sides = [
            (name, "/s", lambda target=target: rate(target, requests, AT_A_TIME, SECONDS))
            for name, target in targets.items()
        ]
        return [figures.absolute("exchange_per_s", *figures.in_turns(rounds, sides))]


if __name__ == "__main__":
    sys.exit(main())
