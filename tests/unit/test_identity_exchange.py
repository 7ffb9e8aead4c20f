# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Tokens for tokens and certificates: who may act for whom, where, with which scopes, for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from identity_world import Holder, IdentityWorld

from hanse.contracts.validation import validate_document
from hanse.identity import policy
from hanse.identity.tokens import Wish
from hanse.jose import ES256, SigningKey, parse_object, read_unverified, sign_jwt
from hanse.kernel.access import Principal
from hanse.kernel.errors import DeniedError, HanseError, InvalidInputError, UnauthenticatedError, UnavailableError
from hanse.kernel.tokens import CityTokenVerifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clocks import StillClock

HERE, THERE = "marewijk.example", "lindemond.example"
ARCHITECT_SCOPES = {"permit:check", "twin:read", "translate", "exchange:read"}


@pytest.fixture
def world(tmp_path: Path, clock: StillClock) -> Iterator[IdentityWorld]:
    made = IdentityWorld.make(tmp_path, clock)
    yield made
    made.close()


def hers(world: IdentityWorld, scope: str = "", purpose: str = "permit-check") -> str:
    """The token of an architect of Lindemond in Marewijk."""
    presentation = world.here.presentation_of(world.there.issue_to(Holder.new()))
    return world.here.exchange.for_presentation(presentation, Wish(scope=scope, purpose=purpose)).text


def claims_of(token: str) -> dict[str, Any]:
    return parse_object(read_unverified(token)[1])


def refused(kind: type[HanseError], call: Any, *arguments: Any) -> str:
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert caught.value.remedy
    return caught.value.reason


def test_a_token_says_what_the_contract_says(world: IdentityWorld, clock: StillClock) -> None:
    claims = claims_of(hers(world))
    assert validate_document(claims, "identity/v1", "token") == []
    assert (claims["iss"], claims["aud"], claims["purpose"]) == (HERE, HERE, "permit-check")
    assert claims["exp"] - claims["iat"] == 300
    assert "act" not in claims
    header = read_unverified(hers(world))[0]
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    subject = CityTokenVerifier(world.here.config, clock).verify(hers(world))
    assert subject.scopes == ARCHITECT_SCOPES


def test_on_behalf_the_subject_stays_and_the_actor_is_named(world: IdentityWorld, clock: StillClock) -> None:
    token = hers(world)
    permit = world.here.principal("service:permit")
    given = world.here.exchange.for_token(token, permit, Wish(scope="twin:read", purpose="permit-check"))
    claims = claims_of(given.text)
    assert claims["sub"] == claims_of(token)["sub"] == given.subject
    assert claims["act"] == {"sub": f"urn:hanse:{HERE}:service:permit"}
    assert given.scopes == {"twin:read"}
    assert validate_document(claims, "identity/v1", "token") == []
    verified = CityTokenVerifier(world.here.config, clock).verify(given.text)
    assert verified.actor == f"urn:hanse:{HERE}:service:permit"


def test_a_chain_of_actors_is_kept(world: IdentityWorld) -> None:
    exchange = world.here.exchange
    first = exchange.for_token(hers(world), world.here.principal("service:permit"), Wish())
    second = exchange.for_token(first.text, world.here.principal("service:translation"), Wish())
    assert claims_of(second.text)["act"] == {
        "sub": f"urn:hanse:{HERE}:service:translation",
        "act": {"sub": f"urn:hanse:{HERE}:service:permit"},
    }


def test_across_the_border_nobody_can_link_the_person(world: IdentityWorld, clock: StillClock) -> None:
    token = hers(world)
    permit, gateway = world.here.principal("service:permit"), world.there.principal("service:gateway")
    leaving = world.here.exchange.for_token(token, permit, Wish(audience=THERE, purpose="permit-check"))
    out = claims_of(leaving.text)
    assert (out["iss"], out["aud"]) == (HERE, THERE)
    assert leaving.scopes <= policy.ACROSS_BORDER
    assert "exchange:read" not in leaving.scopes
    assert refused(DeniedError, CityTokenVerifier(world.here.config, clock).verify, leaving.text) == "SCOPE_MISSING"

    arrived = world.there.exchange.for_token(leaving.text, gateway, Wish(purpose="permit-check"))
    inside = claims_of(arrived.text)
    assert (inside["iss"], inside["aud"]) == (THERE, THERE)
    assert inside["act"] == {
        "sub": f"urn:hanse:{HERE}:service:gateway",
        "act": {"sub": f"urn:hanse:{HERE}:service:permit"},
    }
    assert CityTokenVerifier(world.there.config, clock).verify(arrived.text).scopes == arrived.scopes
    names = {claims_of(text)["sub"].rpartition(":")[2] for text in (token, leaving.text, arrived.text)}
    assert len(names) == 3
    assert validate_document(out, "identity/v1", "token") == validate_document(inside, "identity/v1", "token") == []


