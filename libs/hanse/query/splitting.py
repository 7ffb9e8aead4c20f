# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What of a query a store's indexes can narrow, and what is left to decide entity by entity.

The index terms of a query are necessary, never more: an entity that satisfies the query satisfies each of them
(`admits` is their meaning). What they decide on their own is taken out of the residual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hanse.query import comparing, geometry, model
from hanse.query.matching import matches
from hanse.query.model import HasType, Ids, InScope, Literal, Near, Op, Path, Predicate, Spatial
from hanse.query.targets import ENTITY, LANGUAGE, TEMPORAL, instances, of, targets, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any


@dataclass(frozen=True, slots=True)
class Has:
    """The entity has an attribute of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar of the attribute compares so: its value or an element of it, a text in any language, a URI, a term.

    `value` is a number, text, boolean, date or time; unlike types never compare. For a text that is also a
    vocabulary term, `value.term` is what a VocabProperty holds. `op` is never NE.
    """

    name: str
    op: Op
    value: Literal


@dataclass(frozen=True, slots=True)
class Envelope:
    """A geometry of the attribute has a bounding box that meets this one: west, south, east, north in degrees."""

    name: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Either:
    """All terms of one of the alternatives hold."""

    alternatives: tuple[tuple[IndexTerm, ...], ...]


IndexTerm: TypeAlias = HasType | Ids | InScope | Has | Scalar | Envelope | Either


@dataclass(frozen=True, slots=True)
class Split:
    """A query in two.

    Attributes:
        query: the whole.
        index: terms that all hold for every entity that satisfies the query.
        residual: what is to be decided by `matches` for an entity of which every index term holds; None when they say
            all. A store that leaves out an index term, or narrows by less, decides by `query`.
    """

    query: Predicate
    index: tuple[IndexTerm, ...]
    residual: Predicate | None


def split(query: Predicate) -> Split:
    """Split a query for a store."""
    index: list[IndexTerm] = []
    residual: list[Predicate] = []
    for part in _conjuncts(query):
        terms = tuple(dict.fromkeys(_terms(part)))
        index.extend(term for term in terms if term not in index)
        if not _decided(part, terms):
            residual.append(part)
    rest = None if not residual else residual[0] if len(residual) == 1 else model.And(tuple(residual))
    return Split(query, tuple(index), rest)


def _conjuncts(query: Predicate) -> Iterator[Predicate]:
    if isinstance(query, model.And):
        for item in query.items:
            yield from _conjuncts(item)
    else:
        yield query


def _decided(part: Predicate, terms: tuple[IndexTerm, ...]) -> bool:
    """Tell whether index terms say all that a predicate says."""
    match part:
        case HasType() | Ids() | InScope() | model.Boolean(value=True):
            return True
        case model.Exists(Path((_,), ())) | model.Not(model.IsNull(Path((_,), ()))):
            return isinstance(part, model.Exists) and terms != ()
        case model.Or(items):
            return terms != () and all(_decided(item, tuple(_terms(item))) for item in items)
        case model.And(items):
            return all(_decided(item, tuple(_terms(item))) for item in items)
    return False


def _terms(part: Predicate) -> Iterator[IndexTerm]:  # noqa: C901, PLR0912 - one case a node
    """Yield what is true of every entity of which a predicate is true; nothing is always right."""
    match part:
        case HasType() | Ids() | InScope():
            yield part
        case model.And(items):
            for item in items:
                yield from _terms(item)
        case model.Or(items):
            alternatives = tuple(tuple(_terms(item)) for item in items)
            if all(alternatives):
                yield Either(alternatives)
        case model.Not(model.IsNull(Path() as path)) | model.Exists(path):
            yield from _has(path)
        case model.Not(model.Not(inner)):
            yield from _terms(inner)
        case model.QueryTerm(path, op, value):
            yield from _test(path, op, value)
        case model.Pattern(path):
            yield from _has(path)
        case model.Linked(name):
            yield Has(name)
        case Near(path, place, metres, beyond):
            yield from _envelope(path, place, metres) if not beyond else _has(path)
        case Spatial(relation, left, right):
            yield from _spatial(relation, left, right)
        case model.Comparison(op, left, right):
            yield from _comparison(op, left, right)
        case model.Between(Path() as path, low, high):
            yield from _comparison(Op.GE, path, low)
            yield from _comparison(Op.LE, path, high)
        case model.Among(Path() as path, items):
            each = tuple(tuple(_comparison(Op.EQ, path, item)) for item in items)
            if all(each):
                yield Either(each)
        case model.Like(Path() as path) | model.Temporal(_, Path() as path) | model.Temporal(_, _, Path() as path):
            yield from _has(path)


