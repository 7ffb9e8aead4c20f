# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""An edge for ETSI's NGSI-LD test suite: of a new city, open, with the contexts that the suite names at hand."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.cli.init import Ports, create_city

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORGE = "https://forge.etsi.org/rep/cim/ngsi-ld-test-suite/-/raw/develop/resources/jsonld-contexts/"
SUITE_CONTEXT = f"{_FORGE}ngsi-ld-test-suite-compound.jsonld"
_DATA_MODELS = "https://easy-global-market.github.io/ngsild-api-data-models/ngsildTestSuite/"
NAMED = {
    SUITE_CONTEXT: "ngsi-ld-test-suite-compound.jsonld",
    f"{_FORGE}ngsi-ld-test-suite.jsonld": "ngsi-ld-test-suite.jsonld",
    f"{_DATA_MODELS}ngsildTestSuiteV1.8-compound.jsonld": "ngsi-ld-test-suite-compound.jsonld",
}
# Contexts that the suite names and no case needs a term of: they stand for themselves.
STAND_INS = (
    "http://smartdatamodels.org/context.jsonld",
    "https://fiware.github.io/data-models/context.jsonld",
    "https://fiware.github.io/NGSI-LD_TestSuite/ldContext/testContext.jsonld",
)
INSTANCES = 30  # in one answer: cases expect evolutions of 40 and more to come in parts (clause 6.3.10)
_START_S = 60.0


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on just now."""
    with ExitStack() as stack:
        some = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in some]


@contextmanager
def serving(contexts: Path, context_port: int) -> Iterator[str]:
    """The URL of an edge that serves while the block runs; it may fetch contexts from one port of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        (port,) = free_ports(1)
        city = _city(Path(folder), contexts, port, context_port)
        log = Path(folder) / "edge.log"
        with log.open("w") as output:
            command = [sys.executable, "-m", "hanse.twin.edge.server", "--city", str(city)]
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            try:
                url = f"http://127.0.0.1:{port}"
                _await(f"{url}/health", process, log)
                yield url
            finally:
                process.terminate()
                process.wait(30)


def _city(folder: Path, contexts: Path, port: int, context_port: int) -> Path:
    config = create_city(folder / "city", "Marewijk", "marewijk.example", Ports.free(), ("operator",))
    empty = folder / "empty.jsonld"
    empty.write_text('{"@context": {"standIn": "https://example.org/standIn"}}', encoding="utf-8")
    preloaded = [f"{url} {contexts / name}" for url, name in NAMED.items()]
    preloaded += [f"{url} {empty}" for url in STAND_INS]
    section = {
        "listen": f"127.0.0.1:{port}",
        "open": True,
        "instances": INSTANCES,
        "preloaded": preloaded,
        "contexts": [f"http://127.0.0.1:{context_port}/"],
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in section.items()]
    path: Path = config.root / "city.toml"
    text = path.read_text(encoding="utf-8").replace("enabled = true", "enabled = false")  # no events
    path.write_text(f"{text}\n[twin_edge]\n{''.join(lines)}", encoding="utf-8")
    return path


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - http, of this machine
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the edge does not serve: {log.read_text(encoding='utf-8')[-2000:]}") from None
            time.sleep(0.1)
