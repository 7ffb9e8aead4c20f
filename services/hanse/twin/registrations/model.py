# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A registration as it is kept, and how calls to its source go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any


@dataclass(frozen=True, slots=True)
class Health:
    """How calls go; times in UTC as `timestamp` writes them, "" for never. Nothing is called before `again`."""

    sent: int = 0
    failed: int = 0
    success: str = ""
    failure: str = ""
    streak: int = 0
    again: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration: its document in stored form (`documents`), when it was made and changed."""

    id: str
    document: Mapping[str, Json]
    created: str
    modified: str
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class RegistrationChange:
    """A registration before and after a change, None where it was not there."""

    position: int
    id: str
    past: Mapping[str, Json] | None
    present: Mapping[str, Json] | None
