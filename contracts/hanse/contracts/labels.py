# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""The labels that contracts bring along: `labels.json`, `{key: {language: text}}`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """The labels of all contracts by key, then by language. Raises ValueError when two contracts claim one key."""
    found: dict[str, Mapping[str, str]] = {}
    for contract in sorted(files("hanse.contracts").iterdir(), key=lambda entry: entry.name):
        source = contract / "v1" / "labels.json"
        if not source.is_file():
            continue
        labels = json.loads(source.read_text(encoding="utf-8"))
        if taken := sorted(set(labels) & set(found)):
            raise ValueError(f"{contract.name}: the label {taken[0]!r} stands in another contract too")
        found.update(labels)
    return MappingProxyType(found)