def _attribute(path: Path) -> str | None:
    """Return the name when a path is an attribute and nothing more, as a store's tables of values have it."""
    if len(path.names) > 1 or path.members or path.names[0] in ENTITY | TEMPORAL:
        return None
    return path.names[0]


def _has(path: Path) -> Iterator[Has]:
    if path.names[0] not in ENTITY | TEMPORAL:
        yield Has(path.names[0])


def _test(path: Path, op: Op, value: Literal | model.Range | model.Values) -> Iterator[IndexTerm]:
    name = _attribute(path)
    if path.names == ("id",) and op is Op.EQ and isinstance(value, model.Text) and not path.members:
        yield Ids(frozenset({value.value}))
    elif name is None or op is Op.NE:
        yield from _has(path)
    elif isinstance(value, model.Range):
        yield Scalar(name, Op.GE, value.low)
        yield Scalar(name, Op.LE, value.high)
    elif isinstance(value, model.Values):
        yield Either(tuple((Scalar(name, Op.EQ, each),) for each in value.items))
    else:
        yield Scalar(name, op, value)


_TURNED = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE}


def _comparison(op: Op, left: model.Expression, right: model.Expression) -> Iterator[IndexTerm]:
    """A comparison of CQL2 that holds, holds for a scalar too; dates and times compare across their types there."""
    if not isinstance(left, Path):
        left, right, op = right, left, _TURNED.get(op, op)
    if not isinstance(left, Path):
        return
    if op is Op.EQ and isinstance(right, model.Text) and len(left.names) == 1 and not left.members:
        if left.names == ("id",):
            yield Ids(frozenset({right.value}))
            return
        if left.names == ("type",):
            yield HasType(right.value)
            return
    name = _attribute(left)
    if name is None or op is Op.NE or not isinstance(right, model.Number | model.Text | model.Boolean):
        yield from _has(left)
    else:
        yield Scalar(name, op, right)


def _spatial(relation: str, left: model.Expression, right: model.Expression) -> Iterator[IndexTerm]:
    if not isinstance(left, Path):
        left, right = right, left
    if not isinstance(left, Path):
        return
    if relation == "s_disjoint" or not isinstance(right, model.Geometry | model.Box):
        yield from _has(left)
    else:
        yield from _envelope(left, right, 0.0)


def _envelope(path: Path, place: model.Geometry | model.Box, metres: float) -> Iterator[IndexTerm]:
    box, name = geometry.envelope(place, metres), _attribute(path)
    if box is None or name is None:
        yield from _has(path)
    else:
        yield Envelope(name, box)


def admits(term: IndexTerm, entity: Mapping[str, Json]) -> bool:
    """Tell whether an index term holds for an entity: its meaning, to test stores by."""
    match term:
        case Has(name):
            return any(of(instance) is not None for instance in instances(entity.get(name)))
        case Scalar(name, op, value):
            return any(_compares(each, op, value) for each in scalars(entity, name))
        case Envelope(name, box):
            return any(_meets(bounds, box) for bounds in _bounds(entity, name))
        case Either(alternatives):
            return any(all(admits(each, entity) for each in terms) for terms in alternatives)
        case _:
            return matches(term, entity)


def scalars(entity: Mapping[str, Json], name: str) -> Iterator[tuple[Json, bool]]:
    """Yield the scalars of an attribute that `Scalar` speaks of, and whether each is a vocabulary term."""
    path = Path((name,))
    for target in targets(entity, path):
        found = texts_of(target.value, path) if target.kind == LANGUAGE else target.value
        for each in found if isinstance(found, list) else [found]:
            value = each["@value"] if isinstance(each, dict) and isinstance(each.get("@value"), str) else each
            if isinstance(value, str | int | float):
                yield value, target.kind == "vocab"


def _compares(scalar: tuple[Json, bool], op: Op, value: Literal) -> bool:
    held, is_term = scalar
    if is_term and isinstance(value, model.Text) and op is Op.EQ and held == value.term:
        return True
    order = comparing.compare(held, value)
    return order is not None and comparing.satisfies(order, op)


def _bounds(entity: Mapping[str, Json], name: str) -> Iterator[tuple[float, ...]]:
    for target in targets(entity, Path((name,))):
        found = geometry.from_entity(target.value)
        if found is not None:
            yield found.bounds


def _meets(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
