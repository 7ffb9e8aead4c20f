# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The story told with commands only: two cities up, twins loaded, an architect's plan checked, proved, revoked."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cities import LINDEMOND, MAREWIJK, Federation, Processes, city_path, make_federation

from hanse.cli.health import is_serving
from hanse.cli.main import main
from hanse.cli.output import Exit
from hanse.examples import borderland
from hanse.kernel.config import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanse.kernel.config import CityConfig

pytestmark = pytest.mark.cities


@dataclass
class Story:
    """Two running cities and a person's folder."""

    federation: Federation
    made: borderland.Borderland
    folder: Path
    capture: pytest.CaptureFixture[str] | None = None

    def run(self, city: CityConfig, *words: object, code: int = Exit.OK) -> str:
        """Runs `hanse WORDS --city CITY`; its stdout."""
        assert self.capture is not None
        self.capture.readouterr()
        found = main([*map(str, words), "--city", str(city_path(city))])
        shown = self.capture.readouterr()
        assert found == code, f"{words}: {found}\n{shown.out}{shown.err}"
        assert "Traceback" not in shown.err
        return shown.out

    def document(self, city: CityConfig, *words: object, code: int = Exit.OK) -> Any:
        """The same with `--json`."""
        return json.loads(self.run(city, *words, "--json", code=code))

    def error(self, city: CityConfig, *words: object) -> dict[str, str]:
        """What a command that is refused says to programs."""
        assert self.capture is not None
        self.capture.readouterr()
        assert main([*map(str, words), "--city", str(city_path(city)), "--json"]) != Exit.OK
        error: dict[str, str] = json.loads(self.capture.readouterr().err.splitlines()[-1])["error"]
        return error

    @property
    def holder(self) -> tuple[object, ...]:
        """The architect's options: her credential, key and certificate."""
        certificate = self.federation.there.keys / "client-architect.pem"
        return ("--credential", self.folder / "credential", "--key", self.folder / "key", "--certificate", certificate)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("cities")
    federation = make_federation(folder)
    made = borderland.write(folder / "borderland")
    with Processes() as processes:
        for config in federation.cities:
            command = [sys.executable, "-m", "hanse.cli.main", "up", "--city", str(city_path(config))]
            processes.run(command, config, "up")
        until(lambda: all(is_serving(config, part) for config in federation.cities for part in PARTS), 120)
        yield Story(federation, made, folder)


@pytest.fixture
def story(running: Story, capsys: pytest.CaptureFixture[str]) -> Story:
    running.capture = capsys
    return running


def until(check: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_01_cities_are_joined_and_say_how_they_are(story: Story) -> None:
    here, there = story.federation.cities
    story.run(here, "federation", "join", city_path(here), city_path(there))
    assert [peer["authority"] for peer in story.document(here, "peer", "list")] == [LINDEMOND]
    status = story.document(here, "status", "--wait", "60")  # NATS starts anew for a neighbour
    assert {part["part"] for part in status["parts"]} == {*PARTS, "nats"}
    assert status["peers"][0]["state"] == "reachable"
    assert "reachable" in story.run(here, "status")


def test_02_twins_and_zoning_are_loaded(story: Story) -> None:
    for config, city in zip(story.federation.cities, ("marewijk", "lindemond"), strict=True):
        title = ("--dataset", "buildings", "--title", city, "--vertical-datum", "NAP")
        loaded = story.document(config, "twin", "load", story.made.twins[city], *title)
        assert int(loaded["created"]) >= story.made.buildings[city]
        assert loaded["refused"] == "0"
        again = story.document(config, "twin", "load", story.made.twins[city], "--dataset", "buildings")
        assert again["unchanged"] == loaded["created"]
        put = story.document(config, "zoning", "put", story.made.zoning[city])
        assert [each["id"] for each in story.document(config, "zoning", "list")] == [put["id"]]


def test_03_a_twin_is_asked_here_and_across_the_border(story: Story) -> None:
    here = story.federation.here
    found = story.document(here, "twin", "query", "--type", "Building", "--filter", "ridgeHeight>20", "--limit", "5")
    assert found
    assert all(entity["ridgeHeight"]["value"] > 20 for entity in found)
    assert json.loads(story.run(here, "twin", "get", found[0]["id"])) == found[0]
    short = story.document(here, "twin", "query", "--dataset", "buildings", "--limit", "3")
    assert len(short) == 3
    assert all(entity["id"].startswith(f"urn:hanse:{MAREWIJK}:") for entity in short)
    assert story.document(here, "twin", "query", "--dataset", "nothing") == []
    theirs = story.document(here, "twin", "query", "--of", LINDEMOND, "--type", "Building", "--limit", "2")
    assert all(entity["id"].startswith(f"urn:hanse:{LINDEMOND}:") for entity in theirs)
    assert len(theirs) == 2
    story.run(here, "twin", "get", "urn:hanse:marewijk.example:building:none", code=Exit.FAILED)
    story.run(here, "twin", "query", "--of", "nowhere.example", code=Exit.FAILED)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("permit", "show", "nope"), "hanse permit check"),
        (("exchange", "proof", "nope"), "hanse exchange list"),
        (("permit", "report", "nope", "--out", "nowhere"), "hanse permit check"),
        (("credential", "revoke", "nope"), "hanse credential list"),
        (("twin", "query", "--of", "nowhere.example"), "hanse peer add"),
        (("credential", "issue", "--holder-key", "nowhere/key", "--out", "credential", "--days", "0.001"), ""),
        (("peer", "add", LINDEMOND, "127.0.0.1:0"), "Write"),
    ],
)
def test_03_what_is_refused_is_answered_with_commands(story: Story, words: tuple[str, ...], command: str) -> None:
    error = story.error(story.federation.here, *words)
    assert error["remedy"]
    assert command in error["remedy"]
    assert not re.search(r"[a-z][A-Z]", error["remedy"]), "no call is named"
    assert not Path("nowhere").exists()


