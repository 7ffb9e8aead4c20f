# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Labels of reports and codes in the languages of the contracts, each with the rung it came from.

Every contract may bring `labels.json`: `{key: {language: text}}`. They are the city's catalogue; nothing is invented:
a key without a text in the language asked for is answered in another one, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.contracts.labels import catalogue
from hanse.kernel.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_KEYS = 2000
LANGUAGES = ("nl", "en")


@dataclass(frozen=True, slots=True)
class Label:
    """A label: its text, the language it is in, and the rung: "catalogue" or "fallback"."""

    key: str
    text: str
    language: str
    rung: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The catalogue of all contracts."""

    texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def of_contracts(cls) -> Labels:
        """What the contracts bring."""
        return cls(catalogue())

    def get(self, keys: Sequence[str], language: str) -> list[Label]:
        """Labels for the keys, all of them when none is named.

        Raises:
            InvalidInputError: too many keys, or no language.
        """
        if len(keys) > MAX_KEYS:
            raise invalid("keys", f"at most {MAX_KEYS} are taken", reason="LIMIT_EXCEEDED")
        if not language:
            raise invalid("language", f"is missing; there are {', '.join(LANGUAGES)}")
        wanted = language.lower().split("-")[0]
        return [self._label(key, wanted) for key in (keys or sorted(self.texts))]

    def _label(self, key: str, language: str) -> Label:
        texts = self.texts.get(key, {})
        if language in texts:
            return Label(key, texts[language], language, "catalogue")
        for other in reversed(LANGUAGES):
            if other in texts:
                return Label(key, texts[other], other, "fallback")
        return Label(key, key, "", "fallback")
