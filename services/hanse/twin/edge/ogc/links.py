# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Links between the resources of OGC API Features, and their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
BASE: Final = "/ogc/features/v1"
QUERYABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_TITLES: Final = {
    "json": "This as JSON",
    "html": "This as a page to read",
    "cityjson": "This with its solids, as CityJSON (text sequence)",
}


def root(world: World, request: Request) -> str:
    """Where the API begins, as the client sees it."""
    return world.base(request) + BASE


def of_collection(base: str, collection: str) -> str:
    """A collection's address."""
    return f"{base}/collections/{quote(collection, safe='')}"


def of_feature(base: str, collection: str, feature: str) -> str:
    """A feature's address."""
    return f"{of_collection(base, collection)}/items/{quoted(feature)}"


def quoted(entity_id: str) -> str:
    """An id as the last part of a path."""
    return quote(entity_id, safe=":@")


def link(href: str, rel: str, media: str, title: str) -> dict[str, Json]:
    """A link as JSON."""
    return {"href": href, "rel": rel, "type": media, "title": title}


def itself(url: str, parameters: Mapping[str, str], offer: Mapping[str, str], chosen: str) -> Iterable[dict[str, Json]]:
    """The links to a resource as it is and in its other forms."""
    own = next((name for name, media in offer.items() if media == chosen), "json")
    rest = urlencode({name: value for name, value in parameters.items() if name != "f"})
    for name, media in offer.items():
        form = f"f={name}" if name != own or "f" in parameters else ""
        query = "&".join(filter(None, (rest, form)))
        rel = "self" if name == own else "alternate"
        yield link(f"{url}?{query}" if query else url, rel, chosen if name == own else media, _TITLES[name])


def header(links: Iterable[Mapping[str, Json]]) -> tuple[tuple[str, str], ...]:
    """The same links as headers (RFC 8288)."""
    return tuple(("Link", f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"') for one in links)
