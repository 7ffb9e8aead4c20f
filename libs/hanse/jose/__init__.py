# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Strict JOSE: JWK, JWS and JWT with ES256 and ML-DSA-65; no I/O and no clock.

RFC 7515, 7517, 7518, 7519, 7638, 8725 and 9964.
"""

from __future__ import annotations

from hanse.jose.compact import read_unverified, sign_compact, verify_compact
from hanse.jose.encoding import b64u_decode, b64u_encode, canonical_json, parse_json, parse_object
from hanse.jose.errors import JoseError
from hanse.jose.general import GeneralJws, read_general_unverified, sign_general, verify_general
from hanse.jose.header import VerifiedJws
from hanse.jose.jwt import VerifiedJwt, check_claims, numeric_date, sign_jwt, time_claim, verify_jwt
from hanse.jose.keys import ES256, HYBRID_ALGS, ML_DSA_65, SigningKey, VerifyKey
from hanse.jose.keyset import HybridSigner, KeySet

__all__ = [
    "ES256",
    "HYBRID_ALGS",
    "ML_DSA_65",
    "GeneralJws",
    "HybridSigner",
    "JoseError",
    "KeySet",
    "SigningKey",
    "VerifiedJws",
    "VerifiedJwt",
    "VerifyKey",
    "b64u_decode",
    "b64u_encode",
    "canonical_json",
    "check_claims",
    "numeric_date",
    "parse_json",
    "parse_object",
    "read_general_unverified",
    "read_unverified",
    "sign_compact",
    "sign_general",
    "sign_jwt",
    "time_claim",
    "verify_compact",
    "verify_general",
    "verify_jwt",
]
