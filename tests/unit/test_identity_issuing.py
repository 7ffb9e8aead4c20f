# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Issuing and revoking: what a credential holds, what is refused, retries, the status list, records page by page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from identity_world import CLAIMS, Holder, IdentityWorld, request_for

from hanse.contracts.validation import validate_document
from hanse.identity.adapters import repository
from hanse.jose import HYBRID_ALGS, ML_DSA_65, JoseError, SigningKey
from hanse.kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from hanse.sdjwt import verify_credential
from hanse.sdjwt.form import take_apart
from hanse.statuslist import verify_status_list

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clocks import StillClock


@pytest.fixture
def world(tmp_path: Path, clock: StillClock) -> Iterator[IdentityWorld]:
    made = IdentityWorld.make(tmp_path, clock)
    yield made
    made.close()


@pytest.mark.parametrize("form", ["compact", "general"])
def test_a_credential_verifies_and_fulfils_its_contract(world: IdentityWorld, clock: StillClock, form: str) -> None:
    holder = world.here.issue_to(Holder.new(), general=form == "general")
    verified = verify_credential(
        holder.credential,
        world.here.signer.public,
        now=clock.now(),
        required_algs=HYBRID_ALGS if form == "general" else ("ES256",),
        typ="dc+sd-jwt-hybrid" if form == "general" else "dc+sd-jwt",
    )
    assert validate_document(dict(verified.claims), "identity/v1", "architect-credential") == []
    assert {name: verified.claims[name] for name in CLAIMS} == CLAIMS
    assert verified.issuer == "https://marewijk.example"
    assert verified.expires == clock.now() + timedelta(hours=1)
    assert "sub" not in verified.claims
    assert holder.id not in holder.credential  # the URN for revocation does not stand in the credential
    payload = take_apart(holder.credential).payload
    assert not {"given_name", "family_name"} & payload.keys()  # withheld unless disclosed


def test_zero_seconds_mean_thirty_days(world: IdentityWorld, clock: StillClock) -> None:
    issued = world.here.issuer.issue(replace(request_for(Holder.new()), valid_for=timedelta(0)))
    assert issued.record.expires == clock.now() + timedelta(days=30)


