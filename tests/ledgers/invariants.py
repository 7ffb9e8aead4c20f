# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What must hold after any number of kills, as pure questions: each answers with sentences, none when it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.merkle import Frontier, hash_leaf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HONEST = {"NON_COMPLIANT", "INSUFFICIENT_DATA"}  # of a plan that is too high for the neighbour across the border


def writes_kept(
    attempted: Mapping[str, int], acknowledged: Mapping[str, int], stored: Mapping[str, int | None]
) -> Iterator[str]:
    """Each entity is stored in the newest version acknowledged, or in a later one that was attempted."""
    for entity, version in acknowledged.items():
        found = stored.get(entity)
        if found is None:
            yield f"{entity}: version {version} was acknowledged and is gone"
        elif not version <= found <= attempted[entity]:
            yield f"{entity}: version {version} was acknowledged, {attempted[entity]} sent last, {found} is stored"


def check_ended(identifier: str, state: str, verdict: str, reason: str, detail: str) -> Iterator[str]:
    """A check ends; when it succeeds its verdict is honest, when it does not it says why."""
    if state == "SUCCEEDED":
        if verdict not in HONEST:
            yield f"{identifier}: {verdict} of a plan that is too high"
    elif state not in {"FAILED", "ABORTED"}:
        yield f"{identifier}: has not ended, its state is {state}"
    elif not reason or not detail:
        yield f"{identifier}: {state} without a reason"


def log_consistent(authority: str, shown: Sequence[tuple[int, bytes]], leaves: Sequence[bytes]) -> Iterator[str]:
    """The log never shrinks, and every checkpoint shown is of a beginning of the log as it is now."""
    sizes = [size for size, _ in shown]
    if sizes != sorted(sizes):
        yield f"{authority}: the log shrank between two checkpoints"
    wanted: dict[int, set[bytes]] = {}
    for size, root in shown:
        wanted.setdefault(size, set()).add(root)
    if wanted and max(wanted) > len(leaves):
        yield f"{authority}: a checkpoint of {max(wanted)} leaves was shown, {len(leaves)} are left"
    frontier = Frontier()
    for leaf in (None, *leaves):
        if leaf is not None:
            frontier, _ = frontier.extend([hash_leaf(leaf)])
        if wanted.get(frontier.size, {frontier.root()}) != {frontier.root()}:
            yield f"{authority}: the checkpoint of {frontier.size} leaves is not of this log"


def exchanges_settled(authority: str, states: Mapping[str, str]) -> Iterator[str]:
    """No exchange is half done once the gateways have started anew."""
    for identifier, state in states.items():
        if state not in {"COMPLETE", "BROKEN"}:
            yield f"{authority}: exchange {identifier} is still {state}"
