# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Batches of entities on the wire, and what is answered to each: all were written, or none and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.kernel.errors import HanseError, LimitExceededError
from hanse.twin.model import MAX_PAGE
from hanse.twin.wire import convert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.twin.model import Row, Written

MAX_BYTES = 16 * 1024 * 1024
Answer: TypeAlias = pb.UpsertEntitiesResponse


def must_fit(batch: pb.UpsertEntitiesRequest) -> None:
    """Refuses a batch that is too large. Raises LimitExceededError."""
    size = sum(len(item.json) for item in batch.entities)
    if len(batch.entities) > MAX_PAGE or size > MAX_BYTES:
        raise LimitExceededError(
            f"a batch has at most {MAX_PAGE} entities and {MAX_BYTES} bytes",
            remedy="Send the entities in several batches of one stream.",
        )


def committed(done: Sequence[Written]) -> Answer:
    """All were written."""
    results = [convert.written(index, item) for index, item in enumerate(done)]
    return Answer(committed=True, results=results)


def not_committed(batch: pb.UpsertEntitiesRequest, made: Sequence[Row | HanseError]) -> Answer:
    """The items at fault, and the others, which were not written because of them; fresh ids were given to none."""
    results = [
        convert.refused(index, item.id, found)
        if isinstance(found, HanseError)
        else pb.ItemResult(index=index, id=item.id, state=pb.ItemResult.STATE_NOT_WRITTEN)
        for index, (item, found) in enumerate(zip(batch.entities, made, strict=True))
    ]
    return Answer(committed=False, results=results)
