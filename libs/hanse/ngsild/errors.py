# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with an NGSI-LD document or with an operation upon an entity."""

from __future__ import annotations


class NgsiLdError(ValueError):
    """An entity cannot be read, changed or turned into something else; the sentence names place and remedy."""


class BadRequestDataError(NgsiLdError):
    """A document that is against NGSI-LD (CIM 009 clause 5.5.2, BadRequestData).

    Attributes:
        pointer: JSON pointer (RFC 6901) into the document.
        reason: a sentence.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer = pointer
        self.reason = reason


class AttributeNotFoundError(NgsiLdError):
    """The entity has no such attribute, or no instance of it with that datasetId (ResourceNotFound)."""
