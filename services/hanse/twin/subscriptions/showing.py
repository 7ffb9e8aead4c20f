# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions as they are answered, with how their notifications go (CIM 009 clauses 5.2.12 and 5.2.14.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse import query as languages
from hanse.twin.subscriptions import members as m
from hanse.twin.subscriptions.documents import CONTEXTS, DEFAULT_TRIGGERS, context_of, parsed_q, status
from hanse.twin.subscriptions.images import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hanse.jsonld import Renaming
    from hanse.twin.subscriptions.model import Kept

    Renamings = Callable[[Any], Renaming]

Json = Any


def shown(kept: Kept, kind: str, renaming: Renaming, now: datetime, renamings: Renamings) -> dict[str, Json]:
    """A subscription as it is answered, in the names of the request's context."""
    stored, names = kept.document, renaming.outward
    document = {name: value for name, value in stored.items() if name != CONTEXTS}
    if "entities" in document:
        document["entities"] = [{**one, "type": m.renamed_types(one["type"], names)} for one in stored["entities"]]
    if "watchedAttributes" in document:
        document["watchedAttributes"] = [names(one) for one in stored["watchedAttributes"]]
    if "geoproperty" in document.get("geoQ", {}):
        document["geoQ"] = {**stored["geoQ"], "geoproperty": names(stored["geoQ"]["geoproperty"])}
    if "q" in document:
        document["q"] = _rewritten(stored["q"], renamings(context_of(stored, "q")), renaming)
    notification = dict(stored["notification"])
    if "attributes" in notification:
        notification["attributes"] = [names(one) for one in notification["attributes"]]
    document["notification"] = {**notification, **_going(kept)}
    if kind == ENTITIES:
        document.setdefault("notificationTrigger", list(DEFAULT_TRIGGERS))
    document["status"] = status(stored, now)
    return document


def _rewritten(text: str, of: Renaming, to: Renaming) -> str:
    """A q in the names of another context; as it came where they are the same."""
    written = languages.to_q(parsed_q(text, of.inward), to.outward)
    return text if written == languages.to_q(parsed_q(text, lambda name: name)) else written


def _going(kept: Kept) -> dict[str, Json]:
    """How notifications go (clause 5.2.14.2); nothing while there was none."""
    state = kept.state
    if not state.last:
        return {"timesFailed": state.failed} if state.failed else {}
    found: dict[str, Json] = {"timesSent": state.sent, "lastNotification": state.last}
    if state.success or state.failure:  # of the last one that something is known of
        found["status"] = "failed" if state.streak or not state.success else "ok"
    if state.failed:
        found["timesFailed"] = state.failed
    if state.success:
        found["lastSuccess"] = state.success
    if state.failure:
        found["lastFailure"] = state.failure
    return found
