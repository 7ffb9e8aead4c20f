# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The one error of JOSE processing."""

from __future__ import annotations


class JoseError(ValueError):
    """A key, token or claim was refused.

    ``code`` is a short machine-readable reason in kebab case (stable, safe to log and to map to a status);
    the message is one sentence that names the place and what would have been accepted. It never holds key
    material.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
