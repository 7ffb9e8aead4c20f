# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The way to context sources that are cities: by this city's own gateway, never straight.

An endpoint such as `https://lindemond.example` whose host is the authority of a city that this one knows is no address
to be looked up: the request goes to `/cities/lindemond.example/...` at this city's gateway with the caller's token,
and the gateway asks the neighbour in its name, signed and logged. All other endpoints are called straight, by the
rules of `hanse.twin.outward`.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hanse.kernel import keys
from hanse.kernel.errors import DeniedError
from hanse.kernel.neighbours import read_neighbours
from hanse.kernel.trust import TrustStore
from hanse.twin.outward import Outward, OutwardError, Policy

if TYPE_CHECKING:
    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

_ANYWHERE: Final = ("0.0.0.0/0", "::/0")  # the gateway stands where the configuration says, not a registration


@dataclass(slots=True)
class Cities:
    """Cities that this one knows, and the gateway that leads to them.

    Attributes:
        config: the city's.
        trust: its installed trust list.
        gateway: the gateway's address for HTTP, such as `https://127.0.0.1:7443`; "" when it has none.
    """

    config: CityConfig
    trust: TrustStore
    gateway: str = ""
    _outward: Outward | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, config: CityConfig, clock: Clock) -> Cities:
        """The cities of a configuration."""
        reach = config.gateway.http_reach
        return cls(config, TrustStore(config, clock), f"https://{reach}" if reach else "")

    def known(self) -> frozenset[str]:
        """Authorities of other cities: those on the trust list, and peers of the gateway."""
        try:
            trusted = {each.authority for each in self.trust.cities()}
        except DeniedError:
            trusted = set()
        try:
            peers = set(read_neighbours(self.config))
        except (OSError, ValueError):
            peers = set()
        return frozenset(trusted | peers) - {self.config.city.authority}

    def named(self, endpoint: str) -> str:
        """The city that an endpoint names; "" when it is none."""
        host = (urlsplit(endpoint).hostname or "").rstrip(".").lower()
        return host if host in self.known() else ""

    def by_gateway(self, endpoint: str, city: str) -> str:
        """The endpoint as it is reached by the gateway. Raises OutwardError when the gateway has no HTTP address."""
        if not self.gateway:
            raise OutwardError(f"{city} is a city, which is asked by this city's gateway, and that serves no HTTP")
        return f"{self.gateway}/cities/{city}{urlsplit(endpoint).path.rstrip('/')}"

    @property
    def outward(self) -> Outward:
        """Calls of the gateway, with the twin's certificate. Raises OutwardError when that cannot be read."""
        with self._lock:
            if self._outward is None:
                self._outward = Outward(Policy.of(_ANYWHERE), self._tls())
            return self._outward

    def _tls(self) -> ssl.SSLContext:
        folder = self.config.keys
        try:
            context = ssl.create_default_context(cafile=str(folder / keys.CA))
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_cert_chain(folder / "twin.pem", folder / "twin.key.pem")
        except OSError as error:  # ssl.SSLError is one
            raise OutwardError(f"the twin's certificate cannot be used: {error.strerror or error}") from None
        return context

    def close(self) -> None:
        """Ends calls that are under way."""
        if self._outward is not None:
            self._outward.close()