def test_04_a_credential_opens_the_other_city(story: Story) -> None:
    here, there = story.federation.cities
    claims = ("--claim", "name=Noor", "--disclosable", "name")
    issued = story.document(
        there,
        "credential",
        "issue",
        *claims,
        "--holder-key",
        story.folder / "key",
        "--out",
        story.folder / "credential",
    )
    assert [each["id"] for each in story.document(there, "credential", "list")] == [issued["id"]]
    known = story.document(here, "credential", "present", *story.holder)
    assert known["subject"].startswith(f"urn:hanse:{MAREWIJK}:person:")


def test_05_her_plan_is_checked_and_the_exchange_proved(story: Story) -> None:
    here, out = story.federation.here, story.folder / "report"
    plan = story.made.plans["too-high"]
    check = story.document(here, "permit", "check", plan, "--out", out, "--language", "en", *story.holder, code=1)
    assert check["verdict"] == "NON_COMPLIANT"
    assert json.loads((out / "report.json").read_text())["verdict"] == "NON_COMPLIANT"
    assert all((out / name).stat().st_size for name in ("report.html", "plan.svg", "view.svg"))
    exchange = next(source["exchange_id"] for source in check["sources"] if source["exchange_id"])
    assert exchange in [each["id"] for each in story.document(here, "exchange", "list", "--with", LINDEMOND)]
    proof = story.folder / "proof.json"
    story.run(here, "exchange", "proof", exchange, "--out", proof, *story.holder)
    said = story.document(story.federation.there, "exchange", "verify", proof)
    assert (said["asker"], said["answerer"], said["purpose"]) == (MAREWIJK, LINDEMOND, "permit-check")
    altered = story.folder / "altered.json"
    altered.write_bytes(proof.read_bytes().replace(b"a", b"b", 1))
    story.run(here, "exchange", "verify", altered, code=Exit.FAILED)


def test_05_a_check_that_ended_is_not_cancelled_any_more(story: Story) -> None:
    here = story.federation.here
    check = story.document(here, "permit", "check", story.made.plans["complies"], "--watch")
    cancelled = story.document(here, "permit", "cancel", check["id"])
    assert (cancelled["id"], cancelled["state"]) == (check["id"], "STATE_SUCCEEDED")
    assert "hanse permit check" in story.error(here, "permit", "cancel", "nope")["remedy"]


def test_06_revoked_means_no_in_the_other_city(story: Story) -> None:
    here, there = story.federation.cities
    credential = story.document(there, "credential", "list")[0]["id"]
    story.run(there, "credential", "revoke", credential, "--reason", "end of the story")

    def refused() -> bool:
        words = ["credential", "present", *map(str, story.holder), "--city", str(city_path(here))]
        return main(words) == Exit.DENIED

    until(refused)


def test_07_a_neighbour_that_is_forgotten_is_asked_no_more(story: Story) -> None:
    here = story.federation.here
    error = story.error(here, "peer", "remove", "nowhere.example")
    assert "not registered" in error["message"]
    assert LINDEMOND in error["remedy"]
    story.run(here, "peer", "remove", LINDEMOND)
    assert "None is registered" in story.error(here, "peer", "remove", LINDEMOND)["remedy"]
    assert story.document(here, "peer", "list") == []
    story.run(here, "twin", "query", "--of", LINDEMOND, "--type", "Building", code=Exit.FAILED)
