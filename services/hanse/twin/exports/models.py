# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities as a 3D model: what a worker process does with a file of their JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.exports import Model, write_glb
from hanse.geo import Crs
from hanse.twin.space.solids import solids_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(source: str, target: str, city_crs: str) -> list[str]:
    """Writes a GLB file of a file with an entity a line; ids of those whose solid cannot be read are given back."""
    left: list[str] = []
    Path(target).write_bytes(write_glb(_models(Path(source), city_crs, left), crs=Crs.parse(city_crs)))
    return left


def _models(source: Path, city_crs: str, left: list[str]) -> Iterator[Model]:
    with source.open("rb") as file:
        for line in file:
            solids, entity = solids_of(line, city_crs), json.loads(line)
            if not solids:
                left.append(entity["id"])
                continue
            told = {"id": entity["id"], "type": entity["type"]}
            source_id = entity.get("sourceId", {}).get("value", entity["id"])
            yield Model(str(source_id), solids, told)