BAD = {
    "unknown type": ("vct", {"vct": "urn:hanse:credential:pilot:1"}),
    "too short": ("valid_for_s", {"valid_for": timedelta(seconds=59)}),
    "too long": ("valid_for_s", {"valid_for": timedelta(days=366)}),
    "negative": ("valid_for_s", {"valid_for": timedelta(seconds=-1)}),
    "claims no JSON": ("claims_json", {"claims_json": "{"}),
    "claims an array": ("claims_json", {"claims_json": "[]"}),
    "claims too large": ("claims_json", {"claims_json": json.dumps({"x": "y" * 16 * 1024})}),
    "claims too deep": ("claims_json", {"claims_json": '{"a":' * 100 + "1" + "}" * 100}),
    "claim twice": ("claims_json", {"claims_json": '{"a":1,"a":2}'}),
    "issuer's claim": ("claims_json", {"claims_json": '{"iss":"https://other.example"}'}),
    "status of its own": ("claims_json", {"claims_json": '{"status":{}}'}),
    "key of its own": ("claims_json", {"claims_json": '{"cnf":{}}'}),
    "not before": ("claims_json", {"claims_json": '{"nbf":"soon"}'}),
    "subject no text": ("claims_json", {"claims_json": '{"sub":{"a":1}}'}),
    "reserved name": ("claims_json", {"claims_json": '{"_sd":[]}', "disclosable": ()}),
    "against the contract": ("claims_json/given_name", {"claims_json": '{"given_name":7}', "disclosable": ()}),
    "withholding nothing": ("disclosable", {"disclosable": ("shoe_size",)}),
    "withholding the end": ("disclosable", {"disclosable": ("exp",)}),
    "withholding the status": ("disclosable", {"disclosable": ("status",)}),
    "withholding too much": ("disclosable", {"disclosable": tuple(f"c{i}" for i in range(101))}),
    "no key": ("holder_jwk", {"holder_jwk": ""}),
    "key no object": ("holder_jwk", {"holder_jwk": '"key"'}),
    "point off the curve": (
        "holder_jwk",
        {"holder_jwk": json.dumps({"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43})},
    ),
    "request id too long": ("request_id", {"request_id": "r" * 201}),
}


@pytest.mark.parametrize(("field", "change"), BAD.values(), ids=BAD.keys())
def test_bad_requests_name_their_field(world: IdentityWorld, field: str, change: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        world.here.issuer.issue(replace(request_for(Holder.new()), **change))  # type: ignore[arg-type]
    assert [violation.field for violation in caught.value.violations] == [field]
    assert caught.value.remedy
    assert world.here.store.list_credentials("", 10) == []  # nothing of it stays


@pytest.mark.parametrize("which", ["private", "post-quantum"])
def test_the_holders_key_is_public_and_es256(world: IdentityWorld, which: str) -> None:
    holder = Holder.new()
    jwk = holder.key.to_jwk() if which == "private" else SigningKey.generate(ML_DSA_65).public.to_jwk()
    with pytest.raises(InvalidInputError) as caught:
        world.here.issuer.issue(replace(request_for(holder), holder_jwk=json.dumps(jwk)))
    assert caught.value.violations[0].field == "holder_jwk"
    assert jwk.get("d", "none") not in caught.value.message


@pytest.mark.parametrize("form", ["compact", "general"])
def test_a_retry_gives_the_very_same_credential(world: IdentityWorld, clock: StillClock, form: str) -> None:
    holder = Holder.new()
    request = replace(request_for(holder, general=form == "general"), request_id="r-1")
    first = world.here.issuer.issue(request)
    clock.forward(hours=1)
    again = world.here.issuer.issue(request)
    assert again == first
    assert [record.id for record in world.here.store.list_credentials("", 10)] == [first.record.id]
    world.here.issuer.revoke(again.record.id, "lost")  # the id answered is one that can be revoked
    with pytest.raises(ConflictError):
        world.here.issuer.issue(replace(request, claims_json='{"given_name":"Bea","family_name":"B"}'))


def test_requests_without_an_id_are_never_one(world: IdentityWorld) -> None:
    request = request_for(Holder.new())
    one, two = world.here.issuer.issue(request), world.here.issuer.issue(request)
    assert one.record.id != two.record.id
    assert one.record.status_index != two.record.status_index


def test_after_a_day_a_request_and_its_credential_are_forgotten(world: IdentityWorld, clock: StillClock) -> None:
    request = replace(request_for(Holder.new()), request_id="r-1")
    first = world.here.issuer.issue(request)
    clock.forward(days=1, seconds=1)
    world.here.issuer.issue(request_for(Holder.new()))
    kept = world.here.database.read().execute("SELECT count(*) FROM issue_request").fetchone()
    assert kept == (0,)  # the text of a credential is personal data
    assert world.here.issuer.issue(request).record.id != first.record.id


def test_revocation_stands_in_the_status_list_at_once(world: IdentityWorld, clock: StillClock) -> None:
    issuer = world.here.issuer
    kept, lost = (issuer.issue(request_for(Holder.new())) for _ in range(2))
    when = issuer.revoke(lost.record.id, "key lost")
    clock.forward(minutes=1)
    assert issuer.revoke(lost.record.id, "again") == when  # idempotent: the first time stands
    listed = verify_status_list(
        issuer.status_list().decode(), issuer.status_uri, world.here.signer.public, now=clock.now()
    )
    assert listed.statuses.get(lost.record.status_index) == 1
    assert listed.statuses.get(kept.record.status_index) == 0
    assert sum(byte.bit_count() for byte in listed.statuses.data) == 1
    with pytest.raises(NotFoundError):
        issuer.revoke("urn:hanse:marewijk.example:credential:none", "")
    with pytest.raises(JoseError):  # a neighbour's keys sign no list of this city
        verify_status_list(issuer.status_list().decode(), issuer.status_uri, world.there.signer.public, now=clock.now())


def test_revocation_is_told_once_in_the_form_of_the_contract(world: IdentityWorld) -> None:
    issued = world.here.issuer.issue(request_for(Holder.new()))
    world.here.issuer.revoke(issued.record.id, "lost")
    world.here.issuer.revoke(issued.record.id, "lost")
    rows = world.here.database.read().execute("SELECT tenant, subject, body FROM outbox").fetchall()
    assert [row[:2] for row in rows] == [("marewijk.example", "hanse.marewijk_example.identity.v1.credential-revoked")]
    event = json.loads(rows[0][2])
    assert validate_document(event, "identity/v1", "credential-revoked") == []
    assert event["data"]["index"] == issued.record.status_index
    assert issued.record.id not in rows[0][2].decode()


def test_records_page_exactly_once(world: IdentityWorld) -> None:
    made = {world.here.issuer.issue(request_for(Holder.new(), general=False)).record.id for _ in range(7)}
    seen: list[str] = []
    while page := world.here.store.list_credentials(seen[-1] if seen else "", 3):
        seen += [record.id for record in page]
    assert len(seen) == 7
    assert set(seen) == made


def test_a_full_status_list_issues_no_more(world: IdentityWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LIST_SIZE", 2)
    for _ in range(2):
        world.here.issuer.issue(request_for(Holder.new()))
    with pytest.raises(LimitExceededError):
        world.here.issuer.issue(request_for(Holder.new()))


def test_every_stored_key_begins_with_the_tenant(world: IdentityWorld) -> None:
    reader = world.here.database.read()
    for (table,) in reader.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"):
        key = [row[1] for row in reader.execute(f"PRAGMA table_info({table})") if row[5] == 1]
        assert key == ["tenant"], table
