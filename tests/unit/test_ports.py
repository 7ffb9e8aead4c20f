# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Worlds of tests never draw the same port, be they of one process or of several, whoever listens when."""

from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ports import BLOCK, FIRST, LAST, Drawer

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWS = """
import sys
from pathlib import Path
from ports import Drawer
drawer = Drawer(Path(sys.argv[1]))
print(*(drawer.draw() for _ in range(100)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def drawer(tmp_path: Path) -> Iterator[Drawer]:
    made = Drawer(tmp_path)
    yield made
    made.close()


def test_threads_draw_different_ports(drawer: Drawer) -> None:
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: drawer.draw(), range(3 * BLOCK)))
    assert len(set(drawn)) == len(drawn)
    assert all(FIRST <= port < LAST for port in drawn)


def test_processes_draw_different_ports(tmp_path: Path) -> None:
    tests = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-c", DRAWS, str(tmp_path)]
    running = [
        subprocess.Popen(command, cwd=tests, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    try:
        drawn = [port for each in running if each.stdout for port in each.stdout.readline().split()]
    finally:
        for each in running:
            each.communicate()
    assert len(drawn) == 300
    assert len(set(drawn)) == 300


def test_what_somebody_listens_on_is_left_out(drawer: Drawer, tmp_path: Path) -> None:
    first = drawer.draw()
    drawer.close()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        assert Drawer(tmp_path).draw() != first


def test_blocks_of_a_process_that_ended_are_given_out_again(drawer: Drawer, tmp_path: Path) -> None:
    first = drawer.draw()
    other = Drawer(tmp_path)
    assert other.draw() // BLOCK != first // BLOCK
    drawer.close()
    third = Drawer(tmp_path)
    assert third.draw() == first
    other.close()
    third.close()


def test_a_process_that_drew_them_all_draws_those_again_that_are_free(
    drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ports.LAST", FIRST + BLOCK)
    first = drawer.draw()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        assert first not in {drawer.draw() for _ in range(3 * BLOCK)}
    assert first in {drawer.draw() for _ in range(2 * BLOCK)}
