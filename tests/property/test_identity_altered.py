# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Any altered byte of a presentation or token is refused, with an error that says so and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from identity_world import Holder, IdentityWorld

from hanse.identity.tokens import Wish
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import DeniedError, HanseError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

# An altered iss or vct names another issuer, who is not trusted; everything else makes the presentation invalid.
REASONS = {UnauthenticatedError: {"PRESENTATION_INVALID"}, DeniedError: {"NOT_TRUSTED"}}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityWorld]:
    made = IdentityWorld.make(tmp_path_factory.mktemp("identity"), system_clock())
    yield made
    made.close()


@pytest.fixture(scope="module")
def presentations(world: IdentityWorld) -> dict[str, str]:
    holders = {name: world.there.issue_to(Holder.new(), general=name == "general") for name in ("compact", "general")}
    return {name: world.here.presentation_of(holder, ("given_name",)) for name, holder in holders.items()}


def refuse(world: IdentityWorld, presentation: str) -> None:
    with pytest.raises(HanseError) as caught:
        world.here.exchange.for_presentation(presentation, Wish())
    assert caught.value.reason in REASONS[type(caught.value)], caught.value
    assert caught.value.remedy


@pytest.mark.parametrize("form", ["compact", "general"])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_altered_character(
    world: IdentityWorld, presentations: dict[str, str], form: str, data: st.DataObject
) -> None:
    whole = presentations[form]
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    assume(other != whole[at])
    altered = whole[:at] + other + whole[at + 1 :]
    assume(form == "compact" or not _same_json(whole, altered))
    refuse(world, altered)


@pytest.mark.parametrize("form", ["compact", "general"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_anything_cut_out_or_put_in(
    world: IdentityWorld, presentations: dict[str, str], form: str, data: st.DataObject
) -> None:
    whole = presentations[form]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    altered = whole[:start] + data.draw(st.text(max_size=20)) + whole[end:]
    assume(altered != whole)
    assume(form == "compact" or not _same_json(whole, altered))
    refuse(world, altered)


@given(text=st.text(max_size=400))
@example('{"payload":"e30","signatures":[]}')
@example('{"payload":"e30","signatures":[{"header":{"disclosures":[],"kb_jwt":"e30.e30.e30"}}]}')
@settings(max_examples=100, deadline=None)
def test_any_text_at_all(world: IdentityWorld, text: str) -> None:
    refuse(world, text)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_altered_character_of_a_token(world: IdentityWorld, data: st.DataObject) -> None:
    whole = world.here.exchange.for_certificate(world.here.principal("client:operator"), Wish()).text
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    assume(other != whole[at])
    permit = world.here.principal("service:permit")
    altered = whole[:at] + other + whole[at + 1 :]
    with pytest.raises((UnauthenticatedError, DeniedError)) as caught:
        world.here.exchange.for_token(altered, permit, Wish())
    assert caught.value.reason in {"SUBJECT_TOKEN_INVALID", "NOT_TRUSTED"}
    assert world.here.exchange.introspect(altered, permit) == {}


def test_the_unaltered_still_holds(world: IdentityWorld, presentations: dict[str, str]) -> None:
    """Nothing above used the challenges up: what was altered was refused for being altered."""
    for presentation in presentations.values():
        assert world.here.exchange.for_presentation(presentation, Wish()).scopes


def _same_json(one: str, other: str) -> bool:
    """White space between the members of a JSON form is no alteration."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
