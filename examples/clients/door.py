# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""How a program comes in: the city's gateway, a client certificate, and a short-lived token for it.

All that a client needs to know of a city is the gateway's address, the city's authority, its `ca.pem`, and a
certificate with key that the city's operator made with `hanse client add`. Here all of it is read from the folder
that `hanse init` or `hanse demo` wrote.
"""

from __future__ import annotations

import argparse
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc

CALL_S = 30.0
MESSAGE_BYTES = 20 * 1024 * 1024  # the twin packs many entities in one message


@dataclass(frozen=True, slots=True)
class Door:
    """A city as a client sees it."""

    authority: str
    gateway: str
    nats: str
    keys: Path
    client: str

    @property
    def channel(self) -> grpc.Channel:
        """A new channel to the gateway, TLS on both sides."""
        own = f"client-{self.client}"
        ca, key, chain = ((self.keys / name).read_bytes() for name in ("ca.pem", f"{own}.key.pem", f"{own}.pem"))
        options: list[tuple[str, str | int]] = [
            # The certificate names the part and the city, wherever the gateway is dialled.
            ("grpc.ssl_target_name_override", f"gateway.{self.authority}"),
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
        ]
        return grpc.secure_channel(self.gateway, grpc.ssl_channel_credentials(ca, key, chain), options)


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every client here needs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--city", type=Path, required=True, metavar="CITY.toml", help="the city whose gateway to use")
    parser.add_argument("--client", default="platform", help="whose certificate: keys/client-NAME.pem")
    return parser


def door(given: argparse.Namespace) -> Door:
    """The door that the arguments name."""
    city: dict[str, Any] = tomllib.loads(given.city.read_text(encoding="utf-8"))
    gateway, nats = (city[part].get("address") or city[part]["listen"] for part in ("gateway", "nats"))
    return Door(city["city"]["authority"], gateway, nats, given.city.parent / city["paths"]["keys"], given.client)


def sign_in(channel: grpc.Channel, purpose: str) -> list[tuple[str, str]]:
    """Call metadata with a token (five minutes) for the holder of the channel's certificate."""
    certificate = identity_pb2.ExchangeTokenRequest.CertificateGrant()
    request = identity_pb2.ExchangeTokenRequest(certificate=certificate, purpose=purpose)
    answer = identity_pb2_grpc.IdentityServiceStub(channel).ExchangeToken(request, timeout=CALL_S)
    return [("authorization", f"Bearer {answer.access_token}"), ("hanse-purpose", purpose)]
