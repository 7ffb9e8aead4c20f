# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Keys that init makes, trust lists that an anchor signs, and the store that judges them."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cities import LINDEMOND, make_city, make_federation
from cryptography import x509

from hanse.cli.federation import make_anchor, sign_trust_list
from hanse.cli.init import Ports, create_city
from hanse.cli.keys import TLS_PARTS, add_client, write_city_keys
from hanse.cli.output import CliError
from hanse.gateway.trust import Trust
from hanse.jose import ES256, SigningKey, b64u_decode, sign_jwt
from hanse.kernel import keys
from hanse.kernel.clock import timestamp
from hanse.kernel.config import load
from hanse.kernel.errors import DeniedError, InvalidInputError, UnauthenticatedError
from hanse.kernel.nats_conf import LEAF, LEAF_CA, leaf_user, speaks_for_itself_only
from hanse.kernel.tokens import TOKEN_TYPE, CityTokenVerifier
from hanse.kernel.trust import TrustStore
from hanse.trust import TrustError

if TYPE_CHECKING:
    from pathlib import Path

    from clocks import StillClock


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_private_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = make_city(tmp_path / "c").keys
    for path in folder.iterdir():
        private = path.name.endswith((".key.pem", ".jwks.json", ".secret"))
        assert (stat.S_IMODE(path.stat().st_mode) == 0o600) is private, path.name


def test_each_part_has_a_certificate_that_names_it(tmp_path: Path, clock: StillClock) -> None:
    folder = make_city(tmp_path / "c", clock=clock).keys
    authority = certificate(folder / keys.CA)
    for part in TLS_PARTS:
        found = certificate(folder / f"{part}.pem")
        found.verify_directly_issued_by(authority)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        assert uris == [f"urn:hanse:marewijk.example:service:{part}"]
        assert f"{part}.marewijk.example" in names.get_values_for_type(x509.DNSName)
        assert found.not_valid_before_utc <= clock.now() < found.not_valid_after_utc
        assert found.not_valid_after_utc - clock.now() <= timedelta(days=365)


def test_the_leaf_node_authority_is_bound_to_its_city(tmp_path: Path) -> None:
    folder = make_city(tmp_path / "c").keys
    pem = (folder / LEAF_CA).read_text()
    assert speaks_for_itself_only(pem, "marewijk.example")
    assert not speaks_for_itself_only(pem, "lindemond.example")
    assert not speaks_for_itself_only((folder / keys.CA).read_text(), "marewijk.example")
    names = certificate(folder / f"{LEAF}.pem").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == [leaf_user("marewijk.example")]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    config = make_city(tmp_path / "c")
    before = {path.name: path.read_bytes() for path in config.keys.iterdir()}
    with pytest.raises(CliError, match="exists"):
        create_city(tmp_path / "c", "Other", "other.example", Ports.free())
    with pytest.raises(CliError, match="keys already"):
        write_city_keys(config.keys, "other.example")
    with pytest.raises(CliError, match="a client 'operator' already"):
        add_client(config.keys, "marewijk.example", "operator")
    assert {path.name: path.read_bytes() for path in config.keys.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "authority"), [("X", "nodot"), ("X", "UPPER.example"), ("", "a.example"), ("X\n", "a.b")]
)
def test_a_city_without_a_proper_name_leaves_nothing_behind(tmp_path: Path, name: str, authority: str) -> None:
    with pytest.raises(CliError) as refused:
        create_city(tmp_path / "c", name, authority, Ports.free())
    assert refused.value.remedy
    assert not (tmp_path / "c").exists()


def test_odd_names_survive_toml(tmp_path: Path) -> None:
    name = 'De "Oude" \\ Stad é'
    create_city(tmp_path / "c", name, "oude.example", Ports.free())
    assert load(tmp_path / "c" / "city.toml").city.name == name


def test_all_cities_of_a_list_are_trusted(tmp_path: Path, clock: StillClock) -> None:
    federation = make_federation(tmp_path, clock=clock)
    store = TrustStore(federation.here, clock)
    assert [city.authority for city in store.cities()] == ["marewijk.example", "lindemond.example"]
    assert store.city(LINDEMOND).name == "Lindemond"
    with pytest.raises(DeniedError) as refused:
        store.city("unknown.example")
    assert refused.value.reason == "NOT_TRUSTED"


def test_a_list_comes_with_the_bytes_that_were_verified_to_services_and_gateway_alike(
    tmp_path: Path, clock: StillClock
) -> None:
    federation = make_federation(tmp_path, clock=clock)
    store, gateway = TrustStore(federation.here, clock), Trust(federation.here, clock)
    for version in (2, 3):
        document = federation.trust_list(version, clock=clock)
        store.install(document)
        gateway.refresh()
        assert store.installed().document == gateway.snapshot.document == document
        assert store.current() is store.installed().trust_list
        assert gateway.anchors() == store.anchors()
        assert gateway.city(LINDEMOND) == store.city(LINDEMOND)
    refusals = []
    for ask in (store.city, gateway.city):
        with pytest.raises(DeniedError) as refused:
            ask("unknown.example")
        refusals.append((refused.value.message, refused.value.remedy, refused.value.reason))
    assert refusals[0] == refusals[1]


def test_an_expired_list_trusts_nobody(tmp_path: Path, clock: StillClock) -> None:
    store = TrustStore(make_federation(tmp_path, clock=clock).here, clock)
    store.city(LINDEMOND)
    clock.forward(days=31)
    with pytest.raises(DeniedError, match="expired"):
        store.city(LINDEMOND)


