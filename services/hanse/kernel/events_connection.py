# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One connection of a service or client to its city's NATS server, and the names of its streams.

nats-py takes the interpreter's TLS, so this connection stays on loopback or inside the deployment; between cities
the servers themselves speak (`hanse.kernel.nats`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError

from hanse.kernel import keys

if TYPE_CHECKING:
    from nats.aio.client import Client

    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
STREAM = "HANSE"  # this city's events
STREAM_IN = "HANSE_IN_"  # and a neighbour's token: its events
CONNECT_TIMEOUT_S = 5
CLOSE_TIMEOUT_S = 2


def _worth_saying(record: logging.LogRecord) -> bool:
    """Not that a TLS connection has ended: asyncio warns of each, since nats-py's protocol is not made for TLS."""
    return not str(record.msg).startswith("returning true from eof_received()")


logging.getLogger("asyncio").addFilter(_worth_saying)


def inbox_of(name: str) -> str:
    """The prefix of a service's or client's answer subjects: nobody else may listen there."""
    return f"_INBOX_{name}"


def tls_context(config: CityConfig, name: str) -> ssl.SSLContext:
    """Mutual TLS as service, or client `client-NAME`. Raises ConfigError when a key cannot be used."""
    keys.certificate(config, name)  # refuses a key that others can read
    context = ssl.create_default_context(cafile=str(config.keys / keys.CA))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(config.keys / f"{name}.pem", config.keys / f"{name}.key.pem")
    return context


async def open_connection(client: Client, config: CityConfig, name: str, gone: asyncio.Event) -> None:
    """Connects; `gone` is set when the connection ends. It is not mended: the caller opens another.

    Raises:
        OSError, TimeoutError, nats.errors.Error: the server is away or refuses.
        ConfigError: the certificate cannot be used.
    """

    async def ended() -> None:
        gone.set()

    async def failed(error: Exception) -> None:
        log.debug("NATS: %s", error)

    connecting = client.connect(
        servers=[f"tls://{config.nats.reach}"],
        name=name,
        tls=tls_context(config, name),
        tls_hostname=f"nats.{config.city.authority}",
        tls_handshake_first=True,
        inbox_prefix=inbox_of(name),
        allow_reconnect=False,
        reconnect_time_wait=0,
        connect_timeout=CONNECT_TIMEOUT_S,
        closed_cb=ended,
        disconnected_cb=ended,
        error_cb=failed,
    )
    await asyncio.wait_for(connecting, 2 * CONNECT_TIMEOUT_S)


async def close_connection(client: Client) -> None:
    """Ends a connection, also one that is half made: nats-py would wait without limit until TLS has ended."""
    if client.is_connected or client.is_connecting:
        with contextlib.suppress(OSError, TimeoutError, NatsError):
            await asyncio.wait_for(client.close(), CLOSE_TIMEOUT_S)
