# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Calls from one part of a city to another: channels, metadata, deadlines.

A deadline is explicit on every call and shrinks by a margin at each hop, so that the one who asked hears of it from
the one who waited. The service-config timeout is not relied on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import grpc

from hanse.kernel import access
from hanse.kernel.errors import DeadlineError, from_rpc
from hanse.kernel.keys import channel_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanse.kernel.config import CityConfig

MARGIN_S = 0.05
R = TypeVar("R")


def options(config: CityConfig, part: str) -> list[tuple[str, str | int]]:
    """Channel options: the certificate must name the part, wherever it is dialled."""
    limit = config.limits.max_message_bytes
    return [
        ("grpc.ssl_target_name_override", f"{part}.{config.city.authority}"),
        ("grpc.max_receive_message_length", limit),
        ("grpc.max_send_message_length", limit),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        # Inside a city dialling costs nothing, and a part that was restarted shall be found again at once.
        ("grpc.max_reconnect_backoff_ms", 500),
    ]


def connect(config: CityConfig, own: str, part: str) -> grpc.Channel:
    """A channel to a part of this city, as service (or `client-NAME`) `own`."""
    return grpc.secure_channel(config.reach(part), channel_credentials(config, own), options(config, part))


def metadata(token: str = "", *, city: str = "", purpose: str = "", request_id: str = "") -> Sequence[tuple[str, str]]:
    """Call metadata: the subject's token, the city addressed, the purpose, the request's id."""
    values = (
        (access.AUTHORIZATION, f"Bearer {token}" if token else ""),
        (access.CITY, city),
        (access.PURPOSE, purpose),
        (access.REQUEST_ID, request_id),
    )
    return tuple((key, value) for key, value in values if value)


def time_left(maximum_s: float, deadline: float | None = None) -> float:
    """Seconds for an outgoing call: what is left of the incoming deadline less the margin, at most `maximum_s`.

    Raises:
        DeadlineError: when too little is left to begin.
    """
    if deadline is None:
        return maximum_s
    left = deadline - time.monotonic() - MARGIN_S
    if left <= 0:
        raise DeadlineError("too little time was left to begin the next step", remedy="Give the call more time.")
    return min(maximum_s, left)


def translate_errors(call: Callable[[], R]) -> R:
    """The call's result; a failed call is raised as the domain error that the other side had."""
    try:
        return call()
    except grpc.RpcError as error:
        raise from_rpc(error) from None
