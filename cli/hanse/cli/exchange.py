# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse exchange list|proof|verify`: what passed between cities, and proofs of it that a third party can check."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict

from hanse.cli.arguments import whole
from hanse.cli.files import read_object, will_write
from hanse.cli.output import Exit, many

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hanse.api.exchange.v1 import exchange_pb2
    from hanse.cli.anchors import Believed
    from hanse.cli.output import Output
    from hanse.gateway.exchange.proof import ProofSummary

MAX_PROOF_BYTES = 64 * 1024 * 1024
_PAGE, _MOST = 100, 100_000
_NO_PROOF = "Give the file that `hanse exchange proof ID --out FILE` wrote, as it was written."
_ALTERED = (
    "Do not rely on it. Fetch it again from either city (hanse exchange proof ID --out FILE), hand it on as it is."
)
_STRANGER = (
    "It is judged by the anchors that you believe: give its anchor's public file with --anchor FILE, if you have that "
    "file from the anchor itself."
)
_MEMBERS = {"contract", "revision", "id", "logs"}
_UNTRUSTED = {"unknown-anchor", "unknown-key"}  # what the verifier lacks, not what the proof has wrong
_DEMO = "which is a demo's: its cities are made up, and whoever ran the demo has their keys"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse exchange`."""
    from hanse.cli.credential import add_holder_options

    parser = subparsers.add_parser("exchange", help="exchanges between cities and their proofs")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="this city's exchanges, newest first")
    listing.add_argument("--with", dest="other", default="", metavar="AUTHORITY", help="only those with this city")
    listing.add_argument("--limit", type=whole(1, _MOST, "number of exchanges"), default=50, help="(default: 50)")
    listing.set_defaults(run=_list)
    proof = actions.add_parser("proof", help="fetch what a third party needs to verify an exchange offline")
    proof.add_argument("id", help="the exchange's id, as a report's sources and `hanse exchange list` name it")
    proof.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: stdout)")
    add_holder_options(proof)
    proof.set_defaults(run=_proof)
    verify = actions.add_parser(
        "verify",
        help="verify a proof offline",
        description="Trust comes from --anchor, else from the anchors of the city that --city names, else from those "
        "of this installation and of the city here, never from the proof. Exit code 0: yes; 1: no.",
    )
    verify.add_argument("file", type=Path, help="what `hanse exchange proof ID --out FILE` wrote")
    verify.add_argument(
        "--anchor", type=Path, action="append", default=[], metavar="FILE", help="an anchor's public file"
    )
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

    if arguments.out is not None:
        will_write(arguments.out)
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
        f"{arguments.out}: {many(len(answer.json), 'byte')}\nCheck it: hanse exchange verify {arguments.out}",
    )
    return Exit.OK


def _verify(arguments: argparse.Namespace, output: Output) -> int:
    from hanse.cli.anchors import believed, thumbprint
    from hanse.gateway.exchange.proof import ProofError

    proof = read_object(arguments.file, "proof", _NO_PROOF, reason="PROOF_INVALID", max_bytes=MAX_PROOF_BYTES)
    anchors = believed(arguments.anchor, arguments.city, is_city_named=arguments.is_city_named)
    try:
        summary, anchor = _judged(arguments.file.read_bytes(), anchors)
    except ProofError as error:
        remedy = _remedy(error) if proof.keys() >= _MEMBERS else _NO_PROOF
        output.error(f"{arguments.file}: no: {error}", remedy, "PROOF_INVALID")
        return Exit.FAILED
    document = {
        "valid": True,
        "id": summary.id,
        "asker": summary.asker,
        "answerer": summary.answerer,
        "method": summary.method,
        "purpose": summary.purpose,
        "status": summary.status,
        "anchor": {"id": anchor.anchor.id, "thumbprint": thumbprint(anchor.anchor), "demo": anchor.is_demo},
    }
    lines = [f"{arguments.file}: yes", *summary.sentences(), *([_DEMO] if anchor.is_demo else [])]
    output.result(document, "\n".join(lines))
    return Exit.OK


def _judged(data: bytes, anchors: Sequence[Believed]) -> tuple[ProofSummary, Believed]:
    """What the proof says, and the anchor that it holds by: several may have the same name and other keys.

    Raises:
        ProofError: it holds by none of them; as told by one that its list names, if there is one.
    """
    from hanse.gateway.exchange.proof import ProofError, verify_proof
    from hanse.kernel.clock import system_clock

    now, refusals = system_clock().now(), []
    for each in anchors:
        try:
            return verify_proof(data, [each.anchor], now), each
        except ProofError as error:
            refusals.append(error)
    raise min(refusals, key=lambda error: _remedy(error) == _STRANGER)


def _remedy(error: Exception) -> str:
    """Whether the verifier lacks an anchor or a list that holds, or the proof itself is at fault."""
    from hanse.trust import TrustError

    cause = error.__cause__
    return _STRANGER if isinstance(cause, TrustError) and cause.code in _UNTRUSTED else _ALTERED
