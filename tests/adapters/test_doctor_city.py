# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse doctor` finds what was broken on purpose, and says how to mend it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from cities import city_path, make_city, make_federation

from hanse.cli.checkup import Finding, Grade
from hanse.cli.doctor import examine
from hanse.kernel.config import split_address

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.kernel.config import CityConfig


@pytest.fixture
def city(tmp_path: Path) -> CityConfig:
    return make_federation(tmp_path).here


def wrong(config: CityConfig) -> dict[str, Finding]:
    found = [finding for finding in examine(city_path(config)) if finding.grade is Grade.WRONG]
    assert all(finding.remedy for finding in found)
    return {finding.what: finding for finding in found}


def test_a_fresh_city_has_nothing_wrong(city: CityConfig) -> None:
    assert wrong(city) == {}


def test_a_key_that_others_can_read(city: CityConfig) -> None:
    (city.keys / "twin.key.pem").chmod(0o644)
    assert "chmod 600" in wrong(city)["key rights"].remedy


def test_a_missing_key(city: CityConfig) -> None:
    (city.keys / "log.jwks.json").unlink()
    assert "log.jwks.json" in wrong(city)["keys"].found


def test_a_certificate_of_another_city(city: CityConfig, tmp_path: Path) -> None:
    other = tmp_path / "lindemond.example" / "keys" / "twin.pem"
    (city.keys / "twin.pem").write_bytes(other.read_bytes())
    assert "not signed" in wrong(city)["twin.pem"].found


def test_certificates_and_trust_that_have_ended(city: CityConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSE_CLOCK_OFFSET", str(400 * 86400))
    assert set(wrong(city)) == {"certificates", "trust list"}


def test_a_clock_far_behind(city: CityConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANSE_CLOCK_OFFSET", str(-86400))
    assert "clock" in wrong(city)["ca.pem"].remedy


def test_a_taken_port(city: CityConfig) -> None:
    with socket.create_server(split_address(city.twin.listen)):
        assert city.twin.listen in wrong(city)["ports"].found


def test_no_trust_list(tmp_path: Path) -> None:
    assert "hanse trust install" in wrong(make_city(tmp_path / "alone"))["trust list"].remedy


def test_a_list_without_this_city(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    (federation.here.trust / "list.json").write_bytes(federation.trust_list(2, leave_out="marewijk.example"))
    assert "hanse trust entry" in wrong(federation.here)["own entry"].remedy


def test_a_configuration_that_cannot_be_read(city: CityConfig) -> None:
    city_path(city).write_text("[city]\n")
    assert "missing key" in wrong(city)["configuration"].found
