# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Documents against their contracts: zoning documents that come in, reports that go out."""

from __future__ import annotations

from hanse.contracts import validate_document
from hanse.kernel.errors import FieldViolation, HanseError, InvalidInputError

_SHOWN = 20


def check_zoning(document: bytes) -> None:
    """Refuses bytes that do not fulfil zoning/v1. Raises InvalidInputError with a violation per place."""
    violations = validate_document(document, contract="zoning/v1")
    if violations:
        raise InvalidInputError(
            f"the zoning document does not fulfil zoning/v1: {violations[0]}",
            remedy="Mend the document: `hanse contracts validate --contract zoning/v1 FILE` lists every violation.",
            reason="CONTRACT_VIOLATION",
            violations=[
                FieldViolation(f"json{each.pointer}", f"expected {each.expected}, found {each.found}")
                for each in violations[:_SHOWN]
            ],
        )


def check_report(report: bytes) -> None:
    """Holds a report to permit/v1 before it is stored; a violation is a defect here. Raises HanseError."""
    violations = validate_document(report, contract="permit/v1", schema="report")
    if violations:
        raise HanseError(f"the report does not fulfil permit/v1: {violations[0]}")
