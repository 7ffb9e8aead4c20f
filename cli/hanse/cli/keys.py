# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Makes a city's keys: its certificate authority, a certificate per part and client, signing keys, secrets.

TLS keys are P-256, because gRPC takes no other; what must stay verifiable for years is signed with ES256 and
ML-DSA-65. Neighbours' NATS servers know each other by a second certificate authority with critical name
constraints (RFC 5280 section 4.2.1.10), because nats-server asks only whether some trusted authority signed. The
first has none: under constraints, Go refuses every certificate with a URN in it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hanse.cli.output import CliError, Exit
from hanse.jose import ES256, HybridSigner, SigningKey
from hanse.kernel import keys as layout
from hanse.kernel.clock import Clock, system_clock
from hanse.kernel.config import PARTS
from hanse.kernel.nats_conf import LEAF, LEAF_CA, leaf_user

if TYPE_CHECKING:
    from pathlib import Path

TLS_PARTS = (*PARTS, "nats")
CA_YEARS, CERTIFICATE_DAYS = 10, 365
_BACKDATED = timedelta(minutes=5)  # clocks of two cities differ a little
_LOOPBACK = ("127.0.0.1", "::1")
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class _Authority:
    """A certificate authority in memory."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def write_city_keys(
    folder: Path,
    authority: str,
    clients: tuple[str, ...] = ("operator", "platform"),
    *,
    clock: Clock | None = None,
) -> None:
    """Writes everything that `hanse.kernel.keys` names into a new or empty folder.

    Raises:
        CliError: the folder has an authority already; keys are never overwritten.
    """
    if (folder / layout.CA_KEY).exists():
        raise CliError(
            f"{folder} has keys already; nothing was changed",
            "Move them away first: they cannot be made again.",
            Exit.FAILED,
            "ALREADY_EXISTS",
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = (clock or system_clock()).now()
    ca = _make_ca("Hanse city authority", authority, now)
    _write_pair(folder, "ca", ca.key, [ca.certificate])
    leaf_ca = _make_ca("Hanse leaf node authority", authority, now, own_names_only=True)
    _write_pair(folder, LEAF_CA.removesuffix(".pem"), leaf_ca.key, [leaf_ca.certificate])
    _issue(folder, leaf_ca, authority, LEAF, _leaf_names(authority), now)
    for part in TLS_PARTS:
        _issue(folder, ca, authority, part, _service_names(authority, part), now)
    for client in clients:
        _issue(folder, ca, authority, f"client-{client}", _client_names(authority, client), now)
    _write_signing_keys(folder)
    for name in (layout.PAIRWISE, layout.SUBJECTS):
        write_private(folder / name, secrets.token_bytes(32))


def add_client(folder: Path, authority: str, name: str, *, clock: Clock | None = None) -> Path:
    """A certificate for one more client; returns its file, the key lies beside it.

    Raises:
        CliError: there is a client of that name.
    """
    path = folder / f"client-{name}.pem"
    if path.exists():
        raise CliError(
            f"there is a client {name!r} already: {path}; nothing was changed",
            f"Choose another name; to replace it, remove {path.name} and client-{name}.key.pem in {folder} first.",
            Exit.FAILED,
            "ALREADY_EXISTS",
        )
    ca = _Authority(
        x509.load_pem_x509_certificate(layout.read_public(folder / layout.CA)),
        _p256(layout.read_secret(folder / layout.CA_KEY)),
    )
    now = (clock or system_clock()).now()
    _issue(folder, ca, authority, f"client-{name}", _client_names(authority, name), now)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Writes a new file that only its owner may read, from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _write_signing_keys(folder: Path) -> None:
    """Private JWK Sets of identity, exchange and log, and their public halves in one file."""
    identity, exchange, log = HybridSigner.generate(), SigningKey.generate(ES256), HybridSigner.generate()
    sets = {layout.IDENTITY: identity.keys, layout.EXCHANGE: (exchange,), layout.LOG: log.keys}
    for name, private in sets.items():
        write_private(folder / name, json.dumps({"keys": [key.to_jwk() for key in private]}).encode())
    public = {name.split(".")[0]: [key.public.to_jwk() for key in private] for name, private in sets.items()}
    (folder / layout.PUBLIC).write_text(json.dumps(public, indent=1), encoding="utf-8")


def _make_ca(title: str, authority: str, now: datetime, *, own_names_only: bool = False) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(title, authority)
    builder = (
        _builder(name, name, key.public_key(), now, timedelta(days=CA_YEARS * 365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if own_names_only:
        permitted: list[x509.GeneralName] = [x509.DNSName(h) for h in (authority, "localhost", "nats")]
        permitted.append(x509.RFC822Name(authority))
        builder = builder.add_extension(x509.NameConstraints(permitted, None), critical=True)
    return _Authority(builder.sign(key, hashes.SHA256()), key)


def _issue(
    folder: Path, ca: _Authority, authority: str, file: str, names: list[x509.GeneralName], now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(ca.key.public_key())
    certificate = (
        _builder(_name(file, authority), ca.certificate.subject, key.public_key(), now, _lifetime(ca, now))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    _write_pair(folder, file, key, [certificate])


def _lifetime(ca: _Authority, now: datetime) -> timedelta:
    """A year, but never past the authority's own end."""
    return min(timedelta(days=CERTIFICATE_DAYS), ca.certificate.not_valid_after_utc - now)


def _service_names(authority: str, part: str) -> list[x509.GeneralName]:
    """The principal's URN, and the names that a part is dialled by."""
    urn = x509.UniformResourceIdentifier(f"urn:hanse:{authority}:service:{part}")
    return [urn, *_host_names(authority, part)]


def _client_names(authority: str, name: str) -> list[x509.GeneralName]:
    """The principal's URN, and a host name, which some libraries insist on."""
    urn = x509.UniformResourceIdentifier(f"urn:hanse:{authority}:client:{name}")
    return [urn, x509.DNSName(f"client-{name}.{authority}")]


def _leaf_names(authority: str) -> list[x509.GeneralName]:
    """What neighbours' NATS servers know this city's by."""
    return [x509.RFC822Name(leaf_user(authority)), *_host_names(authority, "nats")]


def _host_names(authority: str, part: str) -> list[x509.GeneralName]:
    hosts = [x509.DNSName(host) for host in (f"{part}.{authority}", part, "localhost")]
    return [*hosts, *(x509.IPAddress(ipaddress.ip_address(address)) for address in _LOOPBACK)]


def _name(common_name: str, authority: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, authority[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write_pair(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, chain: list[x509.Certificate]) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(folder / f"{name}.key.pem", pem)
    (folder / f"{name}.pem").write_bytes(
        b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    )


def _p256(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{layout.CA_KEY} is no P-256 key; `hanse init` writes one")  # noqa: TRY004 - the content is wrong, not a type
    return key
