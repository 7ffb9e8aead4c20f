# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Changes that are decided upon what is stored, inside the transaction that carries them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse.ngsild import Outcome
    from hanse.ngsild.times import Times
    from hanse.twin.model import Row, Stored


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of one entity.

    Attributes:
        id: the entity's.
        row: its new content, None when it is deleted.
        outcome: what changed, attribute by attribute.
        times: its system times after it, None when it is deleted.
    """

    id: str
    row: Row | None
    outcome: Outcome
    times: Times | None = None


# Decides on stored entities by id, at a moment (UTC, as `timestamp` writes it).
Decide = Callable[[Mapping[str, "Stored"], str], Sequence[Edit]]
