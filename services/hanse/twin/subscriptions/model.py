# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A subscription as it is kept, how its notifications go, and what waits to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any


@dataclass(frozen=True, slots=True)
class State:
    """How a subscription's notifications go; times in UTC as `timestamp` writes them, "" for never.

    Attributes:
        due: when the next periodic notification is due.
        sent: how often one was sent, whatever came of it.
        failed: how often that failed; also counts what was dropped unsent.
        last: when one was sent last.
        success: when the last one was sent that the endpoint took.
        failure: when the last one was sent that it did not take.
        streak: failures since the last success.
        again: nothing is sent before this moment.
        refused: why the last one failed, a sentence.
    """

    due: str = ""
    sent: int = 0
    failed: int = 0
    last: str = ""
    success: str = ""
    failure: str = ""
    streak: int = 0
    again: str = ""
    refused: str = ""

    @property
    def under_way(self) -> bool:
        """Whether one was sent and nothing is known of it yet."""
        return self.last not in {"", self.success, self.failure}


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription as it is stored (`documents` says what the document holds).

    `start` is the position of the feed after which changes count for it.
    """

    id: str
    document: Mapping[str, Json]
    created: str
    modified: str
    start: int = 0
    state: State = field(default_factory=State)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification to be sent: its subscription, the message, and, once it is stored, its number and birth."""

    subscription: str
    body: bytes
    number: int = 0
    created: str = ""
