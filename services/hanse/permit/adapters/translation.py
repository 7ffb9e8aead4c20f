# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The translation service over gRPC."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.api.types.v1 import types_pb2
from hanse.kernel.channel import metadata, translate_errors
from hanse.permit.model import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import grpc

    from hanse.permit.model import Dataset
    from hanse.permit.ports import Record, Terms

_TARGET = "twin/v1"
_KIND = "KIND_"


class GrpcTranslation:
    """Translates entity by entity, in one stream. Fulfils TranslationPort."""

    def __init__(self, channel: grpc.Channel, authority: str) -> None:
        self._stub = translation_pb2_grpc.TranslationServiceStub(channel)
        self._authority = authority

    def translate(
        self, records: Sequence[Record], datasets: Sequence[Dataset], target_crs: str, token: str, terms: Terms
    ) -> tuple[tuple[Record, ...], tuple[Loss, ...]]:
        """See TranslationPort."""
        held = {each.id: types_pb2.Dataset(**asdict(each)) for each in datasets}
        options = pb.TranslateOptions(target_crs=target_crs, authority=self._authority)

        def requests() -> Iterator[pb.TranslateStreamRequest]:
            for number, record in enumerate(records):
                yield pb.TranslateStreamRequest(
                    id=str(number),
                    request=pb.TranslateRequest(
                        source_contract=record.contract,
                        target_contract=_TARGET,
                        document=record.json,
                        options=options,
                        datasets=[held[record.dataset]] if record.dataset in held else [],
                    ),
                )

        def call() -> list[pb.TranslateStreamResponse]:
            return list(
                self._stub.TranslateStream(
                    requests(),
                    timeout=terms.timeout_s,
                    metadata=metadata(token, purpose=terms.purpose, request_id=terms.request_id),
                )
            )

        translated: list[Record] = []
        losses: list[Loss] = []
        for answer in translate_errors(call):
            record = records[int(answer.id)]
            if answer.error_reason:
                losses.append(Loss("dropped", "", f"{answer.error_reason}: {answer.error_detail}", entity=record.id))
                continue
            response = answer.response
            translated.append(replace(record, contract=response.contract, json=bytes(response.document)))
            losses.extend(_loss(each, record.id) for each in response.losses)
        return tuple(translated), tuple(losses)


def _loss(each: types_pb2.Loss, entity: str) -> Loss:
    kind = types_pb2.Loss.Kind.Name(each.kind).removeprefix(_KIND).lower()
    return Loss(kind if each.kind else "dropped", each.path, each.detail, entity=entity)
