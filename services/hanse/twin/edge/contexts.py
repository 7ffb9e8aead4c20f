# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JSON-LD contexts that requests name: the core, those at hand, hosted ones, copies of remote ones (clause 5.13)."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from hanse.jsonld import (
    CORE,
    CORE_URL,
    ContextError,
    ContextFault,
    Contexts,
    Loaded,
    Renaming,
    core_document,
    is_core_url,
)
from hanse.kernel.clock import timestamp
from hanse.kernel.errors import HanseError, LimitExceededError
from hanse.kernel.ids import new_id
from hanse.twin.adapters.contexts import KeptContext
from hanse.twin.names import TWIN_CONTEXT, stored_names, twin_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanse.kernel.clock import Clock
    from hanse.twin.adapters.contexts import ContextShelf

log = logging.getLogger(__name__)
Json = Any
HOSTED: Final = "Hosted"
CACHED: Final = "Cached"
IMPLICIT: Final = "ImplicitlyCreated"
KINDS: Final = (HOSTED, CACHED, IMPLICIT)
PATH: Final = "/ngsi-ld/v1/jsonldContexts/"
MAX_KEPT: Final = 10_000
_OWN: Final = re.compile(
    r"(?:(?:https?://[^/]+)?(?:/[^/]+)*?/ngsi-ld/v1/jsonldContexts/|urn:hanse:context:)([0-9a-z]{26})"
)
_RENAMINGS: Final = 256
FRESH: Final = timedelta(days=1)  # how long a copy of a remote context is good for (clause 5.13.1)
RETRY: Final = timedelta(minutes=10)  # until one that could not be had anew is looked for again


@dataclass(slots=True)
class Use:
    """How often a context was used since this process started, and when last."""

    hits: int = 0
    at: datetime | None = None

    @property
    def last(self) -> str:
        """When last, as timestamps are written; "" for never."""
        return "" if self.at is None else timestamp(self.at)