def test_a_neighbours_token_is_not_handed_on_to_a_third(world: IdentityWorld) -> None:
    permit, gateway = world.here.principal("service:permit"), world.there.principal("service:gateway")
    leaving = world.here.exchange.for_token(hers(world), permit, Wish(audience=THERE)).text
    for audience in (HERE, "third.example"):
        with pytest.raises(InvalidInputError) as caught:
            world.there.exchange.for_token(leaving, gateway, Wish(audience=audience))
        assert caught.value.violations[0].field == "audience"


def test_no_token_for_a_city_that_is_not_trusted(world: IdentityWorld) -> None:
    permit = world.here.principal("service:permit")
    assert (
        refused(DeniedError, world.here.exchange.for_token, hers(world), permit, Wish(audience="nowhere.example"))
        == "NOT_TRUSTED"
    )


@pytest.mark.parametrize("role", ["client:operator", "client:platform", "client:architect"])
def test_clients_act_for_nobody(world: IdentityWorld, role: str) -> None:
    exchange, caller = world.here.exchange, world.here.principal(role)
    assert refused(DeniedError, exchange.for_token, hers(world), caller, Wish()) == "CALLER_NOT_ALLOWED"
    assert refused(DeniedError, exchange.introspect, hers(world), caller) == "CALLER_NOT_ALLOWED"


def test_another_citys_services_act_for_nobody_here(world: IdentityWorld) -> None:
    caller = world.there.principal("service:gateway")
    assert refused(DeniedError, world.here.exchange.for_token, hers(world), caller, Wish()) == "CALLER_NOT_ALLOWED"
    assert refused(DeniedError, world.here.exchange.introspect, hers(world), caller) == "CALLER_NOT_ALLOWED"


@pytest.mark.parametrize("scope", ["twin:write", "identity:issue", "exchange:admin", "twin:read twin:write", "made-up"])
def test_no_scope_grows(world: IdentityWorld, scope: str) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    assert refused(DeniedError, exchange.for_token, hers(world), permit, Wish(scope=scope)) == "SCOPE_MISSING"
    presentation = world.here.presentation_of(world.there.issue_to(Holder.new()))
    assert refused(DeniedError, exchange.for_presentation, presentation, Wish(scope=scope)) == "SCOPE_MISSING"


def test_what_was_not_granted_first_is_not_granted_later(world: IdentityWorld) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    narrow = hers(world, scope="translate")
    assert exchange.for_token(narrow, permit, Wish()).scopes == {"translate"}
    assert refused(DeniedError, exchange.for_token, narrow, permit, Wish(scope="twin:read")) == "SCOPE_MISSING"
    abroad = Wish(audience=THERE, scope="twin:read")
    assert refused(DeniedError, exchange.for_token, narrow, permit, abroad) == "SCOPE_MISSING"
    only_here = hers(world, scope="exchange:read")
    assert refused(DeniedError, exchange.for_token, only_here, permit, Wish(audience=THERE)) == "SCOPE_MISSING"


def test_an_operators_rights_do_not_travel_with_a_service(world: IdentityWorld) -> None:
    operator = world.here.exchange.for_certificate(world.here.principal("client:operator"), Wish()).text
    given = world.here.exchange.for_token(operator, world.here.principal("service:permit"), Wish())
    assert given.scopes == policy.ON_BEHALF
    assert not given.scopes & {"twin:write", "identity:issue", "exchange:admin"}


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("client:operator", {"twin:read", "twin:write", "translate", "permit:check", "zoning:write", "identity:issue",
                             "exchange:read", "exchange:admin"}),
        ("client:platform", {"twin:read", "translate", "permit:check", "exchange:read"}),
        ("service:permit", {"twin:read", "translate", "exchange:read"}),
        ("service:gateway", {"twin:read", "translate"}),
        ("service:twin", {"twin:read", "translate"}),
    ],
)  # fmt: skip
def test_a_certificate_gives_what_its_role_may(world: IdentityWorld, role: str, scopes: set[str]) -> None:
    exchange, caller = world.here.exchange, world.here.principal(role)
    given = exchange.for_certificate(caller, Wish())
    assert given.scopes == scopes
    assert given.subject == caller.urn
    assert validate_document(claims_of(given.text), "identity/v1", "token") == []
    assert exchange.for_certificate(caller, Wish(scope="twin:read")).scopes == {"twin:read"}


