# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Resources as pages to read: plain HTML with headings, tables and links, light or dark, without scripts."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.ogc.links import of_feature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json = Any
_STYLE: Final = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem;"
    "color:#1a1a1a;background:#fff;overflow-wrap:anywhere}a{color:#0b57d0}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#9ecbff}}"
    "table{border-collapse:collapse}th,td{border:1px solid;padding:.25rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:normal}.wide{overflow-x:auto}.wide:focus{outline:2px solid}"
)
_MAX_COLUMNS: Final = 12
_LONGEST: Final = 200
# First what says which feature it is, then what it is; solids and places have pages of their own.
_FIRST: Final = ("type", "name", "sourceId", "groundHeight", "ridgeHeight", "heightAboveGround", "verticalDatum")


def page(title: str, parts: Iterable[str], links: Sequence[Mapping[str, Json]]) -> bytes:
    """A whole page; parts are HTML, links lead on."""
    listed = "".join(
        f'<li><a href="{escape(one["href"])}" type="{escape(one["type"])}">{escape(one["title"])}</a></li>'
        for one in links
        if one["rel"] != "self"
    )
    text = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main>"
        f'<nav aria-label="Links"><h2>Links</h2><ul>{listed}</ul></nav></body></html>\n'
    )
    return text.encode()


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first cell of a row is its heading. Cells are HTML."""
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{each}</td>" for each in rest)}</tr>' for first, *rest in rows
    )
    # What can be scrolled must be reachable by keyboard (WCAG 2.1.1).
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def anchor(href: str, text: str) -> str:
    """A link inside a text."""
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def items(
    name: str,
    features: Sequence[Mapping[str, Json]],
    links: Sequence[Mapping[str, Json]],
    base: str,
    matched: int | None,
) -> bytes:
    """A page of features."""
    number = f"{len(features)} features" if matched is None else f"{len(features)} of {matched} features"
    columns = _columns(features)
    rows = [
        [
            anchor(of_feature(base, name, str(one["id"])), str(one["id"])),
            *(cell(one["properties"].get(column)) for column in columns),
        ]
        for one in features
    ]
    following = [one for one in links if one["rel"] == "next"]
    onward = f'<p><a href="{escape(following[0]["href"])}" rel="next">Next page</a></p>' if following else ""
    parts = [f"<p>{number} are on this page.</p>"]
    parts += [table(f"Features of {name}", ["id", *columns], rows), onward] if rows else []
    return page(name, parts, [one for one in links if one["rel"] != "next"])


def item(name: str, feature: Mapping[str, Json], links: Sequence[Mapping[str, Json]], base: str) -> bytes:
    """A page of one feature."""
    told = [*feature["properties"].items(), ("geometry", feature["geometry"])]
    rows = [[escape(key), cell(value)] for key, value in told]
    title = str(feature["id"])
    above = f"<p>In the collection {anchor(f'{base}/collections/{name}', name)}.</p>"
    return page(title, [above, table(f"Properties of {title}", ["property", "value"], rows)], links)


def _columns(features: Sequence[Mapping[str, Json]]) -> list[str]:
    seen: dict[str, None] = {}
    for one in features:
        seen.update(dict.fromkeys(key for key, value in one["properties"].items() if not isinstance(value, dict)))
    first = [each for each in _FIRST if each in seen]
    return [*first, *(each for each in seen if each not in _FIRST)][:_MAX_COLUMNS]


def cell(value: Json) -> str:
    """A value as HTML."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
