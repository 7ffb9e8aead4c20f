# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The test vectors of the Token Status List specification, appendix C: every status of every list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hanse.statuslist import VALID, StatusList

if TYPE_CHECKING:
    from pathlib import Path


def test_vectors(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "suites" / "status-list-vectors.json").read_text())
    checked = 0
    for vector in vectors.values():
        statuses = {int(index): status for index, status in vector["statuses"].items()}
        decoded = StatusList.decode(vector["bits"], vector["lst"])
        assert (decoded.capacity, len(decoded.data)) == (vector["capacity"], vector["byteLength"])
        assert {index: decoded.get(index) for index in statuses} == statuses
        assert StatusList.build(vector["bits"], vector["capacity"], statuses) == decoded
        beside = {index + 1 for index in statuses} - set(statuses)
        assert all(decoded.get(index) == VALID for index in beside if index < decoded.capacity)
        checked += len(statuses)
    assert (len(vectors), checked) == (4, 293)
