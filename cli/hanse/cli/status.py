# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse status`: health and versions of each part, peers, log and trust, as the gateway sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.cli.client import GatewayClient
from hanse.cli.output import Exit
from hanse.kernel.config import load

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse status`."""
    parser = subparsers.add_parser("status", help="show a running city's health, versions and peers")
    parser.add_argument("--client", default="operator", help="whose certificate asks (default: operator)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    with GatewayClient.of(load(arguments.city), arguments.client) as client:
        stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
        status = client.call(stub.GetCityStatus, exchange_pb2.GetCityStatusRequest())
    document = MessageToDict(status, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    if output.as_json:
        output.json(document)
    else:
        _print(output, status)
    return Exit.OK if all(part.serving for part in status.parts) else Exit.FAILED


def _print(output: Output, status: exchange_pb2.GetCityStatusResponse) -> None:
    rows = [(part.part, part.serving, part.version, part.detail) for part in status.parts]
    output.table(f"{status.name} ({status.authority})", ("part", "serves", "version", "detail"), rows, None)
    peers = [(p.authority, p.address, p.state, p.neighbour, p.last_seen, p.detail) for p in status.peers]
    if peers:
        output.table("peers", ("city", "address", "state", "neighbour", "last seen", "detail"), peers, None)
    else:
        output.result(None, "no peers: register one with `hanse peer add`")
    trust = f"version {status.trust_list_version}, until {status.trust_list_expire_time}"
    contracts = ", ".join(status.contracts)
    output.result(
        None,
        f"exchange log: {status.log_size} leaves\n"
        f"trust list: {trust if status.trust_list_version else 'none in force'}\n"
        f"contracts: {contracts}",
    )
