# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Exchanges on paper: two cities' keys, logs and an anchor, without servers, for tests of log and proof."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cities import LINDEMOND, MAREWIJK

from hanse.cli.keys import write_city_keys
from hanse.gateway.exchange import leaf
from hanse.gateway.exchange.envelope import NOTHING, Answer, Closing, Envelope, RunningHash, sha256_hex, sign
from hanse.gateway.exchange.export import proof_document
from hanse.gateway.exchange.ledger import ANSWERER, ASKER, Begin, Continue, Entry, Ledger
from hanse.gateway.exchange.log import ExchangeLog
from hanse.gateway.exchange.receipt import Receipts
from hanse.gateway.exchange.store import COMPLETE, open_store
from hanse.gateway.exchange.vault import Vault
from hanse.jose import ES256, HybridSigner, KeySet, SigningKey, canonical_json
from hanse.kernel.ids import new_salt
from hanse.trust import Anchor, City, CredentialType, TrustList, sign_trust_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hanse.gateway.exchange.ledger import Opened
    from hanse.kernel.clock import Clock

SUBJECT = f"urn:hanse:{LINDEMOND}:person:{'0f' * 20}"
METHOD = "/hanse.api.twin.v1.TwinService/GetEntity"


@dataclass
class PaperCity:
    """One city's keys and log."""

    authority: str
    folder: Path
    clock: Clock
    exchange: SigningKey = field(default_factory=lambda: SigningKey.generate(ES256))
    log: HybridSigner = field(default_factory=HybridSigner.generate)
    identity: HybridSigner = field(default_factory=HybridSigner.generate)

    def __post_init__(self) -> None:
        write_city_keys(self.folder / "keys", self.authority, (), clock=self.clock)
        self.vault = Vault(self.authority, bytes(32), new_salt)
        self.database = open_store(self.folder / "gateway.db")
        self.ledger = Ledger(self.database, self.authority, self.vault, self.clock)

    def listed(self) -> City:
        """As it stands in a trust list."""
        now = self.clock.now()
        return City(
            self.authority,
            self.authority,
            KeySet.of(self.exchange.public),
            self.identity.public,
            self.log.public,
            ((self.folder / "keys/ca.pem").read_text(),),
            (CredentialType("urn:hanse:credential:architect:1", "NL"),),
            now - timedelta(days=1),
            now + timedelta(days=300),
        )

    def receipt(self, identifier: str) -> tuple[dict[str, object], list[Opened]]:
        """This city's receipt of an exchange, under a fresh checkpoint."""

        async def make() -> tuple[dict[str, object], list[Opened]]:
            log = ExchangeLog(self.ledger, self.log, 1)
            exchange = self.ledger.exchange(identifier)
            assert exchange is not None
            made, opened = await Receipts(self.authority, log).make(exchange)
            return made, list(opened)

        return asyncio.run(make())


class Paper:
    """Two cities that trust one anchor, and exchanges between them."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.mangle: Callable[[str], str] = str  # what becomes of an answer's text before it is logged
        self.signer = HybridSigner.generate()
        self.anchor = Anchor("anchor.example", self.signer.public)
        self.asker = PaperCity(MAREWIJK, folder / "asker", clock)
        self.answerer = PaperCity(LINDEMOND, folder / "answerer", clock)
        now = clock.now()
        cities = (self.asker.listed(), self.answerer.listed())
        trust = TrustList("anchor.example", 4, now - timedelta(hours=1), now + timedelta(days=30), cities)
        self.trust_list = canonical_json(sign_trust_list(trust, self.signer))

    def envelope(self, identifier: str, payload: bytes | None) -> Envelope:
        """What the asker asks."""
        now = int(self.clock.now().timestamp())
        digest = NOTHING if payload is None else sha256_hex(payload)
        kind = "stream" if payload is None else "unary"
        return Envelope(
            identifier,
            MAREWIJK,
            LINDEMOND,
            now,
            now + 120,
            METHOD,
            "twin/v1",
            "permit-check",
            SUBJECT,
            sha256_hex("token"),
            digest,
            5000,
            kind,
        )

    def log_exchange(
        self,
        identifier: str,
        request: bytes = b"asked",
        answer: bytes = b"answered",
        *,
        status: str = "OK",
        **changed: str,
    ) -> None:
        """One unary exchange in both logs; `changed` claims of the answer are signed and logged as they are."""
        envelope = self.envelope(identifier, request)
        text = sign(envelope, self.asker.exchange)
        made = Answer(
            identifier, LINDEMOND, MAREWIJK, envelope.iat + 1, sha256_hex(text), sha256_hex(answer), status,
            "" if status == "OK" else "NOT_FOUND",
        )  # fmt: skip
        signed = self.mangle(sign(replace(made, **changed), self.answerer.exchange))  # type: ignore[arg-type]
        self._write(envelope, (Entry(leaf.REQUEST, text, request),), (Entry(leaf.ANSWER, signed, answer),), status)

    def log_stream(self, identifier: str, messages: tuple[bytes, ...] = (b"one", b"two")) -> None:
        """One stream exchange in both logs."""
        envelope = self.envelope(identifier, None)
        text = sign(envelope, self.asker.exchange)
        now, running = envelope.iat, RunningHash()
        opening = Answer(identifier, LINDEMOND, MAREWIJK, now, sha256_hex(text), NOTHING, "OK")
        asked = Closing(identifier, MAREWIJK, LINDEMOND, now, 0, running.hex(), "OK")
        for message in messages:
            running.add(message)
        ended = Closing(identifier, LINDEMOND, MAREWIJK, now + 2, running.count, running.hex(), "OK")
        signed = (
            Entry(leaf.ANSWER, sign(opening, self.answerer.exchange)),
            Entry(leaf.CLOSING, sign(asked, self.asker.exchange)),
            Entry(leaf.CLOSING, sign(ended, self.answerer.exchange)),
        )
        self._write(envelope, (Entry(leaf.REQUEST, text),), signed, "OK")

    def _write(self, envelope: Envelope, first: tuple[Entry, ...], then: tuple[Entry, ...], status: str) -> None:
        for city, role in ((self.asker, ASKER), (self.answerer, ANSWERER)):
            exchange = city.ledger.new(
                id=envelope.id,
                role=role,
                city=LINDEMOND if role == ASKER else MAREWIJK,
                method=envelope.method,
                contract=envelope.contract,
                purpose=envelope.purpose,
                subject=city.vault.handle(envelope.subject),
                owner=None,
                caller="",
                trust=b"",
            )
            begin = Begin(exchange, first, envelope.iss, envelope.exp)
            assert city.ledger.commit([begin]) == [None]
            assert city.ledger.commit([Continue(envelope.id, then, COMPLETE, status)]) == [None]

    def proof(self, identifier: str, *, sides: str = "both") -> bytes:
        """The proof of an exchange that was logged."""
        asked, opened = self.asker.receipt(identifier)
        answered, theirs = self.answerer.receipt(identifier)
        sections: list[Mapping[str, object]] = {
            "both": [asked, answered],
            "asker": [asked],
            "answerer": [answered],
        }[sides]
        return proof_document(identifier, opened if sides != "answerer" else theirs, sections, self.trust_list)

    def close(self) -> None:
        """Closes both logs."""
        self.asker.database.close()
        self.answerer.database.close()
