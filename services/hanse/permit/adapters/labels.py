# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The labels of a report, asked of the translation service on behalf of whoever wants to read it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hanse.api.translation.v1 import translation_pb2 as pb
from hanse.api.translation.v1 import translation_pb2_grpc
from hanse.kernel.channel import metadata, translate_errors
from hanse.kernel.errors import HanseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc

    from hanse.permit.ports import IdentityPort, Terms

log = logging.getLogger(__name__)
_SCOPE = "translate"


class TranslationLabels:
    """Labels by GetLabels; a report is written without them when there is nobody to ask. Fulfils LabelPort."""

    def __init__(self, channel: grpc.Channel, identity: IdentityPort, authority: str) -> None:
        self._stub = translation_pb2_grpc.TranslationServiceStub(channel)
        self._identity, self._authority = identity, authority

    def labels(self, language: str, token: str, terms: Terms) -> Mapping[str, str]:
        """See LabelPort."""
        try:
            own = self._identity.on_behalf(token, self._authority, _SCOPE, terms)
            answer: pb.GetLabelsResponse = translate_errors(
                lambda: self._stub.GetLabels(
                    pb.GetLabelsRequest(language=language),
                    timeout=terms.timeout_s,
                    metadata=metadata(own, purpose=terms.purpose, request_id=terms.request_id),
                )
            )
        except HanseError as error:
            log.warning("labels of the contract are used, translation gave none: %s", error.message)
            return {}
        # What translation has in another language only, the contract's own catalogue may have in this one.
        return {label.key: label.text for label in answer.labels if label.language == language and label.text}
