# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The error of SD-JWT processing."""

from __future__ import annotations

from hanse.jose import JoseError


class SdJwtError(JoseError):
    """A credential or presentation was refused; see ``JoseError`` for ``code`` and message."""
