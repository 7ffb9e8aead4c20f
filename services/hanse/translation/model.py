# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What translation speaks of: documents, options, results, and one way from a contract to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.ngsild import Loss

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a translation beside its contracts (`hanse.api.translation.v1.TranslateOptions`)."""

    target_crs: str = ""
    language: str = ""
    authority: str = ""
    assumed_vertical_datum: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """A translated document: one JSON document a line, how many, and what was lost on the way."""

    lines: tuple[bytes, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A translated and validated document with the contract that it now fulfils."""

    contract: str
    revision: str
    carried: Carried


class Way(Protocol):
    """One translation. Raises InvalidInputError when the document cannot be carried."""

    def __call__(self, document: bytes, options: Options) -> Carried:
        """Carries a document."""
        ...


@dataclass(frozen=True, slots=True)
class Translation:
    """A way with its ends, and what it loses on any document."""

    source: str
    target: str
    way: Way
    static_losses: Sequence[Loss] = ()
    needs: tuple[str, ...] = ()
