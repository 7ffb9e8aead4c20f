# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Stored entities with their system times, which storage keeps apart from the body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import Options, Times, represent
from hanse.twin.names import own_renaming

if TYPE_CHECKING:
    from hanse.twin.model import Stored

Json = Any
_TIMED: Final = Options(sys_attrs=True)


def times_of(stored: Stored) -> Times:
    """System times of a stored entity, its attributes and theirs."""
    if stored.system is None:
        return Times(stored.created, stored.modified)
    return Times.from_json(json.loads(stored.system))


def with_times(stored: Stored) -> dict[str, Json]:
    """The entity with createdAt and modifiedAt wherever it has them."""
    return represent(json.loads(stored.json), own_renaming(), _TIMED, times_of(stored))
