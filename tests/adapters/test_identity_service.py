# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Identity as processes over mutual TLS: every method, every refusal as it stands on the wire, clocks that differ."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Federation, Part, Processes, make_federation, wait_serving
from identity_world import CLAIMS, NO_EVENTS, WITHHELD, Holder, relay
from refusals import refusal

from hanse.api.identity.v1 import identity_pb2 as pb
from hanse.api.identity.v1 import identity_pb2_grpc
from hanse.identity.model import ARCHITECT
from hanse.jose import KeySet, parse_object, read_unverified
from hanse.kernel import keys
from hanse.kernel.channel import connect, metadata
from hanse.statuslist import verify_status_list

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.kernel.config import CityConfig

MAREWIJK, LINDEMOND = "marewijk.example", "lindemond.example"
# The same day a week later, and one on which the trust list (30 days) has expired.
LATE, LATER = "late.example", "later.example"
OFFSETS = {LATE: timedelta(days=7), LATER: timedelta(days=31)}
Code = grpc.StatusCode


@dataclass(frozen=True)
class Served:
    """A running identity service, and calls to it as its gateway forwards them."""

    part: Part
    channel: grpc.Channel

    @property
    def config(self) -> CityConfig:
        return self.part.config

    @property
    def authority(self) -> str:
        return self.config.city.authority

    @property
    def stub(self) -> Any:
        return identity_pb2_grpc.IdentityServiceStub(self.channel)

    def now(self) -> datetime:
        return datetime.now(UTC) + OFFSETS.get(self.authority, timedelta(0))

    def by(self, caller: str) -> tuple[tuple[str, str], ...]:
        """Metadata of a call that the gateway forwards for `client:operator`, or for a full URN."""
        urn = caller if caller.startswith("urn:") else f"urn:hanse:{self.authority}:{caller}"
        return (("hanse-caller", urn),)

    def certified(self, caller: str = "client:operator") -> str:
        """The token of a client of this city."""
        request = pb.ExchangeTokenRequest(certificate=pb.ExchangeTokenRequest.CertificateGrant())
        return str(self.stub.ExchangeToken(request, timeout=10, metadata=self.by(caller)).access_token)

    def as_operator(self) -> tuple[tuple[str, str], ...]:
        return (*metadata(self.certified()), *self.by("client:operator"))

    def issue(self, holder: Holder, *, general: bool = True, **changes: Any) -> Holder:
        request = issue_request(holder, general=general, **changes)
        answer = self.stub.IssueCredential(request, timeout=10, metadata=self.as_operator())
        return replace(holder, credential=answer.credential, id=answer.id)

    def revoke(self, credential_id: str) -> str:
        request = pb.RevokeCredentialRequest(id=credential_id, reason="lost")
        return str(self.stub.RevokeCredential(request, timeout=10, metadata=self.as_operator()).revoke_time)

    def presentation(self, holder: Holder) -> str:
        challenge = self.stub.CreateChallenge(pb.CreateChallengeRequest(), timeout=10)
        return holder.present(challenge.nonce, challenge.audience, self.now())

    def sign_in(self, presentation: str, **wish: str) -> pb.ExchangeTokenResponse:
        grant = pb.ExchangeTokenRequest.PresentationGrant(presentation=presentation)
        return self.stub.ExchangeToken(pb.ExchangeTokenRequest(presentation=grant, **wish), timeout=15)

    def on_behalf(self, token: str, caller: str = "service:permit", **wish: str) -> pb.ExchangeTokenResponse:
        grant = pb.ExchangeTokenRequest.TokenGrant(subject_token=token)
        request = pb.ExchangeTokenRequest(token=grant, **wish)
        return self.stub.ExchangeToken(request, timeout=10, metadata=self.by(caller))

    def alive(self) -> bool:
        """Whether it still issues, after whatever was done to it."""
        return bool(self.part.process.poll() is None and self.issue(Holder.new(), general=False).credential)


