# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""How a program comes in: the city's gateway, a client certificate, and a short-lived token for it.

All that a client needs to know of a city is the gateway's address, the city's authority, its `ca.pem`, and a
certificate with key that the city's operator made with `hanse client add`. Here all of it is read from the folder
that `hanse init` or `hanse demo` wrote.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # a refused connection is told below, in one sentence
CALL_S = 30.0
REFUSED, WRONG, INTERRUPTED = 1, 2, 130
MESSAGE_BYTES = 20 * 1024 * 1024  # the twin packs many entities in one message


class DoorError(Exception):
    """What was given cannot be used; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Door:
    """A city as a client sees it."""

    authority: str
    gateway: str
    nats: str
    keys: Path
    client: str

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """The city's authority, and the client's key and certificate. Raises DoorError when one is not there."""
        own = f"client-{self.client}"
        ca, key, chain = (self.keys / name for name in ("ca.pem", f"{own}.key.pem", f"{own}.pem"))
        for path in (ca, key, chain):
            if not path.is_file():
                raise DoorError(f"{path} is not there; `hanse client add {self.client}` makes a client's files")
        return ca, key, chain

    @property
    def channel(self) -> grpc.Channel:
        """A new channel to the gateway, TLS on both sides."""
        ca, key, chain = (path.read_bytes() for path in self.files)
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


def positive(text: str) -> float:
    """A type of argument: a number above zero."""
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not above zero")
    return value


def door(given: argparse.Namespace) -> Door:
    """The door that the arguments name. Raises DoorError when their file is no CITY.toml."""
    try:
        city: dict[str, Any] = tomllib.loads(given.city.read_text(encoding="utf-8"))
        gateway, nats = (city[part].get("address") or city[part]["listen"] for part in ("gateway", "nats"))
        keys = given.city.parent / city["paths"]["keys"]
        return Door(city["city"]["authority"], gateway, nats, keys, given.client)
    except OSError as error:
        raise DoorError(f"--city {given.city} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DoorError(f"--city {given.city} is no CITY.toml; `hanse init` and `hanse demo` write one") from None


def sign_in(channel: grpc.Channel, purpose: str) -> list[tuple[str, str]]:
    """Call metadata with a token (five minutes) for the holder of the channel's certificate."""
    certificate = identity_pb2.ExchangeTokenRequest.CertificateGrant()
    request = identity_pb2.ExchangeTokenRequest(certificate=certificate, purpose=purpose)
    answer = identity_pb2_grpc.IdentityServiceStub(channel).ExchangeToken(request, timeout=CALL_S)
    return [("authorization", f"Bearer {answer.access_token}"), ("hanse-purpose", purpose)]


def run(client: Callable[[], int]) -> int:
    """A client's exit code; whatever goes wrong is one sentence on stderr.

    0: done. 1: the city refuses or does not answer. 2: what was given cannot be used. 130: Ctrl-C.
    """
    try:
        return client()
    except DoorError as error:
        print(error, file=sys.stderr)
        return WRONG
    except grpc.RpcError as error:
        remedy = "; is the city up? `hanse up` starts it" if error.code() is grpc.StatusCode.UNAVAILABLE else ""
        print(f"{error.code().name}: {error.details()}{remedy}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
