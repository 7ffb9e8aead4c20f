# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications as a part of a running process: a thread that follows changes, and the loop that sends."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from hanse.kernel.errors import HanseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from hanse.twin.outward import Outward
    from hanse.twin.subscriptions.delivery import Delivery

log = logging.getLogger(__name__)
LOOK_S: Final = 0.1
TENANTS_S: Final = 1.0


class Follower(Protocol):
    """Puts what is to be notified into queues."""

    def step(self) -> int:
        """One look; gives how many notifications were put into queues."""
        ...


@dataclass(frozen=True, slots=True)
class Post:
    """One tenant's notifications of one kind: who writes them and who sends them."""

    follower: Follower
    delivery: Delivery


@dataclass(slots=True)
class NotificationService:
    """Runs until it is stopped. `tenants` gives who has subscriptions, `make` the two posts of a tenant."""

    outward: Outward
    tenants: Callable[[], list[str]]
    make: Callable[[str], list[Post]]
    _posts: dict[str, list[Post]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _sending: Future[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Begins to follow and to send."""
        self._thread = threading.Thread(target=self._follow, name="notifications", daemon=True)
        self._thread.start()
        self._sending = asyncio.run_coroutine_threadsafe(self._send(), self.outward.loop)

    def stop(self) -> None:
        """Ends; what is under way is sent again by the next process, unless it was noted."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self._sending is not None:
            self._sending.cancel()

    def _follow(self) -> None:
        looks = 0
        while not self._ended.is_set():
            try:
                if looks % round(TENANTS_S / LOOK_S) == 0:
                    self._look_for_tenants()
                posts = [post for some in list(self._posts.values()) for post in some]
                if sum(post.follower.step() for post in posts):
                    self.outward.loop.call_soon_threadsafe(self._news.set)
            except HanseError as error:  # the store is away for a while: nothing was moved, so nothing is lost
                log.warning("changes cannot be followed: %s", error.message)
                self._ended.wait(1.0)
            looks += 1
            self._ended.wait(LOOK_S)

    def _look_for_tenants(self) -> None:
        for tenant in self.tenants():
            if tenant not in self._posts:
                self._posts[tenant] = self.make(tenant)

    async def _send(self) -> None:
        while True:
            try:
                for some in list(self._posts.values()):
                    for post in some:
                        await post.delivery.round()
            except HanseError as error:
                log.warning("notifications cannot be read: %s", error.message)
            try:
                await asyncio.wait_for(self._news.wait(), LOOK_S)
            except TimeoutError:
                continue
            self._news.clear()
