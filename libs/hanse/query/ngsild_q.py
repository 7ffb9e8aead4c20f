# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD's `q` (ETSI GS CIM 009 clause 4.9), read into the syntax tree.

Beyond the grammar, as its own examples need: parentheses nest (example 6), a type hint may stand before a plain path
in braces (example 14), `attr[en]` and `attr[*]` choose languages, and a bare word is a value of an attribute that
`expandValues` names (example 12). A regular expression may stand bare, up to a `;`, `|` or `)` outside its own
brackets, or as a quoted string.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, TypeVar

from hanse.query import times
from hanse.query.errors import LIMITS, Limits
from hanse.query.model import (
    And,
    Boolean,
    Date,
    DateTime,
    Exists,
    Linked,
    Literal,
    Member,
    Number,
    Op,
    Or,
    Path,
    Pattern,
    Predicate,
    QueryTerm,
    Range,
    Text,
    Time,
    Values,
)
from hanse.query.patterns import check_regex
from hanse.query.scan import NAME, WORD, Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_T = TypeVar("_T", DateTime, Date, Time)

_OPERATORS = {"==": Op.EQ, "!=": Op.NE, ">=": Op.GE, "<=": Op.LE, ">": Op.GT, "<": Op.LT}
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BOOLEAN = re.compile(r"(?:true|false)(?![\w:])")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s;|,()\"<>\\^`{}]+")
_MEMBER = re.compile(r"[@$\w-]+")
_HINT = re.compile(r"[^\W\d_]\w*(?:,[^\W\d_]\w*)*:")
_DIGITS = 400  # of a number: more than a double has a use for


def same_name(name: str) -> str:
    """Leave a name as it is."""
    return name


def parse_q(
    text: str,
    names: Callable[[str], str] = same_name,
    *,
    expand_values: Collection[str] = (),
    json_keys: Collection[str] = (),
    limits: Limits = LIMITS,
) -> Predicate:
    """Read a `q`, percent-decoded, into a tree of stored names.

    `names` gives the stored name of a short name or IRI; `expand_values` and `json_keys` are the attributes, by the
    names that the query uses, of the parameters of these names.

    Raises:
        QueryError: it is not in the grammar, or beyond the limits.
    """
    reader = _Reader(Scanner("q", text, limits), names, frozenset(expand_values), frozenset(json_keys))
    predicate = reader.disjunction()
    reader.scan.end("';', '|' or the end")
    return predicate


def parse_attribute_path(scan: Scanner, names: Callable[[str], str], json_keys: frozenset[str] = frozenset()) -> Path:
    """Read dotted names and a trailing path in brackets (production ValuePath)."""
    first = scan.name("an attribute's name")
    steps = [names(first)]
    while scan.accept("."):
        steps.append(names(scan.name("a sub-attribute's name")))
    return Path(tuple(steps), _members(scan, same_name if first in json_keys else names))


def _members(scan: Scanner, names: Callable[[str], str]) -> tuple[Member, ...]:
    if not scan.accept("["):
        return ()
    if scan.accept("*"):
        scan.require("]")
        return (Member("*", "*"),)
    found = []
    for _ in scan.each("."):
        name = scan.name("a member's name or a language", _MEMBER)
        found.append(Member(name, names(name) if NAME.fullmatch(name) else name))
    scan.require("]")
    return tuple(found)


