# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A proxy that does nothing: takes any unary call with mutual TLS and passes its bytes on to one address.

It stands where the gateway stands, with the gateway's certificate, and is what a Python proxy costs before it does
any work of its own.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import grpc

from hanse.kernel import keys
from hanse.kernel.channel import options
from hanse.kernel.config import load

PASSED_ON = ("authorization",)


class Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers every method by asking the next."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._calls: dict[str, grpc.aio.UnaryUnaryMultiCallable] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """A handler that parses nothing."""
        method = handler_call_details.method
        call = self._calls.setdefault(method, self._channel.unary_unary(method))

        async def pass_on(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            metadata = tuple((k, v) for k, v in context.invocation_metadata() or () if k in PASSED_ON)
            answer: bytes = await call(request, timeout=context.time_remaining(), metadata=metadata)
            return answer

        return grpc.unary_unary_rpc_method_handler(pass_on)


async def serve(arguments: argparse.Namespace) -> None:
    """Listens on a free port, prints it, and goes on until it is ended."""
    own, city = load(arguments.own), load(arguments.towards)
    chain = [keys.certificate(own, "gateway")]
    ca = keys.read_public(own.keys / keys.CA)
    server = grpc.aio.server()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(chain, ca, require_client_auth=True))
    key, certificate = keys.certificate(city, "gateway")
    credentials = grpc.ssl_channel_credentials(keys.read_public(city.keys / keys.CA), key, certificate)
    async with grpc.aio.secure_channel(arguments.address, credentials, options(city, arguments.part)) as channel:
        server.add_generic_rpc_handlers((Handler(channel),))
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()


def main() -> None:
    """Run by `common.processes`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--own", type=Path, required=True, help="CITY.toml of the city it listens for")
    parser.add_argument("--towards", type=Path, required=True, help="CITY.toml of the city it passes on to")
    parser.add_argument("--part", required=True, help="the part there, as its certificate names it")
    parser.add_argument("--address", required=True, help="host:port there")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
