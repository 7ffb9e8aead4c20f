# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the twin's edge as a process of one worker, and native load generators, which a Python server needs.

`ab` (Debian: apache2-utils) shows a client's certificate, so that it measures the edge as cities run it; `wrk` asks
many different questions of servers without TLS, ours and others alike.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hanse.cli.health import edge_is_serving
from hanse.contracts import registry
from hanse.kernel.config import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.kernel.config import CityConfig
    from hanse.twin.model import Box

NGSI = "/ngsi-ld/v1"
CONTEXT = "https://contexts.marewijk.example/twin.jsonld"  # preloaded: nothing is fetched
LINK = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
_STARTS_WITHIN_S = 60.0
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")
_AB_RATE = re.compile(r"Requests per second:\s+([\d.]+)")
_AB_FAILED = re.compile(r"(?:Failed requests|Non-2xx responses):\s+([1-9]\d*)")
_SCRIPT = """
local paths, turn = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
function request()
  turn = turn %% #paths + 1
  return wrk.format("GET", paths[turn])
end
"""


def generators() -> tuple[bool, bool]:
    """Whether `wrk` and `ab` are installed."""
    return shutil.which("wrk") is not None, shutil.which("ab") is not None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def edge(config: CityConfig, *, open_: bool = False) -> Iterator[CityConfig]:
    """The edge of a city as a process; `open_` without TLS and tokens, as only loopback may have it."""
    port = free_port()
    path = config.root / f"edge-{port}.toml"
    before = (config.root / "city.toml").read_text(encoding="utf-8")
    context = config.root / "twin.context.jsonld"
    context.write_text(json.dumps({"@context": _terms()}), encoding="utf-8")
    lines = f'\n[twin_edge]\nlisten = "127.0.0.1:{port}"\npreloaded = ["{CONTEXT} {context}"]\n'
    lines += "open = true\n" if open_ else ""
    path.write_text(before + lines, encoding="utf-8")
    served = load(path)
    command = [sys.executable, "-m", "hanse.twin.edge.server", "--city", str(path)]
    log_file = config.root / f"edge-{port}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        end = time.monotonic() + _STARTS_WITHIN_S
        while not edge_is_serving(served, 2.0):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log_file.read_text(encoding="utf-8")[-2_000:])
            time.sleep(0.1)
        yield served
    finally:
        process.terminate()
        process.wait(30)


def _terms() -> dict[str, str]:
    """The twin's own names as a client writes them into a context of its own."""
    terms = json.loads(registry.get("twin/v1").read("context.jsonld"))["@context"]
    own = {
        name: held if isinstance(held, str) else held.get("@id", "") for name, held in terms.items() if name[0] != "@"
    }
    prefix = terms["hanse"]
    return {name: prefix + iri.removeprefix("hanse:") for name, iri in own.items() if iri.startswith("hanse:")}


def box(corners: Box, limit: int) -> str:
    """The path of an NGSI-LD query for the buildings that meet a box of degrees, with all that is known of them."""
    sides = (corners.min_x, corners.min_y, corners.max_x, corners.max_y)
    west, south, east, north = (round(each, 7) for each in sides)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    place = json.dumps([ring], separators=(",", ":"))
    asked_for = {"type": "Building", "georel": "intersects", "geometry": "Polygon", "coordinates": place}
    return f"{NGSI}/entities?{urlencode({**asked_for, 'limit': limit}, safe='[],')}"


def asked(base: str, paths: Sequence[str], at_a_time: int, seconds: float, link: str = LINK) -> float:
    """Requests answered a second by a server without TLS, by wrk with one thread; any failure ends the measurement."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "paths.lua"
        listed.write_text("\n".join(paths) + "\n", encoding="utf-8")
        script.write_text(_SCRIPT % listed, encoding="utf-8")
        command = [
            "wrk",
            "-t1",
            f"-c{at_a_time}",
            f"-d{max(round(seconds), 1)}s",
            "-s",
            str(script),
            "-H",
            f"Link: {link}",
            base,
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return _rate(said, _RATE, _FAILED)


def asked_with_certificate(config: CityConfig, url: str, token: str, at_a_time: int, count: int) -> float:
    """Requests answered a second over mutual TLS with a token, by ab with connections kept."""
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder) / "client.pem"
        both.touch(mode=0o600)
        names = ("client-operator.pem", "client-operator.key.pem")
        both.write_bytes(b"".join((config.keys / name).read_bytes() for name in names))
        command = ["ab", "-q", "-k", "-n", str(count), "-c", str(at_a_time), "-E", str(both)]
        command += ["-H", f"Authorization: Bearer {token}", "-H", f"Link: {LINK}", "-H", "Accept: application/ld+json"]
        command.append(url)
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return _rate(said, _AB_RATE, _AB_FAILED)


def _rate(said: str, rate: re.Pattern[str], failed: re.Pattern[str]) -> float:
    found = rate.search(said)
    if found is None or failed.search(said):
        raise RuntimeError(said)
    return float(found[1])


def got(url: str) -> bytes:
    """One answer of a server without TLS."""
    request = urllib.request.Request(url, headers={"Link": LINK})  # noqa: S310 - our own addresses
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body
