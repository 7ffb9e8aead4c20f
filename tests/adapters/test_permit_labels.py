# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Labels of a report asked of a translation service over gRPC: taken, left when in another language, done without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from permit_world import HER_TOKEN, MAREWIJK, MemoryIdentity
from serving import served

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.contracts.labels import labels
from hanse.kernel.lasting import Places
from hanse.kernel.workers import WorkerPool
from hanse.permit.adapters.labels import TranslationLabels
from hanse.permit.ports import Terms
from hanse.translation.handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Mapping

TERMS = Terms("permit-check", "request", 2.0)


class Publisher(translation_pb2_grpc.TranslationServiceServicer):
    """A translation service whose city has words of its own."""

    def GetLabels(self, request: pb.GetLabelsRequest, _context: grpc.ServicerContext) -> pb.GetLabelsResponse:  # noqa: N802
        told = [
            pb.Label(key="verdict.COMPLIANT", text="Akkoord", language=request.language, rung="publisher"),
            pb.Label(key="verdict.NON_COMPLIANT", text="Refused", language="en", rung="fallback"),
            pb.Label(key="page.title", text="page.title", rung="fallback"),
        ]
        return pb.GetLabelsResponse(labels=told)


def asked(channel: grpc.Channel, language: str = "nl", token: str = HER_TOKEN) -> Mapping[str, str]:
    return TranslationLabels(channel, MemoryIdentity(), MAREWIJK).labels(language, token, TERMS)


def test_translation_tells_the_whole_catalogue_of_the_contract() -> None:
    workers = WorkerPool(1)
    try:
        with served(Handlers(MAREWIJK, workers, Places(4))) as channel:
            assert {language: asked(channel, language) for language in ("nl", "en")} == labels()
    finally:
        workers.close()


def test_a_label_in_another_language_than_asked_for_is_left() -> None:
    with served(Publisher()) as channel:
        assert asked(channel) == {"verdict.COMPLIANT": "Akkoord"}


def test_with_nobody_to_ask_there_are_none() -> None:
    with served(Publisher()) as channel:
        assert asked(channel, token="one that identity refuses") == {}  # noqa: S106 - a name, not a secret
    with grpc.insecure_channel("127.0.0.1:1") as channel:
        assert asked(channel) == {}
