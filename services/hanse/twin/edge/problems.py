# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What goes wrong over HTTP, as ProblemDetails (RFC 7807) with the error types of CIM 009 clauses 5.5.2 and 6.3.2."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING

from hanse.jsonld import ContextError, ContextFault
from hanse.kernel import errors
from hanse.ngsild import AttributeNotFoundError, NgsiLdError
from hanse.query import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
_LONGEST = 1_000


class Kind(Enum):
    """An error: its type (a name of NGSI-LD's, else a URI), its HTTP status, its title."""

    INVALID_REQUEST = ("InvalidRequest", 400, "The request is not one that this API has")
    BAD_REQUEST_DATA = ("BadRequestData", 400, "The request's data do not have the form that is needed")
    ALREADY_EXISTS = ("AlreadyExists", 409, "It exists already")
    NOT_SUPPORTED = ("OperationNotSupported", 422, "The operation is not supported")
    NOT_FOUND = ("ResourceNotFound", 404, "There is no such resource")
    INTERNAL = ("InternalError", 500, "An internal error")
    TOO_COMPLEX = ("TooComplexQuery", 403, "The query is too complex")
    TOO_MANY = ("TooManyResults", 403, "The query has too many results")
    CONTEXT_UNAVAILABLE = ("LdContextNotAvailable", 503, "A remote @context cannot be had")
    NO_TENANT = ("NonexistentTenant", 404, "There is no such tenant")
    CONFLICT = ("Conflict", 409, "It conflicts with what is there")
    UNAUTHENTICATED = ("about:blank", 401, "Unauthorized")
    DENIED = ("about:blank", 403, "Forbidden")
    NOT_ALLOWED = ("about:blank", 405, "Method Not Allowed")
    NOT_ACCEPTABLE = ("InvalidRequest", 406, "Not Acceptable")
    TIMEOUT = ("about:blank", 408, "Request Timeout")
    LENGTH_REQUIRED = ("InvalidRequest", 411, "Length Required")
    TOO_LARGE = ("InvalidRequest", 413, "Content Too Large")
    URI_TOO_LONG = ("InvalidRequest", 414, "URI Too Long")
    UNSUPPORTED_MEDIA = ("InvalidRequest", 415, "Unsupported Media Type")
    UNAVAILABLE = ("about:blank", 503, "Service Unavailable")
    BAD_GATEWAY = ("about:blank", 502, "Bad Gateway")
    LOOP = ("about:blank", 508, "Loop Detected")
    GATEWAY_TIMEOUT = ("about:blank", 504, "Gateway Timeout")

    @property
    def uri(self) -> str:
        """The error's type."""
        name: str = self.value[0]
        return name if ":" in name else _ERRORS + name

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[1]

    @property
    def title(self) -> str:
        """What it is, in a sentence that stays the same."""
        return self.value[2]


class Problem(Exception):  # noqa: N818 - the name that RFC 7807 gives it
    """A request that is answered with ProblemDetails; `headers` go with the answer."""

    def __init__(self, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers = kind, detail[:_LONGEST], dict(headers or {})

    def document(self) -> dict[str, object]:
        """The ProblemDetails."""
        kind = self.kind
        return {"type": kind.uri, "title": kind.title, "detail": self.detail, "status": kind.status}

    def body(self) -> bytes:
        """The ProblemDetails as JSON."""
        return json.dumps(self.document()).encode()


def bad_data(detail: str) -> Problem:
    """BadRequestData."""
    return Problem(Kind.BAD_REQUEST_DATA, detail)


def not_found(what: str) -> Problem:
    """ResourceNotFound."""
    return Problem(Kind.NOT_FOUND, f"there is no {what[:300]}")


_OF_SERVICES: tuple[tuple[type[errors.HanseError], Kind], ...] = (
    (errors.InvalidInputError, Kind.BAD_REQUEST_DATA),
    (errors.NotFoundError, Kind.NOT_FOUND),
    (errors.ConflictError, Kind.ALREADY_EXISTS),
    (errors.LimitExceededError, Kind.TOO_COMPLEX),
    (errors.UnauthenticatedError, Kind.UNAUTHENTICATED),
    (errors.DeniedError, Kind.DENIED),
    (errors.UnavailableError, Kind.UNAVAILABLE),
    (errors.DeadlineError, Kind.GATEWAY_TIMEOUT),
    (errors.UnimplementedError, Kind.NOT_SUPPORTED),
)
# What `problem_of` knows; anything else is a defect.
KNOWN = (Problem, NgsiLdError, QueryError, ContextError, errors.HanseError)


def problem_of(error: Exception) -> Problem:
    """The problem that an error of a library or of the kernel is."""
    match error:
        case Problem():
            return error
        case AttributeNotFoundError():
            return Problem(Kind.NOT_FOUND, str(error))
        case ContextError():
            away = error.fault in (ContextFault.UNAVAILABLE, ContextFault.NOT_JSON)
            return Problem(Kind.CONTEXT_UNAVAILABLE if away else Kind.BAD_REQUEST_DATA, str(error))
        case NgsiLdError() | QueryError():
            return Problem(Kind.BAD_REQUEST_DATA, str(error))
        case errors.HanseError():
            kind = next((kind for known, kind in _OF_SERVICES if isinstance(error, known)), Kind.INTERNAL)
            detail = f"{error.message}. {error.remedy}" if error.remedy else error.message
            return Problem(kind, detail)
    return Problem(Kind.INTERNAL, "an internal error; nothing was changed by this call")
