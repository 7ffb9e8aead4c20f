# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CITY.toml: what is wrong is named before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.contracts.labels import labels
from hanse.kernel.config import LANGUAGES, ConfigError, config_path, load, split_address

GOOD = """
[city]
authority = "marewijk.example"
name = "Marewijk"
[gateway]
listen = "127.0.0.1:7100"
peer_listen = "127.0.0.1:7101"
[identity]
listen = "127.0.0.1:7102"
[permit]
listen = "127.0.0.1:7103"
[translation]
listen = "127.0.0.1:7104"
[twin]
listen = "127.0.0.1:7105"
address = "twin:7105"
[nats]
listen = "127.0.0.1:7106"
leaf_listen = "127.0.0.1:7107"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "city.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_and_addresses(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.tenant == "marewijk.example"
    assert config.reach("twin") == "twin:7105"
    assert config.reach("permit") == config.listen("permit") == "127.0.0.1:7103"
    assert config.keys == tmp_path.resolve() / "keys"
    assert config.limits.max_upload_bytes == 256 * 1024 * 1024
    assert config.limits.keep_uploads_days == 90
    assert (config.twin.archive_after_days, config.twin.keep_past_days) == (0, 0), "what was, stays as it was"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("[twin]", "[twin]\nlissten = 1"), "unknown key twin.lissten"),
        (("[city]", "colour = 1\n[city]"), "unknown key colour"),
        (('authority = "marewijk.example"\n', ""), "missing key city.authority"),
        (("[nats]\n", "[nuts]\n"), "unknown key nuts"),
        (('name = "Marewijk"', 'name = ""'), "city.name is ''"),
        (('name = "Marewijk"', 'name = "M"\ncrs = "nonsense"'), "city.crs is 'nonsense'"),
        (('name = "Marewijk"', 'name = "M"\njurisdiction = ""'), "city.jurisdiction is ''"),
        (('name = "Marewijk"', 'name = "M"\nlanguages = ["fr"]'), "city.languages has 'fr'; reports are in 'nl', 'en'"),
        (('name = "Marewijk"', 'name = "M"\nlanguages = ["nl", "nl"]'), "city.languages has 'nl'"),
        (("[twin]", "[twin]\nthreads = 3"), "twin.threads must be 4"),
        (("[twin]", "[twin]\narchive_after_days = -1"), "twin.archive_after_days must be 0, for never, to 36500"),
        (("[twin]", "[twin]\nkeep_past_days = 36501"), "twin.keep_past_days must be 0, for never, to 36500"),
        (("[twin]", "[twin]\narchive_after_days = 90\nkeep_past_days = 90"), "twin.keep_past_days must be more than"),
        (("[twin]", '[twin]\ndatabase = "twin.db"'), "twin.database is no PostgreSQL URL"),
        (("[twin]", '[twin]\ndatabase = "mysql://h/d"'), "twin.database is no PostgreSQL URL"),
        (("[twin]", '[twin]\ndatabase = "postgresql://[h/d"'), "twin.database is no URL"),
        (("[twin]", '[twin]\ndatabase = "postgresql://u:p@h/d"'), "twin.database holds a password"),
        (("[twin]", '[twin]\ndatabase = "postgresql://h/d?Password=p"'), "HANSE_TWIN_DATABASE_PASSWORD"),
        (("127.0.0.1:7103", "127.0.0.1:0"), "permit.listen"),
        (('name = "Marewijk"', "name = 7"), "city.name must be str, not int"),
        (('name = "Marewijk"', 'name = "M"\nlanguages = "nl"'), "city.languages must be a list"),
        (('name = "Marewijk"', 'name = "M"\nlanguages = []'), "city.languages is empty"),
        (('name = "Marewijk"', 'name = "M"\ntimezone = "Mars/Olympus"'), "city.timezone"),
        (('name = "Marewijk"', 'name = "M"\ntimezone = "Europe"'), "city.timezone"),
        (('name = "Marewijk"', f'name = "M"\ntimezone = "{"x" * 300}"'), "city.timezone"),
        (("marewijk.example", "Marewijk"), "city.authority"),
        (("127.0.0.1:7103", "127.0.0.1:7102"), "both 127.0.0.1:7102"),
        (("127.0.0.1:7103", "127.0.0.1:99999"), "permit.listen"),
        (("[nats]", "[limits]\nmax_upload_bytes = 0\n[nats]"), "limits.max_upload_bytes must be above zero"),
        (("[nats]", "[limits]\nmax_upload_bytes = true\n[nats]"), "limits.max_upload_bytes must be int"),
        (("[nats]", "[limits]\nworker_memory_bytes = 1000\n[nats]"), "limits.worker_memory_bytes must be at least"),
        (("[nats]", "[limits]\nkeep_uploads_days = 0\n[nats]"), "limits.keep_uploads_days must be above zero"),
        (("[nats]", "[limits]\nkeep_uploads_days = 36501\n[nats]"), "limits.keep_uploads_days must be at most 36500"),
        (("[nats]", "[limits]\nkeep_uploads_days = 90.0\n[nats]"), "limits.keep_uploads_days must be int"),
        (("[nats]", f"[limits]\nmax_message_bytes = {2**30}\n[nats]"), "limits.max_message_bytes must be at most"),
        (("[nats]", f"[limits]\nmax_upload_bytes = {10**30}\n[nats]"), "limits.max_upload_bytes must be at most"),
        (("[nats]", "[limits]\nmodel_bytes_per_subject = 2000000000000000\n[nats]"), "model_bytes_per_subject must be"),
        (("[nats]", "[limits]\nchecks_running = 1000001\n[nats]"), "limits.checks_running must be at most 1000000"),
        (("[nats]", "[limits]\nstream_idle_s = 31622401\n[nats]"), "limits.stream_idle_s must be at most 31622400"),
        (("[nats]", f"[exchange]\ncheckpoint_interval_ms = {10**20}\n[nats]"), "exchange.checkpoint_interval_ms must"),
        (("[nats]", "[limits]\ndeadline_max_ms = 29999\n[nats]"), "limits.deadline_default_ms must be at most limits."),
        (("[nats]", '[paths]\nkeys = ""\n[nats]'), "paths.keys is ''"),
        (("[nats]", '[paths]\nstate = "a\\u0000b"\n[nats]'), "paths.state is 'a\\x00b'"),
        (("[nats]", "nats ="), "not valid TOML"),
        (("[city]", 'root = "/"\n[city]'), "unknown key root"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(ConfigError, match=r"city\.toml") as caught:
        load(path)
    assert named in str(caught.value)


def test_the_largest_numbers_are_taken(tmp_path: Path) -> None:
    """By the parts, too: grpc counts bytes in 32 bits."""
    most = f"[limits]\nmax_message_bytes = {2**30 - 1}\ndeadline_max_ms = 31622400000\nmax_load_bytes = {2**50}\n[nats]"
    limits = load(write(tmp_path, GOOD.replace("[nats]", most))).limits
    assert 2 * limits.max_message_bytes < 2**31
    assert limits.max_load_bytes == 2**50


def test_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="hanse init"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(("named", "path"), [(None, "city.toml"), ("", "city.toml"), ("a/b.toml", "a/b.toml")])
def test_where_a_city_is_when_nobody_says(monkeypatch: pytest.MonkeyPatch, named: str | None, path: str) -> None:
    monkeypatch.delenv("HANSE_CITY", raising=False)
    if named is not None:
        monkeypatch.setenv("HANSE_CITY", named)
    assert config_path() == Path(path)


def test_oversized_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at most"):
        load(write(tmp_path, GOOD + "#" * 70_000))


@given(st.integers(0, 65535))
def test_every_port_splits(port: int) -> None:
    assert split_address(f"city.example:{port}") == ("city.example", port)


@given(st.text(max_size=30))
def test_other_texts_are_refused_or_are_host_and_port(text: str) -> None:
    try:
        host, port = split_address(text)
    except ValueError:
        return
    assert text.endswith(f":{text.rpartition(':')[2]}")
    assert host
    assert 0 <= port <= 65535


def test_the_languages_of_a_city_are_those_of_the_reports() -> None:
    assert set(LANGUAGES) == set(labels("permit/v1"))
