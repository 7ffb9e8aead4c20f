# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Contexts without a network: a loader that holds its documents, and the names of a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hanse.jsonld import ContextError, ContextFault, Contexts, Loaded, Renaming, StoredNames

Json = Any
TWIN = "urn:hanse:contract:twin:v1:context"
VEHICLES = "https://example.org/vehicles.jsonld"
_TWIN_FILE = Path(__file__).resolve().parents[1] / "contracts/hanse/contracts/twin/v1/context.jsonld"
_VEHICLES = {
    "@context": {
        "ex": "https://example.org/terms#",
        "Vehicle": "ex:Vehicle",
        "speed": "ex:speed",
        "isParked": {"@id": "ex:isParked", "@type": "@id"},
        "category": {"@id": "ex:category", "@type": "@vocab"},
        "commercial": "ex:commercial",
        "value": "https://example.org/not-the-core",
        "groundHeight": "ex:groundHeight",
    }
}


class Shelf:
    """A loader over documents in memory; a document that is put again has a new key."""

    def __init__(self, documents: dict[str, Json] | None = None) -> None:
        self.documents = {TWIN: json.loads(_TWIN_FILE.read_text()), VEHICLES: _VEHICLES, **(documents or {})}
        self.revision = 1
        self.asked: list[str] = []

    def put(self, url: str, document: Json) -> None:
        self.documents[url] = document
        self.revision += 1

    def __call__(self, url: str) -> Loaded:
        self.asked.append(url)
        if url not in self.documents:
            raise ContextError(ContextFault.UNAVAILABLE, f"{url} cannot be had", url)
        return Loaded(str(self.revision), self.documents[url])


CONTEXTS = Contexts(Shelf(), scoped=frozenset({TWIN}))
STORED = StoredNames(CONTEXTS.get(TWIN))


def renaming(local: Json = None) -> Renaming:
    """Between the names of a context and the stored ones."""
    return Renaming(CONTEXTS.get(local), STORED)