def test_a_newer_list_is_seen_without_a_restart_and_an_older_one_refused(tmp_path: Path, clock: StillClock) -> None:
    federation = make_federation(tmp_path, clock=clock)
    running, installing = (TrustStore(federation.here, clock) for _ in range(2))
    running.city(LINDEMOND)
    installing.install(federation.trust_list(2, leave_out=LINDEMOND, clock=clock))
    with pytest.raises(DeniedError):
        running.city(LINDEMOND)
    with pytest.raises(InvalidInputError, match="older"):
        installing.install(federation.trust_list(1, clock=clock))
    clock.forward(days=31)  # also when the newer one has expired
    with pytest.raises(InvalidInputError, match="older"):
        installing.install(federation.trust_list(1, clock=clock))


def test_every_altered_byte_of_the_list_is_noticed(tmp_path: Path, clock: StillClock) -> None:
    federation = make_federation(tmp_path, clock=clock)
    path = federation.here.trust / "list.json"
    whole = path.read_bytes()
    for place in range(0, len(whole), 997):
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(bytes(altered))
        with pytest.raises(DeniedError):
            TrustStore(federation.here, clock).current()


def test_another_anchor_and_a_damaged_one_are_not_believed(tmp_path: Path, clock: StillClock) -> None:
    federation = make_federation(tmp_path, clock=clock)
    make_anchor(tmp_path / "other", "anchor.example")
    entries = [json.loads(b64u_decode(json.loads(federation.trust_list(clock=clock))["payload"]))["cities"][0]]
    forged = sign_trust_list(tmp_path / "other", entries, 9, 30, clock=clock)
    store = TrustStore(federation.here, clock)
    with pytest.raises(DeniedError):
        store.install(forged)
    (federation.here.trust / "anchors" / "zz.json").write_text("{")
    with pytest.raises(DeniedError, match=r"zz\.json"):
        TrustStore(federation.here, clock).current()


def test_two_cities_may_not_share_a_key(tmp_path: Path, clock: StillClock) -> None:
    federation = make_federation(tmp_path, clock=clock)
    entry = json.loads(b64u_decode(json.loads(federation.trust_list(clock=clock))["payload"]))["cities"][0]
    with pytest.raises(TrustError):
        sign_trust_list(tmp_path / "anchor", [entry, {**entry, "authority": "copy.example"}], 2, 30, clock=clock)


def claims(clock: StillClock, **changed: object) -> dict[str, object]:
    now = int(clock.now().timestamp())
    plain = {
        "iss": "marewijk.example",
        "aud": "marewijk.example",
        "sub": "urn:hanse:marewijk.example:person:ab",
        "iat": now,
        "exp": now + 300,
        "jti": "1",
        "scope": "twin:read permit:check",
        "act": {"sub": "service:permit"},
        "purpose": "permit-check",
    }
    return {name: value for name, value in {**plain, **changed}.items() if value is not None}


def test_a_token_of_this_city_names_its_subject(tmp_path: Path, clock: StillClock) -> None:
    config = make_city(tmp_path / "c", clock=clock)
    key = SigningKey.from_jwk(json.loads((config.keys / keys.IDENTITY).read_text())["keys"][0])
    verifier = CityTokenVerifier(config, clock)
    token = sign_jwt(claims(clock), key, typ=TOKEN_TYPE)
    subject = verifier.verify(token)
    assert subject == verifier.verify(token)  # the second time from memory
    assert subject.scopes == {"twin:read", "permit:check"}
    assert (subject.actor, subject.purpose) == ("service:permit", "permit-check")
    clock.forward(seconds=310)
    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_any_other_token_is_refused(tmp_path: Path, clock: StillClock) -> None:
    config = make_city(tmp_path / "c", clock=clock)
    key = SigningKey.from_jwk(json.loads((config.keys / keys.IDENTITY).read_text())["keys"][0])
    verifier = CityTokenVerifier(config, clock)
    good = sign_jwt(claims(clock), key, typ=TOKEN_TYPE)
    bad = [
        "",
        "a.b.c",
        "\ud800",
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        sign_jwt(claims(clock), key, typ="JWT"),
        sign_jwt(claims(clock), SigningKey.generate(ES256), typ=TOKEN_TYPE),
        sign_jwt(claims(clock, iss="lindemond.example"), key, typ=TOKEN_TYPE),
        sign_jwt(claims(clock, exp=1), key, typ=TOKEN_TYPE),
        sign_jwt(claims(clock, scope=None), key, typ=TOKEN_TYPE),
        sign_jwt(claims(clock, scope=["twin:read"]), key, typ=TOKEN_TYPE),
        sign_jwt(claims(clock, act="x"), key, typ=TOKEN_TYPE),
    ]
    for token in bad:
        with pytest.raises(UnauthenticatedError):
            verifier.verify(token)
    with pytest.raises(DeniedError):
        verifier.verify(sign_jwt(claims(clock, aud="lindemond.example"), key, typ=TOKEN_TYPE))


def test_an_entry_says_until_when(tmp_path: Path, clock: StillClock) -> None:
    store = TrustStore(make_federation(tmp_path, clock=clock).here, clock)
    until = store.city(LINDEMOND).valid_until
    assert timestamp(until) == timestamp(clock.now() + timedelta(days=365))
