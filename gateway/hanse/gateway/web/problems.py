# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Failures as an HTTP client is told of them: problem details (RFC 9457) with reason and remedy."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from hanse.gateway.exchange.clerk import ForeignStatusError
from hanse.gateway.web.model import Answer
from hanse.kernel.errors import INTERNAL_ERROR, HanseError, from_status

PROBLEM_JSON: Final = "application/problem+json"
_STATUSES: Final = {
    "INVALID_ARGUMENT": HTTPStatus.BAD_REQUEST,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "ALREADY_EXISTS": HTTPStatus.CONFLICT,
    "RESOURCE_EXHAUSTED": HTTPStatus.TOO_MANY_REQUESTS,
    "UNAUTHENTICATED": HTTPStatus.UNAUTHORIZED,
    "PERMISSION_DENIED": HTTPStatus.FORBIDDEN,
    "FAILED_PRECONDITION": HTTPStatus.BAD_GATEWAY,
    "UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "DEADLINE_EXCEEDED": HTTPStatus.GATEWAY_TIMEOUT,
    "ABORTED": HTTPStatus.SERVICE_UNAVAILABLE,
    "CANCELLED": HTTPStatus.SERVICE_UNAVAILABLE,
    "UNIMPLEMENTED": HTTPStatus.NOT_IMPLEMENTED,
}
# Reasons that say more than the code: the request was well-formed, what came from elsewhere was not.
_BY_REASON: Final = {"ENVELOPE_INVALID": HTTPStatus.BAD_GATEWAY}


class WebError(HanseError):
    """A request that HTTP has a status of its own for."""

    def __init__(self, status: HTTPStatus, message: str, *, remedy: str, reason: str = "FIELD_INVALID") -> None:
        super().__init__(message, remedy=remedy, reason=reason)
        self.http = status


def too_large(limit: int) -> WebError:
    """For a request that has more than a city takes."""
    return WebError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"a request has at most {limit} bytes (limits.max_message_bytes)",
        remedy="Send less at a time.",
        reason="LIMIT_EXCEEDED",
    )


def answer_of(error: BaseException, exchange: str = "") -> Answer:
    """The answer for an error; a defect's text stays inside."""
    if isinstance(error, ForeignStatusError):
        error = from_status(error.status)
    known = error if isinstance(error, HanseError) else INTERNAL_ERROR
    status = known.http if isinstance(known, WebError) else _status(known)
    document = {
        "type": f"urn:hanse:error:{known.reason}",
        "title": status.phrase,
        "status": int(status),
        "detail": known.message,
        "reason": known.reason,
        "remedy": known.remedy,
    }
    headers = [("content-type", PROBLEM_JSON), ("cache-control", "no-store")]
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append(("www-authenticate", "Bearer"))
    if exchange:
        headers.append(("hanse-exchange-id", exchange))
    return Answer(int(status), headers, json.dumps(document, ensure_ascii=False).encode())


def _status(error: HanseError) -> HTTPStatus:
    found = _BY_REASON.get(error.reason) or _STATUSES.get(error.status.name)
    return found or HTTPStatus.INTERNAL_SERVER_ERROR
