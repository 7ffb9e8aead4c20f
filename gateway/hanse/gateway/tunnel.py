# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The way out to a peer's gateway: a local tunnel that lets nothing through a classical key exchange.

grpcio's client can neither choose nor see the group that TLS negotiated, and would send its request over whatever it
got (decision 0003). So the channel dials a socket in a folder that only this process's user may enter; behind it the
handshake is made here, and the first byte passes only when TLS 1.3 with X25519MLKEM768 stands, with the gateway of
the very city that is meant.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cryptography import x509
from OpenSSL import SSL, crypto

from hanse.kernel.access import parse_principal
from hanse.kernel.config import split_address
from hanse.kernel.errors import DeniedError, HanseError, PreconditionError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

log = logging.getLogger(__name__)
GROUP = "X25519MLKEM768"
CONNECT_S = 5.0
HANDSHAKE_S = 5.0
CHUNK = 64 * 1024
_HIGH_WATER = 4 * CHUNK
_TLS_RECORD = 17 * 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    """This gateway's key and certificate chain, and the authorities of the one city dialled; PEM."""

    key: bytes
    chain: bytes
    roots: bytes


class Tunnel:
    """One peer's tunnel: `target` is what a grpc channel dials, `problem` why the last connection failed."""

    def __init__(self, authority: str, address: str, credentials: Callable[[], Credentials]) -> None:
        self._authority, self._address, self._credentials = authority, address, credentials
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()
        self.problem: HanseError | None = None

    @property
    def target(self) -> str:
        """The socket behind which the peer is. Only after `start`."""
        if self._folder is None:
            raise RuntimeError("the tunnel has not been started")
        return f"unix:{Path(self._folder.name) / 'peer'}"

    async def start(self) -> Self:
        """Listens on a socket in a fresh folder of mode 0700."""
        self._folder = tempfile.TemporaryDirectory(prefix="hanse-peer-")
        path = Path(self._folder.name) / "peer"
        self._server = await asyncio.start_unix_server(self._accept, path, limit=_HIGH_WATER)
        return self

    async def close(self) -> None:
        """Ends the connections and removes the socket."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._folder is not None:
            self._folder.cleanup()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from the channel: handshake with the peer, then bytes both ways until either ends."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(_closed, writer)
                try:
                    link = await Link.open(self._authority, self._address, self._credentials())
                except HanseError as error:
                    self.problem = error
                    log.warning("no way to %s: %s", self._authority, error)
                    return
                stack.push_async_callback(link.close)
                self.problem = None
                await _first_done(link.outwards(reader), link.inwards(writer))
        except SSL.Error as error:
            # In TLS 1.3 the peer looks at our certificate only after the handshake is done here.
            self.problem = _refused(self._authority, error)
            log.warning("%s", self.problem)
        except OSError as error:
            log.info("the connection to %s ended: %s", self._authority, error or type(error).__name__)


class Link:
    """A TLS connection to a peer's gateway, checked before its first byte of payload."""

    def __init__(self, tls: SSL.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tls, self._reader, self._writer = tls, reader, writer
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, authority: str, address: str, credentials: Credentials) -> Self:
        """Dials, shakes hands, checks.

        Raises:
            UnavailableError: nobody answers in time.
            DeniedError: NOT_TRUSTED: the peer is not the gateway of that city.
            PreconditionError: QUANTUM_SAFE_REQUIRED: it negotiated less than X25519MLKEM768.
        """
        host, port = split_address(address)
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as error:
            raise UnavailableError(
                f"{authority} does not answer at {address}",
                remedy="Try again; `hanse status` shows the peers' state.",
            ) from error
        tls = SSL.Connection(_context(credentials), None)
        tls.set_tlsext_host_name(f"gateway.{authority}".encode())
        tls.set_connect_state()
        link = cls(tls, reader, writer)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await link._shake_hands()
            link._check(authority)
        except (SSL.Error, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            await link.close()
            raise _refused(authority, error) from error
        except HanseError:
            await link.close()
            raise
        return link

    async def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except SSL.WantReadError:
                await self._flush()
                await self._feed()
                continue
            await self._flush()
            return

    def _check(self, authority: str) -> None:
        group = self._tls.get_group_name()
        if group != GROUP or self._tls.get_protocol_version_name() != "TLSv1.3":
            raise PreconditionError(
                f"{authority} negotiated {group or 'an unknown group'}, not {GROUP}; nothing was sent",
                remedy=f"The peer must offer TLS 1.3 with {GROUP}.",
                reason="QUANTUM_SAFE_REQUIRED",
            )
        if self._tls.get_alpn_proto_negotiated() != b"h2":
            raise UnavailableError(
                f"what answers for {authority} does not speak gRPC", remedy="Check the peer's address."
            )
        certificate = self._tls.get_peer_certificate(as_cryptography=True)
        if certificate is None or not _is_gateway(certificate, authority):
            raise _not_trusted(authority, "its certificate names another")

    async def outwards(self, source: asyncio.StreamReader) -> None:
        """From the channel to the peer."""
        while data := await source.read(CHUNK):
            view = memoryview(data)
            while view:
                try:
                    sent = self._tls.send(view[:_TLS_RECORD])
                except SSL.WantReadError:
                    await self._flush()
                    await asyncio.sleep(0)
                    continue
                view = view[sent:]
                await self._flush()

    async def inwards(self, sink: asyncio.StreamWriter) -> None:
        """From the peer to the channel."""
        while True:
            try:
                data = self._tls.recv(CHUNK)
            except SSL.WantReadError:
                await self._flush()
                await self._feed()
                continue
            except SSL.ZeroReturnError:
                return
            sink.write(data)
            await sink.drain()

    async def _feed(self) -> None:
        data = await self._reader.read(CHUNK)
        if not data:
            raise ConnectionResetError("the peer closed the connection")
        view = memoryview(data)
        while view:
            view = view[self._tls.bio_write(bytes(view)) :]

    async def _flush(self) -> None:
        async with self._lock:
            while True:
                try:
                    self._writer.write(self._tls.bio_read(CHUNK))
                except SSL.WantReadError:
                    break
            await self._writer.drain()

    async def close(self) -> None:
        """Closes the socket."""
        await _closed(self._writer)


def _context(credentials: Credentials) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_alpn_protos([b"h2"])
    leaf, *rest = x509.load_pem_x509_certificates(credentials.chain)
    context.use_certificate(leaf)
    for issuer in rest:
        context.add_extra_chain_cert(issuer)
    context.use_privatekey(crypto.load_privatekey(crypto.FILETYPE_PEM, credentials.key))
    store = context.get_cert_store()
    if store is not None:
        for root in x509.load_pem_x509_certificates(credentials.roots):
            store.add_cert(crypto.X509.from_cryptography(root))
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    return context


def _is_gateway(certificate: x509.Certificate, authority: str) -> bool:
    """Whether the certificate names the gateway of this very city, and nobody else."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    found = [p for p in map(parse_principal, names.get_values_for_type(x509.UniformResourceIdentifier)) if p]
    return len(found) == 1 and (found[0].authority, found[0].role) == (authority, "service:gateway")


def _refused(authority: str, error: BaseException) -> HanseError:
    reasons = [part[-1] for part in error.args[0]] if isinstance(error, SSL.Error) and error.args else []
    if any("certificate" in reason for reason in reasons):
        return _not_trusted(authority, ", ".join(reasons))
    if any("handshake" in reason or "protocol" in reason or "group" in reason for reason in reasons):
        return PreconditionError(
            f"no quantum-safe connection to {authority}: {', '.join(reasons)}",
            remedy=f"The peer must offer TLS 1.3 with {GROUP}.",
            reason="QUANTUM_SAFE_REQUIRED",
        )
    return UnavailableError(
        f"the connection to {authority} was not made: {', '.join(reasons) or error or 'no answer in time'}",
        remedy="Try again; `hanse status` shows the peers' state.",
    )


def _not_trusted(authority: str, why: str) -> DeniedError:
    return DeniedError(
        f"what answers at the address of {authority} is not its gateway: {why}",
        remedy="Check the peer's address, and that the trust list names the city's certificate authority.",
        reason="NOT_TRUSTED",
    )


async def _first_done(*works: Coroutine[None, None, None]) -> None:
    """Runs them side by side until one ends, then ends the others; raises what the first one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
