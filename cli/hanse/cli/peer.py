# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse peer add|list|remove`: the cities that this one exchanges with. Peers are data, changed while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.cli.client import GatewayClient
from hanse.cli.output import CliError, Exit
from hanse.kernel.config import load, split_address

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse peer`."""
    parser = subparsers.add_parser("peer", help="register, list and forget other cities' gateways")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="register a city, or change its addresses")
    add.add_argument("authority", help="e.g. lindemond.example")
    add.add_argument("address", help="host:port of its gateway's peer port")
    add.add_argument("--leaf", default="", metavar="HOST:PORT", help="its NATS leaf node port, for events")
    add.add_argument("--not-neighbour", action="store_true", help="do not ask it when a plan stands near the border")
    add.set_defaults(run=_add)
    actions.add_parser("list", help="registered cities and when each last answered").set_defaults(run=_list)
    remove = actions.add_parser("remove", help="forget a city: nothing is exchanged with it from then on")
    remove.add_argument("authority", help="as `hanse peer list` shows it")
    remove.set_defaults(run=_remove)


def _add(arguments: argparse.Namespace, output: Output) -> int:
    for address in filter(None, (arguments.address, arguments.leaf)):
        try:
            if split_address(address)[1] == 0:
                raise ValueError(f"{address!r} names no port that could be dialled")
        except ValueError as error:
            raise CliError(str(error), "Write e.g. gateway.lindemond.example:7101.") from None
    peer = exchange_pb2.Peer(
        authority=arguments.authority,
        address=arguments.address,
        leaf_address=arguments.leaf,
        neighbour=not arguments.not_neighbour,
    )
    with GatewayClient.of(load(arguments.city)) as client:
        stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
        answer = client.call(stub.PutPeer, exchange_pb2.PutPeerRequest(peer=peer))
    output.result(
        MessageToDict(answer, preserving_proto_field_name=True),
        f"{answer.authority} at {answer.address}: {answer.state or 'registered'} {answer.detail}".rstrip(),
    )
    return Exit.OK


def _list(arguments: argparse.Namespace, output: Output) -> int:
    with GatewayClient.of(load(arguments.city)) as client:
        stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
        answer = client.call(stub.ListPeers, exchange_pb2.ListPeersRequest())
    rows = [(p.authority, p.address, p.leaf_address, p.neighbour, p.state, p.last_seen, p.detail) for p in answer.peers]
    columns = ("city", "address", "leaf node", "neighbour", "state", "last seen", "detail")
    document = [MessageToDict(peer, preserving_proto_field_name=True) for peer in answer.peers]
    output.table("", columns, rows, document)
    return Exit.OK


def _remove(arguments: argparse.Namespace, output: Output) -> int:
    with GatewayClient.of(load(arguments.city)) as client:
        stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
        known = [peer.authority for peer in client.call(stub.ListPeers, exchange_pb2.ListPeersRequest()).peers]
        if arguments.authority not in known:
            there = f"Registered are: {', '.join(known)}." if known else "None is registered."
            raise CliError(
                f"{arguments.authority!r} is not registered here; nothing was changed",
                there,
                Exit.FAILED,
                "CITY_UNKNOWN",
            )
        client.call(stub.DeletePeer, exchange_pb2.DeletePeerRequest(authority=arguments.authority))
    output.result({"removed": arguments.authority}, f"{arguments.authority} is forgotten")
    return Exit.OK