def issue_request(holder: Holder, *, general: bool = True, **changes: Any) -> pb.IssueCredentialRequest:
    form = pb.CREDENTIAL_FORM_GENERAL if general else pb.CREDENTIAL_FORM_COMPACT
    values = {
        "vct": ARCHITECT,
        "claims_json": json.dumps(CLAIMS),
        "disclosable": WITHHELD,
        "holder_jwk": holder.jwk,
        "form": form,
        "valid_for_s": 3600,
    }
    return pb.IssueCredentialRequest(**{**values, **changes})


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Federation:
    cities = [(name, name.partition(".")[0].title()) for name in (MAREWIJK, LINDEMOND, LATE, LATER)]
    return make_federation(tmp_path_factory.mktemp("cities"), cities, settings=NO_EVENTS)


@pytest.fixture(scope="module")
def cities(federation: Federation) -> Iterator[dict[str, Served]]:
    """Four identities; Marewijk's and Late's gateways reach Lindemond, the others have none."""
    here, there, late, _ = federation.cities
    with Processes() as processes, relay(here, {LINDEMOND: there}), relay(late, {LINDEMOND: there}):
        for config in federation.cities:
            offset = OFFSETS.get(config.city.authority, timedelta(0)).total_seconds()
            processes.start(config, "identity", wait=False, env={"HANSE_CLOCK_OFFSET": str(offset)})
        for part in processes.parts:
            wait_serving(part)
        served = {part.config.city.authority: Served(part, connect(part.config, "gateway", "identity"))
                  for part in processes.parts}  # fmt: skip
        yield served
        for each in served.values():
            each.channel.close()


@pytest.fixture(scope="module")
def here(cities: dict[str, Served]) -> Served:
    return cities[MAREWIJK]


@pytest.fixture(scope="module")
def there(cities: dict[str, Served]) -> Served:
    return cities[LINDEMOND]


def claims_of(token: str) -> dict[str, Any]:
    return parse_object(read_unverified(token)[1])


@pytest.mark.parametrize("form", ["compact", "general"])
def test_a_neighbours_architect_signs_in(here: Served, there: Served, form: str) -> None:
    holder = there.issue(Holder.new(), general=form == "general")
    assert holder.credential.startswith("{") is (form == "general")
    answer = here.sign_in(here.presentation(holder), purpose="permit-check")
    assert answer.scope == "exchange:read permit:check translate twin:read"
    assert answer.expires_in_s == 300
    assert answer.subject == claims_of(answer.access_token)["sub"]
    assert answer.subject.startswith(f"urn:hanse:{MAREWIJK}:person:")


def test_the_whole_way_across_the_border(here: Served, there: Served) -> None:
    hers = here.sign_in(here.presentation(there.issue(Holder.new())), purpose="permit-check")
    leaving = here.on_behalf(hers.access_token, audience=LINDEMOND, scope="twin:read", purpose="permit-check")
    arrived = there.on_behalf(leaving.access_token, "service:gateway", purpose="permit-check")
    inside = claims_of(arrived.access_token)
    assert (inside["iss"], inside["aud"], inside["scope"]) == (LINDEMOND, LINDEMOND, "twin:read")
    assert inside["act"]["sub"] == f"urn:hanse:{MAREWIJK}:service:gateway"
    assert inside["act"]["act"]["sub"] == f"urn:hanse:{MAREWIJK}:service:permit"
    told = there.stub.IntrospectToken(
        pb.IntrospectTokenRequest(token=arrived.access_token), timeout=10, metadata=there.by("service:permit")
    )
    assert (told.active, told.subject, told.scope) == (True, arrived.subject, "twin:read")
    assert told.actor == f"urn:hanse:{MAREWIJK}:service:gateway"
    assert len({hers.subject[-40:], leaving.subject[-40:], arrived.subject[-40:]}) == 3


def test_two_neighbours_cannot_link_a_person(here: Served, there: Served) -> None:
    hers = here.sign_in(here.presentation(there.issue(Holder.new()))).access_token
    names = [here.on_behalf(hers, audience=city).subject.rpartition(":")[2] for city in (LINDEMOND, LATE, LATER)]
    assert len(set(names)) == 3
    assert here.on_behalf(hers, audience=LATE).subject.rpartition(":")[2] == names[1]


def test_a_replay_is_refused(here: Served, there: Served) -> None:
    presentation = here.presentation(there.issue(Holder.new()))
    here.sign_in(presentation)
    found = refusal(lambda: here.sign_in(presentation))
    assert (found.code, found.reason) == (Code.ALREADY_EXISTS, "REPLAYED")
    assert here.alive()


