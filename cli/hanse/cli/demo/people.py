# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the people and cities of the demo do, one call each, over the same API that anybody would use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from hanse import sdjwt
from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.api.permit.v1 import permit_pb2, permit_pb2_grpc
from hanse.api.twin.v1 import twin_pb2, twin_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.api.zoning.v1 import zoning_pb2, zoning_pb2_grpc
from hanse.cli.output import CliError
from hanse.jose import ES256, SigningKey
from hanse.kernel import channel as channels
from hanse.kernel import keys
from hanse.kernel.clock import system_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from hanse.kernel.config import CityConfig

ARCHITECT = "urn:hanse:credential:architect:1"
CHUNK = 256 * 1024
CALL_S = 30.0
LONG_S = 300.0
Formats = permit_pb2.GetReportRequest
_FORMATS = {
    ".jsonl": twin_pb2.LoadEntitiesRequest.Header.FORMAT_CITYJSON_SEQ,
    ".ngsild.json": twin_pb2.LoadEntitiesRequest.Header.FORMAT_NGSI_LD,
}


@dataclass(frozen=True, slots=True)
class Operator:
    """A city's operator: its client certificate gives the token."""

    config: CityConfig
    channel: grpc.Channel
    token: str

    @classmethod
    def of(cls, config: CityConfig) -> Self:
        """Signed in at the city's own gateway."""
        channel = channels.connect(config, "client-operator", "gateway")
        grant = identity_pb2.ExchangeTokenRequest(certificate=identity_pb2.ExchangeTokenRequest.CertificateGrant())
        answer = identity_pb2_grpc.IdentityServiceStub(channel).ExchangeToken(grant, timeout=CALL_S)
        return cls(config, channel, answer.access_token)

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return tuple(channels.metadata(self.token))

    def add_peer(self, other: CityConfig) -> None:
        """Registers the neighbour's gateway, and where its events come from."""
        peer = exchange_pb2.Peer(
            authority=other.city.authority,
            address=other.gateway.peer_reach,
            leaf_address=other.nats.leaf_reach,
            neighbour=True,
        )
        exchange_pb2_grpc.PeerServiceStub(self.channel).PutPeer(
            exchange_pb2.PutPeerRequest(peer=peer), timeout=CALL_S, metadata=self._metadata
        )

    def load_twin(
        self, path: Path, title: str, told: Callable[[int, int], None], *, assumed_vertical_datum: str = ""
    ) -> twin_pb2.LoadEntitiesResponse:
        """Declares the data set of buildings with its terms and loads the file; its ending says its format."""
        return self._load("buildings", path, title, told, assumed_vertical_datum)

    def load_outline(self, path: Path) -> twin_pb2.LoadEntitiesResponse:
        """Loads the city's outline, so that pictures can show where it ends."""
        return self._load("outline", path, f"Outline of {self.config.city.name}", lambda _done, _total: None)

    def _load(
        self, name: str, path: Path, title: str, told: Callable[[int, int], None], assumed_vertical_datum: str = ""
    ) -> twin_pb2.LoadEntitiesResponse:
        stub = twin_pb2_grpc.TwinServiceStub(self.channel)
        city = self.config.city
        dataset = types_pb2.Dataset(
            id=f"urn:hanse:{city.authority}:dataset:{name}",
            title=title,
            owner=city.name,
            licence="CC0-1.0",
            jurisdiction=city.jurisdiction,
            crs=city.crs,
            vertical_datum="NAP",
            vertical_datum_source="assumed" if assumed_vertical_datum else "declared",
        )
        stub.PutDataset(twin_pb2.PutDatasetRequest(dataset=dataset), timeout=CALL_S, metadata=self._metadata)
        answer = twin_pb2.LoadEntitiesResponse()
        for answer in stub.LoadEntities(
            _load(path, dataset.id, assumed_vertical_datum), timeout=LONG_S, metadata=self._metadata
        ):
            told(answer.read, answer.total)
        if not answer.done:
            raise CliError(f"{path.name} was not loaded whole", code=1)
        return answer

    def put_zoning(self, path: Path) -> zoning_pb2.ZoningDocument:
        """Puts the zoning document in force."""
        request = zoning_pb2.PutZoningRequest(json=path.read_bytes())
        stub = zoning_pb2_grpc.ZoningServiceStub(self.channel)
        document: zoning_pb2.ZoningDocument = stub.PutZoning(request, timeout=CALL_S, metadata=self._metadata)
        return document

    def issue_architect(self, holder: SigningKey, name: str) -> identity_pb2.IssueCredentialResponse:
        """An architect's credential in the general form: ES256 and ML-DSA-65."""
        request = identity_pb2.IssueCredentialRequest(
            vct=ARCHITECT,
            claims_json=json.dumps(
                {"name": name, "register": "Architectenregister", "register_number": "1.140723.001"}
            ),
            disclosable=["name", "register_number"],
            holder_jwk=json.dumps(holder.public.to_jwk()),
            form=identity_pb2.CREDENTIAL_FORM_GENERAL,
        )
        stub = identity_pb2_grpc.IdentityServiceStub(self.channel)
        issued: identity_pb2.IssueCredentialResponse = stub.IssueCredential(
            request, timeout=CALL_S, metadata=self._metadata
        )
        return issued

    def revoke(self, credential_id: str) -> None:
        """Revokes a credential."""
        identity_pb2_grpc.IdentityServiceStub(self.channel).RevokeCredential(
            identity_pb2.RevokeCredentialRequest(id=credential_id, reason="end of the demo"),
            timeout=CALL_S,
            metadata=self._metadata,
        )

    def heighten(self, near: str, by_m: float) -> str:
        """Writes an entity anew with its ridge `by_m` metres higher; returns its id."""
        stub = twin_pb2_grpc.TwinServiceStub(self.channel)
        found = stub.GetEntity(twin_pb2.GetEntityRequest(id=near), timeout=CALL_S, metadata=self._metadata)
        entity = json.loads(found.json)
        entity["ridgeHeight"]["value"] = round(entity["ridgeHeight"]["value"] + by_m, 3)
        changed = types_pb2.Entity(id=found.id, type=found.type, json=json.dumps(entity).encode())
        batch = twin_pb2.UpsertEntitiesRequest(dataset=found.dataset, entities=[changed])
        for answer in stub.UpsertEntities(iter([batch]), timeout=CALL_S, metadata=self._metadata):
            if not answer.committed:
                raise CliError(f"{near}: {answer.results[0].detail}", code=1)
        return str(found.id)


