# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Canonical JSON written fast is, byte by byte, what the library of RFC 8785 writes; and refuses what that refuses."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hanse.ngsild import canonical

NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e-3, 1e-3),
    st.floats(1e14, 1e17),
)
TEXTS = st.text() | st.text(alphabet='aB\U0001f3db\uffee\ue000\x00\x1f\x7f"\\/\u2028é\ufeff')
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=6))
@example({"a": -0.0, "b": 1e21, "c": 1e-7, "d": 4.0, "e": 0.1 + 0.2, "f": 1e15, "g": 9.999e-5, "h": 123456789012345.6})
@example({"\U0001f3db": 1, "\ue000": 2})
@settings(max_examples=300)
def test_the_same_as_the_reference(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [{"a": float("nan")}, {"a": float("inf")}, {"a": 2**53}, {"a": "\ud800"}, {"a": b""}, {"a": {1: 2}}]
)
def test_what_has_no_canonical_form(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        canonical(value)