@dataclass(slots=True)
class Library:
    """Contexts by URL; may be used from several threads.

    `at_hand` are documents that stand for remote ones, given in the configuration.
    """

    shelf: ContextShelf
    fetch: Callable[[str], Json]
    clock: Clock
    at_hand: Mapping[str, Json]
    uses: dict[str, Use] = field(default_factory=dict)
    _documents: dict[str, Loaded] = field(default_factory=dict)
    _due: dict[str, datetime] = field(default_factory=dict)
    _renamings: dict[str, Renaming] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _contexts: Contexts = field(init=False)

    def __post_init__(self) -> None:
        """Makes the processor, which asks back here for documents."""
        self._contexts = Contexts(self._load, scoped=frozenset({TWIN_CONTEXT}))

    def renaming(self, local: Json) -> Renaming:
        """Between the names of a `@context` value and the stored ones. Raises ContextError."""
        context = CORE if local is None else self._contexts.get(_absolute(local))
        found = self._renamings.get(context.key)
        if found is None:
            found = Renaming(context, stored_names())
            with self._lock:
                while len(self._renamings) >= _RENAMINGS:
                    del self._renamings[next(iter(self._renamings))]
                self._renamings[context.key] = found
        return found

    def used(self, local: Json) -> Renaming:
        """As `renaming`, for a request that names the contexts: they count as used."""
        found = self.renaming(local)
        if local is not None:
            self.note(local)
        return found

    def add(self, document: Json, kind: str = HOSTED, name: str = "") -> KeptContext:
        """Keeps a context document here under a URL of its own, in which `name` stands, if one is given.

        Raises:
            ContextError: it is none.
            LimitExceededError: too many are kept.
        """
        self._contexts.get(_absolute(document["@context"]))
        if self.shelf.count() >= MAX_KEPT and not self._made_room():
            raise LimitExceededError(f"at most {MAX_KEPT} contexts are kept", remedy="Delete some that nobody uses.")
        identifier = name or new_id(self.clock)
        kept = KeptContext(identifier, PATH + identifier, kind, json.dumps(document), timestamp(self.clock.now()))
        self.shelf.put(kept)
        return kept

    def _made_room(self) -> bool:
        """Lets the oldest context go that no one asked to be kept: it is made again when it is sent again."""
        oldest = self.shelf.oldest(IMPLICIT)
        if oldest is not None:
            self.forget(oldest)
        return oldest is not None

    def implicit(self, local: Json) -> str:
        """A URL that stands for a `@context` value: itself, or that of a context created for it (clause 5.13.1)."""
        if local is None:
            return CORE_URL
        if isinstance(local, list) and len(local) == 1:
            return self.implicit(local[0])
        if isinstance(local, str):
            return local
        body = json.dumps({"@context": local})
        name = base64.b32encode(hashlib.sha256(body.encode()).digest()).decode().lower()[:26]
        kept = self.shelf.get(name) or self.add({"@context": local}, IMPLICIT, name)
        self.note(kept.url)
        return kept.url

    def absolute(self, local: Json, base: str) -> str:
        """The URL, seen from outside, of what `implicit` gives."""
        url = self.implicit(local)
        return base + url if url.startswith(PATH) else url

    def find(self, name: str) -> KeptContext | None:
        """A kept context by its id or URL; the core context is always kept, as a copy."""
        if is_core_url(name):
            return KeptContext(name, name, CACHED, json.dumps(core_document()), "2026-01-01T00:00:00.000Z")
        match = _OWN.fullmatch(name)
        return self.shelf.get(match[1] if match else name)

    def forget(self, kept: KeptContext) -> None:
        """Deletes a context."""
        self.shelf.delete(kept.id)
        with self._lock:
            self._documents.pop(kept.url, None)
            self._due.pop(kept.url, None)
            self.uses.pop(kept.url, None)

    def reload(self, kept: KeptContext) -> None:
        """Fetches a remote context anew; when that fails the copy stays. Raises ContextError."""
        self._remember(kept.url, self._remote(kept.url))

    def _load(self, url: str) -> Loaded:
        """What the processor asks for (`hanse.jsonld.Loader`)."""
        if url == TWIN_CONTEXT:
            return twin_document()
        known = self._documents.get(url)
        if known is not None and not self._is_due(url):
            return known
        kept = self.find(url)
        if kept is not None:
            self._look_after(kept)
            loaded = Loaded(f"{kept.id} {kept.created}", json.loads(kept.body))
            if _OWN.fullmatch(url) is None:
                with self._lock:
                    self._documents[url] = loaded
            return loaded
        if _OWN.fullmatch(url) and not url.startswith("http"):
            raise ContextError(ContextFault.UNAVAILABLE, f"the context {url} is not kept here", url)
        return self._remember(url, self._remote(url))

    def expiry(self, kept: KeptContext) -> datetime | None:
        """When a copy of a remote context is fetched anew; None for what is no copy, or is at hand here."""
        if kept.kind != CACHED or kept.url in self.at_hand or is_core_url(kept.url):
            return None
        return datetime.fromisoformat(kept.created) + FRESH

    def _is_due(self, url: str) -> bool:
        due = self._due.get(url)
        return due is not None and due <= self.clock.now()

    def _look_after(self, kept: KeptContext) -> None:
        """Has a copy that expired fetched anew, while it goes on to be used: nobody waits for its server."""
        expires = self.expiry(kept)
        if expires is None:
            return
        with self._lock:
            due, now = max(expires, self._due.get(kept.url, expires)), self.clock.now()
            self._due[kept.url] = now + RETRY if now >= due else due
        if now >= due:
            threading.Thread(target=self._renew, args=(kept.url,), name="context", daemon=True).start()

    def _renew(self, url: str) -> None:
        try:
            self._remember(url, self._remote(url))
        except (ContextError, HanseError) as error:
            log.warning("the copy of a context is not renewed: %s", error)

    def _remote(self, url: str) -> Json:
        document = self.at_hand[url] if url in self.at_hand else self.fetch(url)
        if not isinstance(document, dict) or "@context" not in document:
            raise ContextError(ContextFault.NOT_JSON, f"{url} holds no JSON-LD context document", url)
        return document

    def _remember(self, url: str, document: Json) -> Loaded:
        if self.shelf.count() >= MAX_KEPT and not self._made_room():
            raise ContextError(ContextFault.UNAVAILABLE, f"{MAX_KEPT} contexts are kept already; delete some", url)
        now = timestamp(self.clock.now())
        kept = KeptContext(new_id(self.clock), url, CACHED, json.dumps(document), now)
        self.shelf.put(kept)
        loaded, expires = Loaded(f"{kept.id} {now}", document), self.expiry(kept)
        with self._lock:
            self._documents[url] = loaded
            if expires is not None:
                self._due[url] = expires
        return loaded

    def note(self, local: Json) -> None:
        """Counts the use of each context that is named by URL."""
        for each in local if isinstance(local, list) else (local,):
            if isinstance(each, str):
                name = _kept_name(each)
                use = self.uses.get(name) or self.uses.setdefault(name, Use())
                use.hits += 1
                use.at = self.clock.now()


@lru_cache(maxsize=512)
def _kept_name(url: str) -> str:
    """What a context's use is counted under: the path of one that is kept here, else its URL."""
    match = _OWN.fullmatch(url)
    return PATH + match[1] if match else url


def _absolute(local: Json) -> Json:
    """A `@context` value in which paths of this service stand as URNs."""
    if isinstance(local, str) and local.startswith(PATH):
        return "urn:hanse:context:" + local.removeprefix(PATH)
    return [_absolute(one) for one in local] if isinstance(local, list) else local
