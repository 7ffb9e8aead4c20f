# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Load: so many calls at a time, for so long, bytes in and bytes out; and processes that end with their block."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from hanse.kernel import keys
from hanse.kernel.channel import options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.kernel.config import CityConfig

CALL_S = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send the calls: an address, whose certificate to show and to expect, and what to say."""

    config: CityConfig
    client: str  # as which service or client of the city
    part: str  # as which the other side's certificate names it
    address: str
    method: str
    metadata: Sequence[tuple[str, str]]


def rate(target: Target, requests: Sequence[bytes], at_a_time: int, seconds: float) -> float:
    """Calls answered a second, with `at_a_time` under way on one channel. Any error ends the measurement."""
    return asyncio.run(_rate(target, requests, at_a_time, seconds))


async def _rate(target: Target, requests: Sequence[bytes], at_a_time: int, seconds: float) -> float:
    key, chain = keys.certificate(target.config, target.client)
    ca = keys.read_public(target.config.keys / keys.CA)
    credentials = grpc.ssl_channel_credentials(ca, key, chain)
    metadata = tuple(target.metadata)
    async with grpc.aio.secure_channel(target.address, credentials, options(target.config, target.part)) as channel:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(target.method)
        await call(requests[0], timeout=CALL_S, metadata=metadata)
        turns = itertools.cycle(requests)
        begin = time.perf_counter()
        end = begin + seconds

        async def one_after_another() -> int:
            count = 0
            while time.perf_counter() < end:
                await call(next(turns), timeout=CALL_S, metadata=metadata)
                count += 1
            return count

        counts = await asyncio.gather(*(one_after_another() for _ in range(at_a_time)))
        return sum(counts) / (time.perf_counter() - begin)


@contextlib.contextmanager
def bare_proxy(own: CityConfig, towards: CityConfig, part: str, address: str) -> Iterator[str]:
    """A proxy that does nothing, with the gateway's certificate; gives its address."""
    command = [sys.executable, str(Path(__file__).with_name("proxy.py"))]
    command += ["--own", str(own.root / "city.toml"), "--towards", str(towards.root / "city.toml")]
    command += ["--part", part, "--address", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (port := process.stdout.readline().strip()):
                raise RuntimeError("the proxy did not start")
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
