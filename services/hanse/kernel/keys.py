# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Where a city's keys lie, and the TLS credentials made of them.

`hanse init` writes them (`hanse.cli.keys`). Private files are readable by their owner only; a file that others can
read is refused, because a leaked key is worse than a service that does not start.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import grpc

from hanse.kernel.config import CityConfig, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

CA = "ca.pem"
CA_KEY = "ca.key.pem"
PUBLIC = "public.json"  # {"identity": [JWK], "exchange": [JWK], "log": [JWK]}
IDENTITY = "identity.jwks.json"  # private ES256 and ML-DSA-65
EXCHANGE = "exchange.jwks.json"  # private ES256
LOG = "log.jwks.json"  # private ES256 and ML-DSA-65
PAIRWISE = "pairwise.secret"  # 32 bytes: pairwise identifiers
SUBJECTS = "subjects.secret"  # 32 bytes: wraps the per-subject keys


def read_secret(path: Path) -> bytes:
    """A private file's bytes.

    Raises:
        ConfigError: it is missing, or others than its owner may read it.
    """
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path}: others may read this key; run `chmod 600 {path}`")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); `hanse init` writes it") from None


def read_public(path: Path) -> bytes:
    """A public file's bytes. Raises ConfigError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); `hanse init` writes it") from None


def certificate(config: CityConfig, name: str) -> tuple[bytes, bytes]:
    """Private key and certificate chain (PEM) of a service, or of a client as `client-NAME`."""
    return read_secret(config.keys / f"{name}.key.pem"), read_public(config.keys / f"{name}.pem")


def server_credentials(config: CityConfig, part: str) -> grpc.ServerCredentials:
    """Mutual TLS that admits certificates of this city's own authority only."""
    return grpc.ssl_server_credentials(
        [certificate(config, part)], read_public(config.keys / CA), require_client_auth=True
    )


def channel_credentials(config: CityConfig, name: str) -> grpc.ChannelCredentials:
    """Mutual TLS towards parts of this city, as service or client `name`."""
    key, chain = certificate(config, name)
    return grpc.ssl_channel_credentials(read_public(config.keys / CA), key, chain)
