# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Translates one document: read and validated, carried step by step, validated again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse.kernel.errors import LimitExceededError, PreconditionError
from hanse.translation import registry, wishes
from hanse.translation.model import TWIN, Held, Options
from hanse.translation.sources import twin_entities
from hanse.translation.targets import OUT

if TYPE_CHECKING:
    from hanse.translation.model import Result

MAX_BYTES = 16 * 1024 * 1024


def translate(source: str, target: str, document: bytes, options: Options) -> Result:
    """The document in the contract asked for, with what was lost. Pure, and safe to run in a worker process.

    Raises:
        PreconditionError: CONTRACT_VERSION_UNSUPPORTED: no way joins the contracts.
        InvalidInputError: CONTRACT_VIOLATION, or an option that is not understood.
        LimitExceededError: more than 16 MiB.
    """
    check(source, target, len(document))
    held = twin_entities(document) if source == TWIN else [Held(document, "", "")]
    for edge in registry.way(source, target):
        held = edge.step(held, options)
        if edge.target == TWIN:
            held = wishes.fulfil(held, options)
    return OUT[target](held)


def check(source: str, target: str, size: int) -> None:
    """What can be told without looking into the document; errors as `translate`."""
    if size > MAX_BYTES:
        raise LimitExceededError(
            f"the document has {size} bytes, at most {MAX_BYTES} are taken",
            remedy="Split it, one feature or entity a document, and use TranslateStream.",
        )
    if not registry.way(source, target):
        raise PreconditionError(
            f"no translation leads from {source[:80]!r} to {target[:80]!r}",
            remedy="Ask ListTranslations what can be translated into what.",
            metadata={"source_contract": source[:80], "target_contract": target[:80]},
        )