def test_an_altered_or_stripped_presentation_is_refused(here: Served, there: Served) -> None:
    whole = here.presentation(there.issue(Holder.new()))
    document = json.loads(whole)
    document["signatures"] = document["signatures"][:1]
    altered = whole[:-40] + ("B" if whole[-40] == "A" else "A") + whole[-39:]
    for bad in (altered, json.dumps(document), "", "a~b~c"):
        found = refusal(lambda bad=bad: here.sign_in(bad))  # type: ignore[misc]
        assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "PRESENTATION_INVALID")
    assert here.sign_in(whole).access_token


def test_an_expired_credential_is_refused(cities: dict[str, Served], there: Served) -> None:
    """A week later the credential (an hour) has ended, one for thirty days has not."""
    late = cities[LATE]
    found = refusal(lambda: late.sign_in(late.presentation(there.issue(Holder.new()))))
    assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "PRESENTATION_INVALID")
    assert "expired" in found.message
    # Of the longer one nobody can tell: the status list that Lindemond gives ends ten minutes after Lindemond's now.
    held = there.issue(Holder.new(), valid_for_s=30 * 86400)
    found = refusal(lambda: late.sign_in(late.presentation(held)))
    assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "PRESENTATION_INVALID")
    assert "status list" in found.message
    own = late.issue(Holder.new())
    assert late.sign_in(late.presentation(own)).access_token


def test_an_expired_trust_list_trusts_no_neighbour(cities: dict[str, Served], there: Served) -> None:
    later = cities[LATER]
    held = there.issue(Holder.new(), valid_for_s=60 * 86400)
    found = refusal(lambda: later.sign_in(later.presentation(held)))
    assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "NOT_TRUSTED")
    assert later.sign_in(later.presentation(later.issue(Holder.new()))).access_token
    grant = pb.ExchangeTokenRequest(
        certificate=pb.ExchangeTokenRequest.CertificateGrant(), audience="", scope="twin:read"
    )
    token = later.stub.ExchangeToken(grant, timeout=10, metadata=later.by("client:operator")).access_token
    found = refusal(lambda: later.on_behalf(token, audience=LINDEMOND))
    assert found.reason == "NOT_TRUSTED"


def test_an_expired_token_is_refused(cities: dict[str, Served], here: Served) -> None:
    late = cities[LATE]
    token = here.on_behalf(here.certified(), audience=LATE, scope="twin:read").access_token
    found = refusal(lambda: late.on_behalf(token, "service:gateway"))
    assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID")
    assert "expired" in found.message


def test_a_token_of_the_future_is_refused(cities: dict[str, Served], here: Served) -> None:
    late = cities[LATE]
    token = late.on_behalf(late.certified(), audience=MAREWIJK, scope="twin:read").access_token
    found = refusal(lambda: here.on_behalf(token, "service:gateway"))
    assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID")


def test_a_neighbours_revocation_is_seen_through_the_gateway(here: Served, there: Served) -> None:
    lost = there.issue(Holder.new())
    there.revoke(lost.id)
    _forget_lists(here)
    found = refusal(lambda: here.sign_in(here.presentation(lost)))
    assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "REVOKED")
    assert here.sign_in(here.presentation(there.issue(Holder.new()))).access_token


def test_an_unreachable_status_list_means_no(here: Served, there: Served) -> None:
    """Lindemond has no gateway through which it could ask Marewijk."""
    held = here.issue(Holder.new())
    found = refusal(lambda: there.sign_in(there.presentation(held)))
    assert (found.code, found.reason) == (Code.UNAVAILABLE, "PEER_UNAVAILABLE")
    assert there.alive()


