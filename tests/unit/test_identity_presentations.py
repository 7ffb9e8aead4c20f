# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Presentations for tokens: what holds is taken once; whatever does not hold, or nobody can tell, is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from identity_world import CLAIMS, Holder, IdentityWorld

from hanse.cli.federation import sign_trust_list
from hanse.identity.adapters import repository
from hanse.identity.model import ARCHITECT, HYBRID_TYP
from hanse.identity.tokens import Wish
from hanse.jose import ES256, HybridSigner, SigningKey, sign_jwt
from hanse.kernel.errors import (
    ConflictError,
    DeniedError,
    HanseError,
    InvalidInputError,
    LimitExceededError,
    UnauthenticatedError,
    UnavailableError,
)
from hanse.sdjwt import issue
from hanse.sdjwt.form import take_apart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clocks import StillClock

    from hanse.identity.model import AccessToken

FORMS = pytest.mark.parametrize("form", ["compact", "general"])


@pytest.fixture
def world(tmp_path: Path, clock: StillClock) -> Iterator[IdentityWorld]:
    made = IdentityWorld.make(tmp_path, clock)
    yield made
    made.close()


def sign_in(world: IdentityWorld, presentation: str, wish: Wish | None = None) -> AccessToken:
    return world.here.exchange.for_presentation(presentation, wish or Wish())


def reason_of(world: IdentityWorld, presentation: str, kind: type[HanseError]) -> str:
    with pytest.raises(kind) as caught:
        sign_in(world, presentation)
    assert caught.value.remedy
    return caught.value.reason


@FORMS
@pytest.mark.parametrize("issuer", ["here", "there"])
def test_own_and_neighbours_credentials_give_a_token(world: IdentityWorld, form: str, issuer: str) -> None:
    city = getattr(world, issuer)
    holder = city.issue_to(Holder.new(), general=form == "general")
    token = sign_in(world, world.here.presentation_of(holder))
    assert token.scopes == {"permit:check", "twin:read", "translate", "exchange:read"}
    assert token.subject.startswith("urn:hanse:marewijk.example:person:")
    assert token.lifetime_s == 300
    for secret in (holder.id, holder.key.public.thumbprint, *CLAIMS.values()):
        assert secret not in token.text
    assert world.neighbours.asked == ([] if issuer == "here" else ["lindemond.example"])


def test_a_person_is_the_same_here_each_time_and_another_one_there(world: IdentityWorld) -> None:
    holder = world.there.issue_to(Holder.new())
    subjects = [sign_in(world, world.here.presentation_of(holder)).subject for _ in range(2)]
    assert subjects[0] == subjects[1]
    abroad = world.there.exchange.for_presentation(world.there.presentation_of(holder), Wish()).subject
    assert abroad.rpartition(":")[2] != subjects[0].rpartition(":")[2]
    other = sign_in(world, world.here.presentation_of(world.there.issue_to(Holder.new()))).subject
    assert other != subjects[0]


def test_two_credentials_with_one_shown_subject_are_one_person(world: IdentityWorld) -> None:
    claims = json.dumps({**CLAIMS, "sub": "person-7"})
    holders = [world.there.issue_to(Holder.new(), claims_json=claims) for _ in range(2)]
    assert len({sign_in(world, world.here.presentation_of(holder)).subject for holder in holders}) == 1
    # The subject of one issuer is not the subject of another.
    own = world.here.issue_to(Holder.new(), claims_json=claims)
    foreign = sign_in(world, world.here.presentation_of(holders[0])).subject
    assert sign_in(world, world.here.presentation_of(own)).subject != foreign


def test_no_subject_passes_for_another_holders_key(world: IdentityWorld) -> None:
    victim = world.there.issue_to(Holder.new())
    claims = json.dumps({**CLAIMS, "sub": victim.key.public.thumbprint})
    thief = world.there.issue_to(Holder.new(), claims_json=claims)
    found = {sign_in(world, world.here.presentation_of(holder)).subject for holder in (victim, thief)}
    assert len(found) == 2


@FORMS
def test_a_presentation_is_taken_once(world: IdentityWorld, form: str) -> None:
    presentation = world.here.presentation_of(world.there.issue_to(Holder.new(), general=form == "general"))
    sign_in(world, presentation)
    assert reason_of(world, presentation, ConflictError) == "REPLAYED"


