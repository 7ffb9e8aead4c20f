# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Subscribes to a city's events: prints so many CloudEvents and ends; the next run goes on where this one stopped.

python subscribe_events.py --city build/demo/cities/marewijk/city.toml --count 5
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import ssl
import sys
import time
from typing import TYPE_CHECKING

import door
import nats
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext

    PullSubscription = JetStreamContext.PullSubscription

OWN, FROM_NEIGHBOUR = "HANSE", "HANSE_IN_"
API = "events"  # under which the city's JetStream answers clients


def main() -> int:
    """Exit code 1 also when the events did not come in time or the city's NATS refuses."""
    parser = door.arguments(__doc__)
    parser.add_argument("--count", type=door.positive, default=1, help="how many events to print")
    parser.add_argument("--of", default="", metavar="AUTHORITY", help="a neighbour's events instead of the city's own")
    parser.add_argument("--timeout", type=door.positive, default=60.0, help="seconds to wait for each event")
    given = parser.parse_args()
    for noisy in ("asyncio", "nats"):  # they tell of every TLS connection that ends
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    stream = FROM_NEIGHBOUR + given.of.replace(".", "_") if given.of else OWN
    city = door.door(given)
    ca, key, chain = city.files
    tls = ssl.create_default_context(cafile=str(ca))
    tls.load_cert_chain(chain, key)
    try:
        asyncio.run(listen(city, tls, stream, int(given.count), given.timeout))
    except NotFoundError:
        print(f"{city.authority} has no events of {given.of or 'its own'}: is that a neighbour?", file=sys.stderr)
        return 1
    except (NatsError, OSError, TimeoutError) as error:
        said = str(error) or ("none came in time" if isinstance(error, TimeoutError) else type(error).__name__)
        print(f"no events from {city.nats}: {said}", file=sys.stderr)
        return 1
    return 0


async def listen(city: door.Door, tls: ssl.SSLContext, stream: str, count: int, timeout_s: float) -> None:
    """Reads the stream through the durable consumer that the city made for this client; a client makes none."""
    name = f"client-{city.client}"
    async with await nats.connect(
        f"tls://{city.nats}",
        tls=tls,
        tls_hostname=f"nats.{city.authority}",
        tls_handshake_first=True,
        inbox_prefix=f"_INBOX_{name}".encode(),
        allow_reconnect=False,
        max_reconnect_attempts=1,  # also of the first connection
        reconnect_time_wait=0,
    ) as connection:
        events = connection.jetstream(prefix=API)
        await events.consumer_info(stream, name)  # NotFoundError where there is no such stream
        pull = await events.pull_subscribe_bind(consumer=name, stream=stream)
        interrupted = asyncio.Event()  # the library's own waits swallow a Ctrl-C now and then
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
        for _ in range(count):
            message = await following(pull, timeout_s, interrupted)
            show(message)
            await message.ack_sync()


async def following(pull: PullSubscription, timeout_s: float, interrupted: asyncio.Event) -> Msg:
    """The next message, waited for a second at a time. Raises TimeoutError or KeyboardInterrupt."""
    ends = time.monotonic() + timeout_s
    while not interrupted.is_set():
        try:
            (message,) = await pull.fetch(1, timeout=min(1.0, timeout_s))
        except TimeoutError:
            if time.monotonic() >= ends:
                raise
        else:
            return message
    raise KeyboardInterrupt


def show(message: Msg) -> None:
    """One line an event. It is a CloudEvent 1.0 in structured JSON; its data fulfils the contract's event schema."""
    event = json.loads(message.data)
    print(event["time"], event["type"], event["source"], json.dumps(event["data"])[:200], flush=True)


if __name__ == "__main__":
    sys.exit(door.run(main))
