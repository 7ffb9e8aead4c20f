# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A processed context: from names to IRIs and back, by tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse.jsonld.core import CORE_TERMS, DEFAULT_VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld.terms import Term

_REMEMBERED: Final = 20_000  # names kept per context and direction; a caller that makes names up gains nothing
_KEYWORDS: Final = frozenset({"@id", "@type", "@none", "@json", "@vocab"})


class Context:
    """A user's context under the NGSI-LD core context, which always wins (CIM 009 clauses 4.4 and 5.5.7).

    Attributes:
        key: equal for equal content; "core" when the user brought nothing.
        own: the user's terms, as they were before the core was laid over them.
        terms: all terms, those of the core included.
    """

    __slots__ = ("_compacted", "_expanded", "_prefixes", "_short", "key", "own", "terms")

    def __init__(self, key: str, terms: Mapping[str, Term]) -> None:
        """Take a user's terms; those that the core defines are left out of account."""
        self.key = key
        self.own = terms
        self.terms: dict[str, Term] = {**terms, **CORE_TERMS}
        self._short = _inverse(self.terms)
        self._prefixes = _prefixes(self.terms)
        self._expanded: dict[str, str] = {}
        self._compacted: dict[str, str] = {}

    def expand(self, name: str) -> str:
        """Return the IRI of a name: a term, ``prefix:suffix``, an IRI, else a name of the default vocabulary.

        Keywords, and terms that stand for one ("id", "type"), give the keyword.
        """
        iri = self._expanded.get(name)
        if iri is None:
            iri = self._expand(name)
            if len(self._expanded) < _REMEMBERED:
                self._expanded[name] = iri
        return iri

    def compact(self, iri: str) -> str:
        """Return the shortest name that expands to the IRI, or the IRI itself.

        In JSON-LD's order: a term, a name of the default vocabulary, ``prefix:suffix``. Of several terms or prefixes
        the shortest is taken, then the first by code point.
        """
        name = self._compacted.get(iri)
        if name is None:
            name = self._compact(iri)
            if len(self._compacted) < _REMEMBERED:
                self._compacted[iri] = name
        return name

    def coercion(self, name: str) -> str | None:
        """Return how string values under a term are read: "@id", "@vocab", "@json", a datatype, or None."""
        term = self.terms.get(name)
        return None if term is None else term.type

    def _expand(self, name: str) -> str:
        term = self.terms.get(name)
        if term is not None:
            return term.iri
        if name in _KEYWORDS:
            return name
        prefix, colon, suffix = name.partition(":")
        if not colon:
            return DEFAULT_VOCABULARY + name
        if not suffix.startswith("//"):
            short = self.terms.get(prefix)
            if short is not None and short.prefix:
                return short.iri + suffix
        return name

    def _compact(self, iri: str) -> str:
        term = self._short.get(iri)
        if term is not None:
            return term
        if iri.startswith(DEFAULT_VOCABULARY):
            name = iri.removeprefix(DEFAULT_VOCABULARY)
            if name and self._expand(name) == iri:
                return name
        found = [f"{prefix}:{iri.removeprefix(long)}" for long, prefix in self._prefixes if iri.startswith(long)]
        return min((name for name in found if self._expand(name) == iri), key=_preference, default=iri)


def _inverse(terms: Mapping[str, Term]) -> dict[str, str]:
    inverse: dict[str, str] = {}
    for name in sorted(terms, key=_preference, reverse=True):
        if not terms[name].reverse:
            inverse[terms[name].iri] = name
    return inverse


def _prefixes(terms: Mapping[str, Term]) -> tuple[tuple[str, str], ...]:
    return tuple((term.iri, name) for name, term in terms.items() if term.prefix)


def _preference(name: str) -> tuple[int, str]:
    return len(name), name


CORE: Final = Context("core", {})
