# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The error of status list processing."""

from __future__ import annotations

from hanse.jose import JoseError


class StatusListError(JoseError):
    """A status list or its token was refused; see ``JoseError`` for ``code`` and message."""
