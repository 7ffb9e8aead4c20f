# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Results page by page: which one is asked for, and where the others are (CIM 009 clauses 5.5.9 and 6.3.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

from hanse.twin.edge.http import JSON
from hanse.twin.edge.parameters import boolean
from hanse.twin.edge.problems import bad_data
from hanse.twin.model import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.twin.edge.http import Request

DEFAULT_LIMIT: Final = 100
MAX_OFFSET: Final = 10_000_000
PAGING: Final = frozenset({"limit", "offset", "count"})
COUNT: Final = "NGSILD-Results-Count"


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` results from `offset` on; `count` asks how many there are in all."""

    limit: int
    offset: int
    count: bool

    @property
    def end(self) -> int:
        """Where the next page begins, if this one is full."""
        return self.offset + self.limit

    def headers(
        self, request: Request, parameters: Mapping[str, str], following: int | None, total: int, media: str = JSON
    ) -> tuple[tuple[str, str], ...]:
        """Links to the pages before and after, and the count where it is asked for.

        Args:
            request: as it came.
            parameters: that the links have.
            following: where the next page begins, None when there is none.
            total: how many results there are; anything where nobody asks.
            media: what the links lead to.
        """
        before = max(0, self.offset - self.limit) if self.offset else None
        links = [
            ("Link", f'<{request.path.rstrip("/")}?{self._query(parameters, start)}>;rel="{relation}";type="{media}"')
            for relation, start in (("prev", before), ("next", following))
            if start is not None and self.limit
        ]
        return (*links, (COUNT, str(total))) if self.count else tuple(links)

    def _query(self, parameters: Mapping[str, str], offset: int) -> str:
        given = {**parameters, "limit": str(self.limit), "offset": str(offset)}
        return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in given.items()])


_SAFE: Final = ":,/"
_ASCII: Final = {code: quote_plus(chr(code), safe=_SAFE) for code in range(128)}


def _quoted(text: str) -> str:
    """As `quote_plus` does, which looks at every byte in Python."""
    return text.translate(_ASCII) if text.isascii() else quote_plus(text, safe=_SAFE)


def page_of(parameters: Mapping[str, str]) -> Page:
    """The page that is asked for. Raises Problem."""
    count = boolean(parameters, "count")
    limit = _number(parameters, "limit", DEFAULT_LIMIT, MAX_PAGE)
    offset = _number(parameters, "offset", 0, MAX_OFFSET)
    if limit == 0 and not count:
        raise bad_data("limit is 0 only together with count=true")
    return Page(limit, offset, count)


def _number(parameters: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise bad_data(f"{name} is a number from 0 to {most}")
    return int(text)
