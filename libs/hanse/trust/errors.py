# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The error of trust decisions."""

from __future__ import annotations

from hanse.jose import JoseError


class TrustError(JoseError):
    """A trust list, or what was looked for in one, is not trusted.

    ``code`` is stable and the message a sentence. Codes: ``unknown-anchor``, ``expired``, ``not-yet-valid``,
    ``rolled-back``, ``malformed``, ``unknown-member``, ``duplicate-city``, ``reused-key``, ``unknown-city``,
    ``city-not-valid``, ``not-entitled``, and those of ``JoseError`` where a signature or key is wrong.
    """
