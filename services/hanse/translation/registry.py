# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The translations that there are: a small graph of contracts, joined by steps; a longer way is found by itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hanse.translation.model import CITYJSON, CITYJSON_SEQ, TWIN, Loss, LossKind, Step
from hanse.translation.sources import reader
from hanse.translation.targets import to_features

if TYPE_CHECKING:
    from hanse.translation.model import Held, Options

SOURCES = ("cityjson/1.0", "cityjson/1.1", "cityjson/2.0", "cityjson-seq/1.1", "cityjson-seq/2.0")


@dataclass(frozen=True, slots=True)
class Edge:
    """One step from contract to contract, and what it loses on any document."""

    source: str
    target: str
    step: Step
    losses: tuple[Loss, ...] = ()


_FROM_CITYJSON = (
    Loss(LossKind.DROPPED, "/appearance", "materials and textures are not carried"),
    Loss(LossKind.DROPPED, "/geometry-templates", "geometry templates are not carried"),
    Loss(LossKind.UNMAPPED, "/extensions", "declarations of extensions are not carried"),
    Loss(LossKind.NARROWED, "/metadata", "of the metadata the reference system is carried, nothing else"),
)
_TO_CITYJSON = (
    Loss(LossKind.DROPPED, "/validity", "the result of the geometry checks is not carried"),
    Loss(LossKind.NARROWED, "/id", "the feature has the source's id; the URN is not carried"),
)


def _same(held: list[Held], _options: Options) -> list[Held]:
    return held


EDGES = (
    *(Edge(source, TWIN, reader(source), _FROM_CITYJSON) for source in SOURCES),
    Edge(TWIN, TWIN, _same),
    Edge(TWIN, CITYJSON, to_features, _TO_CITYJSON),
    Edge(TWIN, CITYJSON_SEQ, to_features, _TO_CITYJSON),
)


@cache
def way(source: str, target: str) -> tuple[Edge, ...]:
    """The shortest way from one contract to another, at least one step; empty when there is none."""
    waiting: deque[tuple[str, tuple[Edge, ...]]] = deque([(source, ())])
    seen: set[str] = set()
    while waiting:
        here, steps = waiting.popleft()
        for edge in EDGES:
            if edge.source != here:
                continue
            if edge.target == target:
                return (*steps, edge)
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append((edge.target, (*steps, edge)))
    return ()


def translations() -> tuple[tuple[str, str, tuple[Loss, ...]], ...]:
    """Every pair of contracts that a way joins, with what is lost on any document."""
    names = sorted({edge.source for edge in EDGES} | {edge.target for edge in EDGES})
    return tuple(
        (source, target, tuple(loss for edge in found for loss in edge.losses))
        for source in names
        for target in names
        if (found := way(source, target))
    )
