# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which addresses the twin's edge calls: none that leads to a private one, however it is written."""

from __future__ import annotations

import pytest

from hanse.twin.outward import OutwardError, Policy

PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a00:1::1",
    "2001:0:a00:1::1",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_leads_inside(address: str) -> None:
    with pytest.raises(OutwardError, match="does not call"):
        Policy().judge(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_ones_are_called(address: str) -> None:
    Policy().judge(address)


def test_a_network_may_be_allowed_by_name() -> None:
    policy = Policy.of(["10.1.0.0/16", "fd00:1::/32"])
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00:1::5"):
        policy.judge(address)
    for address in ("10.2.0.1", "fd00:2::1"):
        with pytest.raises(OutwardError):
            policy.judge(address)