def test_a_failed_attempt_does_not_use_the_challenge_up(world: IdentityWorld) -> None:
    presentation = world.here.presentation_of(world.there.issue_to(Holder.new()))
    with pytest.raises(DeniedError) as caught:
        sign_in(world, presentation, Wish(scope="identity:issue"))
    assert caught.value.reason == "SCOPE_MISSING"
    world.neighbours.silent.add("lindemond.example")
    with pytest.raises(UnavailableError):
        sign_in(world, presentation)
    world.neighbours.silent.clear()
    assert sign_in(world, presentation, Wish(scope="twin:read")).scopes == {"twin:read"}


def test_another_audience_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = world.there.issue_to(Holder.new())
    nonce = world.here.exchange.challenge(world.here.principal("client:platform")).nonce
    presentation = holder.present(nonce, "https://lindemond.example", clock.now())
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"
    with pytest.raises(InvalidInputError) as caught:
        sign_in(world, world.here.presentation_of(holder), Wish(audience="lindemond.example"))
    assert caught.value.violations[0].field == "audience"


def test_a_nonce_of_another_city_or_of_nobody_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = world.there.issue_to(Holder.new())
    foreign = world.there.exchange.challenge(world.there.principal("client:platform")).nonce
    for nonce in (foreign, "made-up"):
        presentation = holder.present(nonce, "https://marewijk.example", clock.now())
        assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_an_expired_challenge_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = world.there.issue_to(Holder.new())
    nonce = world.here.exchange.challenge(world.here.principal("client:platform")).nonce
    clock.forward(minutes=5, seconds=1)
    presentation = holder.present(nonce, "https://marewijk.example", clock.now())
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(minutes=-2)], ids=["old", "of the future"])
def test_a_key_binding_of_another_time_is_refused(world: IdentityWorld, clock: StillClock, ahead: timedelta) -> None:
    holder = world.there.issue_to(Holder.new())
    challenge = world.here.exchange.challenge(world.here.principal("client:platform"))
    presentation = holder.present(challenge.nonce, challenge.audience, clock.now() - ahead)
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


@FORMS
def test_an_expired_credential_is_refused(world: IdentityWorld, clock: StillClock, form: str) -> None:
    holder = world.there.issue_to(Holder.new(), general=form == "general")
    clock.forward(hours=1, minutes=1)
    presentation = world.here.presentation_of(holder)
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_one_of_two_signatures_stripped_is_refused(world: IdentityWorld) -> None:
    presentation = json.loads(world.here.presentation_of(world.there.issue_to(Holder.new())))
    assert len(presentation["signatures"]) == 2
    header = presentation["signatures"][0]["header"]
    for kept in (0, 1):
        stripped = {**presentation, "signatures": [{**presentation["signatures"][kept], "header": header}]}
        assert reason_of(world, json.dumps(stripped), UnauthenticatedError) == "PRESENTATION_INVALID"
    doubled = {**presentation, "signatures": [presentation["signatures"][0]] * 2}
    assert reason_of(world, json.dumps(doubled), UnauthenticatedError) == "PRESENTATION_INVALID"


