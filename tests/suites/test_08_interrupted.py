# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Ctrl-C in the midst of the demo, at a terminal: it says what was broken off, and leaves neither line nor process."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.progress import Progress

from hanse.cli.demo.cities import ANCHOR, noticed
from hanse.cli.demo.story import Stage
from hanse.cli.main import main
from hanse.cli.output import Exit

pytestmark = [pytest.mark.cities, pytest.mark.timeout(200)]
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SPINNER = re.compile(r"[\u2800-\u28ff]")  # Braille patterns: what rich's spinner is made of


@dataclass
class Terminal:
    """A command at a terminal of its own, and what stands on it."""

    process: subprocess.Popen[bytes]
    master: int
    shown: bytearray = field(default_factory=bytearray)

    def read(self) -> None:
        """Takes in everything until the terminal is closed."""
        with suppress(OSError):  # Linux tells the end of a terminal so
            while data := os.read(self.master, 65536):
                self.shown += data

    def lines(self) -> list[str]:
        """The lines that are left standing: each as it was last written, without those that were cleared."""
        standing: list[str] = []
        for line in self.shown.decode(errors="replace").split("\n"):
            last = line.rstrip("\r").split("\r")[-1]
            for _ in range(last.count("\x1b[1A")):
                if standing:
                    standing.pop()
            standing.append(_CODES.sub("", last))
        return [line.rstrip() for line in standing if line.strip()]

    def interrupt(self, code: int, number: signal.Signals = signal.SIGINT) -> None:
        """As Ctrl-C does, to every process in the foreground; any other to the command alone. Waits for its end."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        # A Python that was broken off inside exec, as dataclasses use it, ends by SIGINT: 130 to a shell as well.
        assert self.process.wait(60) in {code, -signal.SIGINT}, self.shown.decode(errors="replace")


@contextmanager
def at_terminal(*words: str, env: dict[str, str]) -> Iterator[Terminal]:
    """`hanse WORDS`, with a terminal as its stdout and stderr, in a process group of its own."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "hanse.cli.main", *words]
    # Its own session: a process group that a signal can be sent to as a terminal would.
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env={**os.environ, **env}
    ) as process:
        os.close(slave)
        terminal = Terminal(process, master)
        reader = threading.Thread(target=terminal.read, daemon=True)
        reader.start()
        try:
            yield terminal
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)
            reader.join(10)
            os.close(master)


def until(check: Callable[[], object], terminal: Terminal, timeout_s: float = 90) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, terminal.shown.decode(errors="replace")
        assert terminal.process.poll() is None, terminal.shown.decode(errors="replace")
        time.sleep(0.05)


def pids(out: Path) -> set[int]:
    """The processes of both cities, as `hanse up` wrote them down."""
    found: set[int] = set()
    for path in (out / "cities").glob("*/state/up.json"):
        document = json.loads(path.read_bytes())
        found |= {document["pid"], *(part["pid"] for part in document["parts"].values() if part["pid"])}
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(found: set[int], timeout_s: float = 30) -> bool:
    deadline = time.monotonic() + timeout_s
    while any(map(alive, found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, found))


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HANSE_ANCHORS": str(tmp_path / "anchors"), "COLUMNS": "140"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_line_and_no_process(
    tmp_path: Path, env: dict[str, str], number: signal.Signals
) -> None:
    out = tmp_path / "demo"
    with at_terminal("demo", "--out", str(out), env=env) as terminal:
        # Both cities are starting, and a spinner turns.
        until(lambda: len(pids(out)) > 8 and _SPINNER.search(terminal.lines()[-1]), terminal)
        found = pids(out)
        terminal.interrupt(Exit.INTERRUPTED, number)
    assert gone(found), "no process is left behind"
    lines = terminal.lines()
    assert lines[-2].startswith("error: interrupted while: Building Marewijk"), lines
    assert not [line for line in lines if _SPINNER.search(line)], "no spinner stands still"
    assert "Traceback" not in terminal.shown.decode()


def test_an_interrupt_that_a_library_swallowed_is_raised_again() -> None:
    asked = threading.Event()
    stage = Stage(Progress(disable=True), asked)
    stage.step("one")
    with noticed(asked), suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        stage.done("one")
    with pytest.raises(KeyboardInterrupt):
        stage.step("two")


def test_a_demo_that_is_killed_takes_its_cities_along(tmp_path: Path, env: dict[str, str]) -> None:
    out = tmp_path / "demo"
    with at_terminal("demo", "--out", str(out), env=env) as terminal:
        until(lambda: len(pids(out)) > 8, terminal)
        second = subprocess.run(
            [sys.executable, "-m", "hanse.cli.main", "demo", "--out", str(out)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == Exit.USAGE
        assert "a demo runs in" in second.stderr
        found = pids(out)
        terminal.process.kill()
        terminal.process.wait(10)
        assert gone(found)


def test_a_demo_deletes_nothing_that_no_demo_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["federation", "new", "Havenstad", "--out", str(tmp_path / "cities")]) == Exit.OK
    before = sorted(tmp_path.rglob("*"))
    assert ANCHOR not in (tmp_path / "cities/anchor/anchor.json").read_text()
    assert main(["demo", "--out", str(tmp_path)]) == Exit.USAGE
    assert "another folder" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_demo_writes_over_nothing_that_no_demo_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.html").write_text("mine")
    assert main(["demo", "--out", str(tmp_path)]) == Exit.USAGE
    assert "another folder" in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.html", "mine")]


def test_cities_that_no_demo_made_stay_though_a_demo_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".demo.lock").touch()
    assert main(["federation", "new", "Havenstad", "--out", str(tmp_path / "cities")]) == Exit.OK
    before = sorted(tmp_path.rglob("*"))
    assert main(["demo", "--out", str(tmp_path)]) == Exit.USAGE
    assert "another folder" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
