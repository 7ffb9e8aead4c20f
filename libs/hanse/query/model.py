# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One syntax tree for all query languages: NGSI-LD `q`, `scopeQ`, geoqueries, type selection, and OGC CQL2.

Names in a tree are stored names. `QueryTerm`, `Pattern`, `Exists` and `Linked` have the meaning of ETSI GS CIM 009
clause 4.9 (an attribute with several instances matches by any of them; unlike types are unequal); `Comparison`,
`Like`, `Between`, `Among`, `IsNull`, `Spatial`, `Temporal` and `ArrayTest` that of OGC 21-065r2, with SQL's logic
of three values (a missing property makes a comparison unknown, and NOT of unknown is unknown).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import date


class Op(StrEnum):
    """Comparison operators, as CQL2 writes them."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


# Values


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Text:
    """A string or URI; `term` is how it is stored where it is a vocabulary term (VocabProperty), None if it is none."""

    value: str
    term: str | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false, as a value and as a predicate."""

    value: bool


@dataclass(frozen=True, slots=True)
class DateTime:
    """An instant, in microseconds since 1970-01-01T00:00:00Z."""

    micros: int


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date; as an instant, its midnight in UTC."""

    value: date


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day in UTC, in microseconds since midnight."""

    micros: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """A geometry in longitude and latitude (CRS84), heights kept, as ISO well-known binary."""

    wkb: bytes


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box: west, south, east, north (or with heights: w, s, low, e, n, high); west > east crosses 180°."""

    bounds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` to `end`, both included; None is open."""

    start: DateTime | Date | Path | Call | None
    end: DateTime | Date | Path | Call | None


@dataclass(frozen=True, slots=True)
class Array:
    """CQL2's array of anything."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included (clause 4.9)."""

    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True)
class Values:
    """A list of values, any of which may be equal (clause 4.9)."""

    items: tuple[Literal, ...]


# What stands for values


@dataclass(frozen=True, slots=True)
class Member:
    """A name in a trailing path: as JSON holds it, and as it is stored inside values that are linked data."""

    name: str
    term: str


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute, its sub-attributes, and what is meant inside its value.

    Attributes:
        names: stored names of the attribute and sub-attributes; `id`, `type`, `scope` and `observedAt` & co. are names.
        members: the path in brackets, into a JSON value; a language (or "*") where the target is a LanguageProperty.
        loose: CQL2's dots, which may also lead into a JSON value.
    """

    names: tuple[str, ...]
    members: tuple[Member, ...] = ()
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function that the caller of the evaluator provides; as a value and as a predicate."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * / % ^ div` in double precision."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Fold:
    """`casei` or `accenti` of a text."""

    kind: str
    of: Expression


# Predicates of every language


@dataclass(frozen=True, slots=True)
class And:
    """All hold."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One holds."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    item: Predicate


# NGSI-LD


@dataclass(frozen=True, slots=True)
class Exists:
    """The target element is there."""

    path: Path


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """The target value of any instance compares so with the value."""

    path: Path
    op: Op
    value: Literal | Range | Values


@dataclass(frozen=True, slots=True)
class Pattern:
    """A string of the target matches (or, `negated`, does not match) a regular expression somewhere in it."""

    path: Path
    regex: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """An entity that the relationship `name` leads to, of one of `types` if any are given, satisfies `inner`."""

    name: str
    types: tuple[str, ...]
    inner: Predicate


@dataclass(frozen=True, slots=True)
class InScope:
    """A scope has these levels ("+" is any one level), or with `below` is that or under it; () and below: any scope."""

    levels: tuple[str, ...]
    below: bool = False


@dataclass(frozen=True, slots=True)
class HasType:
    """The type is one of the entity's."""

    name: str


@dataclass(frozen=True, slots=True)
class Ids:
    """The id is one of these."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class IdPattern:
    """The id matches a regular expression somewhere in it."""

    regex: str


@dataclass(frozen=True, slots=True)
class Near:
    """Nearer than `metres` to the geometry (that distance included), or with `beyond` farther; geodesic on WGS 84."""

    path: Path
    geometry: Geometry
    metres: float
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """An attribute instance's temporal property is in the window: from `start` (included) to `end` (not included)."""

    property: str
    start: int | None
    end: int | None


# CQL2


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two scalars compared."""

    op: Op
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Like:
    """A text matches a pattern: % is any run, _ any one character, a backslash takes the next as it is."""

    value: Expression
    pattern: Text | Fold


@dataclass(frozen=True, slots=True)
class Between:
    """A number is from `low` to `high`, both included."""

    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Among:
    """CQL2's IN."""

    value: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """Nothing is there."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Spatial:
    """`s_intersects` and the like between two geometries, in the plane of longitude and latitude."""

    relation: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Temporal:
    """`t_during` and the like between instants or intervals."""

    relation: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class ArrayTest:
    """`a_contains` and the like between arrays taken as sets."""

    relation: str
    left: Expression
    right: Expression


Literal: TypeAlias = Number | Text | Boolean | DateTime | Date | Time
Predicate: TypeAlias = (
    And
    | Or
    | Not
    | Boolean
    | Exists
    | QueryTerm
    | Pattern
    | Linked
    | InScope
    | HasType
    | Ids
    | IdPattern
    | Near
    | TimeWindow
    | Comparison
    | Like
    | Between
    | Among
    | IsNull
    | Spatial
    | Temporal
    | ArrayTest
    | Call
)
Expression: TypeAlias = (
    Number
    | Text
    | Boolean
    | DateTime
    | Date
    | Geometry
    | Box
    | Interval
    | Array
    | Path
    | Call
    | Arithmetic
    | Fold
    | And
    | Or
    | Not
    | Comparison
    | Like
    | Between
    | Among
    | IsNull
    | Spatial
    | Temporal
    | ArrayTest
)

SPATIAL = frozenset(
    f"s_{name}" for name in ("contains", "crosses", "disjoint", "equals", "intersects", "overlaps", "touches", "within")
)
_AS_INSTANTS = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects")
_AS_INTERVALS = ("t_contains", "t_during", "t_finishedBy", "t_finishes", "t_meets", "t_metBy")
_OVERLAPPING = ("t_overlappedBy", "t_overlaps", "t_startedBy", "t_starts")
TEMPORAL = frozenset(_AS_INSTANTS + _AS_INTERVALS + _OVERLAPPING)
ARRAY = frozenset({"a_containedBy", "a_contains", "a_equals", "a_overlaps"})
ARITHMETIC = frozenset({"+", "-", "*", "/", "^", "%", "div"})
FOLDS = frozenset({"casei", "accenti"})
