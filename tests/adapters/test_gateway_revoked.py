# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A client's certificate that the operator revokes is admitted no more, also on connections that stand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import grpc
import pytest
from cities import city_path
from gateway_world import TIMEOUT_S, World, make_world

from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.cli.main import main
from hanse.kernel.config import ConfigError
from hanse.kernel.errors import from_rpc
from hanse.kernel.revoked import FILE, Revoked, fingerprint, read_revoked, revoke

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def admitted(world: World, name: str) -> bool:
    stub = identity_pb2_grpc.IdentityServiceStub(world.channel(world.here.config, f"client-{name}"))
    try:
        stub.CreateChallenge(identity_pb2.CreateChallengeRequest(), timeout=TIMEOUT_S)
    except grpc.RpcError as error:
        if (error.code(), from_rpc(error).reason) != (grpc.StatusCode.UNAUTHENTICATED, "CALLER_NOT_ALLOWED"):
            raise
        return False
    return True


def until(world: World, name: str, *, wanted: bool) -> None:
    deadline = time.monotonic() + 20
    while admitted(world, name) is not wanted:
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_revoked_at_run_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert admitted(world, "architect")
    assert main(["client", "revoke", "architect", "--city", str(city_path(world.here.config))]) == 0
    assert "client-architect.pem is admitted no more" in capsys.readouterr().out
    until(world, "architect", wanted=False)
    assert admitted(world, "platform")
    path = world.here.config.trust / FILE
    right = path.read_bytes()
    path.write_bytes(b"{")
    until(world, "platform", wanted=False)
    path.write_bytes(right)
    until(world, "platform", wanted=True)
    assert not admitted(world, "architect")
    path.unlink()
    until(world, "architect", wanted=True)


def test_a_list_grows_and_is_read_strictly(world: World, tmp_path: Path) -> None:
    path = tmp_path / FILE
    found = fingerprint((world.here.config.keys / "client-platform.pem").read_bytes())
    assert revoke(path, found)
    assert not revoke(path, found)
    assert revoke(path, "0" * 64)
    assert read_revoked(path) == {found, "0" * 64}
    for wrong in (b"[]", b"{}", b'{"sha256":["A"]}', b'{"sha256":[],"x":1}', b'{"sha256":{}}'):
        path.write_bytes(wrong)
        with pytest.raises(ConfigError):
            read_revoked(path)
        with pytest.raises(ConfigError):
            revoke(path, found)
        assert path.read_bytes() == wrong
    assert not Revoked(world.here.config).holds(found)
