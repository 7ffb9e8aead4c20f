# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with CityGML: with the document as a whole, or with one building of it."""

from __future__ import annotations


class CityGmlError(ValueError):
    """The document as a whole cannot be read; the sentence names the place and the remedy."""


class FaultError(Exception):
    """A building cannot be read; becomes a Refused in the reader, never leaves this package."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(reason)
        self.where = where
        self.reason = reason
