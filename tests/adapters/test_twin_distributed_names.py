# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A name that leads elsewhere when asked for again gains nothing: it is looked up once, judged, and called there."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from endpoints import Endpoint

from hanse.twin.outward import Call, Outward, OutwardError, Policy

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def outward() -> Iterator[Outward]:
    made = Outward(Policy.of(["127.0.0.1/32"]))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("answers", "called"),
    [
        ([["127.0.0.1"], ["127.0.0.2"]], 1),  # the second look-up would be refused; there is none
        ([["127.0.0.2"], ["127.0.0.1"]], 0),
        ([["127.0.0.1", "127.0.0.2"]], 0),  # one address of several that must not be called
    ],
)
def test_a_name_is_looked_up_once(
    outward: Outward, monkeypatch: pytest.MonkeyPatch, answers: list[list[str]], called: int
) -> None:
    with Endpoint(answer=b"[]") as source:
        port = int(source.url.rpartition(":")[2])
        left = list(answers)

        def told(*_: Any, **__: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)]

        monkeypatch.setattr(socket, "getaddrinfo", told)
        (reply,) = outward.all([Call("GET", f"http://two-faced.example:{port}/")])
        assert isinstance(reply, OutwardError) == (not called)
        assert len(left) == len(answers) - 1
        assert source.came.qsize() == called
