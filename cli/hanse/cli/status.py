# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse status`: health and versions of each part, peers, log and trust, as the gateway sees them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.cli.arguments import seconds
from hanse.cli.client import GatewayClient
from hanse.cli.output import Exit, many
from hanse.kernel.clock import system_clock
from hanse.kernel.config import CityConfig, load
from hanse.kernel.errors import DeadlineError, HanseError, UnavailableError

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output

_PAUSE_S = 0.3
_PAUSE = threading.Event()


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse status`."""
    parser = subparsers.add_parser(
        "status",
        help="show a running city's health, versions and peers",
        description="Exit code 0: every part serves; 1: some do not; 3: the gateway does not answer. A city that was "
        "just started needs some seconds: --wait gives it as many.",
    )
    parser.add_argument("--client", default="operator", help="whose certificate asks (default: operator)")
    parser.add_argument(
        "--wait", type=seconds, default=0.0, metavar="SECONDS", help="how long to go on asking until every part serves"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    status = _ask(config, arguments.client, arguments.wait, output)
    document = MessageToDict(status, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    if output.as_json:
        output.json(document)
    else:
        _print(output, status)
    down = _down(status)
    if not down:
        return Exit.OK
    if arguments.wait:
        output.note(f"not ready after {arguments.wait:g} s: {', '.join(down)}; see the logs in {config.state / 'log'}")
    else:
        output.note(f"not ready: {', '.join(down)}; a city just started needs some seconds: hanse status --wait 60")
    return Exit.FAILED


def _ask(config: CityConfig, name: str, wait_s: float, output: Output) -> exchange_pb2.GetCityStatusResponse:
    """The state of a city, asked again until every part serves or the time is up.

    Raises:
        HanseError: the gateway or identity does not answer, or refuses.
    """
    clock, said = system_clock(), ""
    status: exchange_pb2.GetCityStatusResponse
    deadline = clock.monotonic() + wait_s
    with GatewayClient.of(config, name) as client:
        stub = exchange_pb2_grpc.PeerServiceStub(client.channel)
        while True:
            late = clock.monotonic() >= deadline
            try:
                status = client.call(stub.GetCityStatus, exchange_pb2.GetCityStatusRequest())
                missing = ", ".join(_down(status))
                if late or not missing:
                    return status
            except (UnavailableError, DeadlineError) as error:
                if late:
                    raise _waited(error, wait_s) from None
                missing = "the gateway"
            if missing != said:
                output.note(f"waiting up to {wait_s:g} s for {missing}")
                said = missing
            _PAUSE.wait(_PAUSE_S)


def _waited(error: HanseError, wait_s: float) -> HanseError:
    """The same error, with how long it was waited for."""
    after = f" (asked for {wait_s:g} s)" if wait_s else ""
    remedy = (
        error.remedy if wait_s else f"{error.remedy} A city just started needs some seconds: hanse status --wait 60"
    )
    return type(error)(f"{error.message}{after}", remedy=remedy.strip(), reason=error.reason)


def _down(status: exchange_pb2.GetCityStatusResponse) -> list[str]:
    return [part.part for part in status.parts if not part.serving]


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
        f"exchange log: {many(status.log_size, 'leaf', 'leaves')}\n"
        f"trust list: {trust if status.trust_list_version else 'none in force'}\n"
        f"contracts: {contracts}",
    )
