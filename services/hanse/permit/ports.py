# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whom a check asks, as the domain sees them: the twins, translation, identity, the model reader.

Every call may raise `hanse.kernel.errors.HanseError`; what that means for a check is decided where it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.permit.ifc.reader import ModelFacts
    from hanse.permit.model import Dataset, Loss


@dataclass(frozen=True, slots=True)
class Box:
    """An area asked about: bounds in a projected system (OGC URI of `crs`)."""

    crs: str
    min_x: float
    min_y: float
    max_x: float
    max_y: float


@dataclass(frozen=True, slots=True)
class Record:
    """An entity as it travels: typed head, JSON as bytes."""

    id: str
    type: str
    contract: str
    revision: str
    dataset: str
    json: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a twin answered.

    `broken` is empty when the answer is whole; else it says why the rest did not come. `exchange_id` names the exchange
    whose proof covers it; empty inside one city.
    """

    records: tuple[Record, ...]
    datasets: tuple[Dataset, ...] = ()
    exchange_id: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What goes with a call: why, the request that it serves, and how long it may take, in seconds."""

    purpose: str
    request_id: str
    timeout_s: float


class TwinPort(Protocol):
    """The city's own twin."""

    def buildings(self, box: Box, token: str, terms: Terms) -> Answer:
        """The buildings whose footprint's box meets the box."""
        ...

    def cities(self, box: Box, token: str, terms: Terms) -> Answer:
        """The cities whose outline's box meets the box, as far as the twin knows any."""
        ...


class NeighbourPort(Protocol):
    """Other cities, through the city's own gateway."""

    def cities(self, token: str, terms: Terms) -> tuple[str, ...]:
        """The authorities of the registered neighbours."""
        ...

    def buildings(self, city: str, box: Box, token: str, terms: Terms) -> Answer:
        """As `TwinPort.buildings`, of another city; `token` is made out to that city."""
        ...


class TranslationPort(Protocol):
    """Makes another city's entities this city's."""

    def translate(
        self, records: Sequence[Record], datasets: Sequence[Dataset], target_crs: str, token: str, terms: Terms
    ) -> tuple[tuple[Record, ...], tuple[Loss, ...]]:
        """The records with their solids in `target_crs`, those that cannot be carried left out, and what was lost.

        With each record goes the one of the data sets that it is of, so that its terms travel with it.
        """
        ...


class LabelPort(Protocol):
    """The labels of reports."""

    def labels(self, language: str, token: str, terms: Terms) -> Mapping[str, str]:
        """Texts by key in a language, as far as there are any; never raises, and is empty with nobody to ask."""
        ...


class IdentityPort(Protocol):
    """Tokens on behalf of the subject."""

    def on_behalf(self, token: str, audience: str, scope: str, terms: Terms) -> str:
        """A token for `audience` (a city's authority) with `scope`, in which this service acts for the subject."""
        ...


class ModelPort(Protocol):
    """Uploaded models."""

    def holds(self, sha256: str) -> bool:
        """Whether the bytes of the model with this hash are still kept."""
        ...

    def facts(self, sha256: str, timeout_s: float) -> ModelFacts:
        """What the model with this hash holds. Raises InvalidInputError with MODEL_UNREADABLE."""
        ...
