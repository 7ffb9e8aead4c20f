# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Conditions put together, with no more nodes than there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.query.model import And, Or

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.query.model import Predicate


def all_of(*parts: Predicate | None) -> Predicate | None:
    """What holds where every part does; None stands for what always holds."""
    given = tuple(part for part in parts if part is not None)
    if not given:
        return None
    return given[0] if len(given) == 1 else And(given)


def any_of(parts: Sequence[Predicate]) -> Predicate:
    """What holds where one of the parts does; there is at least one."""
    return parts[0] if len(parts) == 1 else Or(tuple(parts))
