# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Requests and answers of the edge, apart from any server: headers, parameters, bodies within limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl

from hanse.contracts.parsing import DocumentError, Limits, parse
from hanse.twin.edge.problems import Kind, Problem, bad_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.access import Subject

Json = Any
JSON: Final = "application/json"
LD_JSON: Final = "application/ld+json"
GEO_JSON: Final = "application/geo+json"
MERGE_PATCH: Final = "application/merge-patch+json"
MAX_URI: Final = 16 * 1024
MAX_PARAMETERS: Final = 100
_MAX_DEPTH: Final = 64
_MAX_VALUES: Final = 2_000_000


class Headers(Protocol):
    """A request's headers by lower-case name."""

    def get(self, key: str, /) -> str | None:
        """The first value of a header."""
        ...

    def get_all(self, key: str, /) -> list[str]:
        """All values of a header."""
        ...


class Request:
    """One request, its body read.

    Attributes:
        method: GET, POST and so on.
        path: percent-decoded.
        query_string: as it came.
        headers: by lower-case name.
        body: as it came.
        values: what the route's pattern found in the path.
        subject: on whose behalf, None where the edge is open.
    """

    def __init__(
        self, method: str, path: str, query_string: str, headers: Headers, body: bytes = b"", authority: str = ""
    ) -> None:
        self.method, self.path, self.query_string = method, path, query_string
        self.headers, self.body, self.authority = headers, body, authority
        self.values: Mapping[str, str] = {}
        self.subject: Subject | None = None
        self._parameters: dict[str, str] | None = None if query_string else {}

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, each at most once. Raises Problem."""
        if self._parameters is None:
            self._parameters = self._parsed()
        return self._parameters

    def _parsed(self) -> dict[str, str]:
        try:
            pairs = parse_qsl(
                self.query_string,
                keep_blank_values=True,
                max_num_fields=MAX_PARAMETERS,
                errors="strict",
            )
        except ValueError:
            raise bad_data(f"the query string is no UTF-8, or has more than {MAX_PARAMETERS} parameters") from None
        found = dict(pairs)
        if len(found) != len(pairs):
            raise bad_data("a parameter stands twice in the query string; write several values with commas between")
        return found

    def json(self) -> Json:
        """The body as JSON, strictly read. Raises Problem: InvalidRequest when it is none."""
        try:
            return parse(self.body, Limits(max_bytes=len(self.body), max_depth=_MAX_DEPTH, max_values=_MAX_VALUES))
        except DocumentError as error:
            kind = Kind.BAD_REQUEST_DATA if error.keyword == "limit" else Kind.INVALID_REQUEST
            raise Problem(kind, f"the body is no JSON document that can be taken: {error}") from None

    @property
    def media(self) -> str:
        """The body's media type, without parameters."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body with its media type, and further headers."""

    status: int
    body: bytes = b""
    media: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())


def problem_answer(problem: Problem) -> Answer:
    """ProblemDetails, in the media type that clause 6.3.3 gives them: any client can read it."""
    return Answer(problem.kind.status, problem.body(), JSON, tuple(problem.headers.items()))
