# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What of HTTP is carried, and what is not: paths, headers and statuses of contract http/v1, held on both sides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from hanse.api.http.v1 import http_pb2
from hanse.kernel.errors import NotFoundError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Interfaces by the beginning of their paths; all of them are the twin's.
INTERFACES: Final = ("/ngsi-ld/", "/ogc/")
CITIES: Final = "/cities/"
MAX_TARGET: Final = 16 * 1024
MAX_HEADERS: Final = 64
MAX_VALUE: Final = 8192
REQUEST_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-crs",
        "accept-language",
        "content-crs",
        "content-type",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "link",
        "prefer",
        "via",
    }
)
RESPONSE_HEADERS: Final = frozenset(
    {
        "accept-patch",
        "accept-post",
        "allow",
        "cache-control",
        "content-crs",
        "content-language",
        "content-type",
        "etag",
        "expires",
        "last-modified",
        "link",
        "location",
        "preference-applied",
        "retry-after",
        "vary",
        "warning",
        "www-authenticate",
    }
)
_OWN: Final = "ngsild-"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_VALUE: Final = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY: Final = re.compile(r"(?:[!$&-;=?-Z_a-z~\[\]\"{}|<>^`\\]|%[0-9A-Fa-f]{2})*")
_BASE: Final = re.compile(r"https://[A-Za-z0-9.:\[\]-]{1,270}(?:/cities/[a-z0-9.-]{1,253})?")
_CITY: Final = re.compile(r"/cities/(?P<city>[a-z0-9.-]{1,253})(?P<path>/.*)")
_OWN_LINK: Final = re.compile(r"<(?=/(?!/))")
_CONTROLS: Final = 0x20
_DELETE: Final = 0x7F
_FIRST_STATUS, _LAST_STATUS = 200, 599
BODYLESS: Final = frozenset({204, 304})  # RFC 9110 section 6.4.1


def split_city(path: str) -> tuple[str, str]:
    """The city that a path names, empty when it names none, and the path there. Raises NotFoundError."""
    if not path.startswith(CITIES):
        return "", path
    match = _CITY.fullmatch(path)
    if match is None:
        raise NotFoundError(
            "the path names no city", remedy="Write /cities/AUTHORITY/ngsi-ld/v1/..., e.g. of lindemond.example."
        )
    return match["city"], match["path"]


def is_carried(name: str, allowed: frozenset[str]) -> bool:
    """Whether a header, its name in lower case, goes from city to city."""
    return name in allowed or name.startswith(_OWN)


def carried(headers: Iterable[tuple[str, str]], allowed: frozenset[str]) -> list[http_pb2.Header]:
    """Of headers those that are carried."""
    lower = ((name.lower(), value.strip(" \t")) for name, value in headers)
    return [http_pb2.Header(name=name, value=value) for name, value in lower if is_carried(name, allowed)]


def check_request(request: http_pb2.ExchangeRequest) -> None:
    """Whether a request is one that is carried.

    Raises:
        InvalidInputError: FIELD_INVALID.
        NotFoundError: no interface has the path.
    """
    if request.method not in METHODS:
        raise invalid("method", f"is none of {', '.join(sorted(METHODS))}")
    if len(request.path) + len(request.query) > MAX_TARGET:
        raise invalid("path", f"has with its query more than {MAX_TARGET} characters", remedy="Query by POST.")
    check_path(request.path)
    if not _QUERY.fullmatch(request.query):
        raise invalid("query", "has characters that must be percent-encoded")
    if request.base and not _BASE.fullmatch(request.base):
        raise invalid("base", "is none of a gateway")
    wrong = wrong_header(request.headers, REQUEST_HEADERS)
    if wrong:
        raise invalid("headers", wrong)


def check_path(path: str) -> None:
    """Whether a path is plain and leads to an interface. Raises InvalidInputError or NotFoundError."""
    if not _PATH.fullmatch(path):
        raise invalid("path", "has characters or escapes that a path has not")
    plain = unquote_to_bytes(path)
    if b"\\" in plain or any(byte < _CONTROLS or byte == _DELETE for byte in plain):
        raise invalid("path", "holds a backslash or a control character")
    if any(part in {b".", b".."} for part in plain.split(b"/")):
        raise invalid("path", "has a part that is . or ..")
    if not path.startswith(INTERFACES):
        known = ", ".join(INTERFACES)
        raise NotFoundError(
            "no interface of a city has this path",
            remedy=f"Paths begin with {known} or {CITIES}AUTHORITY and one.",
        )


def wrong_header(headers: Iterable[http_pb2.Header], allowed: frozenset[str]) -> str:
    """What is wrong with headers; empty when nothing is."""
    for number, header in enumerate(headers):
        if number >= MAX_HEADERS:
            return f"are more than {MAX_HEADERS}"
        if not _NAME.fullmatch(header.name) or not is_carried(header.name, allowed):
            return f"hold {header.name[:64]!r}, which is not carried"
        if len(header.value) > MAX_VALUE or not _VALUE.fullmatch(header.value):
            return f"hold a value of {header.name} that is too long, or no plain text"
    return ""


def wrong_answer(response: http_pb2.ExchangeResponse, method: str) -> str:
    """Why an answer is none that is carried; empty when it is one."""
    if not _FIRST_STATUS <= response.status <= _LAST_STATUS:
        return f"its status is {response.status}"
    if response.body and (method == "HEAD" or response.status in BODYLESS):
        return "it has a body where none may be"
    wrong = wrong_header(response.headers, response_headers(method))
    return f"its headers {wrong}" if wrong else ""


def response_headers(method: str) -> frozenset[str]:
    """The headers that an answer to a method may have; the length of what a GET would bring is told to HEAD alone."""
    return RESPONSE_HEADERS | {"content-length"} if method == "HEAD" else RESPONSE_HEADERS


def led_back(name: str, value: str, prefix: str) -> str:
    """A header of an answer whose links, where they name no host, lead to the same city again."""
    if not prefix:
        return value
    if name == "location" and value.startswith("/") and not value.startswith("//"):
        return prefix + value
    return _OWN_LINK.sub(f"<{prefix}", value) if name == "link" else value
