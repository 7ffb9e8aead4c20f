# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Hanse's open contracts: what is exchanged between cities, in folders that anyone may implement from.

from hanse.contracts import validate_document
violations = validate_document(path.read_bytes(), contract="zoning/v1")
"""

from __future__ import annotations

from hanse.contracts.parsing import Limits
from hanse.contracts.registry import Contract, ContractError, SchemaEntry, get, list_contracts
from hanse.contracts.validation import Violation, detect_contract, detect_schema, validate_document

__all__ = [
    "Contract",
    "ContractError",
    "Limits",
    "SchemaEntry",
    "Violation",
    "detect_contract",
    "detect_schema",
    "get",
    "list_contracts",
    "validate_document",
]
