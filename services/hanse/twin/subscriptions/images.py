# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A change as those see it who are to be notified: an entity before and after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import Times

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
ENTITIES: Final = "entities"
REGISTRATIONS: Final = "registrations"


@dataclass(frozen=True, slots=True)
class Change:
    """A change: where it stands in the feed, whose, when, and the images before and after as they were kept."""

    position: int
    id: str
    time: str
    past: bytes | None
    present: bytes | None


@dataclass(frozen=True, slots=True)
class Image:
    """An entity in stored form with its system times."""

    entity: Mapping[str, Json]
    times: Times


def image(kept: bytes | None) -> Image | None:
    """Reads what was kept."""
    if kept is None:
        return None
    created, modified, system, entity = json.loads(bytes(kept))
    return Image(entity, Times.from_json(system) if system else Times(created, modified))
