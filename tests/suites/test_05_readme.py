# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Every command in the README does what the README says, and every path in it is there."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hanse.cli.main import build_parser

if TYPE_CHECKING:
    from story import Demo

pytestmark = [pytest.mark.cities, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
# These run everything, this test among it: what they would run is looked at instead.
DRY = {"make demo": "hanse demo --out build/demo", "make test": "-m pytest"}


def test_the_two_commands_come_first(demo: Demo) -> None:
    lines = [line.split("#")[0].strip() for line in BLOCKS[0].splitlines()]
    assert lines == list(DRY)
    for command, expected in DRY.items():
        done = subprocess.run([*command.split(), "-n"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert expected in done.stdout
    assert demo.out == ROOT / "build" / "demo"


def free_base() -> int:
    """The first of ten ports in a row on which nobody listens."""
    for base in range(20_000, 32_000, 10):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + 10):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return base
    pytest.fail("no ten free ports in a row")


@pytest.mark.parametrize("block", BLOCKS[1:], ids=lambda block: block.splitlines()[0][:40])
def test_every_other_block_runs(demo: Demo, block: str) -> None:
    assert demo.summary
    shutil.rmtree(ROOT / "build" / "cities", ignore_errors=True)
    # The README's ports may be taken here by whoever follows it at this moment.
    base = free_base()
    block = block.replace("--base-port 7300", f"--base-port {base}").replace("localhost:7308", f"localhost:{base + 8}")
    script = f"set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{block}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


def test_what_the_demo_says_to_try_next_can_be_typed_as_it_stands(demo: Demo) -> None:
    """In a shell that knows of no virtual environment. What would start the demo anew is only read."""
    commands = demo.summary["next"]
    assert len(commands) == 4
    for command in commands:
        program, *words = shlex.split(command)
        assert (ROOT / program).is_file()
        if words[0] in {"demo", "status"}:
            build_parser(words[0]).parse_args(words)
            continue
        bare = {"PATH": "/usr/bin:/bin", "HOME": str(demo.out)}
        done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_every_link_and_named_file_is_there(demo: Demo) -> None:
    assert demo.summary
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "//" not in link]
    named = re.findall(r"`(build/demo/[\w./-]+)`", README)
    assert links
    assert named
    missing = [path for path in (*links, *named) if not (ROOT / path).exists()]
    assert missing == []
