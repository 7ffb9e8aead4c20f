# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What every handler of the gateway shares: who calls, with which metadata, and how errors leave."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import grpc

from hanse.gateway.exchange.clerk import ForeignStatusError
from hanse.gateway.forward import DETAILS
from hanse.kernel import access
from hanse.kernel.access import EXCHANGE_ID
from hanse.kernel.errors import INTERNAL_ERROR, HanseError, to_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.rpc import status_pb2

    from hanse.kernel.access import Principal

log = logging.getLogger(__name__)
Context = grpc.aio.ServicerContext[Any, Any]
_CODES = {code.value[0]: code for code in grpc.StatusCode if code is not grpc.StatusCode.OK}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call that has just arrived: who makes it, what it says in metadata, how many seconds it may take."""

    caller: Principal
    metadata: Mapping[str, str]
    remaining_s: float | None


def read_metadata(context: Context) -> dict[str, str]:
    """The call's textual metadata. Raises InvalidInputError where it says twice who asks, why, or of whom."""
    return access.said(context.invocation_metadata() or ())


async def fail(context: Context, error: BaseException, exchange_id: str = "") -> NoReturn:
    """Ends a call with the status of an error; a defect is logged here and named only as INTERNAL outside."""
    if isinstance(error, asyncio.CancelledError | grpc.aio.AbortError | GeneratorExit | KeyboardInterrupt | SystemExit):
        raise error
    if isinstance(error, ForeignStatusError):
        await end(context, error.status, exchange_id)
    if isinstance(error, HanseError):
        await end(context, to_status(error), exchange_id)
    log.error("defect while serving", exc_info=error)
    await end(context, to_status(INTERNAL_ERROR), exchange_id)


async def end(context: Context, status: status_pb2.Status, exchange_id: str = "") -> NoReturn:
    """Ends a call with a status and its details."""
    trailing: list[tuple[str, str | bytes]] = [(DETAILS, status.SerializeToString())]
    if exchange_id:
        trailing.append((EXCHANGE_ID, exchange_id))
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    try:
        await context.abort(code, status.message, tuple(trailing))
    except grpc.aio.InternalError:
        raise asyncio.CancelledError from None  # the caller is gone, its deadline past: nobody is there to be told
    raise AssertionError  # abort raises
