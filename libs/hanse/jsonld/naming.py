# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names as they are stored, and the way between them and the names of a request's context.

A stored name is the term of the store's own context where there is one, a short name for the default vocabulary,
and the full IRI for everything else: never ``prefix:suffix``, so that a name with a colon is an IRI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse.jsonld.core import CORE_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanse.jsonld.context import Context

_REMEMBERED: Final = 20_000


class StoredNames:
    """The names of a store that has a context of its own, such as twin/v1's.

    Where the own context and the core give one term to two IRIs, the core's is meant; the other IRI is taken for
    the same attribute, so that whoever writes it out in full meets it.
    """

    __slots__ = ("_context", "_shadowed")

    def __init__(self, context: Context) -> None:
        """Take the store's context."""
        self._context = context
        self._shadowed = {
            term.iri: name
            for name, term in context.own.items()
            if name in CORE_TERMS and term.iri != CORE_TERMS[name].iri and not term.iri.startswith("@")
        }

    def name(self, iri: str) -> str:
        """Return the stored name of an IRI."""
        short = self._shadowed.get(iri) or self._context.compact(iri)
        return short if ":" not in short else iri

    def iri(self, name: str) -> str:
        """Return the IRI of a stored name."""
        return name if ":" in name else self._context.expand(name)


class Renaming:
    """Both ways between the names of a request and those of the store; remembers what it renamed."""

    __slots__ = ("_inward", "_outward", "_same", "context", "stored")

    def __init__(self, context: Context, stored: StoredNames) -> None:
        """Join a request's context with the store's names."""
        self.context = context
        self.stored = stored
        self._inward: dict[str, str] = {}
        self._outward: dict[str, str] = {}
        self._same: set[str] = set()

    def inward(self, name: str) -> str:
        """Return the stored name of a name in the request; keywords ("@id", "@type") stay what they are."""
        stored = self._inward.get(name)
        if stored is None:
            iri = self.context.expand(name)
            stored = iri if iri.startswith("@") else self.stored.name(iri)
            if len(self._inward) < _REMEMBERED:
                self._inward[name] = stored
        return stored

    def outward(self, name: str) -> str:
        """Return the name in the request's context of a stored name."""
        given = self._outward.get(name)
        if given is None:
            given = self.context.compact(self.stored.iri(name))
            if len(self._outward) < _REMEMBERED:
                self._outward[name] = given
        return given

    def unchanged_by(self, names: Iterable[str]) -> bool:
        """Say whether all these stored names are the request's names too: what uses no others goes out as stored."""
        same = self._same
        for name in names:
            if name in same:
                continue
            if self.outward(name) != name:
                return False
            if len(same) < _REMEMBERED:
                same.add(name)
        return True
