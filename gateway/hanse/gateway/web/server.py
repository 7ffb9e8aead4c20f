# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's HTTP listener: mutual TLS as on its gRPC port, so many connections at once, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hanse.gateway.guard import Shares
from hanse.gateway.web.connection import MAX_HEAD, Connection
from hanse.kernel import access, keys
from hanse.kernel.config import split_address
from hanse.kernel.errors import HanseError

if TYPE_CHECKING:
    from hanse.gateway.tls import AuthContext
    from hanse.gateway.trust import Snapshot, Trust
    from hanse.gateway.web.door import WebDoor
    from hanse.gateway.web.model import Asked
    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
CONNECTIONS: Final = 512
HANDSHAKE_S: Final = 10.0
_BACKLOG: Final = 256


class WebPort:
    """The listener. `port` is the one in use, 0 when it does not listen."""

    def __init__(self, config: CityConfig, door: WebDoor, trust: Trust) -> None:
        self._config, self._door, self._trust = config, door, trust
        self._shares = Shares(config.city.authority, CONNECTIONS)
        self._running: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._tls: ssl.SSLContext | None = None
        self._stopping = asyncio.Event()
        self.port = 0

    async def start(self) -> None:
        """Listens, where the configuration names an address.

        Raises:
            OSError: it cannot be listened on.
            ConfigError: the gateway's certificate cannot be used.
        """
        address = self._config.gateway.http_listen
        if not address:
            return
        self._tls = _context(self._config)
        self.trust_changed(self._trust.snapshot)
        host, port = split_address(address)
        try:
            self._server = await asyncio.start_server(
                self._connected,
                host,
                port,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_S,
                limit=MAX_HEAD,
                backlog=_BACKLOG,
            )
        except OSError:
            raise OSError(f"the gateway cannot listen on {address}: is the port taken? (`hanse doctor` says)") from None
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("gateway of %s serves HTTP on %s", self._config.city.authority, address)

    def trust_changed(self, snapshot: Snapshot) -> None:
        """Admits certificates of newly trusted cities; those of others are refused by `Callers`, at each request."""
        if self._tls is not None:
            self._tls.load_verify_locations(cadata=snapshot.bundle.decode("ascii"))

    async def stop(self, grace_s: float) -> None:
        """No new connections nor requests; those that run have `grace_s` seconds."""
        self._stopping.set()
        if self._server is None:
            return
        self._server.close()
        if self._running:
            await asyncio.wait(self._running, timeout=grace_s)
        left = tuple(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        connection = Connection(reader, writer)
        try:
            await self._admit(connection, _auth_of(writer))
        except (OSError, TimeoutError):
            log.debug("a client left, or did not take what it asked for")
        finally:
            await connection.close()

    async def _admit(self, connection: Connection, auth: AuthContext) -> None:
        try:
            with self._shares.place(access.principal_of(auth), "http"):
                await self._serve(connection, auth)
        except HanseError as error:
            await connection.refuse(error)

    async def _serve(self, connection: Connection, auth: AuthContext) -> None:
        """Requests one after the other, for as long as both sides keep the connection. Raises WebError."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            while (asked := await self._next(connection, stopping)) is not None:
                answer = await connection.while_here(self._door.answer(asked, auth))
                if answer is None or not await connection.answer(answer, last=stopping.done()):
                    return
        finally:
            stopping.cancel()

    async def _next(self, connection: Connection, stopping: asyncio.Task[Literal[True]]) -> Asked | None:
        """The next request; None when none comes before the listener stops. Raises WebError."""
        coming = asyncio.create_task(connection.request(self._config.limits.max_message_bytes))
        try:
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return coming.result() if coming.done() else None
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _context(config: CityConfig) -> ssl.SSLContext:
    """TLS 1.3 with the gateway's certificate, towards holders of one. Raises ConfigError."""
    keys.certificate(config, "gateway")  # refuses a key that others can read
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0  # each connection shows its certificate anew
    context.load_cert_chain(config.keys / "gateway.pem", config.keys / "gateway.key.pem")
    context.set_alpn_protocols(["http/1.1"])
    return context


def _auth_of(writer: asyncio.StreamWriter) -> AuthContext:
    """The client's verified certificate, in the form in which gRPC tells of one."""
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True)
    if der is None:
        return {}
    certificate = x509.load_der_x509_certificate(der)
    names: list[bytes] = []
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names += [name.encode() for name in extension.value.get_values_for_type(x509.UniformResourceIdentifier)]
    pem = certificate.public_bytes(Encoding.PEM)
    return {"x509_pem_cert": (pem,), "x509_subject_alternative_name": names}