def test_a_certificate_gives_nothing_else(world: IdentityWorld) -> None:
    exchange = world.here.exchange
    unknown = world.here.principal("client:somebody")
    assert refused(DeniedError, exchange.for_certificate, unknown, Wish()) == "SCOPE_MISSING"
    foreign = Principal(THERE, "client", "operator")
    assert refused(DeniedError, exchange.for_certificate, foreign, Wish()) == "CALLER_NOT_ALLOWED"
    operator = world.here.principal("client:operator")
    assert refused(InvalidInputError, exchange.for_certificate, operator, Wish(audience=THERE)) == "FIELD_INVALID"


def test_expired_tokens_are_refused(world: IdentityWorld, clock: StillClock) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    token = hers(world)
    leaving = exchange.for_token(token, permit, Wish(audience=THERE)).text
    clock.forward(minutes=5, seconds=6)
    assert refused(UnauthenticatedError, exchange.for_token, token, permit, Wish()) == "SUBJECT_TOKEN_INVALID"
    gateway = world.there.principal("service:gateway")
    assert (
        refused(UnauthenticatedError, world.there.exchange.for_token, leaving, gateway, Wish())
        == "SUBJECT_TOKEN_INVALID"
    )
    assert exchange.introspect(token, permit) == {}


def test_exchanging_again_and_again_ends_after_an_hour(world: IdentityWorld, clock: StillClock) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    token, began = hers(world), clock.now()
    with pytest.raises(UnauthenticatedError) as caught:
        while clock.now() < began + timedelta(hours=2):
            clock.forward(minutes=4)
            token = exchange.for_token(token, permit, Wish()).text
            assert claims_of(token)["exp"] <= (began + timedelta(hours=1)).timestamp()
    assert caught.value.reason == "SUBJECT_TOKEN_INVALID"
    assert clock.now() - began > timedelta(minutes=55)


def on_behalf(world: IdentityWorld, token: str, audience: str = "") -> str:
    return world.here.exchange.for_token(token, world.here.principal("service:permit"), Wish(audience=audience)).text


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("told", [True, False])
def test_once_the_credential_is_revoked_its_tokens_give_no_others(
    world: IdentityWorld, clock: StillClock, *, own: bool, told: bool
) -> None:
    """At once where this city knows; else as soon as a status list fetched at the sign-in would have ended."""
    issuer = world.here if own else world.there
    holder = issuer.issue_to(Holder.new())
    token = world.here.exchange.for_presentation(world.here.presentation_of(holder), Wish()).text
    derived = on_behalf(world, token)
    issuer.issuer.revoke(holder.id, "lost")
    if told:
        world.neighbours.tell(THERE)
    elif not own:
        for _ in range(2):
            assert on_behalf(world, derived)
            clock.forward(minutes=4)
            token = derived = on_behalf(world, derived)
        clock.forward(minutes=3)
    for each in (token, derived):
        for audience in ("", THERE):
            assert refused(DeniedError, on_behalf, world, each, audience) == "REVOKED"
        assert world.here.exchange.introspect(each, world.here.principal("service:permit")) == {}
    # Services that hold it already take it until it ends, which is soon.
    assert CityTokenVerifier(world.here.config, clock).verify(derived).expires_at - clock.now().timestamp() <= 300


def test_the_sign_in_is_named_at_home_only(world: IdentityWorld) -> None:
    token = hers(world)
    assert claims_of(token)["sid"] == claims_of(on_behalf(world, token))["sid"] != claims_of(hers(world))["sid"]
    assert "sid" not in claims_of(on_behalf(world, token, THERE))
    assert validate_document(claims_of(token), "identity/v1", "token") == []


def test_a_sign_in_that_is_not_known_any_more_gives_nothing(world: IdentityWorld) -> None:
    token = hers(world)
    with world.here.database.write() as connection:
        connection.execute("DELETE FROM sign_in")
    assert refused(UnauthenticatedError, on_behalf, world, token) == "SUBJECT_TOKEN_INVALID"


