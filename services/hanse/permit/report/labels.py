# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a report in Dutch and English: one key, one text per language.

They are part of contract permit/v1 (`labels.json`). Translation tells them (`GetLabels`); what it answers is laid over
the contract's own, so that a report can also be written with nobody to ask. `{name}` marks are filled in by the
caller. Keys of the families `verdict.`, `state.`, `datum.`, `loss.`, `measure.`, `measured.`, `allowed.`, `use.` and
`unit.` end in a code of the report; a code without a label is shown as it stands.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hanse.contracts.labels import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("nl", "en")
CATALOGUE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {language: labels()[language] for language in LANGUAGES}
)


class LanguageError(ValueError):
    """A report was asked for in a language that it is not written in."""


def catalogue(language: str, official: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return every label in a language ("nl" or "en"), those of `official` taking precedence.

    Raises:
        LanguageError: the language is neither.
    """
    if language not in CATALOGUE:
        raise LanguageError(
            f"language {language!r} is not one a report is written in: ask for one of {', '.join(LANGUAGES)}"
        )
    return MappingProxyType({**CATALOGUE[language], **(official or {})})
