# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TLS towards another city's gateway: 1.3 only, X25519MLKEM768 only, that city's authority only, its gateway only.

Works on memory (no socket): bytes in, bytes out. grpcio's own client can neither choose the group nor see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from OpenSSL import SSL, crypto
from OpenSSL._util import lib

from hanse.gateway.tls import GROUP, issued_by
from hanse.kernel.access import parse_principal
from hanse.kernel.errors import DeniedError, HanseError, PreconditionError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

CHUNK: Final = 64 * 1024
_H2 = b"h2"


@dataclass(frozen=True, slots=True)
class Identity:
    """This gateway's own certificate and key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def make_context(own: Identity, roots: Sequence[x509.Certificate]) -> SSL.Context:
    """A client context that offers nothing but X25519MLKEM768 in TLS 1.3 and believes these authorities only."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_max_proto_version(SSL.TLS1_3_VERSION)
    # pyOpenSSL has no public call for groups. Without this pin the classical handshake would still be refused after
    # it (see Session.step), but the peer would have seen this city's certificate.
    if lib.SSL_CTX_set1_curves_list(context._context, GROUP.encode()) != 1:  # noqa: SLF001
        raise HanseError(
            f"this OpenSSL has no {GROUP}", remedy="Install cryptography >= 50, which brings one that has."
        )
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    store = context.get_cert_store()
    assert store is not None  # noqa: S101 - a context always has one
    for root in roots:
        store.add_cert(crypto.X509.from_cryptography(root))
    context.use_certificate(own.certificate)
    context.use_privatekey(own.key)
    context.set_alpn_protos([_H2])
    return context


class Session:
    """One TLS connection in memory. Not usable for payload before `established`, which checks whom it leads to."""

    def __init__(self, context: SSL.Context, authority: str, roots: Sequence[x509.Certificate]) -> None:
        self._authority, self._roots = authority, tuple(roots)
        self._connection = SSL.Connection(context, None)
        self._connection.set_tlsext_host_name(f"gateway.{authority}".encode())
        self._connection.set_connect_state()
        self.established = False

    def step(self) -> None:
        """Goes on with the handshake as far as the bytes received allow.

        Raises:
            PreconditionError: QUANTUM_SAFE_REQUIRED: the peer does not negotiate the group.
            DeniedError: NOT_TRUSTED: its certificate is not that of the city's gateway.
            UnavailableError: the handshake failed for another reason.
        """
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise self._refusal(error) from None
        self._check()
        self.established = True

    def receive(self, data: bytes) -> None:
        """Takes bytes from the network; at most `CHUNK` at a time."""
        while data:
            data = data[self._connection.bio_write(data) :]

    def to_send(self) -> bytes:
        """Bytes for the network; empty when there are none now."""
        found = []
        while True:
            try:
                found.append(self._connection.bio_read(CHUNK))
            except SSL.WantReadError:
                return b"".join(found)

    def encrypt(self, data: bytes) -> None:
        """Takes payload. Only once established."""
        if not self.established:
            raise HanseError("payload before the handshake was checked")
        while data:
            data = data[self._connection.send(data) :]

    def decrypt(self) -> bytes | None:
        """Payload received; empty when there is none now; None when the peer has closed.

        Raises:
            UnavailableError: the peer sent what is no TLS.
        """
        found = []
        while True:
            try:
                found.append(self._connection.recv(CHUNK))
            except SSL.WantReadError:
                return b"".join(found)
            except SSL.ZeroReturnError:
                return b"".join(found) or None
            except SSL.Error as error:
                if found:
                    return b"".join(found)
                raise self._refusal(error) from None

    def _check(self) -> None:
        """Looks at what was negotiated, whatever was offered."""
        group, version = self._connection.get_group_name(), self._connection.get_protocol_version_name()
        if group is None or group.upper() != GROUP or version != "TLSv1.3":
            raise self._classical(f"it negotiated {group} in {version}")
        if self._connection.get_alpn_proto_negotiated() != _H2:
            raise UnavailableError(f"the peer of {self._authority} does not speak HTTP/2", remedy="Check its address.")
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        if leaf is None or not issued_by(leaf, self._roots) or not _is_gateway(leaf, self._authority):
            raise self._stranger("it is not the certificate of that city's gateway")

    def _refusal(self, error: SSL.Error) -> HanseError:
        """What a failed handshake means, by OpenSSL's reason."""
        text = "; ".join(part[-1] for part in error.args[0]) if error.args and error.args[0] else "connection lost"
        lowered = text.lower()
        if "certificate verify failed" in lowered:
            return self._stranger(text)
        # With one group on offer, a peer without it answers with one of these alerts.
        if "handshake failure" in lowered or "illegal parameter" in lowered or "protocol version" in lowered:
            return self._classical(text)
        return UnavailableError(
            f"the connection to {self._authority} failed in TLS: {text}",
            remedy="Try again; if it stays so, compare both cities' certificates and trust lists (`hanse doctor`).",
        )

    def _classical(self, why: str) -> PreconditionError:
        return PreconditionError(
            f"the gateway of {self._authority} does not negotiate {GROUP} ({why}); nothing was sent to it",
            remedy=f"That city must offer {GROUP} in TLS 1.3 on its peer port.",
            reason="QUANTUM_SAFE_REQUIRED",
        )

    def _stranger(self, why: str) -> DeniedError:
        return DeniedError(
            f"who answers for {self._authority} cannot prove it ({why}); nothing was sent",
            remedy="Check the peer's address, and that the trust list holds the city's current certificate authority.",
            reason="NOT_TRUSTED",
        )


def _is_gateway(leaf: x509.Certificate, authority: str) -> bool:
    """Whether the certificate names exactly the city's gateway among Hanse principals."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    found = [principal.urn for principal in map(parse_principal, uris) if principal is not None]
    return found == [f"urn:hanse:{authority}:service:gateway"]
