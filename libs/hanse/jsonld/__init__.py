# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""JSON-LD 1.1 contexts for an NGSI-LD broker: processed once, then names to IRIs and back by tables. No I/O."""

from __future__ import annotations

from hanse.jsonld.context import CORE, Context
from hanse.jsonld.contexts import Contexts, Limits, Loaded, Loader
from hanse.jsonld.core import CORE_TERMS, CORE_URL, DEFAULT_VOCABULARY, core_document, is_core_url
from hanse.jsonld.errors import ContextError, ContextFault
from hanse.jsonld.naming import Renaming, StoredNames
from hanse.jsonld.terms import Term

__all__ = [
    "CORE",
    "CORE_TERMS",
    "CORE_URL",
    "DEFAULT_VOCABULARY",
    "Context",
    "ContextError",
    "ContextFault",
    "Contexts",
    "Limits",
    "Loaded",
    "Loader",
    "Renaming",
    "StoredNames",
    "Term",
    "core_document",
    "is_core_url",
]
