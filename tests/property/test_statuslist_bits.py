# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Packing over many lists: what is set is read, and nothing else changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hanse.statuslist import VALID, StatusList


@given(st.sampled_from([1, 2, 4, 8]), st.integers(1, 300), st.data())
def test_what_is_set_is_read(bits: int, capacity: int, data: st.DataObject) -> None:
    index, status = st.integers(0, capacity - 1), st.integers(0, 2**bits - 1)
    first = data.draw(st.dictionaries(index, status, max_size=20))
    second = data.draw(st.dictionaries(index, status, max_size=20))
    packed = StatusList.build(bits, capacity, first).with_statuses(second)
    again = StatusList.decode(bits, packed.encode())
    assert capacity <= again.capacity < capacity + 8
    expected = {**first, **second}
    assert all(again.get(i) == expected.get(i, VALID) for i in range(again.capacity))
