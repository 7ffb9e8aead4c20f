# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A term of a context: what it stands for, and how the values below it are read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One term definition (JSON-LD 1.1 section 9.15).

    Attributes:
        iri: what it stands for, or a keyword such as "@id".
        type: coercion of string values: "@id", "@vocab", "@json", a datatype's IRI, or None.
        container: such as {"@list"} or {"@language"}.
        prefix: whether ``term:suffix`` is short for its IRI and the suffix.
        reverse: whether it names the inverse of a relation; such a term never shortens a name.
    """

    iri: str
    type: str | None = None
    container: frozenset[str] = frozenset()
    prefix: bool = False
    reverse: bool = False
