# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The city's own twin over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.permit.adapters.calls import entities

if TYPE_CHECKING:
    import grpc

    from hanse.permit.ports import Answer, Box, Terms


class GrpcTwin:
    """Asks the twin service directly. Fulfils TwinPort."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def buildings(self, box: Box, token: str, terms: Terms) -> Answer:
        """See TwinPort."""
        return entities(self._channel, "Building", box, token, terms)

    def cities(self, box: Box, token: str, terms: Terms) -> Answer:
        """See TwinPort."""
        return entities(self._channel, "City", box, token, terms)
