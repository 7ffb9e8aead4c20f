# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CQL2 JSON (OGC 21-065r2 clause 9), read into the syntax tree; every conformance class."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hanse.query import model, times
from hanse.query.cql2_build import PREDICATES, among, build
from hanse.query.cql2_names import property_path
from hanse.query.errors import LIMITS, Limits, QueryError, check_text
from hanse.query.geometry import read_box, read_geometry
from hanse.query.ngsild_q import same_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from hanse.query.model import Expression, Predicate

Json = Any
LANGUAGE = "CQL2 JSON"
_T = TypeVar("_T")


def parse_cql2_json(
    document: str | Json,
    names: Callable[[str], str] = same_name,
    *,
    functions: Container[str] | None = None,
    limits: Limits = LIMITS,
) -> Predicate:
    """Read CQL2 JSON, as text or as the JSON that it stands for, into a tree of stored names.

    `names` gives the stored name of a property; `functions` are the custom functions there are, None for any.

    Raises:
        QueryError: it is not in the language, or beyond the limits.
    """
    if isinstance(document, str):
        document = _load(document, limits)
    reader = _Reader(names, functions, limits)
    return reader.predicate(document, "")


def _load(text: str, limits: Limits) -> Json:
    check_text(LANGUAGE, text, limits)
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise QueryError(LANGUAGE, f"it is no JSON ({error.msg})", position=error.pos) from error
    except (ValueError, RecursionError) as error:
        raise QueryError(LANGUAGE, "it holds a number or nesting beyond measure", position=0) from error


def _no_number(text: str) -> Json:
    raise QueryError(LANGUAGE, f"{text} is no number", position=0)


class _Reader:
    def __init__(self, names: Callable[[str], str], functions: Container[str] | None, limits: Limits) -> None:
        self.names, self.functions, self.limits = names, functions, limits
        self.terms = 0

    def predicate(self, value: Json, at: str) -> Predicate:
        """Read what is true or false."""
        found = self.expression(value, at)
        if not isinstance(found, PREDICATES):
            raise self.error("this is a value, which is neither true nor false", at, "a predicate")
        return cast("Predicate", found)

    def expression(self, value: Json, at: str) -> Expression:
        """Read anything."""
        self.terms += 1
        if self.terms > self.limits.terms:
            raise self.error(f"it has more than {self.limits.terms} terms", at)
        if at.count("/") > 2 * self.limits.depth:
            raise self.error(f"it is nested more than {self.limits.depth} deep", at)
        if isinstance(value, bool):
            return model.Boolean(value)
        if isinstance(value, int | float):
            return self._number(value, at)
        if isinstance(value, str):
            return self._text(value, at)
        if isinstance(value, list):
            return model.Array(tuple(self.expression(each, f"{at}/{index}") for index, each in enumerate(value)))
        if isinstance(value, dict):
            return self._object(value, at)
        raise self.error(f"{type(value).__name__} has no meaning here", at, remedy="ask for null with isNull")

    def _number(self, value: float, at: str) -> model.Number:
        try:
            finite = math.isfinite(value)
        except OverflowError:
            finite = False
        if not finite:
            raise self.error("the number is too large", at)
        return model.Number(value)

    def _text(self, value: str, at: str) -> model.Text:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.error("the string holds half a surrogate pair", at) from error
        return model.Text(value)

    def _object(self, value: dict[str, Json], at: str) -> Expression:  # noqa: PLR0911 - one return a form
        if "op" in value:
            return self._operation(value, at)
        if "property" in value:
            name = value["property"]
            if not isinstance(name, str):
                raise self.error("the property's name is no string", f"{at}/property")
            return property_path(LANGUAGE, name, self.names, f"{at}/property")
        if "date" in value:
            return self._time(times.day, value["date"], f"{at}/date", "a date such as 2027-01-31")
        if "timestamp" in value:
            return self._time(
                times.instant, value["timestamp"], f"{at}/timestamp", "a time such as 2027-01-31T12:00:00Z"
            )
        if "interval" in value:
            return self._interval(value["interval"], f"{at}/interval")
        if "bbox" in value and "type" not in value:
            return read_box(LANGUAGE, value["bbox"], position=f"{at}/bbox")
        if "type" in value:
            return read_geometry(LANGUAGE, value, position=at, limits=self.limits)
        raise self.error(
            "this object is none of CQL2's", at, "op, property, date, timestamp, interval, bbox or geometry"
        )

    def _time(self, read: Callable[[str], _T | None], value: Json, at: str, expected: str) -> _T:
        found = read(value) if isinstance(value, str) else None
        if found is None:
            raise self.error(f"found {str(value)[:40]!r}", at, expected)
        return found

    def _interval(self, value: Json, at: str) -> model.Interval:
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - both ends
            raise self.error("an interval has a start and an end", at, "a list of two")
        start, end = (self._end(each, f"{at}/{index}") for index, each in enumerate(value))
        return model.Interval(start, end)

    def _end(self, value: Json, at: str) -> model.DateTime | model.Date | model.Path | model.Call | None:
        if value == "..":
            return None
        if isinstance(value, str):
            return cast("model.DateTime", self._time(times.moment, value, at, "a date, a time or '..'"))
        found = self.expression(value, at)
        if not isinstance(found, model.Path | model.Call | model.DateTime | model.Date):
            raise self.error("this is no end of an interval", at, "a date, a time, '..', a property or a function")
        return found

    def _operation(self, value: dict[str, Json], at: str) -> Expression:
        op, args = value["op"], value.get("args")
        if not isinstance(op, str) or not isinstance(args, list):
            raise self.error("an operation has op, a string, and args, a list", at)
        here = f"{at}/args"
        if op in {"and", "or"}:
            self._count(op, args, here, least=2, most=len(args))
            items = tuple(self.predicate(each, f"{here}/{index}") for index, each in enumerate(args))
            return model.And(items) if op == "and" else model.Or(items)
        if op == "not":
            self._count(op, args, here, least=1, most=1)
            return model.Not(self.predicate(args[0], f"{here}/0"))
        if op == "in":
            return self._among(args, here)
        return build(self, op, [self.expression(each, f"{here}/{index}") for index, each in enumerate(args)], here)

    def _among(self, args: list[Json], at: str) -> model.Among:
        self._count("in", args, at, least=2, most=2)
        if not isinstance(args[1], list):
            raise self.error("what it is among is no list", f"{at}/1", "a list of values")
        items = tuple(self.expression(each, f"{at}/1/{index}") for index, each in enumerate(args[1]))
        return among(self, self.expression(args[0], f"{at}/0"), items, at)

    def _count(self, op: str, args: list[Any], at: str, *, least: int, most: int) -> None:
        if not least <= len(args) <= most:
            wanted = str(least) if least == most else f"at least {least}"
            raise self.error(f"{op} has {len(args)} arguments", at, f"{wanted}")

    def known(self, name: str) -> bool:
        """Tell whether there is such a custom function."""
        return self.functions is None or name in self.functions

    def error(self, problem: str, at: Any = None, expected: str = "", remedy: str = "") -> QueryError:  # noqa: ANN401
        """Return a refusal."""
        return QueryError(LANGUAGE, problem, position=at, expected=expected, remedy=remedy)
