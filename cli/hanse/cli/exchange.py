# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse exchange list|proof|verify`: what passed between cities, and proofs of it that a third party can check."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict

from hanse.cli.output import CliError, Exit

if TYPE_CHECKING:
    import argparse

    from hanse.api.exchange.v1 import exchange_pb2
    from hanse.cli.output import Output
    from hanse.trust import Anchor

MAX_PROOF_BYTES = 64 * 1024 * 1024
_PAGE = 100


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse exchange`."""
    from hanse.cli.credential import add_holder_options

    parser = subparsers.add_parser("exchange", help="exchanges between cities and their proofs")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="this city's exchanges, newest first")
    listing.add_argument("--with", dest="other", default="", metavar="AUTHORITY", help="only those with this city")
    listing.add_argument("--limit", type=int, default=50)
    listing.set_defaults(run=_list)
    proof = actions.add_parser("proof", help="fetch what a third party needs to verify an exchange offline")
    proof.add_argument("id")
    proof.add_argument("--out", type=Path, help="file (default: stdout)")
    add_holder_options(proof)
    proof.set_defaults(run=_proof)
    verify = actions.add_parser(
        "verify",
        help="verify a proof offline",
        description="Trust comes from --anchor, else from the city's anchors, else from those of this installation, "
        "never from the proof. Exit code 0: yes; 1: no.",
    )
    verify.add_argument("file", type=Path)
    verify.add_argument("--anchor", type=Path, action="append", default=[], help="an anchor's public file")
    verify.set_defaults(run=_verify)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
    from hanse.cli.client import GatewayClient
    from hanse.kernel.config import load

    found: list[exchange_pb2.ExchangeRecord] = []
    request = exchange_pb2.ListExchangesRequest(city=arguments.other, page_size=min(arguments.limit, _PAGE))
    with GatewayClient.of(load(arguments.city)) as client:
        stub = exchange_pb2_grpc.ExchangeLogServiceStub(client.channel)
        while len(found) < arguments.limit:
            page = client.call(stub.ListExchanges, request)
            found.extend(page.exchanges)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
    del found[arguments.limit :]
    columns = ("id", "role", "city", "method", "purpose", "state", "status", "time", "leaf")
    documents = [
        MessageToDict(each, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        for each in found
    ]
    output.table("", columns, [_row(each) for each in found], documents)
    return Exit.OK


def _row(each: exchange_pb2.ExchangeRecord) -> tuple[object, ...]:
    from hanse.api.exchange.v1 import exchange_pb2

    state = exchange_pb2.ExchangeRecord.State.Name(each.state).removeprefix("STATE_").lower()
    method = each.method.rpartition(".")[2]
    return (each.id, each.role, each.city, method, each.purpose, state, each.status, each.create_time, each.leaf_index)


def _proof(arguments: argparse.Namespace, output: Output) -> int:
    from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
    from hanse.cli.credential import sign_in

    client, _ = sign_in(arguments)
    with client:
        stub = exchange_pb2_grpc.ExchangeLogServiceStub(client.channel)
        answer = client.call(stub.GetProof, exchange_pb2.GetProofRequest(exchange_id=arguments.id))
    if arguments.out is None:
        output.console.file.write(answer.json.decode())
        return Exit.OK
    arguments.out.write_bytes(answer.json)
    digest = hashlib.sha256(answer.json).hexdigest()
    output.result(
        {"id": arguments.id, "file": str(arguments.out), "sha256": digest},
        f"{arguments.out}: {len(answer.json)} bytes\nCheck it: hanse exchange verify {arguments.out}",
    )
    return Exit.OK


def _verify(arguments: argparse.Namespace, output: Output) -> int:
    from hanse.gateway.exchange.proof import ProofError, verify_proof
    from hanse.kernel.clock import system_clock

    size = arguments.file.stat().st_size
    if size > MAX_PROOF_BYTES:
        raise CliError(f"{arguments.file} has {size} bytes; a proof has at most {MAX_PROOF_BYTES}", code=Exit.FAILED)
    try:
        summary = verify_proof(arguments.file.read_bytes(), _anchors(arguments), system_clock().now())
    except ProofError as error:
        output.error(f"{arguments.file}: no: {error}", "", "PROOF_INVALID")
        return Exit.FAILED
    document = {
        "valid": True,
        "id": summary.id,
        "asker": summary.asker,
        "answerer": summary.answerer,
        "method": summary.method,
        "purpose": summary.purpose,
        "status": summary.status,
    }
    output.result(document, "\n".join([f"{arguments.file}: yes", *summary.sentences()]))
    return Exit.OK


def _anchors(arguments: argparse.Namespace) -> list[Anchor]:
    """Whom the verifier believes: the files named, or what the city has installed.

    Raises:
        CliError: there is none.
    """
    from hanse.cli.federation import INSTALLED
    from hanse.jose import parse_object
    from hanse.kernel.config import load
    from hanse.kernel.trust import ANCHORS
    from hanse.trust import Anchor

    paths = list(arguments.anchor)
    if not paths:
        own = load(arguments.city).trust / ANCHORS if arguments.city.exists() else INSTALLED
        paths = list(
            {path.name: path for folder in (INSTALLED, own) for path in sorted(folder.glob("*.json"))}.values()
        )
    if not paths:
        raise CliError(
            "no anchor is installed", "Name one with --anchor FILE, or a city that has one with --city CITY.toml."
        )
    return [Anchor.from_json(parse_object(path.read_bytes(), place=f"anchor {path}")) for path in paths]
