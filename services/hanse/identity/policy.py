# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which scopes a grant may give: decided here and nowhere else, and never more than asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.identity.model import ARCHITECT
from hanse.kernel.errors import DeniedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.access import Principal

_READER = frozenset({"twin:read", "translate"})
BY_CREDENTIAL: Mapping[str, frozenset[str]] = {
    ARCHITECT: _READER | {"permit:check", "exchange:read"},
}
BY_ROLE: Mapping[str, frozenset[str]] = {
    "client:operator": _READER
    | {
        "permit:check",
        "twin:write",
        "zoning:write",
        "identity:issue",
        "exchange:read",
        "exchange:admin",
    },
    "client:platform": _READER | {"permit:check", "exchange:read"},
    "service:permit": _READER | {"exchange:read"},
    "service:translation": _READER,
    "service:twin": _READER,
    "service:gateway": _READER,
    "service:identity": _READER,
}
# What a service may do for a person in this city, and a city for a person in another.
ON_BEHALF = _READER | {"permit:check", "exchange:read"}
ACROSS_BORDER = _READER | {"permit:check"}


def grant(available: frozenset[str], asked: str) -> frozenset[str]:
    """The scopes asked for (space-separated), or all that are available when none is named.

    Raises:
        DeniedError: SCOPE_MISSING, when more is asked than may be given, or nothing may be given.
    """
    wanted = frozenset(asked.split())
    if not available or not wanted <= available:
        missing = ", ".join(sorted(wanted - available)) or "any"
        raise DeniedError(
            f"this grant does not give the scope {missing}",
            remedy=f"Ask for at most: {' '.join(sorted(available)) or 'nothing'}.",
            reason="SCOPE_MISSING",
        )
    return wanted or available


def of_credential(vct: str) -> frozenset[str]:
    """Scopes that holders of a credential type may have."""
    return BY_CREDENTIAL.get(vct, frozenset())


def of_principal(principal: Principal) -> frozenset[str]:
    """Scopes of a service or client of this city."""
    return BY_ROLE.get(principal.role, frozenset())
