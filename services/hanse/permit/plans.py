# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The city's zoning documents: put, found, and parsed once for as long as they stay the same."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import rfc8785

from hanse.kernel.clock import Clock, timestamp
from hanse.kernel.errors import LimitExceededError, NotFoundError, invalid
from hanse.permit import zoning
from hanse.permit.records import Change, ZoningRecord, ZoningStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hanse.geo import Crs
    from hanse.permit.model import ZoningPlan

_MAX_BYTES = 16 * 1024 * 1024
_PARSED = 64
_PAGE = 1000


class Plans:
    """Zoning documents of one city. `validate` raises InvalidInputError for bytes that do not fulfil zoning/v1."""

    def __init__(
        self, authority: str, crs: Crs, store: ZoningStore, validate: Callable[[bytes], None], clock: Clock
    ) -> None:
        self._authority, self._crs, self._store, self._validate = authority, crs, store, validate
        self._clock = clock
        self._lock = threading.Lock()
        self._parsed: OrderedDict[str, ZoningPlan] = OrderedDict()

    def put(self, document: bytes) -> ZoningRecord:
        """Stores a document as the current text under its id; the same content again changes nothing.

        Raises:
            LimitExceededError: more than 16 MiB.
            InvalidInputError: CONTRACT_VIOLATION, or FIELD_INVALID when it is another city's law.
        """
        if len(document) > _MAX_BYTES:
            raise LimitExceededError(
                f"a zoning document has at most {_MAX_BYTES} bytes, this one has {len(document)}",
                remedy="Split it by area into several documents.",
            )
        self._validate(document)
        parsed = json.loads(document)
        if parsed["authority"] != self._authority or not parsed["id"].startswith(f"urn:hanse:{self._authority}:"):
            raise invalid(
                "json",
                f"/authority and /id must be of {self._authority}, whose law this service applies",
                remedy="Send the document to the permit service of its own city.",
            )
        record = ZoningRecord(
            id=parsed["id"],
            sha256=zoning.canonical_sha256(parsed),
            revision=parsed["revision"],
            body=rfc8785.dumps(parsed),
            created=timestamp(self._clock.now()),
        )
        try:
            self._remember(zoning.parse(parsed, record.sha256, self._crs))
        except zoning.ZoningError as error:
            raise invalid(
                "json", str(error), remedy="Mend the document and put it again.", reason="CONTRACT_VIOLATION"
            ) from None
        return self._store.put_zoning(record, Change("zoning", self._authority, record.id, record.id))

    def get(self, zoning_id: str, sha256: str = "") -> ZoningRecord:
        """A document's current text, or the one with this hash. Raises NotFoundError."""
        record = self._store.zoning(zoning_id, sha256)
        if record is None:
            raise NotFoundError(
                f"no zoning document {zoning_id[:200]!r}{' with that hash' if sha256 else ''}",
                remedy="See ListZonings for the documents there are.",
            )
        return record

    def page(self, after: str, limit: int) -> list[ZoningRecord]:
        """Current documents whose ids come after one."""
        return list(self._store.zonings(after, limit))

    def applicable(self, zoning_id: str = "") -> tuple[tuple[str, str], ...]:
        """(id, hash) of all current texts, which a check begun now is held to, also when it names one of them.

        Raises NotFoundError when the one named does not exist.
        """
        if zoning_id:
            self.get(zoning_id)
        found: list[tuple[str, str]] = []
        while page := [
            (record.id, record.sha256) for record in self._store.zonings(found[-1][0] if found else "", _PAGE)
        ]:
            found += page
        return tuple(found)

    def parsed(self, wanted: Sequence[tuple[str, str]]) -> list[ZoningPlan]:
        """The texts with these ids and hashes."""
        return list(self._each(wanted))

    def _each(self, wanted: Sequence[tuple[str, str]]) -> Iterable[ZoningPlan]:
        for zoning_id, sha256 in wanted:
            with self._lock:
                held = self._parsed.get(sha256)
            if held is None:
                held = zoning.parse(json.loads(self.get(zoning_id, sha256).body), sha256, self._crs)
                self._remember(held)
            yield held

    def _remember(self, plan: ZoningPlan) -> None:
        with self._lock:
            self._parsed[plan.sha256] = plan
            self._parsed.move_to_end(plan.sha256)
            while len(self._parsed) > _PARSED:
                self._parsed.popitem(last=False)
