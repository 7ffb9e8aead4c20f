# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a JSON-LD context."""

from __future__ import annotations

from enum import StrEnum


class ContextFault(StrEnum):
    """Why a context is refused."""

    UNAVAILABLE = "unavailable"  # a remote context could not be had
    NOT_JSON = "not JSON"  # it is there, but no JSON-LD context document
    INVALID = "invalid"  # against JSON-LD 1.1, or what NGSI-LD forbids
    RECURSION = "recursion"  # it includes itself
    TOO_LARGE = "too large"  # more documents, terms, levels or characters than are taken


class ContextError(ValueError):
    """A context that cannot be used; the sentence names the place and the remedy.

    Attributes:
        fault: the kind, from which a caller derives the error type (LdContextNotAvailable or BadRequestData).
        url: the remote context concerned, or None for what the request itself brought.
    """

    def __init__(self, fault: ContextFault, reason: str, url: str | None = None) -> None:
        super().__init__(reason)
        self.fault = fault
        self.url = url