def test_who_may_issue(here: Served, there: Served) -> None:
    request = issue_request(Holder.new())
    platform = (*metadata(here.certified("client:platform")), *here.by("client:platform"))
    found = refusal(lambda: here.stub.IssueCredential(request, timeout=10, metadata=platform))
    assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "SCOPE_MISSING")
    found = refusal(lambda: here.stub.IssueCredential(request, timeout=10))
    assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID")
    foreign = metadata(there.certified())
    found = refusal(lambda: here.stub.IssueCredential(request, timeout=10, metadata=foreign))
    assert (found.code, found.reason) == (Code.UNAUTHENTICATED, "SUBJECT_TOKEN_INVALID")
    with connect(here.config, "client-operator", "identity") as direct:  # not through the gateway
        stub = identity_pb2_grpc.IdentityServiceStub(direct)
        found = refusal(lambda: stub.IssueCredential(request, timeout=10, metadata=metadata(here.certified())))
        assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")


def test_a_foreign_clients_certificate_gives_no_token(here: Served) -> None:
    request = pb.ExchangeTokenRequest(certificate=pb.ExchangeTokenRequest.CertificateGrant())
    caller = here.by(f"urn:hanse:{LINDEMOND}:client:operator")
    found = refusal(lambda: here.stub.ExchangeToken(request, timeout=10, metadata=caller))
    assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")
    found = refusal(lambda: here.on_behalf(here.certified(), f"urn:hanse:{LINDEMOND}:service:permit"))
    assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")


def test_introspection_is_for_own_services(here: Served) -> None:
    request = pb.IntrospectTokenRequest(token=here.certified())
    for caller in ("client:operator", f"urn:hanse:{LINDEMOND}:service:gateway"):
        found = refusal(lambda caller=caller: here.stub.IntrospectToken(request, timeout=10, metadata=here.by(caller)))  # type: ignore[misc]
        assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "CALLER_NOT_ALLOWED")
    with connect(here.config, "client-operator", "identity") as direct:
        stub = identity_pb2_grpc.IdentityServiceStub(direct)
        assert refusal(lambda: stub.IntrospectToken(request, timeout=10)).reason == "CALLER_NOT_ALLOWED"
    with connect(here.config, "permit", "identity") as direct:
        stub = identity_pb2_grpc.IdentityServiceStub(direct)
        told = stub.IntrospectToken(request, timeout=10)
        assert (told.active, told.issuer) == (True, MAREWIJK)
        assert stub.IntrospectToken(pb.IntrospectTokenRequest(), timeout=10) == pb.IntrospectTokenResponse()


