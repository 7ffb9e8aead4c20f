# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CQL2 text (OGC 21-065r2 clause 8 and its BNF), read into the syntax tree in time that grows with its length.

Read by hand and not by a packaged grammar: those in use go back over what stands in parentheses, so that a few
dozen brackets and an error inside them take minutes.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, cast

from hanse.query import model, times
from hanse.query.cql2_build import PREDICATES, among, build
from hanse.query.cql2_names import property_path
from hanse.query.errors import LIMITS, Limits, QueryError
from hanse.query.geometry import read_box, read_geometry
from hanse.query.ngsild_q import same_name
from hanse.query.scan import Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from hanse.query.model import Expression, Predicate

Json = Any
LANGUAGE = "CQL2 text"
_SPACE = re.compile(r"\s*")
_START = (
    "A-Za-z:_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1ffe\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
IDENTIFIER = re.compile(f"[{_START}][{_START}.0-9\u0300-\u036f\u203f-\u2040]*")
_QUOTED = re.compile(r'"([^"\x00-\x1f]+)"')
_STRING = re.compile(r"'((?:[^'\\]|''|\\'|\\(?!'))*)'")
_QUOTE = re.compile(r"''|\\'")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SIGNED = re.compile(r"[+-]?" + _NUMBER.pattern)
_COMPARE = re.compile(r"<>|<=|>=|=|<|>")
_CALLS = {name.lower(): name for name in model.SPATIAL | model.TEMPORAL | model.ARRAY | model.FOLDS}
_WKT = {
    name.upper(): name
    for name in (
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    )
}
_RESERVED = frozenset({"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "DIV"})
_DIGITS = 400


def parse_cql2_text(
    text: str,
    names: Callable[[str], str] = same_name,
    *,
    functions: Container[str] | None = None,
    limits: Limits = LIMITS,
) -> Predicate:
    """Read CQL2 text into a tree of stored names.

    `names` gives the stored name of a property; `functions` are the custom functions there are, None for any.

    Raises:
        QueryError: it is not in the language, or beyond the limits.
    """
    reader = _Reader(Scanner(LANGUAGE, text, limits), names, functions)
    reader.skip()
    found = reader.disjunction()
    reader.scan.end("an operator, AND, OR or the end")
    return reader.predicate(found, 0)


class _Reader:
    """One method for each level of precedence; each leaves the scanner behind the space after what it read."""

    def __init__(self, scan: Scanner, names: Callable[[str], str], functions: Container[str] | None) -> None:
        self.scan, self.names, self.functions, self.limits = scan, names, functions, scan.limits

    def disjunction(self) -> Expression:
        """Read what OR joins."""
        return self._joined("OR", model.Or, self._conjunction)

    def _conjunction(self) -> Expression:
        return self._joined("AND", model.And, self._factor)

    def _joined(self, word: str, kind: type[model.And | model.Or], read: Callable[[], Expression]) -> Expression:
        start = self.scan.at
        first = read()
        items: list[Any] = [first]
        while self._word(word):
            if len(items) == 1:
                self.predicate(first, start)
            start = self.scan.at
            items.append(self.predicate(read(), start))
        return first if len(items) == 1 else kind(tuple(items))

    def _factor(self) -> Expression:
        if not self._word("NOT"):
            return self._comparison()
        self.scan.enter()
        start = self.scan.at
        result = model.Not(self.predicate(self._factor(), start))
        self.scan.leave()
        return result

    def _comparison(self) -> Expression:
        start = self.scan.at
        left = self._sum()
        match = self.scan.take(_COMPARE)
        if match is not None:
            self.skip()
            return build(self, match[0], [left, self._sum()], start)
        if self._word("IS"):
            negated = self._word("NOT")
            if not self._word("NULL"):
                raise self.scan.error(expected="NULL")
            return self._negated(build(self, "isNull", [left], start), negated=negated)
        negated = self._word("NOT")
        if self._word("LIKE"):
            return self._negated(build(self, "like", [left, self._sum()], start), negated=negated)
        if self._word("BETWEEN"):
            low = self._sum()
            if not self._word("AND"):
                raise self.scan.error(expected="AND and the other end")
            return self._negated(build(self, "between", [left, low, self._sum()], start), negated=negated)
        if self._word("IN"):
            self._sign("(")
            items = self._list(")", self._sum)
            return self._negated(among(self, left, tuple(items), start), negated=negated)
        if negated:
            raise self.scan.error(expected="LIKE, BETWEEN or IN")
        return left

    def _negated(self, found: Expression, *, negated: bool) -> Expression:
        return model.Not(cast("Predicate", found)) if negated else found

    def _sum(self) -> Expression:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Expression:
        return self._chain(("*", "/", "%", "DIV"), self._power)

    def _chain(self, signs: tuple[str, ...], read: Callable[[], Expression]) -> Expression:
        """Operators of one rank bind to the left; each makes the tree deeper."""
        start = self.scan.at
        left = read()
        deeper = 0
        while (sign := self._operator(signs)) is not None:
            self.scan.enter()
            deeper += 1
            left = build(self, sign, [left, read()], start)
        self.scan.depth -= deeper
        return left

    def _operator(self, signs: tuple[str, ...]) -> str | None:
        for sign in signs:
            if self._word(sign) if sign.isalpha() else self.scan.accept(sign):
                self.skip()
                return sign.lower()
        return None

    def _power(self) -> Expression:
        start = self.scan.at
        base = self._signed()
        if not self.scan.accept("^"):
            return base
        self.skip()
        return build(self, "^", [base, self._signed()], start)

    def _signed(self) -> Expression:
        start = self.scan.at
        if not self.scan.accept("-"):
            return self._primary()
        self.skip()
        inner = self._primary()
        if isinstance(inner, model.Number):
            return model.Number(-inner.value)
        return build(self, "*", [model.Number(-1), inner], start)

    def _primary(self) -> Expression:
        self.scan.count()
        scan, start = self.scan, self.scan.at
        if (match := scan.take(_STRING)) is not None:
            self.skip()
            return model.Text(_QUOTE.sub("'", match[1]))
        if (match := scan.take(_NUMBER)) is not None:
            self.skip()
            return model.Number(self._number(match[0], start))
        if (match := scan.take(_QUOTED)) is not None:
            self.skip()
            return property_path(LANGUAGE, match[1], self.names, start)
        if scan.accept("("):
            return self._group()
        match = scan.take(IDENTIFIER)
        if match is None:
            raise scan.error(expected="a value, a property, a function or '('")
        self.skip()
        return self._named(match[0], start)

    def _number(self, text: str, start: int) -> int | float:
        value = float(text) if len(text) <= _DIGITS else math.inf
        if not math.isfinite(value):
            raise self.scan.error("the number is too large", at=start)
        return int(text) if text.isdecimal() else value

    def _group(self) -> Expression:
        """Parentheses around one thing are a group, around none or several an array."""
        self.skip()
        items = self._list(")", self.disjunction)
        return items[0] if len(items) == 1 else model.Array(tuple(items))

    def _named(self, name: str, start: int) -> Expression:  # noqa: PLR0911 - one return a form
        word = name.upper()
        if word in {"TRUE", "FALSE"}:
            return model.Boolean(word == "TRUE")
        if word in _WKT and (self.scan.text[self.scan.at : self.scan.at + 1] == "(" or self._word("Z")):
            return self._geometry(_WKT[word], start)
        if not self.scan.accept("("):
            if word in _RESERVED:
                raise self.scan.error(
                    f"{name} is a word of the language", at=start, remedy="put a name in double quotes"
                )
            return property_path(LANGUAGE, name, self.names, start)
        self.skip()
        if word in {"DATE", "TIMESTAMP"}:
            return self._time(word)
        if word == "INTERVAL":
            return self._interval()
        if word == "BBOX":
            return read_box(LANGUAGE, self._list(")", self._coordinate), position=start)
        op = _CALLS.get(name.lower(), name)
        single = self._array if op in model.ARRAY else self.disjunction
        return build(self, op, self._list(")", single), start)

    def _array(self) -> Expression:
        """In a function of arrays, parentheses around one thing are an array of it."""
        grouped = self.scan.text.startswith("(", self.scan.at)
        found = self.disjunction()
        return model.Array((found,)) if grouped and not isinstance(found, model.Array) else found

    def _list(self, close: str, read: Callable[[], Any]) -> list[Any]:
        self.scan.enter()
        found = []
        if not self.scan.accept(close):
            for _ in self.scan.each(","):
                self.skip()
                found.append(read())
            self.scan.require(close)
        self.skip()
        self.scan.leave()
        return found

    def _string(self, expected: str) -> tuple[str, int]:
        start = self.scan.at
        match = self.scan.take(_STRING)
        if match is None:
            raise self.scan.error(expected=expected)
        self.skip()
        return match[1], start

    def _time(self, word: str) -> Expression:
        example = "'2027-01-31'" if word == "DATE" else "'2027-01-31T12:00:00Z'"
        text, start = self._string(example)
        found = times.day(text) if word == "DATE" else times.instant(text)
        if found is None:
            raise self.scan.error(f"found {text[:40]!r}", expected=f"a value such as {example}", at=start)
        self._sign(")")
        return found

    def _interval(self) -> model.Interval:
        ends = self._list(")", self._end)
        if len(ends) != 2:  # noqa: PLR2004 - start and end
            raise self.scan.error("an interval has a start and an end", expected="two values")
        return model.Interval(*ends)

    def _end(self) -> model.DateTime | model.Date | model.Path | model.Call | None:
        if self.scan.text.startswith("'", self.scan.at):
            text, start = self._string("a date, a time or '..'")
            found = times.moment(text)
            if found is None and text != "..":
                raise self.scan.error(f"found {text[:40]!r}", expected="a date, a time or '..'", at=start)
            return found
        start = self.scan.at
        end = self._primary()
        if not isinstance(end, model.Path | model.Call | model.DateTime | model.Date):
            raise self.scan.error("this is no end of an interval", expected="a date, a time, a property", at=start)
        return end

    def _geometry(self, kind: str, start: int) -> model.Geometry:
        return read_geometry(LANGUAGE, self._wkt(kind), position=start, limits=self.limits)

    def _wkt(self, kind: str) -> Json:
        self._sign("(")
        if kind == "GeometryCollection":
            return {"type": kind, "geometries": self._list(")", self._part)}
        coordinates = self._list(")", self._coordinates)
        if not all(coordinates) or not coordinates:
            raise self.scan.error("a geometry or a part of it is empty", expected="positions")
        if kind == "MultiPoint":
            coordinates = [each[0] if isinstance(each[0], list) else each for each in coordinates]
        return {"type": kind, "coordinates": coordinates[0] if kind == "Point" else coordinates}

    def _part(self) -> Json:
        match = self.scan.take(IDENTIFIER)
        kind = _WKT.get(match[0].upper()) if match else None
        if kind is None or kind == "GeometryCollection":
            raise self.scan.error(expected="a geometry that is no collection")
        self.skip()
        self._word("Z")
        return self._wkt(kind)

    def _coordinates(self) -> Json:
        if self.scan.accept("("):
            self.skip()
            return self._list(")", self._coordinates)
        found = [self._coordinate()]
        while _SIGNED.match(self.scan.text, self.scan.at):
            found.append(self._coordinate())
        return found

    def _coordinate(self) -> float:
        start = self.scan.at
        match = self.scan.take(_SIGNED)
        if match is None:
            raise self.scan.error(expected="a number")
        self.skip()
        return float(self._number(match[0].removeprefix("+"), start))

    def _sign(self, sign: str) -> None:
        self.scan.require(sign)
        self.skip()

    def _word(self, word: str) -> bool:
        """Read a word of the language if it is next, in any case."""
        at = self.scan.at
        found = self.scan.text[at : at + len(word)]
        if found.upper() != word or not found.isascii():
            return False
        match = IDENTIFIER.match(self.scan.text, at)
        if match is None or match.end() != at + len(word):
            return False
        self.scan.at = match.end()
        self.skip()
        return True

    def skip(self) -> None:
        """Read space."""
        self.scan.take(_SPACE)

    def predicate(self, found: Expression, at: int) -> Predicate:
        """Refuse what is neither true nor false."""
        if not isinstance(found, PREDICATES):
            raise self.scan.error("this is a value, which is neither true nor false", expected="a predicate", at=at)
        return cast("Predicate", found)

    def known(self, name: str) -> bool:
        """Tell whether there is such a custom function."""
        return self.functions is None or name in self.functions

    def error(self, problem: str, at: Any = None, expected: str = "") -> QueryError:  # noqa: ANN401
        """Return a refusal."""
        return self.scan.error(problem, expected=expected, at=at)
