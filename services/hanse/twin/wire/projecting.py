# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities on the wire with some of their attributes, or their texts in one language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.errors import invalid
from hanse.ngsild import BadRequestDataError, Options, parse_languages, parse_projection, represent
from hanse.twin.names import own_renaming

if TYPE_CHECKING:
    from hanse.twin.wire.asking import Projection


def options(wanted: Projection) -> Options:
    """What is asked for, in NGSI-LD's terms. Raises InvalidInputError."""
    renaming = own_renaming()
    try:
        return Options(
            pick=parse_projection(",".join(("id", "type", *wanted.pick)), renaming, "pick") if wanted.pick else None,
            omit=parse_projection(",".join(wanted.omit), renaming, "omit") if wanted.omit else None,
            languages=parse_languages(wanted.language or None),
        )
    except BadRequestDataError as error:
        raise invalid("pick, omit or language", str(error)) from None


def projected(wire: bytes, wanted: Projection) -> bytes:
    """The entity, rewritten; its head stays."""
    entity = types.Entity.FromString(wire)
    answer = represent(json.loads(entity.json), own_renaming(), options(wanted))
    entity.json = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    rewritten: bytes = entity.SerializeToString()
    return rewritten
