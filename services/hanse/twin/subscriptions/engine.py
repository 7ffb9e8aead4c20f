# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Follows the feed of changes, and puts what is to be notified into the queues.

How far the feed was followed is written together with what came of it: a kill loses nothing and repeats nothing.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hanse import query as languages
from hanse.kernel.clock import timestamp
from hanse.kernel.ids import new_urn
from hanse.ngsild import Times
from hanse.twin.model import Query
from hanse.twin.subscriptions import documents, notices
from hanse.twin.subscriptions.images import Image, image
from hanse.twin.subscriptions.matching import Interest, touched
from hanse.twin.subscriptions.model import Kept, Waiting
from hanse.twin.subscriptions.notices import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.adapters.subscriptions import SubscriptionShelf
    from hanse.twin.subscriptions.images import Change
    from hanse.twin.subscriptions.matching import Touched

log = logging.getLogger(__name__)
Json = Any
BATCH: Final = 500
MAX_ENTITIES: Final = 1_000
MAX_WAITING: Final = 1_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What notifications are written with.

    Attributes:
        authority: the city, for the ids of notifications.
        renamings: the names of a @context value.
        link: the URL that stands for a @context value.
        join: an entity together with those that it leads to.
    """

    authority: str
    renamings: Callable[[Json], Renaming]
    link: Callable[[Json], str]
    join: Callable[[SqlTwin, Image, Style], list[Json]]


@dataclass(frozen=True, slots=True)
class Active:
    """A subscription, read."""

    kept: Kept
    interest: Interest
    style: Style


@dataclass(slots=True)
class Engine:
    """Follows one tenant's changes."""

    store: SqlTwin
    shelf: SubscriptionShelf
    clock: Clock
    around: Surroundings
    _known: int = -1
    _active: list[Active] = field(default_factory=list)
    _last: dict[str, datetime] = field(default_factory=dict)

    def step(self) -> int:
        """One look at the feed and at what is due; gives how many notifications were put into queues."""
        self._reload()
        images, now = self.store.images, self.clock.now()
        if not self._active:
            return 0
        changes = images.following(self.shelf.database.read(), self.shelf.cursor(), BATCH)
        waiting = [*self._of_changes(changes, now), *self._periodic(now)]
        due = {each.subscription for each in waiting} & {a.kept.id for a in self._active if self._is_due(a, now)}
        if not changes and not waiting and not due:
            return 0
        with self.shelf.database.write() as connection:
            self.shelf.put(connection, waiting, timestamp(now), MAX_WAITING)
            for each in self._active:
                if self._is_due(each, now):
                    interval = float(each.kept.document["timeInterval"])
                    following = timestamp(now + timedelta(seconds=interval))
                    self.shelf.postpone(connection, each.kept.id, following)
                    self._known = -1
            if changes:
                self.shelf.move(connection, changes[-1].position)
                images.forget(connection, changes[-1].position)
        return len(waiting)

    def _reload(self) -> None:
        version = self.shelf.version()
        if version == self._known:
            return
        self._active = [active for kept in self.shelf.all() if (active := self._read(kept)) is not None]
        self._known = version

    def _read(self, kept: Kept) -> Active | None:
        """A context that cannot be had makes one subscription wait, not all."""
        try:
            renamings = self.around.renamings
            return Active(kept, Interest.of(kept.document, renamings), Style.of(kept.document, renamings))
        except ValueError:
            log.exception("subscription %s cannot be read", kept.id)
            return None

    def _of_changes(self, changes: Sequence[Change], now: datetime) -> Iterator[Waiting]:
        told: dict[str, dict[str, list[Json]]] = {}
        for change in changes:
            past, present = image(change.past), image(change.present)
            seen = present or past
            if seen is None:
                continue
            what = touched(past, present)
            named = seen.entity["type"]
            types = frozenset(named if isinstance(named, list) else [named])
            for active in self._active:
                if change.position <= active.kept.start or not active.interest.may_concern(types):
                    continue
                data = self._told(active, change, past, present, what)
                if not data or not self._may_send(active, now):
                    continue
                entities = told.setdefault(active.kept.id, {})
                if change.id in entities or len(entities) == MAX_ENTITIES:
                    yield self._waiting(active, entities, now)
                    entities.clear()
                entities[change.id] = data
        by_id = {active.kept.id: active for active in self._active}
        for subscription, entities in told.items():
            active = by_id[subscription]
            self._last[subscription] = now
            yield self._waiting(active, entities, now)

    def _may_send(self, active: Active, now: datetime) -> bool:
        document = active.kept.document
        if "timeInterval" in document or documents.status(document, now) != "active":
            return False
        pause = document.get("throttling")
        last = self._last.get(active.kept.id)
        if last is None and active.kept.state.last:
            last = datetime.fromisoformat(active.kept.state.last)
        return pause is None or last is None or now - last >= timedelta(seconds=pause)

    def _told(
        self, active: Active, change: Change, past: Image | None, present: Image | None, what: list[Touched]
    ) -> list[Json] | None:
        interest, style = active.interest, active.style
        off = interest.triggered(past, present, what)
        if off is None:
            return None
        if present is None:
            if past is None or not interest.meant(past.entity, self._linked):
                return None
            shown = off if style.changes or "entityDeleted" not in interest.triggers else []
            return [notices.gone(past, shown, change.time, style)]
        if not interest.meant(present.entity, self._linked):
            return None
        return self._shown(notices.changed(present, off, change.time, style), style)

    def _shown(self, seen: Image, style: Style) -> list[Json]:
        if style.join in ("inline", "flat"):
            return self.around.join(self.store, seen, style)
        return [notices.current(seen, style)]

    def _linked(self, entity: str) -> Mapping[str, Json] | None:
        found = self.store.reader.by_id(entity)
        return json.loads(found.json) if found is not None else None

    def _waiting(self, active: Active, entities: Mapping[str, list[Json]], now: datetime) -> Waiting:
        data = [document for documents_ in entities.values() for document in documents_]
        return self.waiting(active, data, now)

    def waiting(self, active: Active, data: Sequence[Json], now: datetime, **more: Json) -> Waiting:
        """A notification ready for its queue."""
        identifier = new_urn(self.around.authority, "notification", self.clock)
        style = active.style
        link = self.around.link(style.local)
        body = notices.notice(identifier, active.kept.id, timestamp(now), style, data, link, **more)
        return Waiting(active.kept.id, body)

    def _is_due(self, active: Active, now: datetime) -> bool:
        state, document = active.kept.state, active.kept.document
        return bool(state.due) and state.due <= timestamp(now) and documents.status(document, now) == "active"

    def _periodic(self, now: datetime) -> Iterator[Waiting]:
        """What subscriptions with a timeInterval are to be told; nothing when nothing matches."""
        for active in self._active:
            if not self._is_due(active, now):
                continue
            condition = languages.all_of(active.interest.selectors, active.interest.condition)
            query = Query(condition=condition, limit=MAX_ENTITIES)
            data: list[Json] = []
            for stored in self.store.matching(query):
                system = json.loads(stored.system) if stored.system else None
                times = Times.from_json(system) if system else Times(stored.created, stored.modified)
                data += self._shown(Image(json.loads(stored.json), times), active.style)
                if len(data) >= MAX_ENTITIES:
                    yield self.waiting(active, data, now)
                    data = []
            if data:
                yield self.waiting(active, data, now)


def following(document: Mapping[str, Json], now: datetime) -> str:
    """When a subscription's next periodic notification is due, "" when it has none."""
    interval = document.get("timeInterval")
    return timestamp(now + timedelta(seconds=float(interval))) if interval else ""


def renewed(kept: Kept, document: Mapping[str, Json], now: datetime) -> Kept:
    """A subscription with a changed document."""
    due = kept.state.due if document.get("timeInterval") == kept.document.get("timeInterval") else ""
    state = replace(kept.state, due=due or following(document, now))
    return replace(kept, document=document, modified=timestamp(now), state=state)
