# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Asks a city's digital twin, through its gateway, which buildings stand around a point, and prints a table.

With `--of` the neighbour's twin is asked, through both gateways: the answer is signed, and both cities can prove it.

python ask_twin.py --city build/demo/cities/marewijk/city.toml --at 149890,437788 --radius 60
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import door
import grpc

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

RD_NEW = "https://www.opengis.net/def/crs/EPSG/0/28992"
COLUMNS = "{:<58} {:<16} {:>8} {:>8}  {}"


def main() -> int:
    """Prints the buildings; exit code 1 when the city refuses or does not answer."""
    parser = door.arguments(__doc__)
    parser.add_argument("--at", required=True, metavar="X,Y", help="the point; metres of EPSG:28992 unless --crs")
    parser.add_argument("--radius", type=float, default=100.0, help="metres")
    parser.add_argument("--crs", default=RD_NEW, help="EPSG URI; empty for longitude,latitude in degrees")
    parser.add_argument("--of", default="", metavar="AUTHORITY", help="another city's twin, e.g. lindemond.example")
    given = parser.parse_args()
    try:
        for entity in buildings(given):
            print(row(entity))
    except grpc.RpcError as error:
        print(f"{error.code().name}: {error.details()}", file=sys.stderr)
        return 1
    return 0


def buildings(given: argparse.Namespace) -> Iterator[types_pb2.Entity]:
    """The buildings whose footprint comes within the radius, and on stderr whose data they are."""
    x, y = map(float, given.at.split(","))
    circle = types_pb2.Circle(crs=given.crs, x=x, y=y, radius_m=given.radius)
    query = twin_pb2.QueryEntitiesRequest(type="Building", circle=circle)
    print(COLUMNS.format("building", "source id", "ground m", "ridge m", "use"))
    terms, city = {}, [("hanse-city", given.of)] if given.of else []
    with door.door(given).channel as channel:
        twin = twin_pb2_grpc.TwinServiceStub(channel)
        # Many entities a message, and no pages to turn: each message names the data sets of its entities.
        for answer in twin.StreamEntities(query, timeout=60, metadata=[*door.sign_in(channel, "map"), *city]):
            terms.update({dataset.id: dataset for dataset in answer.datasets})
            yield from answer.entities
    for dataset in terms.values():
        print(f"{dataset.title}: {dataset.owner}, {dataset.licence}, heights {dataset.vertical_datum}", file=sys.stderr)


def row(entity: types_pb2.Entity) -> str:
    """A line of the table. An entity's JSON is NGSI-LD: each attribute an object with its value."""
    attributes = json.loads(entity.json)

    def value(name: str) -> str:
        found = attributes.get(name, {}).get("value", "")
        return f"{found:.2f}" if isinstance(found, float) else str(found)

    return COLUMNS.format(entity.id, *(value(n) for n in ("sourceId", "groundHeight", "ridgeHeight", "function")))


if __name__ == "__main__":
    sys.exit(main())