@pytest.mark.parametrize("binding", ["old", "new"])
def test_the_es256_part_is_no_compact_credential(world: IdentityWorld, clock: StillClock, binding: str) -> None:
    """A holder who cuts the post-quantum signature off, and even binds the rest to her key, gets nothing."""
    holder = world.there.issue_to(Holder.new())
    presentation = json.loads(world.here.presentation_of(holder))
    first = presentation["signatures"][0]
    compact = f"{first['protected']}.{presentation['payload']}.{first['signature']}~"
    cut = compact + first["header"]["kb_jwt"]
    if binding == "new":
        challenge = world.here.exchange.challenge(world.here.principal("client:platform"))
        cut = replace(holder, credential=compact).present(challenge.nonce, challenge.audience, clock.now())
    assert reason_of(world, cut, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_a_compact_credential_does_not_pass_as_the_general_form(world: IdentityWorld) -> None:
    presentation = world.here.presentation_of(world.there.issue_to(Holder.new(), general=False))
    parts = take_apart(presentation)
    assert isinstance(parts.jws, str)
    protected, payload, signature = parts.jws.split(".")
    general = {
        "payload": payload,
        "signatures": [
            {
                "protected": protected,
                "signature": signature,
                "header": {"disclosures": [], "kb_jwt": parts.kb_jwt},
            }
        ],
    }
    assert reason_of(world, json.dumps(general), UnauthenticatedError) == "PRESENTATION_INVALID"


def forged(world: IdentityWorld, clock: StillClock, signer: HybridSigner, holder: Holder, **claims: object) -> Holder:
    """A credential in the name of Lindemond, or with claims that Lindemond's service does not make."""
    now = int(clock.now().timestamp())
    status = {"status_list": {"idx": 1, "uri": world.there.issuer.status_uri}}
    made = {"iss": "https://lindemond.example", "vct": ARCHITECT, "iat": now, "exp": now + 3600, "status": status}
    made = {name: value for name, value in {**made, **claims}.items() if value is not None}
    jwk = holder.key.public.to_jwk()
    return replace(holder, credential=issue(made, [], signer, holder_jwk=jwk, typ=HYBRID_TYP))


def test_a_strangers_signature_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = forged(world, clock, HybridSigner.generate(), Holder.new())
    presentation = world.here.presentation_of(holder)
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"
    # Nor may one trusted city speak for the other.
    holder = forged(world, clock, world.here.signer, Holder.new())
    presentation = world.here.presentation_of(holder)
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_an_unknown_issuer_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = forged(world, clock, HybridSigner.generate(), Holder.new(), iss="https://nowhere.example")
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "NOT_TRUSTED"


def test_a_type_that_the_issuer_may_not_issue_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = forged(world, clock, world.there.signer, Holder.new(), vct="urn:hanse:credential:notary:1")
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "NOT_TRUSTED"


@pytest.mark.parametrize(
    "status",
    [None, {}, {"status_list": {}}, {"status_list": {"idx": -1, "uri": "urn:x"}}, "valid"],
    ids=["none", "empty", "no index", "negative", "text"],
)
def test_a_credential_without_a_status_is_refused(world: IdentityWorld, clock: StillClock, status: object) -> None:
    for city in (world.here, world.there):
        holder = forged(world, clock, city.signer, Holder.new(), iss=f"https://{city.authority}", status=status)
        presentation = world.here.presentation_of(holder)
        assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_an_own_credential_whose_record_is_lost_is_refused(world: IdentityWorld) -> None:
    holder = world.here.issue_to(Holder.new())
    with world.here.database.write() as connection:
        connection.execute("DELETE FROM credential")
    presentation = world.here.presentation_of(holder)
    assert reason_of(world, presentation, UnauthenticatedError) == "PRESENTATION_INVALID"


@FORMS
@pytest.mark.parametrize("issuer", ["here", "there"])
def test_revoked_is_refused(world: IdentityWorld, form: str, issuer: str) -> None:
    city = getattr(world, issuer)
    holder = city.issue_to(Holder.new(), general=form == "general")
    sign_in(world, world.here.presentation_of(holder))
    city.issuer.revoke(holder.id, "lost")
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "REVOKED"
    kept = city.issue_to(Holder.new(), general=form == "general")
    sign_in(world, world.here.presentation_of(kept))


def test_a_silent_issuer_means_no(world: IdentityWorld) -> None:
    holder = world.there.issue_to(Holder.new())
    world.neighbours.silent.add("lindemond.example")
    assert reason_of(world, world.here.presentation_of(holder), UnavailableError) == "PEER_UNAVAILABLE"


def test_the_wrong_holder_key_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    holder = world.there.issue_to(Holder.new(), general=False)
    challenge = world.here.exchange.challenge(world.here.principal("client:platform"))
    claims = {
        "iat": int(clock.now().timestamp()),
        "aud": challenge.audience,
        "nonce": challenge.nonce,
        "sd_hash": take_apart(holder.credential).with_disclosures([]).sd_hash,
    }
    bare = take_apart(holder.credential).with_disclosures([])
    stolen = bare.with_kb(sign_jwt(claims, SigningKey.generate(ES256), typ="kb+jwt")).serialise()
    assert reason_of(world, stolen, UnauthenticatedError) == "PRESENTATION_INVALID"
    own = bare.with_kb(sign_jwt(claims, holder.key, typ="kb+jwt")).serialise()
    sign_in(world, own)  # with the right key the very same is taken


@FORMS
def test_no_key_binding_is_refused(world: IdentityWorld, form: str) -> None:
    holder = world.there.issue_to(Holder.new(), general=form == "general")
    assert reason_of(world, holder.credential, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_disclosures_added_or_taken_away_after_binding_are_refused(world: IdentityWorld) -> None:
    holder = world.there.issue_to(Holder.new(), general=False)
    shown = take_apart(world.here.presentation_of(holder, ("given_name",)))
    every = take_apart(holder.credential).disclosures
    assert shown.kb_jwt is not None
    for disclosures in ((), every):
        altered = shown.with_disclosures(disclosures).with_kb(shown.kb_jwt).serialise()
        assert reason_of(world, altered, UnauthenticatedError) == "PRESENTATION_INVALID"


@pytest.mark.parametrize("text", ["", "~", "a.b.c~", "{}", "[]", "null", "\0", "a" * 1000, "eyJhbGciOiJub25lIn0.e30.~"])
def test_no_presentation_at_all(world: IdentityWorld, text: str) -> None:
    assert reason_of(world, text, UnauthenticatedError) == "PRESENTATION_INVALID"


def test_a_presentation_over_the_limit(world: IdentityWorld) -> None:
    with pytest.raises(InvalidInputError) as caught:
        sign_in(world, "a" * (256 * 1024 + 1))
    assert caught.value.violations[0].field == "presentation.presentation"


def test_a_city_left_out_of_the_list_is_trusted_no_more(world: IdentityWorld, clock: StillClock) -> None:
    holder = world.there.issue_to(Holder.new())
    sign_in(world, world.here.presentation_of(holder))
    shorter = world.federation.trust_list(2, leave_out="lindemond.example", clock=clock)
    (world.federation.here.trust / "list.json").write_bytes(shorter)
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "NOT_TRUSTED"


def test_an_expired_trust_list_trusts_nobody_but_oneself(world: IdentityWorld, clock: StillClock) -> None:
    lifetime = timedelta(days=60)
    foreign = world.there.issue_to(Holder.new(), valid_for=lifetime)
    own = world.here.issue_to(Holder.new(), valid_for=lifetime)
    clock.forward(days=31)
    assert reason_of(world, world.here.presentation_of(foreign), DeniedError) == "NOT_TRUSTED"
    sign_in(world, world.here.presentation_of(own))


def test_a_list_with_a_signature_stripped_or_none_trusts_nobody(world: IdentityWorld) -> None:
    holder = world.there.issue_to(Holder.new())
    path = world.federation.here.trust / "list.json"
    listed = json.loads(path.read_bytes())
    listed["signatures"] = listed["signatures"][:1]
    path.write_text(json.dumps(listed))
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "NOT_TRUSTED"
    path.unlink()
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "NOT_TRUSTED"


def test_a_city_past_its_own_end_of_trust_is_refused(world: IdentityWorld, clock: StillClock) -> None:
    from hanse.cli.federation import city_entry

    holder = world.there.issue_to(Holder.new(), valid_for=timedelta(days=20))
    here, there = world.federation.cities
    entries = [
        city_entry(city.keys, city.city.authority, city.city.name, valid_days=days, clock=clock)
        for city, days in ((here, 365), (there, 10))
    ]
    (here.trust / "list.json").write_bytes(sign_trust_list(world.federation.anchor, entries, 2, 30, clock=clock))
    sign_in(world, world.here.presentation_of(holder))
    clock.forward(days=11)
    assert reason_of(world, world.here.presentation_of(holder), DeniedError) == "NOT_TRUSTED"


def test_challenges_are_limited_for_each_caller_and_in_all(
    world: IdentityWorld, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MAX_CHALLENGES", 5)
    monkeypatch.setattr(repository, "MAX_CHALLENGES_EACH", 3)
    exchange = world.here.exchange
    greedy, other = world.here.principal("client:platform"), world.here.principal("client:architect")
    for _ in range(3):
        exchange.challenge(greedy)
    with pytest.raises(LimitExceededError):
        exchange.challenge(greedy)
    exchange.challenge(other)
    exchange.challenge(other)
    with pytest.raises(LimitExceededError):
        exchange.challenge(other)
    clock.forward(minutes=5, seconds=1)
    exchange.challenge(greedy)  # the expired are forgotten


def test_an_answered_challenge_makes_room(world: IdentityWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MAX_CHALLENGES_EACH", 1)
    holder = world.here.issue_to(Holder.new())
    for _ in range(3):
        sign_in(world, world.here.presentation_of(holder))


def test_nonces_never_repeat(world: IdentityWorld) -> None:
    caller = world.here.principal("client:platform")
    assert len({world.here.exchange.challenge(caller).nonce for _ in range(50)}) == 50
