# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names of operations that a registration may allow, and the groups of them (CIM 009 clause 4.20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_DISCOVERY: Final = frozenset(
    {
        "retrieveEntityTypes",
        "retrieveEntityTypeDetails",
        "retrieveEntityTypeInfo",
        "retrieveAttrTypes",
        "retrieveAttrTypeDetails",
        "retrieveAttrTypeInfo",
    }
)
_SUBSCRIPTIONS: Final = frozenset(
    {"createSubscription", "updateSubscription", "retrieveSubscription", "querySubscription", "deleteSubscription"}
)
_PROVISION: Final = frozenset(
    {
        "createEntity",
        "updateEntity",
        "appendAttrs",
        "updateAttrs",
        "deleteAttrs",
        "deleteEntity",
        "mergeEntity",
        "replaceEntity",
        "replaceAttrs",
        "purgeEntity",
    }
)
_BATCHES: Final = frozenset({"createBatch", "upsertBatch", "updateBatch", "deleteBatch", "mergeBatch"})
_TEMPORAL: Final = frozenset(
    {
        "upsertTemporal",
        "appendAttrsTemporal",
        "deleteAttrsTemporal",
        "updateAttrInstanceTemporal",
        "deleteAttrInstanceTemporal",
        "deleteTemporal",
        "retrieveTemporal",
        "queryTemporal",
    }
)
_MAPS: Final = frozenset({"retrieveEntityMap", "updateEntityMap", "deleteEntityMap", "createEntityMapQueryEntity"})
_IDENTITY: Final = frozenset({"retrieveContextSourceIdentity"})
_ASSOCIATION: Final = (
    frozenset({"retrieveEntity", "queryEntity", "queryBatch"}) | _DISCOVERY | _SUBSCRIPTIONS | _IDENTITY
)
GROUPS: Final = {
    "federationOps": _ASSOCIATION | _MAPS,
    "associationOps": _ASSOCIATION,
    "updateOps": frozenset({"updateEntity", "updateAttrs", "replaceEntity", "replaceAttrs"}),
    "retrieveOps": frozenset({"retrieveEntity", "queryEntity"}),
    "redirectionOps": _PROVISION | _DISCOVERY | _MAPS | _IDENTITY | {"retrieveEntity", "queryEntity"},
}
KNOWN: Final = (
    frozenset(GROUPS)
    | frozenset({"retrieveEntity", "queryEntity", "queryBatch"})
    | _DISCOVERY
    | _SUBSCRIPTIONS
    | _PROVISION
    | _BATCHES
    | _TEMPORAL
    | _MAPS
    | _IDENTITY
    | {"createEntityMapQueryTemporal"}
)
DEFAULT: Final = ("federationOps",)
READING: Final = frozenset({"retrieveOps", "retrieveEntity", "queryEntity"})  # all that an auxiliary source may offer


def expanded(names: Iterable[str]) -> frozenset[str]:
    """Single operations, groups taken apart."""
    return frozenset(each for name in names for each in GROUPS.get(name, {name}))
