# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The names under which the twin stores attributes and types: those of twin/v1's context, over NGSI-LD's core."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from hanse.contracts import registry
from hanse.jsonld import ContextError, ContextFault, Contexts, Loaded, Renaming, StoredNames

TWIN_CONTEXT: Final = "urn:hanse:contract:twin:v1:context"
_CONTRACT: Final = "twin/v1"


@lru_cache(maxsize=1)
def twin_document() -> Loaded:
    """twin/v1's context document."""
    contract = registry.get(_CONTRACT)
    return Loaded(f"{_CONTRACT} {contract.revision}", json.loads(contract.read("context.jsonld")))


def _own_only(url: str) -> Loaded:
    if url != TWIN_CONTEXT:
        raise ContextError(ContextFault.UNAVAILABLE, f"the context {url[:200]} is not one of this service's", url)
    return twin_document()


@lru_cache(maxsize=1)
def stored_names() -> StoredNames:
    """The stored names."""
    return StoredNames(Contexts(_own_only, scoped=frozenset({TWIN_CONTEXT})).get(TWIN_CONTEXT))


@lru_cache(maxsize=1)
def own_renaming() -> Renaming:
    """Stored names as twin/v1's context has them: nothing changes."""
    return Renaming(Contexts(_own_only, scoped=frozenset({TWIN_CONTEXT})).get(TWIN_CONTEXT), stored_names())
