# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What translation speaks of: documents on their way, options, losses, results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.ngsild import Loss as MappingLoss

Json = Any
TWIN = "twin/v1"
CITYJSON = "cityjson/2.0"
CITYJSON_SEQ = "cityjson-seq/2.0"
MAX_ALIKE = 100


class LossKind(StrEnum):
    """The ways in which something fails to arrive unchanged (contract translation/v1)."""

    DROPPED = "dropped"
    DEFAULTED = "defaulted"
    NARROWED = "narrowed"
    PRECISION = "precision"
    UNMAPPED = "unmapped"
    LANGUAGE_DROPPED = "language_dropped"


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that could not be carried: how, where in the source (RFC 6901), and a sentence."""

    kind: LossKind
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller wishes.

    Attributes:
        authority: city under whose authority new URNs are made.
        target_crs: OGC URI of the coordinates asked for; "" leaves them.
        language: BCP 47; "" leaves all languages.
        assumed_vertical_datum: taken where the source names no vertical datum, e.g. "NAP"; "" assumes none.
    """

    authority: str
    target_crs: str = ""
    language: str = ""
    assumed_vertical_datum: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A document on its way.

    Attributes:
        value: its present form.
        origin: JSON pointer to where it stood in the source; in a source of lines the first token counts them from 0.
        within: what to put before a pointer into `value` to make it one into the source; None once the document
            is no longer in the source's form, so that losses can only be told at `origin`.
        losses: so far, as pointers into the source.
    """

    value: Json
    origin: str
    within: str | None
    losses: tuple[Loss, ...] = ()

    def became(self, value: Json, losses: Iterable[Loss] = (), *, same_form: bool = False) -> Held:
        """The next form, and what was lost on the way to it."""
        told = (*self.losses, *map(self._told, losses))
        return replace(self, value=value, losses=told, within=self.within if same_form else None)

    def _told(self, loss: Loss) -> Loss:
        if self.within is not None:
            return replace(loss, path=self.within + loss.path)
        place = f" (at {loss.path} of the form between)" if loss.path else ""
        return replace(loss, path=self.origin, detail=loss.detail + place)


@dataclass(frozen=True, slots=True)
class Result:
    """What came out.

    Attributes:
        contract: of the documents.
        revision: schema revision that they were validated against.
        lines: the documents as UTF-8 JSON, each one line; a CityJSONSeq begins with its header.
        count: number of documents or features.
        losses: in the order of the source.
    """

    contract: str
    revision: str
    lines: tuple[bytes, ...]
    count: int
    losses: tuple[Loss, ...]


Step = Callable[[list[Held], Options], list[Held]]


def bounded(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """The losses in order; of those that say the same, the first hundred and then how many more there are."""
    told: list[Loss] = []
    counts: Counter[tuple[LossKind, str]] = Counter()
    for loss in losses:
        same = (loss.kind, loss.detail)
        counts[same] += 1
        if counts[same] <= MAX_ALIKE:
            told.append(loss)
    more = [
        Loss(kind, "", f"{detail} ({count - MAX_ALIKE} more like it)")
        for (kind, detail), count in counts.items()
        if count > MAX_ALIKE
    ]
    return (*told, *more)


def carried(losses: Iterable[MappingLoss]) -> tuple[Loss, ...]:
    """Losses of a mapping, as translation tells them."""
    return tuple(Loss(LossKind(loss.kind.value), loss.path, loss.detail) for loss in losses)
