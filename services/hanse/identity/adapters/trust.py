# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The installed trust list as identity asks it: whose keys sign which credentials and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.identity.issuing import TYPES
from hanse.kernel.errors import DeniedError
from hanse.trust import TrustError

if TYPE_CHECKING:
    from hanse.jose import KeySet
    from hanse.kernel.clock import Clock
    from hanse.kernel.trust import TrustStore


@dataclass(frozen=True, slots=True)
class InstalledTrust:
    """`Trust` over the installed list. A city always trusts itself, list or no list."""

    authority: str
    own: KeySet
    store: TrustStore
    clock: Clock

    def issuer_keys(self, authority: str, vct: str) -> KeySet:
        """Keys trusted to sign a credential of type `vct`. Raises DeniedError NOT_TRUSTED."""
        if authority == self.authority:
            if vct in TYPES:
                return self.own
            raise _refused(f"{authority} does not issue {vct[:200]!r}")
        try:
            return self.store.current().issuer_keys(authority, vct, self.clock.now())
        except TrustError as error:
            raise _refused(str(error)) from None

    def token_keys(self, authority: str) -> KeySet:
        """Keys with which a city signs tokens and status lists. Raises DeniedError NOT_TRUSTED."""
        return self.own if authority == self.authority else self.store.city(authority).identity


def _refused(sentence: str) -> DeniedError:
    return DeniedError(
        sentence,
        remedy="Only issuers on the installed trust list count; `hanse trust show` lists them.",
        reason="NOT_TRUSTED",
    )
