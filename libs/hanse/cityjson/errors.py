# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with CityJSON: with the document as a whole, or with one feature of it."""

from __future__ import annotations

from dataclasses import dataclass


class CityJsonError(ValueError):
    """The document as a whole cannot be read or written; the sentence names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A feature that was left out, while the rest of the document loads.

    Attributes:
        feature_id: id of the feature, else of the object concerned; None when the line could not be parsed.
        pointer: JSON pointer (RFC 6901) into the document, or into the line of a sequence.
        reason: a sentence that names the fault and the remedy.
        line: line of a CityJSONSeq, counted from 1; None in a document.
    """

    feature_id: str | None
    pointer: str
    reason: str
    line: int | None = None


class FeatureFaultError(Exception):
    """Raised inside the reader; becomes a Refused there, never leaves this package."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(reason)
        self.pointer = pointer
        self.reason = reason


def pointer(*parts: str | int) -> str:
    """Write a JSON pointer (RFC 6901 section 3)."""
    if len(parts) == 1:
        only = str(parts[0])
        return "/" + (only.replace("~", "~0").replace("/", "~1") if "~" in only or "/" in only else only)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
