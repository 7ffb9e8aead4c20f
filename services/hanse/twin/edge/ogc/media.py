# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""In which form an answer goes out: the parameter `f`, else the Accept header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanse.twin.edge.http import GEO_JSON, JSON
from hanse.twin.edge.problems import bad_data
from hanse.twin.edge.speaking import accepted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.twin.edge.http import Request

HTML: Final = "text/html"
CITY_JSON: Final = "application/city+json-seq"
SCHEMA: Final = "application/schema+json"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
# What `f` may be, by what it stands for; the first is what goes out where nothing was said.
PAGE: Final = {"json": JSON, "html": HTML}
FEATURES: Final = {"json": GEO_JSON, "html": HTML, "cityjson": CITY_JSON}
DESCRIPTION: Final = {"json": SCHEMA, "html": HTML}
DEFINITION: Final = {"json": OPENAPI, "html": HTML}


def chosen(request: Request, offer: Mapping[str, str]) -> str:
    """The media type to answer with; plain JSON is what was asked for by that name. Raises Problem."""
    asked = request.parameters.get("f") if request.query_string else None
    if asked is not None:
        if asked not in offer:
            raise bad_data(f"f is one of {', '.join(offer)}")
        return offer[asked]
    if request.headers.get("accept") is None:
        return offer["json"]
    return accepted(request, tuple(dict.fromkeys((*offer.values(), JSON))))