def _load(path: Path, dataset: str, assumed_vertical_datum: str) -> Iterator[twin_pb2.LoadEntitiesRequest]:
    form = twin_pb2.LoadEntitiesRequest.Header
    header = form(
        dataset=dataset,
        format=next((value for ending, value in _FORMATS.items() if path.name.endswith(ending)), form.FORMAT_CITYJSON),
        assumed_vertical_datum=assumed_vertical_datum,
        size_bytes=path.stat().st_size,
    )
    yield twin_pb2.LoadEntitiesRequest(header=header)
    for chunk in _chunks(path):
        yield twin_pb2.LoadEntitiesRequest(chunk=chunk)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


@dataclass(slots=True)
class Architect:
    """She lives in Lindemond and builds in Marewijk: her key and credential stay with her."""

    key: SigningKey
    credential: str
    channel: grpc.Channel
    token: str = ""

    @classmethod
    def at(cls, key: SigningKey, credential: str, home: CityConfig, abroad: CityConfig) -> Self:
        """Her client at the other city's gateway, with the certificate of her own city."""
        private, chain = keys.certificate(home, "client-architect")
        credentials = grpc.ssl_channel_credentials(keys.read_public(abroad.keys / keys.CA), private, chain)
        channel = grpc.secure_channel(abroad.gateway.reach, credentials, channels.options(abroad, "gateway"))
        return cls(key, credential, channel)

    @staticmethod
    def new_key() -> SigningKey:
        """The key that her credential is bound to."""
        return SigningKey.generate(ES256)

    def sign_in(self) -> str:
        """Presents the credential, without her name; returns the pairwise identifier."""
        stub = identity_pb2_grpc.IdentityServiceStub(self.channel)
        challenge = stub.CreateChallenge(identity_pb2.CreateChallengeRequest(), timeout=CALL_S)
        presentation = sdjwt.present(
            self.credential, [], self.key, aud=challenge.audience, nonce=challenge.nonce, now=system_clock().now()
        )
        grant = identity_pb2.ExchangeTokenRequest.PresentationGrant(presentation=presentation)
        request = identity_pb2.ExchangeTokenRequest(presentation=grant, purpose="permit-check")
        answer = stub.ExchangeToken(request, timeout=CALL_S)
        self.token = answer.access_token
        return str(answer.subject)

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return tuple(channels.metadata(self.token, purpose="permit-check"))

    def check(self, plan: Path, told: Callable[[str, int], None]) -> permit_pb2.Check:
        """Uploads the plan, starts the check and watches it to its end."""
        stub = permit_pb2_grpc.PermitServiceStub(self.channel)
        model = stub.UploadModel(_upload(plan), timeout=LONG_S, metadata=self._metadata)
        request = permit_pb2.CreateCheckRequest(model=model.id, purpose="permit-check")
        check: permit_pb2.Check = stub.CreateCheck(request, timeout=CALL_S, metadata=self._metadata)
        watched = permit_pb2.WatchCheckRequest(id=check.id)
        for check in stub.WatchCheck(watched, timeout=LONG_S, metadata=self._metadata):
            told(check.step, check.percent)
        if check.state != permit_pb2.Check.STATE_SUCCEEDED:
            raise CliError(f"{plan.name}: {check.error_detail or 'the check did not finish'}", code=1)
        return check

    def get(self, check_id: str) -> permit_pb2.Check:
        """The check as it stands."""
        stub = permit_pb2_grpc.PermitServiceStub(self.channel)
        request = permit_pb2.GetCheckRequest(id=check_id)
        check: permit_pb2.Check = stub.GetCheck(request, timeout=CALL_S, metadata=self._metadata)
        return check

    def report(self, check_id: str, form: permit_pb2.GetReportRequest.Format, language: str = "") -> bytes:
        """A report's bytes."""
        stub = permit_pb2_grpc.PermitServiceStub(self.channel)
        request = permit_pb2.GetReportRequest(check=check_id, format=form, language=language)
        return b"".join(part.chunk for part in stub.GetReport(request, timeout=CALL_S, metadata=self._metadata))

    def proof(self, exchange_id: str) -> bytes:
        """The proof of one exchange between the two cities."""
        stub = exchange_pb2_grpc.ExchangeLogServiceStub(self.channel)
        request = exchange_pb2.GetProofRequest(exchange_id=exchange_id, wait_ms=10_000)
        return bytes(stub.GetProof(request, timeout=CALL_S, metadata=self._metadata).json)


def _upload(plan: Path) -> Iterator[permit_pb2.UploadModelRequest]:
    header = permit_pb2.UploadModelRequest.Header(filename=plan.name, size_bytes=plan.stat().st_size)
    yield permit_pb2.UploadModelRequest(header=header)
    for chunk in _chunks(plan):
        yield permit_pb2.UploadModelRequest(chunk=chunk)
