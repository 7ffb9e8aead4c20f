# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Translating: find the way, carry the document, validate both ends, say what was lost."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hanse.contracts.validation import validate_document
from hanse.kernel.errors import FieldViolation, InvalidInputError, PreconditionError, invalid
from hanse.translation.model import MAX_DOCUMENT_BYTES, Options, Result, Translation
from hanse.translation.ways import CITYJSON, TRANSLATIONS, TWIN, entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hanse.ngsild import Loss

REVISIONS = {TWIN: "1.0.0", "cityjson/2.0": "2.0"}
MAX_LOSSES = 500


@dataclass(frozen=True, slots=True)
class Translator:
    """All translations that there are."""

    translations: Sequence[Translation] = TRANSLATIONS

    def translate(self, source: str, target: str, document: bytes, options: Options) -> Result:
        """The document under the target contract.

        Raises:
            InvalidInputError: CONTRACT_VIOLATION, LIMIT_EXCEEDED or FIELD_INVALID.
            PreconditionError: CONTRACT_VERSION_UNSUPPORTED, no way joins the two contracts.
        """
        if len(document) > MAX_DOCUMENT_BYTES:
            raise invalid("document", f"is larger than {MAX_DOCUMENT_BYTES} bytes", reason="LIMIT_EXCEEDED")
        if not document.strip():
            raise invalid("document", "is empty")
        way = self._way(source, target)
        if source == TWIN:
            _validate(entities(document), "the source")
        elif source in CITYJSON:
            _version(document, source)
        carried = way.way(document, options)
        if target == TWIN:
            _validate((json.loads(line) for line in carried.lines), "the result")
        return Result(target, REVISIONS[target], replace(carried, losses=tuple(condensed(carried.losses))))

    def _way(self, source: str, target: str) -> Translation:
        for translation in self.translations:
            if (translation.source, translation.target) == (source, target):
                return translation
        known = ", ".join(f"{item.source} to {item.target}" for item in self.translations)
        raise PreconditionError(
            f"there is no translation from {source[:80]!r} to {target[:80]!r}",
            remedy=f"Known: {known}.",
            metadata={"source": source[:80], "target": target[:80]},
        )


def _validate(documents: Iterable[object], which: str) -> None:
    for index, document in enumerate(documents):
        found = validate_document(document, contract=TWIN, schema="entity")
        if found:
            raise InvalidInputError(
                f"{which} breaks twin/v1 at entity {index}, {found[0].pointer}: {found[0].expected}",
                remedy="Mend the document: `hanse contracts validate --contract twin/v1 FILE` lists every violation.",
                reason="CONTRACT_VIOLATION",
                violations=[
                    FieldViolation(f"document/{index}{v.pointer}", f"expected {v.expected}, found {v.found}")
                    for v in found[:100]
                ],
            )


def _version(document: bytes, source: str) -> None:
    """The document's own version must be the one that the caller named."""
    try:
        head = json.loads(document)
    except ValueError:
        try:
            head = json.loads(document.split(b"\n", 1)[0])
        except ValueError:
            return  # the reader says what is wrong with it
    version = head.get("version") if isinstance(head, dict) else None
    if isinstance(version, str) and f"cityjson/{version}" != source:
        raise invalid("source_contract", f"says {source}, the document says version {version}")


def condensed(losses: Iterable[Loss]) -> list[Loss]:
    """Each loss once by kind and detail, counted, with the first path."""
    first: dict[tuple[str, str], Loss] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for loss in losses:
        key = (loss.kind.value, loss.detail)
        first.setdefault(key, loss)
        counts[key] += 1
    return [
        loss if counts[key] == 1 else replace(loss, detail=f"{loss.detail} ({counts[key]} times)")
        for key, loss in list(first.items())[:MAX_LOSSES]
    ]
