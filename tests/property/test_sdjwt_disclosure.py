# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Selective disclosure over many credentials: the holder's choice decides, exactly, what a verifier learns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.jose import ES256, KeySet, SigningKey
from hanse.sdjwt import issue, select, verify_credential

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BASE: dict[str, object] = {"iss": "i", "vct": "v", "exp": int(NOW.timestamp()) + 60}
ISSUER = SigningKey.generate(ES256)
KEYS = KeySet.of(ISSUER.public)
NAMES = st.sampled_from(["a", "b", "c", "\u00e9", ""])
VALUES = st.recursive(
    st.integers(0, 9) | st.booleans() | st.none() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
Path = tuple[str | int, ...]


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*at, index))


def without(value: object, hidden: set[Path], at: Path = ()) -> object:
    """Remove what is hidden: the plain reading of selective disclosure."""
    if isinstance(value, dict):
        return {n: without(v, hidden, (*at, n)) for n, v in value.items() if (*at, n) not in hidden}
    if isinstance(value, list):
        return [without(v, hidden, (*at, i)) for i, v in enumerate(value) if (*at, i) not in hidden]
    return value


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=3), st.data())
def test_a_verifier_learns_exactly_what_was_chosen(extra: dict[str, object], data: st.DataObject) -> None:
    claims = {**BASE, **extra}
    every = [path for path in paths(extra) if path]
    disclosable = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    chosen = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    text = issue(claims, disclosable, ISSUER, holder_jwk=None, decoys=data.draw(st.integers(0, 2)))
    assert dict(verify_credential(text, KEYS, now=NOW).claims) == claims
    hidden = {path for path in disclosable if not any(path == c[: len(path)] or c == path[: len(c)] for c in chosen)}
    seen = verify_credential(select(text, chosen), KEYS, now=NOW).claims
    assert seen == without(claims, hidden)
