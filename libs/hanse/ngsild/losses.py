# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a mapping could not carry as it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LossKind(StrEnum):
    """The ways in which something fails to arrive unchanged."""

    DROPPED = "dropped"  # known, and left out
    DEFAULTED = "defaulted"  # absent in the source, filled in by assumption
    NARROWED = "narrowed"  # carried in a poorer type or form
    PRECISION = "precision"  # rounded
    UNMAPPED = "unmapped"  # the target has no place for it


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss.

    Attributes:
        kind: how it was lost.
        path: JSON pointer (RFC 6901) into the source document.
        detail: a sentence for people.
    """

    kind: LossKind
    path: str
    detail: str