class _Reader:
    def __init__(
        self, scan: Scanner, names: Callable[[str], str], expand_values: frozenset[str], json_keys: frozenset[str]
    ) -> None:
        self.scan, self.names, self.expand_values, self.json_keys = scan, names, expand_values, json_keys

    def disjunction(self) -> Predicate:
        items = [self._conjunction() for _ in self.scan.each("|")]
        return items[0] if len(items) == 1 else Or(tuple(items))

    def _conjunction(self) -> Predicate:
        items = [self._factor() for _ in self.scan.each(";")]
        return items[0] if len(items) == 1 else And(tuple(items))

    def _factor(self) -> Predicate:
        if self.scan.text.startswith("!", self.scan.at):
            remedy = "q cannot ask for what is missing; CQL2 can: attribute IS NULL"
            raise self.scan.error(expected="an attribute's name", remedy=remedy)
        if not self.scan.accept("("):
            return self._linkable()
        self.scan.enter()
        inner = self.disjunction()
        self.scan.require(")")
        self.scan.leave()
        return inner

    def _linkable(self) -> Predicate:
        """A term; what stands in braces is read with the operator that follows the last brace."""
        self.scan.count()
        links: list[tuple[str, tuple[str, ...]]] = []
        while (link := self._link()) is not None:
            links.append(link)
            self.scan.enter()
        first = NAME.match(self.scan.text, self.scan.at)
        path = parse_attribute_path(self.scan, self.names, self.json_keys)
        for _ in links:
            self.scan.require("}", " after the linked entity's attribute")
            self.scan.leave()
        predicate = self._test(path, expands=first is not None and first[0] in self.expand_values)
        for name, types in reversed(links):
            predicate = Linked(name, types, predicate)
        return predicate

    def _link(self) -> tuple[str, tuple[str, ...]] | None:
        """Read `relationship{` and the type hint that may follow."""
        match = NAME.match(self.scan.text, self.scan.at)
        if match is None or not self.scan.text.startswith("{", match.end()):
            return None
        self.scan.at = match.end() + 1
        hint = self.scan.take(_HINT)
        types = tuple(map(self.names, hint[0][:-1].split(","))) if hint else ()
        return self.names(match[0]), types

    def _test(self, path: Path, *, expands: bool) -> Predicate:
        if self.scan.accept("!~="):
            return Pattern(path, self._regex(), negated=True)
        if self.scan.accept("~="):
            return Pattern(path, self._regex())
        for sign, op in _OPERATORS.items():
            if self.scan.accept(sign):
                return QueryTerm(path, op, self._values(op, expands=expands))
        return Exists(path)

    def _values(self, op: Op, *, expands: bool) -> Literal | Range | Values:
        start = self.scan.at
        first = self._literal(expands=expands)
        if op in {Op.EQ, Op.NE}:
            if self.scan.accept(".."):
                return self._range(first, start)
            if self.scan.text.startswith(",", self.scan.at):
                items = [first]
                while self.scan.accept(","):
                    self.scan.count()
                    items.append(self._literal(expands=expands))
                return Values(tuple(items))
            return first
        if isinstance(first, Boolean):
            raise self.scan.error("true and false have no order", expected="== or !=", at=start)
        if self.scan.text.startswith((",", ".."), self.scan.at):
            raise self.scan.error("a list or a range has no order", expected="== or != before it")
        return first

    def _range(self, low: Literal, start: int) -> Range:
        high = self._literal(expands=False)
        if isinstance(low, Boolean) or type(low) is not type(high):
            expected = "two numbers, strings, dates or times of one kind"
            raise self.scan.error("the ends of the range are unlike", expected=expected, at=start)
        return Range(low, high)

    def _literal(self, *, expands: bool) -> Literal:  # noqa: PLR0911 - one return a form
        scan, start = self.scan, self.scan.at
        if (match := scan.take(_QUOTED)) is not None:
            return self._text(str(json.loads(match[0])), start, expands=expands)
        if (match := scan.take(times.DATE_TIME)) is not None:
            return self._calendar(times.instant(match[0]), start)
        if (match := scan.take(times.TIME)) is not None:
            return self._calendar(times.time_of_day(match[0]), start)
        if (match := scan.take(times.DATE)) is not None:
            return self._calendar(times.day(match[0]), start)
        if (match := scan.take(_NUMBER)) is not None:
            return self._number(match[0], start)
        if (match := scan.take(_BOOLEAN)) is not None:
            return Boolean(match[0] == "true")
        if (match := scan.take(_URI)) is not None:
            return self._text(match[0], start, expands=True)
        if expands and (match := scan.take(WORD)) is not None:
            return self._text(match[0], start, expands=True)
        raise scan.error(
            expected="a number, a quoted string, true, false, a date or time in UTC, or a URI",
            remedy="put text in double quotes, or name its attribute in expandValues",
        )

    def _text(self, value: str, start: int, *, expands: bool) -> Text:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.scan.error("the string holds half a surrogate pair", at=start) from error
        return Text(value, self.names(value) if expands or _URI.fullmatch(value) else None)

    def _calendar(self, value: _T | None, start: int) -> _T:
        if value is None:
            raise self.scan.error("there is no such date or time", at=start)
        return value

    def _number(self, text: str, start: int) -> Number:
        if len(text) > _DIGITS or not math.isfinite(float(text)):  # whole numbers too: stores compare in doubles
            raise self.scan.error("the number is too large", at=start)
        return Number(json.loads(text))

    def _regex(self) -> str:
        start = self.scan.at
        quoted = self.scan.take(_QUOTED)
        if quoted is not None:
            pattern = str(json.loads(quoted[0]))
        else:
            self.scan.at = _bare_end(self.scan.text, start)
            pattern = self.scan.text[start : self.scan.at]
        if not pattern:
            raise self.scan.error(expected="a regular expression", at=start)
        check_regex("q", pattern, position=start, limits=self.scan.limits)
        return pattern


def _bare_end(text: str, start: int) -> int:
    """Return where a bare regular expression ends: before `;`, `|` or `)` outside of its own brackets."""
    at, depth, bracket = start, 0, False
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif bracket:
            bracket = sign != "]" or text[at - 1] == "[" or text[at - 2 : at] == "[^"
        elif sign == "[":
            bracket = True
        elif sign == "(":
            depth += 1
        elif depth == 0 and sign in ";|)":
            return at
        elif sign == ")":
            depth -= 1
        at += 1
    return min(at, len(text))
