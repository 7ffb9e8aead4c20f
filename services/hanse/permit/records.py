# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the permit service keeps: models, checks, zoning documents; and the store that keeps them.

Times are RFC 3339 UTC texts. Every stored key begins with the tenant, which a store is made for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.permit.check import Reliance
    from hanse.permit.model import Source


class State(StrEnum):
    """Where a check is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


OPEN = frozenset({State.QUEUED, State.RUNNING})


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """An uploaded model; its bytes lie in a file named by `sha256`."""

    id: str
    subject: str
    filename: str
    size_bytes: int
    sha256: str
    schema: str
    created: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class CheckInput:
    """All that a check needs beside the subject's token, which is never stored.

    `day` is ISO 8601, `zonings` are (id, sha256) of all the city's documents when the check began, `zoning` is the id
    of the only one to be judged, empty for all; `neighbours` None means every registered one.
    """

    model: str
    zonings: tuple[tuple[str, str], ...]
    day: str
    neighbours: tuple[str, ...] | None
    purpose: str
    request_id: str
    neighbour_timeout_ms: int
    zoning: str = ""


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """A check as it stands; `sequence` grows with each change."""

    id: str
    subject: str
    input: CheckInput
    state: State
    sequence: int
    step: str
    percent: int
    created: str
    updated: str
    verdict: str = ""
    outdated: bool = False
    outdated_reason: str = ""
    error_reason: str = ""
    error_detail: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoningRecord:
    """A zoning document as it was put: canonical JSON (RFC 8785), its hash and its schema revision."""

    id: str
    sha256: str
    revision: str
    body: bytes
    created: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a check ended. `documents` are kept with it by kind; `report_sha256` is of the report's bytes."""

    state: State
    verdict: str = ""
    error_reason: str = ""
    error_detail: str = ""
    sources: tuple[Source, ...] = ()
    documents: tuple[tuple[str, bytes], ...] = ()
    report_sha256: str = ""
    reliance: Reliance | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that results may rest on has changed: an entity (with its box in WGS 84 degrees) or a zoning document.

    `kind` is "twin" or "zoning".
    """

    kind: str
    city: str
    cause: str
    detail: str
    box: tuple[float, float, float, float] | None = None


class ModelStore(Protocol):
    """Keeps models."""

    def admit_model(self, subject: str, request_id: str, sha256: str, size_bytes: int) -> None:
        """Refuses an upload for which there will be no room, before its bytes are sent.

        Hash and size are as announced, empty and 0 when they were not.

        Raises:
            LimitExceededError: the subject has as many models, or bytes, as it may have.
        """
        ...

    def add_model(self, record: ModelRecord) -> ModelRecord:
        """Stores a model, or gives back the one that the same subject stored under the same request id.

        Raises:
            ConflictError: that one has other bytes.
            LimitExceededError: as `admit_model`.
        """
        ...

    def model(self, model_id: str) -> ModelRecord | None:
        """A model by id."""
        ...


class CheckStore(Protocol):
    """Keeps checks. Changes to a check that has ended are refused by returning False."""

    def add_check(self, record: CheckRecord) -> CheckRecord:
        """Stores a check, or gives back the one of the same subject and request id.

        Raises:
            ConflictError: that one was asked for differently.
            LimitExceededError: too many checks, of this subject or of the city, are open.
        """
        ...

    def check(self, check_id: str) -> CheckRecord | None:
        """A check by id."""
        ...

    def unfinished(self) -> list[CheckRecord]:
        """Checks that have not ended, oldest first."""
        ...

    def advance(self, check_id: str, step: str, percent: int) -> bool:
        """Notes a step of a running check."""
        ...

    def end(self, check_id: str, ending: Ending) -> bool:
        """Ends a check, its documents, what it rests on and the event of it, all in one transaction."""
        ...

    def keep(self, check_id: str, kind: str, body: bytes) -> None:
        """Keeps a document with a check."""
        ...

    def rest_on(self, check_id: str, reliance: Reliance) -> None:
        """Notes what a check rests on while it still runs: a change from now on makes it outdated."""
        ...

    def document(self, check_id: str, kind: str) -> bytes | None:
        """A document kept with a check."""
        ...

    def mark_outdated(self, connection: Any, changes: Sequence[Change]) -> list[str]:  # noqa: ANN401 - the store's own
        """Marks what rests on something that changed, inside a transaction; returns the ids of those checks."""
        ...


class ZoningStore(Protocol):
    """Keeps zoning documents, every text by its hash; the newest of each id is the current one."""

    def put_zoning(self, record: ZoningRecord, change: Change) -> ZoningRecord:
        """Stores a text as the current one and marks outdated what rested on the text before."""
        ...

    def zoning(self, zoning_id: str, sha256: str = "") -> ZoningRecord | None:
        """The current text, or one by hash."""
        ...

    def zonings(self, after: str, limit: int) -> Iterable[ZoningRecord]:
        """Current texts in the order of their ids."""
        ...