def test_issuing_twice_under_one_request_id(here: Served) -> None:
    holder, operator = Holder.new(), here.as_operator()
    request = issue_request(holder, request_id="request-1")
    first, again = (here.stub.IssueCredential(request, timeout=10, metadata=operator) for _ in range(2))
    assert first == again
    other = issue_request(holder, request_id="request-1", valid_for_s=7200)
    found = refusal(lambda: here.stub.IssueCredential(other, timeout=10, metadata=operator))
    assert (found.code, found.reason) == (Code.ALREADY_EXISTS, "ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("vct", {"vct": "urn:x"}),
        ("claims_json", {"claims_json": "{"}),
        ("holder_jwk", {"holder_jwk": "{}"}),
        ("valid_for_s", {"valid_for_s": -(2**63)}),
        ("valid_for_s", {"valid_for_s": 2**63 - 1}),
        ("disclosable", {"disclosable": ["exp"]}),
    ],
)
def test_bad_requests_on_the_wire(here: Served, field: str, change: dict[str, Any]) -> None:
    request = issue_request(Holder.new(), **change)
    found = refusal(lambda: here.stub.IssueCredential(request, timeout=10, metadata=here.as_operator()))
    assert (found.code, found.reason, found.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", (field,))


def test_no_grant_is_no_grant(here: Served) -> None:
    found = refusal(lambda: here.stub.ExchangeToken(pb.ExchangeTokenRequest(), timeout=10))
    assert (found.code, found.reason, found.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", ("grant",))


def test_revoking_is_idempotent_and_knows_its_own(here: Served) -> None:
    holder = here.issue(Holder.new())
    assert here.revoke(holder.id) == here.revoke(holder.id)
    found = refusal(lambda: here.revoke("urn:hanse:marewijk.example:credential:none"))
    assert (found.code, found.reason) == (Code.NOT_FOUND, "NOT_FOUND")
    found = refusal(lambda: here.sign_in(here.presentation(holder)))
    assert (found.code, found.reason) == (Code.PERMISSION_DENIED, "REVOKED")


def test_the_status_list_is_open_and_signed_twice(here: Served) -> None:
    uri = f"urn:hanse:{MAREWIJK}:status-list:1"
    token = here.stub.GetStatusList(pb.GetStatusListRequest(uri=uri), timeout=10).token.decode()
    public = json.loads(keys.read_public(here.config.keys / keys.PUBLIC))["identity"]
    verify_status_list(token, uri, KeySet.from_list(public), now=here.now())
    assert len(json.loads(token)["signatures"]) == 2
    found = refusal(lambda: here.stub.GetStatusList(pb.GetStatusListRequest(uri="urn:other"), timeout=10))
    assert (found.code, found.reason) == (Code.NOT_FOUND, "NOT_FOUND")


def test_credentials_are_listed_page_by_page(cities: dict[str, Served]) -> None:
    later = cities[LATER]
    made = [later.issue(Holder.new(), general=False).id for _ in range(5)]
    later.revoke(made[0])
    operator, seen, token = later.as_operator(), [], ""
    while True:
        request = pb.ListCredentialsRequest(page_size=2, page_token=token)
        answer = later.stub.ListCredentials(request, timeout=10, metadata=operator)
        assert len(answer.credentials) <= 2
        seen += answer.credentials
        token = answer.next_page_token
        if not token:
            break
    assert len({record.id for record in seen}) == len(seen)
    assert set(made) <= {record.id for record in seen}
    assert {record.id for record in seen if record.revoked} == {made[0]}
    assert all(record.vct == ARCHITECT and record.issue_time < record.expire_time for record in seen)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.ListCredentialsRequest(page_size=1001), "FIELD_INVALID"),
        (pb.ListCredentialsRequest(page_size=-1), "FIELD_INVALID"),
        (pb.ListCredentialsRequest(page_token="made up"), "TOKEN_MALFORMED"),  # noqa: S106 - no password
    ],
)
def test_bad_pages(here: Served, request_: pb.ListCredentialsRequest, reason: str) -> None:
    found = refusal(lambda: here.stub.ListCredentials(request_, timeout=10, metadata=here.as_operator()))
    assert (found.code, found.reason) == (Code.INVALID_ARGUMENT, reason)


def test_what_is_too_large_is_refused_and_the_service_goes_on(here: Served) -> None:
    found = refusal(lambda: here.sign_in("a" * 300_000))
    assert (found.code, found.fields) == (Code.INVALID_ARGUMENT, ("presentation.presentation",))
    with pytest.raises(grpc.RpcError) as caught:
        here.sign_in("a" * (here.config.limits.max_message_bytes + 1))
    assert caught.value.code() == Code.RESOURCE_EXHAUSTED  # type: ignore[attr-defined]
    assert here.alive()


def test_a_deadline_already_past(here: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        here.stub.CreateChallenge(pb.CreateChallengeRequest(), timeout=-1)
    assert caught.value.code() == Code.DEADLINE_EXCEEDED  # type: ignore[attr-defined]
    assert here.alive()


def test_what_was_written_survives_a_crash(tmp_path: Path) -> None:
    city = make_federation(tmp_path, [("crash.example", "Crash")], settings=NO_EVENTS).here
    with Processes() as processes:
        first = processes.start(city, "identity")
        with connect(city, "gateway", "identity") as channel:
            served = Served(first, channel)
            holder = served.issue(Holder.new())
            presentation = served.presentation(holder)
            served.sign_in(presentation)
        first.kill()
        with connect(city, "gateway", "identity") as channel:
            served = Served(processes.start(city, "identity"), channel)
            assert refusal(lambda: served.sign_in(presentation)).reason == "REPLAYED"
            served.revoke(holder.id)
            assert refusal(lambda: served.sign_in(served.presentation(holder))).reason == "REVOKED"


def test_no_secret_and_no_defect_is_logged(cities: dict[str, Served]) -> None:
    for served in cities.values():
        output = served.part.output()
        assert "Traceback" not in output
        assert "defect" not in output
        assert "Visser" not in output


def _forget_lists(served: Served) -> None:
    """As when the cached list has expired (ten minutes): the next look is at the neighbour's own."""
    with sqlite3.connect(served.config.state / "identity.db") as connection:
        connection.execute("DELETE FROM neighbour_list")
