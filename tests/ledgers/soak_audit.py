# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""After the kills: what the cities say now, held against what they acknowledged then."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledgers import invariants

from hanse.api.permit.v1 import permit_pb2
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.cli.client import GatewayClient
from hanse.cli.federation import ANCHOR_PUBLIC
from hanse.gateway.exchange.proof import ProofError, verify_proof
from hanse.kernel.clock import system_clock
from hanse.kernel.errors import NotFoundError
from hanse.trust import Anchor

if TYPE_CHECKING:
    from ledgers.journal import Journal
    from ledgers.load import Applicant, Auditor, Neighbourly
    from ledgers.soak_world import World

    from hanse.kernel.config import CityConfig

SETTLE_S = 180.0
OPEN = {"QUEUED", "RUNNING"}


@dataclass
class Audit:
    """What was looked at, and what did not hold."""

    looked: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)

    def note(self, invariant: str, found: list[str], *, looked: int = 1) -> None:
        """Adds to one invariant's account."""
        self.looked[invariant] += looked
        self.broken.setdefault(invariant, []).extend(found)


WRITES = "no acknowledged write is lost"
CHECKS = "every check ends: SUCCEEDED with an honest verdict, or FAILED or ABORTED with its reason"
PROOFS = "every completed exchange has a proof that verifies"
LOGS = "logs only grow; every checkpoint shown is of a beginning of the log"
HALVES = "no exchange is left half done after a restart"


def audit(
    world: World,
    journal: Journal,
    applicant: Applicant,
    neighbourly: Neighbourly,
    auditors: dict[str, Auditor],
) -> Audit:
    """Asks everything, the cities being up and left alone; stops the gateways at last to read their logs whole."""
    found = Audit()
    for config in world.federation.cities:
        stored = _stored(config, journal)
        own = {name: version for name, version in journal.acknowledged.items() if name in stored}
        found.note(WRITES, list(invariants.writes_kept(journal.attempted, own, stored)), looked=len(own))
    _checks(journal, applicant, found)
    world.restart("gateway")
    _proofs(world, journal, neighbourly, found)
    for authority, auditor in auditors.items():
        auditor.look(0)
        states = auditor.states()
        found.note(HALVES, list(invariants.exchanges_settled(authority, states)), looked=len(states))
    for key, part in world.parts.items():
        if part.name == "gateway":
            part.stop()
            shown = journal.checkpoints.get(key[0], [])
            found.note(LOGS, list(invariants.log_consistent(key[0], shown, _leaves(part.config))), looked=len(shown))
    return found


def _stored(config: CityConfig, journal: Journal) -> dict[str, int | None]:
    """The version of each of the city's entities that was ever acknowledged; None when it is gone."""
    stored: dict[str, int | None] = {}
    with GatewayClient.of(config) as client:
        stub = twin_pb2_grpc.TwinServiceStub(client.channel)
        for name in journal.acknowledged:
            if name.startswith(f"urn:hanse:{config.city.authority}:"):
                try:
                    entity = client.call(stub.GetEntity, twin_pb2.GetEntityRequest(id=name))
                    stored[name] = json.loads(entity.json)["version"]["value"]
                except NotFoundError:
                    stored[name] = None
    return stored


def _checks(journal: Journal, applicant: Applicant, found: Audit) -> None:
    deadline = time.monotonic() + SETTLE_S
    for identifier in journal.checks:
        check = applicant.look(identifier)
        while _state(check) in OPEN and time.monotonic() < deadline:
            time.sleep(0.5)
            check = applicant.look(identifier)
        state = _state(check)
        found.verdicts[f"{state} {check.verdict or check.error_reason}".strip()] += 1
        ended = invariants.check_ended(identifier, state, check.verdict, check.error_reason, check.error_detail)
        found.note(CHECKS, list(ended))


def _state(check: permit_pb2.Check) -> str:
    return str(permit_pb2.Check.State.Name(check.state)).removeprefix("STATE_")


def _proofs(world: World, journal: Journal, neighbourly: Neighbourly, found: Audit) -> None:
    public = world.federation.anchor / ANCHOR_PUBLIC
    anchor = Anchor.from_json(json.loads(public.read_bytes()))
    for exchange in journal.exchanges:
        try:
            verify_proof(neighbourly.proof(exchange), [anchor], system_clock().now())
            found.note(PROOFS, [])
        except ProofError as error:
            found.note(PROOFS, [f"{exchange}: {error}"])


def _leaves(config: CityConfig) -> list[bytes]:
    """The log's leaves as they lie in the stopped gateway's database."""
    file = sqlite3.connect(f"file:{config.state / 'gateway.db'}?mode=ro", uri=True)
    try:
        rows = file.execute("SELECT idx, data FROM leaf WHERE tenant=? ORDER BY idx", (config.tenant,)).fetchall()
    finally:
        file.close()
    if [row[0] for row in rows] != list(range(len(rows))):
        raise AssertionError(f"{config.city.authority}: the log has gaps")
    return [row[1] for row in rows]
