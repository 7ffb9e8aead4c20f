# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which part answers which method, read from the compiled contracts: nothing is listed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from hanse.api.http.v1 import http_pb2
from hanse.api.identity.v1 import identity_pb2
from hanse.api.permit.v1 import permit_pb2
from hanse.api.translation.v1 import translation_pb2
from hanse.api.twin.v1 import history_pb2, place_pb2, scenario_pb2, twin_pb2
from hanse.api.zoning.v1 import zoning_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = (
    (identity_pb2.DESCRIPTOR, "identity"),
    (permit_pb2.DESCRIPTOR, "permit"),
    (translation_pb2.DESCRIPTOR, "translation"),
    (twin_pb2.DESCRIPTOR, "twin"),
    (history_pb2.DESCRIPTOR, "twin"),
    (place_pb2.DESCRIPTOR, "twin"),
    (scenario_pb2.DESCRIPTOR, "twin"),
    (zoning_pb2.DESCRIPTOR, "permit"),
    (http_pb2.DESCRIPTOR, "twin_edge"),
)
HTTP_EXCHANGE = "/hanse.api.http.v1.HttpService/Exchange"
# They authenticate by what they carry, so they need no token here and none for the other city.
_IDENTITY = "/hanse.api.identity.v1.IdentityService/"
OPEN_METHODS = frozenset(_IDENTITY + name for name in ("CreateChallenge", "ExchangeToken", "GetStatusList"))


@dataclass(frozen=True, slots=True)
class Route:
    """One routed method: its full name, the part that serves it, its contract, and its shape."""

    method: str
    service: str
    part: str
    contract: str
    client_streams: bool
    server_streams: bool

    @property
    def unary(self) -> bool:
        """One message each way."""
        return not (self.client_streams or self.server_streams)

    @property
    def needs_token(self) -> bool:
        """Whether a subject must stand behind the call."""
        return self.method not in OPEN_METHODS


def _read() -> Mapping[str, Route]:
    found = {}
    for file, part in _FILES:
        contract = "/".join(file.package.split(".")[-2:])
        for service in file.services_by_name.values():
            for method in service.methods:
                name = f"/{service.full_name}/{method.name}"
                found[name] = Route(
                    name, service.full_name, part, contract, method.client_streaming, method.server_streaming
                )
    return MappingProxyType(found)


ROUTES = _read()
SERVICES = tuple(sorted({route.service for route in ROUTES.values()}))
CONTRACTS = tuple(sorted({route.contract for route in ROUTES.values()} | {"exchange/v1"}))
