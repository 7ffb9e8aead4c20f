# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Labels of reports and codes in the languages of the catalogue, which is part of contract permit/v1.

A label that a language lacks comes from a more general one (RFC 4647 clause 3.4), else in English, else it is its key;
each says on which rung it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.contracts import labels as contract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CATALOGUE, FALLBACK = "catalogue", "fallback"
LAST_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Label:
    """A label: its text, the language that it is in ("" when it is the bare key), and the rung it came from."""

    key: str
    text: str
    language: str
    rung: str


def labels(keys: Sequence[str], language: str) -> list[Label]:
    """The labels of keys, or of all keys when none is named, in a language (BCP 47)."""
    known = contract.labels()
    ladder = [rung for rung in _lookup(language) if rung in known]
    wanted = keys or sorted({key for texts in known.values() for key in texts})
    return [_label(key, ladder, known) for key in wanted]


def _lookup(language: str) -> list[str]:
    parts = language.lower().split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _label(key: str, ladder: Sequence[str], known: Mapping[str, Mapping[str, str]]) -> Label:
    for language in ladder:
        if key in known[language]:
            return Label(key, known[language][key], language, CATALOGUE)
    if key in known[LAST_LANGUAGE]:
        return Label(key, known[LAST_LANGUAGE][key], LAST_LANGUAGE, FALLBACK)
    return Label(key, key, "", FALLBACK)
