# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A neighbour that is there and says nothing: it costs its own deadline and nothing else, and the result says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from cities import LINDEMOND, MAREWIJK
from hamlets import Check
from honesty import ANSWERED, TIMED_OUT, Case, assert_honest, assert_well, stopped

if TYPE_CHECKING:
    from hamlets import Hamlets

pytestmark = [pytest.mark.cities, pytest.mark.timeout(240)]
PATIENCE_MS = 1500


@pytest.mark.parametrize("known", [True, False], ids=["connected", "not yet connected"])
def test_a_check_waits_for_a_silent_neighbour_only_so_long(hamlets: Hamlets, *, known: bool) -> None:
    if known:
        assert hamlets.ask() == 1
    else:
        hamlets.put_peer(MAREWIJK, hamlets.there.config)  # a peer that is put anew is dialled anew
    case = Case.of(hamlets)
    with stopped(hamlets.part(LINDEMOND, "gateway")):
        case.start(neighbour_timeout_ms=PATIENCE_MS)
        assert_honest(case, {MAREWIJK: ANSWERED, LINDEMOND: TIMED_OUT})
    assert_well(hamlets)


def test_what_needs_no_neighbour_goes_on_meanwhile(hamlets: Hamlets) -> None:
    patient, other = Case.of(hamlets), Case.of(hamlets)
    with stopped(hamlets.part(LINDEMOND, "gateway")):
        patient.start(neighbour_timeout_ms=60_000)
        patient.reached("asking")
        assert hamlets.ask(whom="") == 1, "the own twin answers"
        other.start(neighbour_timeout_ms=PATIENCE_MS)
        assert_honest(other, {MAREWIJK: ANSWERED, LINDEMOND: TIMED_OUT})
        with pytest.raises(grpc.RpcError) as caught:
            hamlets.ask(timeout=PATIENCE_MS / 1000)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert patient.applicant.get(patient.id).state == Check.STATE_RUNNING
    assert_honest(patient, {MAREWIJK: ANSWERED, LINDEMOND: ANSWERED})
    assert_well(hamlets)
