# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The signed trust list: which cities are trusted, with which keys, for what. No I/O and no clock."""

from __future__ import annotations

from hanse.trust.errors import TrustError
from hanse.trust.model import Anchor, City, CredentialType, TrustList
from hanse.trust.signed import TRUST_LIST_TYPE, sign_trust_list, verify_trust_list

__all__ = [
    "TRUST_LIST_TYPE",
    "Anchor",
    "City",
    "CredentialType",
    "TrustError",
    "TrustList",
    "sign_trust_list",
    "verify_trust_list",
]
