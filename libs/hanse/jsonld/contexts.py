# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From what a request names as its context to a processed one; remote ones come from a loader that is handed in."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from hanse.jsonld.context import CORE, Context
from hanse.jsonld.core import is_core_url
from hanse.jsonld.errors import ContextError, ContextFault
from hanse.jsonld.processing import MAX_NAME, term_definitions

Json = Any
_MAX_REFERENCE: Final = 4_000_000  # characters of a context with all that it refers to
_Kept = TypeVar("_Kept")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A remote context document.

    Attributes:
        key: changes when the content does, such as a hash or a revision.
        document: parsed JSON.
    """

    key: str
    document: Json


class Loader(Protocol):
    """Where remote contexts come from."""

    def __call__(self, url: str) -> Loaded:
        """Return the document at a URL, from a cache as a rule. Raises ContextError: unavailable, or not JSON."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken of one context, everything that it refers to included.

    Attributes:
        documents: remote documents.
        depth: how deep documents and arrays lie in each other.
        terms: terms before the core's.
        kept: processed contexts that are remembered.
    """

    documents: int = 20
    depth: int = 8
    terms: int = 10_000
    kept: int = 256


class Contexts:
    """Processes contexts and remembers them by content; may be used from several threads."""

    def __init__(self, loader: Loader, limits: Limits | None = None, scoped: frozenset[str] = frozenset()) -> None:
        """Take a loader; ``scoped`` are URLs of contexts whose terms may bring contexts of their own."""
        self._loader = loader
        self._limits = limits or Limits()
        self._scoped = scoped
        self._lock = threading.Lock()
        self._by_reference: OrderedDict[str, tuple[tuple[tuple[str, str], ...], Context]] = OrderedDict()
        self._by_content: OrderedDict[str, Context] = OrderedDict()

    def get(self, local: Json = None) -> Context:
        """Return the processed form of a ``@context`` value: URL, object, array of these, or None for the core alone.

        Raises:
            ContextError: it cannot be had, is no context, includes itself, or is too large.
        """
        if local is None or local == [] or (isinstance(local, str) and is_core_url(local)):
            return CORE
        reference = _reference(local)
        with self._lock:
            known = self._by_reference.get(reference)
        if known is not None and all(self._loader(url).key == key for url, key in known[0]):
            return known[1]
        gathering = _Gathering(self._loader, self._limits, self._scoped)
        gathering.add(local)
        context = self._processed(gathering)
        with self._lock:
            _remember(self._by_reference, reference, (tuple(gathering.loaded.items()), context), self._limits.kept)
        return context

    def _processed(self, gathering: _Gathering) -> Context:
        if not gathering.parts:
            return CORE
        key = hashlib.sha256(_reference(gathering.parts).encode()).hexdigest()
        with self._lock:
            known = self._by_content.get(key)
        if known is not None:
            return known
        context = Context(key, term_definitions(gathering.parts))
        with self._lock:
            _remember(self._by_content, key, context, self._limits.kept)
        return context


class _Gathering:
    """One context taken apart: its inline parts in order, and the documents they came from."""

    def __init__(self, loader: Loader, limits: Limits, scoped: frozenset[str]) -> None:
        self._loader = loader
        self._limits = limits
        self._scoped = scoped
        self._terms = 0
        self.loaded: dict[str, str] = {}
        self.parts: list[dict[str, Json] | None] = []

    def add(self, local: Json, within: tuple[str, ...] = (), depth: int = 0) -> None:
        if depth > self._limits.depth:
            raise ContextError(ContextFault.TOO_LARGE, f"contexts lie at most {self._limits.depth} deep in each other")
        if isinstance(local, list):
            for one in local:
                self.add(one, within, depth + 1)
        elif isinstance(local, str):
            self._remote(local, within, depth)
        elif local is None or isinstance(local, dict):
            self._inline(local, within)
        else:
            raise ContextError(
                ContextFault.INVALID, "a @context is a URL, an object, or an array of these", _last(within)
            )

    def _inline(self, local: dict[str, Json] | None, within: tuple[str, ...]) -> None:
        self._terms += len(local or ())
        if self._terms > self._limits.terms:
            raise ContextError(ContextFault.TOO_LARGE, f"a context has at most {self._limits.terms} terms")
        if local:
            self._forbid_scoped(local, within)
        self.parts.append(local)

    def _forbid_scoped(self, local: dict[str, Json], within: tuple[str, ...]) -> None:
        if within and within[-1] in self._scoped:
            return
        for name, value in local.items():
            if isinstance(value, dict) and "@context" in value:
                reason = f"term {name[:60]!r} brings a context of its own, which NGSI-LD forbids (clause 5.5.7)"
                raise ContextError(ContextFault.INVALID, reason, _last(within))

    def _remote(self, url: str, within: tuple[str, ...], depth: int) -> None:
        if is_core_url(url):
            return
        if len(url) > MAX_NAME or not url.startswith(("http://", "https://", "urn:")):
            reason = f"{url[:80]!r} is no absolute URL of a context"
            raise ContextError(ContextFault.INVALID, reason, _last(within))
        if url in within:
            raise ContextError(ContextFault.RECURSION, f"the context {url} includes itself", url)
        if url not in self.loaded and len(self.loaded) >= self._limits.documents:
            reason = f"a context refers to at most {self._limits.documents} documents"
            raise ContextError(ContextFault.TOO_LARGE, reason, url)
        loaded = self._loader(url)
        self.loaded[url] = loaded.key
        if not isinstance(loaded.document, dict) or "@context" not in loaded.document:
            raise ContextError(ContextFault.NOT_JSON, f"{url} holds no JSON-LD context document", url)
        self.add(loaded.document["@context"], (*within, url), depth + 1)


def _reference(local: Json) -> str:
    return _of_url(local) if isinstance(local, str) else _written(local)


@lru_cache(maxsize=512)
def _of_url(url: str) -> str:
    return _written(url)


def _written(local: Json) -> str:
    try:
        text = json.dumps(local, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ContextError(ContextFault.INVALID, "the @context is no JSON value that a context may be") from error
    if len(text) > _MAX_REFERENCE:
        raise ContextError(ContextFault.TOO_LARGE, f"a @context has at most {_MAX_REFERENCE} characters")
    return text


def _last(within: tuple[str, ...]) -> str | None:
    return within[-1] if within else None


def _remember(cache: OrderedDict[str, _Kept], key: str, value: _Kept, limit: int) -> None:
    cache[key] = value
    while len(cache) > limit:
        cache.popitem(last=False)
