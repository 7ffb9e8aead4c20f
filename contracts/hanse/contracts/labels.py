# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The labels that a contract comes with: how its codes and reports read in each language (`labels.json`)."""

from __future__ import annotations

import json
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from hanse.contracts.registry import get

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = "labels.json"


@cache
def labels(contract: str = "permit/v1") -> Mapping[str, Mapping[str, str]]:
    """Texts by key, for each language (BCP 47). Raises ContractError when no such contract is known here."""
    held: dict[str, dict[str, str]] = json.loads(get(contract).read(LABELS))
    languages = dict.fromkeys(language for texts in held.values() for language in texts)
    return MappingProxyType(
        {
            language: MappingProxyType({key: texts[language] for key, texts in held.items() if language in texts})
            for language in languages
        }
    )
