# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Follows changes of context source registrations for those who subscribed to them (CIM 009 clause 5.11.7)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hanse import query as languages
from hanse.kernel.clock import timestamp
from hanse.kernel.ids import new_urn
from hanse.twin.registrations.describing import described
from hanse.twin.registrations.documents import shown
from hanse.twin.registrations.matching import Wanted, expired, in_time, matching
from hanse.twin.registrations.model import Registration
from hanse.twin.subscriptions import documents, notices
from hanse.twin.subscriptions.engine import MAX_WAITING, Surroundings
from hanse.twin.subscriptions.model import Kept, Waiting
from hanse.twin.subscriptions.notices import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from hanse.kernel.clock import Clock
    from hanse.query.model import Near, Spatial
    from hanse.twin.adapters.registrations import RegistrationShelf
    from hanse.twin.adapters.subscriptions import SubscriptionShelf
    from hanse.twin.registrations.model import RegistrationChange

log = logging.getLogger(__name__)
Json = Any
BATCH: Final = 500
_NO_ATTRIBUTES: Final = frozenset({"id", "type", "scope"})


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscription to registrations is about."""

    wanted: tuple[Wanted, ...]
    conditions: list[languages.Predicate]
    place: Near | Spatial | None
    window: languages.TimeWindow | None

    @classmethod
    def of(cls, document: Mapping[str, Json], around: Surroundings) -> Interest:
        """Reads a stored subscription. Raises QueryError or ContextError."""
        attributes, datasets = _attributes(document, around), document.get("datasetId")
        given = document.get("entities") or [{}]
        return cls(
            tuple(_wanted(one, attributes, frozenset(datasets) if datasets else None) for one in given),
            _conditions(document, around),
            documents.place(document),
            _window(document.get("temporalQ")),
        )

    def of_registration(self, document: Mapping[str, Json] | None, now: datetime) -> list[Json]:
        """The parts of a registration that are subscribed to."""
        if document is None or expired(document, now) or not in_time(document, self.window):
            return []
        if not described(document, self.conditions, self.place):
            return []
        found = [each for wanted in self.wanted for each in matching(document, wanted)]
        return [each for number, each in enumerate(found) if each not in found[:number]]


def _attributes(document: Mapping[str, Json], around: Surroundings) -> frozenset[str] | None:
    """Attributes that are watched and notified of; all, where either says nothing (clauses 5.11.2.4 and 5.12)."""
    options = documents.options(document, around.renamings)
    watched = frozenset(document.get("watchedAttributes", ()))
    told = options.attrs or frozenset(options.pick.members if options.pick is not None else ()) - _NO_ATTRIBUTES
    return watched | told if watched and told else None


def _wanted(one: Mapping[str, Json], attributes: frozenset[str] | None, datasets: frozenset[str] | None) -> Wanted:
    given = one.get("id")
    ids = frozenset(given if isinstance(given, list) else [given]) if given else None
    types = languages.parse_types(one["type"]) if one.get("type", "*") != "*" else None
    return Wanted(ids, one.get("idPattern"), types, attributes, datasets)


def _conditions(document: Mapping[str, Json], around: Surroundings) -> list[languages.Predicate]:
    """What csf and scopeQ say of a registration; q is about entities, which nobody asks here."""
    found: list[languages.Predicate] = []
    if "csf" in document:
        names = around.renamings(documents.context_of(document, "csf")).inward
        found.append(documents.parsed_q(document["csf"], names))
    if "scopeQ" in document:
        found.append(languages.parse_scope_q(document["scopeQ"]))
    return found


def _window(asked: Mapping[str, str] | None) -> languages.TimeWindow | None:
    if asked is None:
        return None
    end, name = asked.get("endTimeAt"), asked.get("timeproperty", "observedAt")
    return languages.parse_temporal(asked["timerel"], asked["timeAt"], end, name)


def _plural(registration: dict[str, Json]) -> dict[str, Json]:
    """A registration whose entities have arrays of types, so that who is told reads but one form (clause 5.2.8)."""
    for information in registration["information"]:
        if "entities" in information:
            information["entities"] = [
                {**one, "type": one["type"] if isinstance(one["type"], list) else [one["type"]]}
                for one in information["entities"]
            ]
    return registration


@dataclass(slots=True)
class RegistrationEngine:
    """Follows one tenant's registrations."""

    registrations: RegistrationShelf
    shelf: SubscriptionShelf
    clock: Clock
    around: Surroundings
    _known: int = -1
    _active: list[tuple[Kept, Interest, Style]] = field(default_factory=list)

    def step(self) -> int:
        """One look at what changed and at what is due; gives how many notifications were put into queues."""
        self._reload()
        if not self._active:
            return 0
        now = self.clock.now()
        changes = self.registrations.changes(self.shelf.cursor(), BATCH)
        due = [one for one in self._active if self._is_due(one[0], now)]
        if not changes and not due:
            return 0
        waiting = [*self._all(due, now), *(each for change in changes for each in self._of(change, now))]
        with self.shelf.database.write() as connection:
            self.shelf.put(connection, waiting, timestamp(now), MAX_WAITING)
            for kept, _, _ in due:
                interval = kept.document.get("timeInterval")
                self.shelf.postpone(
                    connection, kept.id, timestamp(now + timedelta(seconds=interval)) if interval else ""
                )
                self._known = -1
            if changes:
                self.shelf.move(connection, changes[-1].position)
                self.registrations.forget(connection, changes[-1].position)
        return len(waiting)

    def _reload(self) -> None:
        version = self.shelf.version()
        if version == self._known:
            return
        self._active = [one for kept in self.shelf.all() if (one := self._read(kept)) is not None]
        self._known = version

    def _read(self, kept: Kept) -> tuple[Kept, Interest, Style] | None:
        try:
            interest = Interest.of(kept.document, self.around)
            return kept, interest, Style.of(kept.document, self.around.renamings)
        except ValueError:
            log.exception("subscription %s cannot be read", kept.id)
            return None

    @staticmethod
    def _is_due(kept: Kept, now: datetime) -> bool:
        due = kept.state.due
        return bool(due) and due <= timestamp(now) and documents.status(kept.document, now) == "active"

    def _all(self, due: list[tuple[Kept, Interest, Style]], now: datetime) -> Iterator[Waiting]:
        """What matches now: at first, after a change of the subscription, and periodically."""
        registrations = self.registrations.all() if due else []
        for kept, interest, style in due:
            data = [
                _plural(shown(one, style.renaming, found))
                for one in registrations
                if (found := interest.of_registration(one.document, now))
            ]
            if data or "timeInterval" in kept.document:  # periodic ones come whatever matches
                yield self._waiting(kept, style, data, "newlyMatching", now)

    def _of(self, change: RegistrationChange, now: datetime) -> Iterator[Waiting]:
        for kept, interest, style in self._active:
            if change.position <= kept.start or "timeInterval" in kept.document:
                continue
            if documents.status(kept.document, now) != "active":
                continue
            before = interest.of_registration(change.past, now)
            after = interest.of_registration(change.present, now)
            if not before and not after:
                continue
            reason = "updated" if before and after else "newlyMatching" if after else "noLongerMatching"
            document = change.present or change.past or {}
            registration = Registration(change.id, document, "", "")
            yield self._waiting(kept, style, [_plural(shown(registration, style.renaming, after or None))], reason, now)

    def _waiting(self, kept: Kept, style: Style, data: list[Json], reason: str, now: datetime) -> Waiting:
        identifier = new_urn(self.around.authority, "notification", self.clock)
        shown_data = [notices.in_context(one, style) for one in data]
        link = self.around.link(style.local)
        body = notices.notice(
            identifier,
            kept.id,
            timestamp(now),
            style,
            shown_data,
            link,
            type="ContextSourceNotification",
            triggerReason=reason,
        )
        return Waiting(kept.id, body)
