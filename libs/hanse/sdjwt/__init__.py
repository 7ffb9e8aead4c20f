# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""SD-JWT and SD-JWT VC (RFC 9901, ``dc+sd-jwt``): issue, present, verify; no I/O, no clock.

Two forms: compact with one ES256 signature, as wallets hold it, and JWS general JSON with ES256 and
ML-DSA-65, both required.
"""

from __future__ import annotations

from hanse.sdjwt.errors import SdJwtError
from hanse.sdjwt.holder import KB_JWT, present, select
from hanse.sdjwt.issuer import ALWAYS_VISIBLE, SD_JWT_VC, issue
from hanse.sdjwt.paths import ClaimPath
from hanse.sdjwt.verifier import Unverified, VerifiedCredential, peek, verify, verify_credential

__all__ = [
    "ALWAYS_VISIBLE",
    "KB_JWT",
    "SD_JWT_VC",
    "ClaimPath",
    "SdJwtError",
    "Unverified",
    "VerifiedCredential",
    "issue",
    "peek",
    "present",
    "select",
    "verify",
    "verify_credential",
]
