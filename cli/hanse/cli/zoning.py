# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse zoning put FILE` and `hanse zoning list`: the city's machine-readable plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hanse.api.zoning.v1 import zoning_pb2, zoning_pb2_grpc
from hanse.cli.client import GatewayClient
from hanse.cli.output import Exit
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse zoning`."""
    parser = subparsers.add_parser("zoning", help="put and list zoning documents")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    put = actions.add_parser("put", help="validate a document and put it in force")
    put.add_argument("file", type=Path, help="JSON of contract zoning/v1")
    put.set_defaults(run=_put)
    actions.add_parser("list", help="the documents that this city holds").set_defaults(run=_list)


def _put(arguments: argparse.Namespace, output: Output) -> int:
    body = arguments.file.read_bytes()
    with GatewayClient.of(load(arguments.city)) as client:
        stub = zoning_pb2_grpc.ZoningServiceStub(client.channel)
        put = client.call(stub.PutZoning, zoning_pb2.PutZoningRequest(json=body))
    output.result(_document(put), f"{put.id}\nsha256 {put.sha256}")
    return Exit.OK


def _list(arguments: argparse.Namespace, output: Output) -> int:
    found: list[zoning_pb2.ZoningDocument] = []
    request = zoning_pb2.ListZoningsRequest()
    with GatewayClient.of(load(arguments.city)) as client:
        stub = zoning_pb2_grpc.ZoningServiceStub(client.channel)
        while True:
            page = client.call(stub.ListZonings, request)
            found.extend(page.documents)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
    rows = [(each.id, f"{each.contract} {each.revision}", each.create_time, each.sha256[:16]) for each in found]
    output.table("", ("id", "contract", "put", "sha256"), rows, [_document(each) for each in found])
    return Exit.OK


def _document(put: zoning_pb2.ZoningDocument) -> dict[str, str]:
    return {"id": put.id, "contract": put.contract, "revision": put.revision, "sha256": put.sha256}
