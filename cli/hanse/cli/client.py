# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A client of a city's gateway: the certificate opens the channel, and is exchanged for a short-lived token.

with GatewayClient.of(config) as client:                      # the operator of a city on this machine
    ...
with GatewayClient.at("gw.example:7100", "marewijk.example", folder, "platform") as client:
    entity = client.call(TwinServiceStub(client.channel).GetEntity, GetEntityRequest(id=urn))
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import grpc

from hanse import sdjwt
from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.cli.output import CliError
from hanse.kernel import keys
from hanse.kernel.channel import connect, metadata, options
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import HanseError, UnavailableError, from_rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from hanse.jose import SigningKey
    from hanse.kernel.config import CityConfig

R = TypeVar("R")
CALL_S = 30.0
OPERATION = "operation"  # the purpose of an operator's commands
LONG_S = 3600.0
_EARLY_S = 30.0


class GatewayClient:
    """A signed-in client. Its token is renewed before it ends."""

    def __init__(self, channel: grpc.Channel, address: str, purpose: str = OPERATION) -> None:
        self.channel = channel
        self._address = address
        self._purpose = purpose
        self._token = ""
        self._until = 0.0

    @classmethod
    def of(
        cls, config: CityConfig, client: str = "operator", *, certificate: Path | None = None, purpose: str = OPERATION
    ) -> Self:
        """As a client of a city on this machine, or with a certificate of another trusted city.

        `certificate` is that one's PEM file; its key lies beside it (`NAME.pem`, `NAME.key.pem`).
        """
        if certificate is None:
            if not (config.keys / f"client-{client}.pem").exists():
                raise no_client(config, client)
            return cls(connect(config, f"client-{client}", "gateway"), config.gateway.reach, purpose)
        key = certificate.with_suffix(".key.pem")
        for path in (certificate, key):
            if not path.is_file():
                raise CliError(
                    f"{path}: no such file",
                    "--certificate names a client's NAME.pem; its key lies beside it as NAME.key.pem.",
                )
        private, chain = keys.read_secret(key), keys.read_public(certificate)
        credentials = grpc.ssl_channel_credentials(keys.read_public(config.keys / keys.CA), private, chain)
        channel = grpc.secure_channel(config.gateway.reach, credentials, options(config, "gateway"))
        return cls(channel, config.gateway.reach, purpose)

    @classmethod
    def at(cls, address: str, authority: str, folder: Path, client: str) -> Self:
        """As a client elsewhere: `folder` holds `ca.pem`, `client-NAME.pem` and `client-NAME.key.pem`."""
        private = keys.read_secret(folder / f"client-{client}.key.pem")
        chain = keys.read_public(folder / f"client-{client}.pem")
        credentials = grpc.ssl_channel_credentials(keys.read_public(folder / keys.CA), private, chain)
        named = [("grpc.ssl_target_name_override", f"gateway.{authority}")]
        return cls(grpc.secure_channel(address, credentials, named), address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.channel.close()

    def token(self) -> str:
        """An access token of this city for the certificate's holder.

        Raises:
            HanseError: the gateway or identity refuses or does not answer.
        """
        if time.monotonic() >= self._until:
            grant = identity_pb2.ExchangeTokenRequest.CertificateGrant()
            request = identity_pb2.ExchangeTokenRequest(certificate=grant, purpose=self._purpose)
            self._exchange(request)
        return self._token

    def present(self, credential: str, key: SigningKey, disclose: Sequence[str] = ()) -> str:
        """Signs in with a credential instead; shows only the claims named. Returns the pairwise identifier.

        Raises:
            SdJwtError: the credential is malformed or bound to another key.
            HanseError: identity refuses it.
        """
        stub = identity_pb2_grpc.IdentityServiceStub(self.channel)
        challenge = self._translated(
            lambda: stub.CreateChallenge(identity_pb2.CreateChallengeRequest(), timeout=CALL_S)
        )
        now = system_clock().now()
        presentation = sdjwt.present(credential, disclose, key, aud=challenge.audience, nonce=challenge.nonce, now=now)
        grant = identity_pb2.ExchangeTokenRequest.PresentationGrant(presentation=presentation)
        return self._exchange(identity_pb2.ExchangeTokenRequest(presentation=grant, purpose=self._purpose)).subject

    def _exchange(self, request: identity_pb2.ExchangeTokenRequest) -> identity_pb2.ExchangeTokenResponse:
        stub = identity_pb2_grpc.IdentityServiceStub(self.channel)
        answer: identity_pb2.ExchangeTokenResponse
        answer = self._translated(lambda: stub.ExchangeToken(request, timeout=CALL_S))
        self._token = answer.access_token
        self._until = time.monotonic() + max(answer.expires_in_s - _EARLY_S, 1.0)
        return answer

    def metadata(self, city: str = "") -> Sequence[tuple[str, str]]:
        """What goes with each call."""
        return metadata(self.token(), city=city, purpose=self._purpose)

    def call(self, method: Callable[..., R], request: object, *, timeout_s: float = CALL_S, city: str = "") -> R:
        """One answer of a stub's method, or the domain error that the other side had."""
        sent = self.metadata(city)
        return self._translated(lambda: method(request, timeout=timeout_s, metadata=sent))

    def stream(
        self,
        method: Callable[..., Iterator[R]],
        request: object,
        *,
        timeout_s: float = LONG_S,
        city: str = "",
    ) -> Iterator[R]:
        """Many answers; `request` may itself be a stream."""
        try:
            yield from method(request, timeout=timeout_s, metadata=self.metadata(city))
        except grpc.RpcError as error:
            raise self._explained(error) from None

    def _translated(self, call: Callable[[], R]) -> R:
        try:
            return call()
        except grpc.RpcError as error:
            raise self._explained(error) from None

    def _explained(self, error: grpc.RpcError) -> HanseError:
        """The domain error behind a failed call; when nobody was reached, who was dialled."""
        found = from_rpc(error)
        if isinstance(found, UnavailableError) and found.message.startswith("failed to connect"):
            return UnavailableError(
                f"no gateway answers at {self._address}",
                remedy="Start the city (`hanse up`), or see what is wrong (`hanse doctor`).",
            )
        return found


def no_client(config: CityConfig, name: str) -> CliError:
    """There is no certificate of that name: which there are, and how to make one."""
    files = config.keys.glob("client-*.pem")
    there = sorted(path.stem.removeprefix("client-") for path in files if not path.name.endswith(".key.pem"))
    return CliError(
        f"{config.city.name} has no client {name!r}: there is no {config.keys / f'client-{name}.pem'}",
        f"Clients here: {', '.join(there) or 'none'}; make one with `hanse client add NAME`.",
    )
