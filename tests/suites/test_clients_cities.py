# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The clients in examples/clients as an integrator runs them, at the gateways of two running cities."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cities import Processes, city_path, make_federation
from shapely.geometry import shape
from story import Border, quiet

from hanse.contracts import validate_document
from hanse.examples import borderland
from hanse.kernel import channel as channels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanse.kernel.config import CityConfig

pytestmark = [pytest.mark.cities, pytest.mark.timeout(400)]
CLIENTS = Path(__file__).resolve().parents[2] / "examples" / "clients"


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> borderland.Borderland:
    return borderland.write(tmp_path_factory.mktemp("land"))


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory, land: borderland.Borderland) -> Iterator[Border]:
    with Processes() as processes:
        border = Border.open(make_federation(tmp_path_factory.mktemp("cities")), processes)
        for operator, name in ((border.here, "marewijk"), (border.there, "lindemond")):
            operator.load_twin(land.twins[name], name, quiet)
            operator.put_zoning(land.zoning[name])
        yield border


def run(client: str, config: CityConfig, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CLIENTS / client), "--city", str(city_path(config)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def plot(land: borderland.Borderland) -> str:
    """The middle of the plot that the plans are drawn for."""
    features = json.loads(land.border.read_text())["features"]
    area = next(f["geometry"] for f in features if f["properties"]["kind"] == "plot")
    middle = shape(area).centroid
    return f"{middle.x:.0f},{middle.y:.0f}"


def test_ask_the_twin_for_what_stands_around_a_point(border: Border, land: borderland.Borderland) -> None:
    done = run("ask_twin.py", border.here.config, "--at", plot(land), "--radius", "120")
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["building", "source", "id", "ground", "m", "ridge", "m", "use"]
    assert rows
    assert all(row.startswith("urn:hanse:marewijk.example:building:") for row in rows)
    ground, ridge = (float(text) for text in rows[0].split()[2:4])
    assert ground < ridge
    assert "CC0-1.0" in done.stderr
    wider = run("ask_twin.py", border.here.config, "--at", plot(land), "--radius", "2000").stdout.splitlines()[1:]
    assert len(wider) == land.buildings["marewijk"]
    assert set(rows) < set(wider)


def test_ask_the_neighbours_twin_through_both_gateways(border: Border, land: borderland.Borderland) -> None:
    done = run("ask_twin.py", border.here.config, "--at", plot(land), "--radius", "250", "--of", "lindemond.example")
    assert done.returncode == 0, done.stderr
    _, *rows = done.stdout.splitlines()
    assert rows
    assert all(row.startswith("urn:hanse:lindemond.example:building:") for row in rows)


@pytest.mark.parametrize("city", ["marewijk.example", "lindemond.example"])
def test_the_program_in_the_readme_runs(
    border: Border, land: borderland.Borderland, capsys: pytest.CaptureFixture[str], city: str
) -> None:
    """With what a client has: a channel, a point and metadata; for the neighbour, with what the README says to add."""
    readme = (CLIENTS.parents[1] / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    added = re.search(
        r'^Add `\("(hanse-city)", "lindemond\.example"\)` and `\("(hanse-purpose)", ', readme, re.MULTILINE
    )
    assert added
    x, y = map(float, plot(land).split(","))
    metadata = channels.metadata(border.here.token)
    if city == "lindemond.example":
        metadata = [*metadata, *zip(added.groups(), (city, "test"), strict=True)]
    exec(program, {"channel": border.here.channel, "x": x, "y": y, "metadata": metadata})  # noqa: S102 - our own README
    rows = capsys.readouterr().out.split()
    assert rows
    assert all(row.startswith(f"urn:hanse:{city}:building:") for row in rows)


def test_a_city_that_nobody_knows_is_said(border: Border, land: borderland.Borderland) -> None:
    done = run("ask_twin.py", border.here.config, "--at", plot(land), "--of", "nowhere.example")
    assert done.returncode == 1
    assert "nowhere.example" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_question_that_makes_no_sense_is_answered_in_a_sentence(border: Border) -> None:
    done = run("ask_twin.py", border.here.config, "--at", "1,1", "--radius", "1e9")
    assert done.returncode == 1
    assert done.stderr.startswith("INVALID_ARGUMENT: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("plan", "verdict"), [("complies", "COMPLIANT"), ("too-high", "NON_COMPLIANT")])
def test_submit_a_plan_and_watch_it(
    border: Border, land: borderland.Borderland, tmp_path: Path, plan: str, verdict: str
) -> None:
    done = run("submit_plan.py", border.here.config, str(land.plans[plan]), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    *progress, last = done.stdout.splitlines()
    percents = [int(line.split(" %")[0]) for line in progress]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert last.startswith(f"{verdict}: ")
    report = (tmp_path / "out" / "report.json").read_bytes()
    assert validate_document(report, "permit/v1", "report") == []
    assert json.loads(report)["verdict"] == verdict
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_file_that_is_no_plan_is_refused_in_a_sentence(border: Border, tmp_path: Path) -> None:
    (tmp_path / "plan.ifc").write_text("not a plan")
    done = run("submit_plan.py", border.here.config, str(tmp_path / "plan.ifc"), "--out", str(tmp_path))
    assert done.returncode == 1
    assert "ISO-10303-21" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "report.json").exists()


def test_subscribe_to_events_of_the_city_and_go_on_where_it_stopped(border: Border) -> None:
    first = run("subscribe_events.py", border.here.config, "--count", "1")
    assert first.returncode == 0, first.stderr
    (line,) = first.stdout.splitlines()
    assert " hanse.twin.v1.entity-changed urn:hanse:marewijk.example:service:twin " in line
    second = run("subscribe_events.py", border.here.config, "--count", "1")
    assert second.returncode == 0, second.stderr
    assert second.stdout != first.stdout


def test_subscribe_to_the_neighbours_events(border: Border) -> None:
    done = run("subscribe_events.py", border.here.config, "--count", "1", "--of", "lindemond.example")
    assert done.returncode == 0, done.stderr
    assert " urn:hanse:lindemond.example:service:twin " in done.stdout


def test_events_that_do_not_come_are_waited_for_so_long_only(border: Border) -> None:
    done = run("subscribe_events.py", border.there.config, "--count", "100000", "--timeout", "1")
    assert done.returncode == 1
    assert done.stderr == f"no events from {border.there.config.nats.reach}: nats: timeout\n"


def test_events_of_a_city_that_is_no_neighbour_are_said(border: Border) -> None:
    done = run("subscribe_events.py", border.here.config, "--of", "nowhere.example", "--timeout", "1")
    assert done.returncode == 1
    assert "no events of nowhere.example" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_client_that_is_interrupted_says_so(border: Border) -> None:
    command = [sys.executable, str(CLIENTS / "subscribe_events.py"), "--city", str(city_path(border.there.config))]
    command += ["--count", "100000", "--client", "operator"]  # who has read none yet
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()  # it listens
        client.send_signal(signal.SIGINT)
        _, said = client.communicate(timeout=30)
    assert client.returncode == 130
    assert said == b"interrupted\n"
