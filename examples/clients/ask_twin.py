# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Asks a city's digital twin, through its gateway, which buildings stand around a point, and prints a table.

With `--of` the neighbour's twin is asked, through both gateways: the answer is signed, and both cities can prove it.

python ask_twin.py --city build/demo/cities/marewijk/city.toml --at 149890,437788 --radius 60
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

import door

from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

RD_NEW = "https://www.opengis.net/def/crs/EPSG/0/28992"
COLUMNS = "{:<58} {:<16} {:>8} {:>8}  {}"


def main() -> int:
    """Prints the buildings."""
    parser = door.arguments(__doc__)
    parser.add_argument("--at", type=point, required=True, metavar="X,Y", help="metres of EPSG:28992 unless --crs")
    parser.add_argument("--radius", type=door.positive, default=100.0, help="metres")
    parser.add_argument("--crs", default=RD_NEW, help="EPSG URI; empty for longitude,latitude in degrees")
    parser.add_argument("--of", default="", metavar="AUTHORITY", help="another city's twin, e.g. lindemond.example")
    given = parser.parse_args()
    for entity in buildings(given):
        print(row(entity))
    return 0


def point(text: str) -> tuple[float, float]:
    """X and Y of "X,Y"."""
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not two numbers such as 149890,437788") from None
    return x, y


def buildings(given: argparse.Namespace) -> Iterator[types_pb2.Entity]:
    """The buildings whose footprint comes within the radius, and on stderr whose data they are."""
    x, y = given.at
    circle = types_pb2.Circle(crs=given.crs, x=x, y=y, radius_m=given.radius)
    query = twin_pb2.QueryEntitiesRequest(type="Building", circle=circle)
    terms, city = {}, [("hanse-city", given.of)] if given.of else []
    with door.door(given).channel as channel:
        twin, who = twin_pb2_grpc.TwinServiceStub(channel), door.sign_in(channel, "map")
        print(COLUMNS.format("building", "source id", "ground m", "ridge m", "use"))
        # Many entities a message, and no pages to turn: each message names the data sets of its entities.
        for answer in twin.StreamEntities(query, timeout=60, metadata=[*who, *city]):
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
    sys.exit(door.run(main))
