# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What of HTTP is carried from city to city: no path climbs, no header smuggles, and the contract's schema agrees."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

import h11
from google.protobuf.json_format import MessageToDict
from hypothesis import example, given
from hypothesis import strategies as st

from hanse.api.http.v1 import http_pb2
from hanse.contracts.validation import validate_document
from hanse.gateway.web.messages import (
    INTERFACES,
    REQUEST_HEADERS,
    carried,
    check_request,
    led_back,
    split_city,
    wrong_header,
)
from hanse.kernel.errors import HanseError, NotFoundError

PIECES = [
    "/",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    "%2f",
    "\\",
    "%5c",
    "a",
    "%41",
    "%00",
    "%0d%0a",
    "%zz",
    "%",
    "é",
    "urn:x:1",
    ";a=b",
    " ",
]
PATHS = st.builds(
    lambda start, rest: start + "".join(rest),
    st.sampled_from(["/ngsi-ld/", "/ogc/", "/", ""]),
    st.lists(st.sampled_from(PIECES), max_size=8),
)
TEXT = st.text(st.characters(max_codepoint=0x17F), max_size=12)


def why_not(request: http_pb2.ExchangeRequest) -> HanseError | None:
    """Why a request is not taken; None when it is."""
    try:
        check_request(request)
    except HanseError as error:
        return error
    return None


@given(PATHS)
@example("/ngsi-ld/v1/..%2f..%2fhealth")
@example("/ngsi-ld/%2e%2e/health")
def test_no_path_that_is_taken_leads_out_of_its_interface(path: str) -> None:
    request = http_pb2.ExchangeRequest(method="GET", path=path)
    if why_not(request) is not None:
        return
    assert path.startswith(INTERFACES)
    once, twice = unquote(path), unquote(unquote(path))
    assert posixpath.normpath(once).startswith(tuple(each.rstrip("/") for each in INTERFACES)), once
    assert not {"\\", "\0", "\r", "\n"} & set(once)
    assert twice == once or "%" in once


@given(
    PATHS,
    st.text('abc=&%2 "<>[]{}|^`\\#é\r', max_size=12),
    st.lists(st.tuples(st.sampled_from(["accept", "link", "ngsild-x", "host", "via"]), TEXT), max_size=3),
)
def test_the_schema_takes_what_is_taken_and_nothing_else(path: str, query: str, headers: list[tuple[str, str]]) -> None:
    request = http_pb2.ExchangeRequest(method="GET", path=path, query=query)
    request.headers.extend(http_pb2.Header(name=name, value=value) for name, value in headers)
    document = MessageToDict(request, preserving_proto_field_name=True)
    for header in document.get("headers", ()):
        header.setdefault("value", "")
    document.setdefault("path", "")
    fits = validate_document(document, "http/v1", "request") == []
    error = why_not(request)
    if error is None:
        assert fits, document
    elif not isinstance(error, NotFoundError) and "%" not in path and "not carried" not in error.message:
        assert not fits, error.message  # interfaces, escaped dots and names of headers stand in prose there


@given(
    st.lists(
        st.tuples(st.sampled_from(["Accept", "HOST", "Connection", "ngsild-tenant", "Link", "cookie"]), TEXT),
        max_size=6,
    )
)
def test_headers_that_are_carried_can_be_written(headers: list[tuple[str, str]]) -> None:
    found = carried(headers, REQUEST_HEADERS)
    assert {each.name for each in found} <= {"accept", "ngsild-tenant", "link"}
    if wrong_header(found, REQUEST_HEADERS):
        return
    lines = [(each.name.encode(), each.value.encode("latin-1")) for each in found]
    sent = h11.Connection(h11.CLIENT).send(h11.Request(method="GET", target="/", headers=[("host", "a"), *lines]))
    assert sent is not None
    assert sent.count(b"\r\n") == len(lines) + 3, "a line each"


def test_the_city_stands_before_the_path() -> None:
    assert split_city("/ngsi-ld/v1/types") == ("", "/ngsi-ld/v1/types")
    assert split_city("/cities/a.example/ogc/x") == ("a.example", "/ogc/x")
    assert split_city("/cities/a.example/cities/b.example/ogc/x") == ("a.example", "/cities/b.example/ogc/x")


def test_links_without_a_host_lead_back() -> None:
    prefix = "/cities/a.example"
    assert led_back("location", "/ngsi-ld/v1/x", prefix) == f"{prefix}/ngsi-ld/v1/x"
    assert led_back("location", "//b.example/x", prefix) == "//b.example/x"
    assert led_back("location", "https://b.example/x", prefix) == "https://b.example/x"
    links = '</a?b>; rel="next", <https://c/d>; rel="e", <//f>; rel="g", </h>; rel="prev"'
    assert led_back("link", links, prefix) == links.replace("</a", f"<{prefix}/a").replace("</h", f"<{prefix}/h")
    assert led_back("etag", "</a>", prefix) == "</a>"
    assert led_back("link", links, "") == links