def test_a_silent_issuer_is_believed_as_long_as_its_list_would_be(world: IdentityWorld, clock: StillClock) -> None:
    token = hers(world)
    world.neighbours.silent.add(THERE)
    for _ in range(2):
        clock.forward(minutes=4, seconds=30)
        token = on_behalf(world, token)
    clock.forward(minutes=4)
    assert refused(UnavailableError, on_behalf, world, token) == "PEER_UNAVAILABLE"
    assert world.here.exchange.introspect(token, world.here.principal("service:permit")) == {}


def test_what_came_with_another_citys_token_ends_with_it(world: IdentityWorld, clock: StillClock) -> None:
    abroad = on_behalf(world, hers(world), THERE)
    ends, twin = claims_of(abroad)["exp"], world.there.principal("service:twin")
    for _ in range(3):
        clock.forward(seconds=70)
        abroad = world.there.exchange.for_token(abroad, twin, Wish()).text
        assert claims_of(abroad)["exp"] == ends
    clock.forward(seconds=90)
    assert refused(UnauthenticatedError, world.there.exchange.for_token, abroad, twin, Wish())


def test_tokens_of_strangers_are_refused(world: IdentityWorld, clock: StillClock) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    now = int(clock.now().timestamp())
    claims: dict[str, object] = {
        "iss": HERE,
        "aud": HERE,
        "sub": "urn:hanse:marewijk.example:person:1",
        "iat": now,
        "exp": now + 300,
        "jti": "1",
        "scope": "twin:read",
    }
    stranger, typ = SigningKey.generate(ES256), "at+jwt"
    made = {
        "own name, strange key": sign_jwt(claims, stranger, typ=typ),
        "neighbour's name, strange key": sign_jwt({**claims, "iss": THERE}, stranger, typ=typ),
        "own name, neighbour's key": sign_jwt(claims, world.there.signer.es256, typ=typ),
        "made out to the neighbour": sign_jwt({**claims, "aud": THERE}, world.here.signer.es256, typ=typ),
        "neighbour's own": sign_jwt({**claims, "iss": THERE, "aud": THERE}, world.there.signer.es256, typ=typ),
        "another type": sign_jwt(claims, world.here.signer.es256, typ="jwt"),
        "no scope": sign_jwt({**claims, "scope": None}, world.here.signer.es256, typ=typ),
        "no expiry": sign_jwt({k: v for k, v in claims.items() if k != "exp"}, world.here.signer.es256, typ=typ),
        "of tomorrow": sign_jwt({**claims, "iat": now + 86400, "exp": now + 90000}, world.here.signer.es256, typ=typ),
        "odd auth_time": sign_jwt({**claims, "auth_time": "then"}, world.here.signer.es256, typ=typ),
        "nothing": "",
        "no JWT": "a.b.c",
        "too large": "a" * 20_000,
    }
    for name, token in made.items():
        with pytest.raises(UnauthenticatedError) as caught:
            exchange.for_token(token, permit, Wish())
        assert caught.value.reason == "SUBJECT_TOKEN_INVALID", name
        if name != "odd auth_time":
            assert exchange.introspect(token, permit) == {}, name
    unknown = sign_jwt({**claims, "iss": "nowhere.example"}, stranger, typ=typ)
    assert refused(DeniedError, exchange.for_token, unknown, permit, Wish()) == "NOT_TRUSTED"


def test_a_presentation_is_no_token_and_a_credential_none_either(world: IdentityWorld) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    holder = world.there.issue_to(Holder.new(), general=False)
    for text in (world.here.presentation_of(holder), holder.credential, holder.credential.split("~")[0]):
        with pytest.raises((UnauthenticatedError, DeniedError)) as caught:
            exchange.for_token(text, permit, Wish())
        assert caught.value.reason in {"SUBJECT_TOKEN_INVALID", "NOT_TRUSTED"}


def test_introspection_tells_of_own_active_tokens_only(world: IdentityWorld) -> None:
    exchange, permit = world.here.exchange, world.here.principal("service:permit")
    token = hers(world)
    assert exchange.introspect(token, permit)["sub"] == claims_of(token)["sub"]
    operator = world.there.exchange.for_certificate(world.there.principal("client:operator"), Wish()).text
    foreign = world.there.exchange.for_token(operator, world.there.principal("service:permit"), Wish(audience=HERE))
    assert exchange.introspect(foreign.text, permit) == {}


def test_a_purpose_is_kept_short(world: IdentityWorld) -> None:
    assert claims_of(hers(world, purpose="p" * 500))["purpose"] == "p" * 200
    assert "purpose" not in claims_of(hers(world, purpose=""))
