# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Token Status List: revocation and suspension as bits in a signed list. No I/O and no clock."""

from __future__ import annotations

from hanse.statuslist.errors import StatusListError
from hanse.statuslist.statuses import INVALID, MAX_LIST_BYTES, SUSPENDED, VALID, StatusList
from hanse.statuslist.token import (
    STATUS_LIST_TYPE,
    StatusReference,
    VerifiedStatusList,
    sign_status_list,
    verify_status_list,
)

__all__ = [
    "INVALID",
    "MAX_LIST_BYTES",
    "STATUS_LIST_TYPE",
    "SUSPENDED",
    "VALID",
    "StatusList",
    "StatusListError",
    "StatusReference",
    "VerifiedStatusList",
    "sign_status_list",
    "verify_status_list",
]
