# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Sends what waits, one subscription at a time each, all subscriptions at once: one that hangs stops no other.

After a failure a subscription rests, at first ten seconds, twice as long after each further failure, at most ten
minutes, give or take a fifth; its notifications wait in their order, a day at most. All of this is stored.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hanse.kernel.clock import timestamp
from hanse.twin.outward import Call, OutwardError
from hanse.twin.subscriptions.documents import status
from hanse.twin.subscriptions.model import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.subscriptions import SubscriptionShelf
    from hanse.twin.outward import Outward
    from hanse.twin.subscriptions.model import Kept, Waiting

log = logging.getLogger(__name__)
Json = Any
FIRST_REST_S: Final = 10.0
LONGEST_REST_S: Final = 600.0
JITTER: Final = 0.2
TIMEOUT_S: Final = 5.0
LONGEST_TIMEOUT_S: Final = 30.0
KEPT: Final = timedelta(days=1)
AT_ONCE: Final = 200
_GOOD: Final = range(200, 300)
_GONE: Final = frozenset({410, 413})  # trying again changes nothing
RELATION: Final = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
LD_JSON: Final = "application/ld+json"


@dataclass(slots=True)
class Delivery:
    """Sends one tenant's notifications of one kind."""

    shelf: SubscriptionShelf
    outward: Outward
    clock: Clock
    tenant_name: str = ""
    jitter: random.Random = field(default_factory=random.SystemRandom)
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def round(self) -> int:
        """Starts to send whatever may be sent now; gives how many are under way."""
        for kept, waiting in await asyncio.to_thread(self._begun, list(self._busy)):
            task = asyncio.create_task(self._deliver(kept, waiting))
            self._busy[waiting.subscription] = task
            task.add_done_callback(lambda _, name=waiting.subscription: self._busy.pop(name, None))  # type: ignore[misc]
        return len(self._busy)

    def _begun(self, busy: list[str]) -> list[tuple[Kept, Waiting]]:
        """What is to be sent now, noted as sent in one transaction; what nobody is to be told any more goes."""
        now, found = self.clock.now(), []
        for waiting in self.shelf.due(timestamp(now), busy)[: AT_ONCE - len(busy)]:
            kept = self.shelf.get(waiting.subscription)
            if kept is not None and status(kept.document, now) != "expired":
                found.append((replace(kept, state=replace(kept.state, last=timestamp(now))), waiting))
            elif kept is not None:
                self.shelf.drop(waiting)
        if found:
            self.shelf.begin([kept.id for kept, _ in found], timestamp(now))
        return found

    async def settled(self) -> None:
        """Waits for what is under way."""
        while self._busy:
            await asyncio.gather(*self._busy.values())
            await asyncio.sleep(0)

    async def _deliver(self, kept: Kept, waiting: Waiting) -> None:
        refused, rest, final = await self._sent(kept, waiting)
        now = self.clock.now()
        born = datetime.fromisoformat(waiting.created)
        gone = not refused or final or now - born > KEPT
        state = self._after(kept.state, refused, rest, now)
        if refused:
            log.warning("notification of %s failed, %s in a row: %s", kept.id, state.streak, refused)
        await asyncio.to_thread(self.shelf.settle, waiting, state, gone=gone)

    async def _sent(self, kept: Kept, waiting: Waiting) -> tuple[str, float, bool]:
        """Why it failed, "" when it did not; how long to rest at least; whether trying again is of no use."""
        endpoint = kept.document["notification"]["endpoint"]
        rest = float(endpoint.get("cooldown", 0)) / 1000
        seconds = min(float(endpoint.get("timeout", TIMEOUT_S * 1000)) / 1000, LONGEST_TIMEOUT_S)
        try:
            if urlsplit(endpoint["uri"]).scheme.startswith("mqtt"):
                await self._publish(endpoint, waiting.body, seconds)
                return "", rest, False
            reply = await self.outward.send(self._call(endpoint, waiting.body, seconds))
        except OutwardError as error:
            return str(error), rest, False
        if reply.status in _GOOD:
            return "", rest, False
        asked = reply.headers.get("retry-after", "")
        rest = max(rest, min(float(asked), LONGEST_REST_S)) if asked.isdecimal() else rest
        return f"the endpoint answered {reply.status}", rest, reply.status in _GONE

    def _call(self, endpoint: Mapping[str, Json], sent: bytes, seconds: float) -> Call:
        message = json.loads(sent)
        headers = [("Content-Type", message["media"]), *self._context(message), ("User-Agent", "hanse")]
        headers += [(pair["key"], pair.get("value", "")) for pair in endpoint.get("receiverInfo", ())]
        return Call("POST", endpoint["uri"], headers, _dumped(message["body"]), seconds)

    def _context(self, message: Mapping[str, Json]) -> list[tuple[str, str]]:
        found = [] if message["media"] == LD_JSON else [("Link", f"<{message['link']}>; {RELATION}")]
        return [*found, ("NGSILD-Tenant", self.tenant_name)] if self.tenant_name else found

    async def _publish(self, endpoint: Mapping[str, Json], sent: bytes, seconds: float) -> None:
        """Clause 7.2: metadata beside the body."""
        message = json.loads(sent)
        metadata = {"Content-Type": message["media"], **dict(self._context(message))}
        metadata |= {pair["key"]: pair.get("value", "") for pair in endpoint.get("receiverInfo", ())}
        settings = {pair["key"]: pair.get("value", "") for pair in endpoint.get("notifierInfo", ())}
        body = _dumped({"metadata": metadata, "body": message["body"]})
        await self.outward.publish(endpoint["uri"], body, settings, seconds)

    def _after(self, before: State, refused: str, rest: float, now: datetime) -> State:
        """Successes and failures are of the moment when the notification was sent (clause 5.2.14.2)."""
        if not refused:
            return State(last=before.last, success=before.last, failure=before.failure)
        streak = before.streak + 1
        longer = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(streak - 1, 16))
        longer = max(longer * self.jitter.uniform(1 - JITTER, 1 + JITTER), rest)
        again = timestamp(now + timedelta(seconds=longer))
        return replace(before, failure=before.last, streak=streak, again=again, refused=refused[:500])


def _dumped(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
