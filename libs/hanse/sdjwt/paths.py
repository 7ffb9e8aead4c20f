# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Claims paths: which part of a credential is meant (SD-JWT VC, "claim path"; OpenID4VP section 7).

A path is a tuple of member names, array indices, and None for "every element of this array"; a plain string
is the path of one top-level claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.sdjwt.errors import SdJwtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ClaimPath = tuple[str | int | None, ...]
ConcretePath = tuple[str | int, ...]


def normalise(paths: Iterable[ClaimPath | str]) -> list[ClaimPath]:
    """Turn shorthand strings into paths; an empty path is refused."""
    result = [(path,) if isinstance(path, str) else tuple(path) for path in paths]
    if () in result:
        raise SdJwtError("unknown-path", "A claims path must name at least one claim.")
    return result


def resolve(claims: object, path: ClaimPath) -> list[ConcretePath]:
    """Return every place in ``claims`` that ``path`` means.

    Raises:
        SdJwtError: ``unknown-path`` if there is none.
    """
    found = list(_walk(claims, path, ()))
    if not found:
        raise SdJwtError("unknown-path", f"The credential has no claim at {list(path)!r}.")
    return found


def related(place: ConcretePath, target: ConcretePath) -> bool:
    """Tell whether ``place`` is ``target``, lies above it or lies below it."""
    shorter = min(len(place), len(target))
    return place[:shorter] == target[:shorter]


def _walk(value: object, path: ClaimPath, at: ConcretePath) -> Iterator[ConcretePath]:
    if not path:
        yield at
        return
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        yield from _walk(value[step], rest, (*at, step))
    elif isinstance(value, list) and step is None:
        for index, item in enumerate(value):
            yield from _walk(item, rest, (*at, index))
    elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        yield from _walk(value[step], rest, (*at, step))
