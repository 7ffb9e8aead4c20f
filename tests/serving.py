# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A translation service in the test's own process, without certificates, for tests of those who ask it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc

from hanse.api.translation.v1 import translation_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def served(servicer: translation_pb2_grpc.TranslationServiceServicer) -> Iterator[grpc.Channel]:
    """A channel to the servicer."""
    server = grpc.server(ThreadPoolExecutor(1))
    translation_pb2_grpc.add_TranslationServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        server.stop(None).wait()
