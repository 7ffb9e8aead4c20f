# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whether an entity satisfies a query, decided in plain Python: what every store's answer is held against."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hanse.query import comparing, geometry, patterns, times
from hanse.query.expressions import Context, alternatives, as_geometry, fold, order, same
from hanse.query.model import (
    Among,
    And,
    ArrayTest,
    Between,
    Boolean,
    Call,
    Comparison,
    Exists,
    Expression,
    Fold,
    HasType,
    IdPattern,
    Ids,
    InScope,
    IsNull,
    Like,
    Linked,
    Near,
    Not,
    Op,
    Or,
    Path,
    Pattern,
    Predicate,
    QueryTerm,
    Spatial,
    Temporal,
    Text,
    TimeWindow,
)
from hanse.query.relations import arrays, span, temporal
from hanse.query.targets import LANGUAGE, instances, targets, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Json = Any
_NO_FUNCTIONS: Mapping[str, Callable[..., Json]] = MappingProxyType({})


def unlinked(_: str) -> None:
    """Give no entity for any id."""


def matches(
    predicate: Predicate,
    entity: Mapping[str, Json],
    *,
    linked: Callable[[str], Mapping[str, Json] | None] = unlinked,
    functions: Mapping[str, Callable[..., Json]] = _NO_FUNCTIONS,
) -> bool:
    """Tell whether an entity satisfies a query; what is unknown does not.

    `entity` is normalised NGSI-LD JSON with stored names, with `createdAt` and `modifiedAt` in place where the query
    names them, and of a temporal evolution every instance in the window. `linked` gives the entities that
    relationships lead to, `functions` the custom functions of CQL2.

    Raises:
        QueryError: the query calls a function that there is not.
    """
    return _holds(predicate, Context(entity, linked, functions, _holds)) is True


def _holds(predicate: Predicate | Expression, context: Context) -> bool | None:  # noqa: PLR0911, C901, PLR0912 - one case a node
    match predicate:
        case Boolean(value):
            return value
        case And(items):
            return _all(_holds(item, context) for item in items)
        case Or(items):
            return _any(_holds(item, context) for item in items)
        case Not(item):
            return _not(_holds(item, context))
        case Exists(path):
            return _exists(path, context)
        case QueryTerm(path, op, value):
            return any(comparing.holds(target, path, op, value) for target in targets(context.entity, path))
        case Pattern(path, regex, negated):
            found = targets(context.entity, path)
            return any(comparing.fits(target, path, regex, negated=negated) for target in found)
        case Linked():
            return _linked(predicate, context)
        case HasType(name):
            return name in _types(context.entity)
        case Ids(ids):
            return context.entity.get("id") in ids
        case IdPattern(regex):
            return patterns.searches(regex, str(context.entity.get("id", "")))
        case InScope():
            return any(in_scope(predicate, scope) for scope in scopes(context.entity))
        case Near():
            return _near(predicate, context)
        case TimeWindow():
            return _in_window(predicate, context)
        case _:
            return _cql2(predicate, context)


def _cql2(predicate: Predicate | Expression, context: Context) -> bool | None:  # noqa: PLR0911 - one case a node
    match predicate:
        case Comparison(op, left, right):
            return _pairs(left, right, context, lambda a, b: _compares(op, a, b))
        case Like(value, pattern):
            return _like(value, pattern, context)
        case Between(value, low, high):
            above = Comparison(Op.GE, value, low)
            return _all(_holds(each, context) for each in (above, Comparison(Op.LE, value, high)))
        case Among(value, items):
            return _any(_holds(Comparison(Op.EQ, value, item), context) for item in items)
        case IsNull(operand):
            return not alternatives(operand, context)
        case Spatial(relation, left, right):
            return _pairs(left, right, context, lambda a, b: _relates(relation, a, b))
        case Temporal(relation, left, right):
            return _pairs(left, right, context, lambda a, b: _temporal(relation, a, b))
        case ArrayTest(relation, left, right):
            return _pairs(left, right, context, lambda a, b: arrays(relation, _listed(a), _listed(b), same))
        case Call() | Path():
            return _any(each if isinstance(each, bool) else None for each in alternatives(predicate, context))
    raise TypeError(f"{type(predicate).__name__} is no predicate")


def _all(results: Iterable[bool | None]) -> bool | None:
    unknown = False
    for result in results:
        if result is False:
            return False
        unknown = unknown or result is None
    return None if unknown else True


def _any(results: Iterable[bool | None]) -> bool | None:
    """Of nothing, nothing is known: a missing property has no alternatives."""
    found: bool | None = None
    unknown = False
    for result in results:
        if result:
            return True
        found, unknown = False, unknown or result is None
    return None if unknown else found


def _not(result: bool | None) -> bool | None:  # noqa: FBT001 - logic of three values
    return None if result is None else not result


def _pairs(
    left: Expression, right: Expression, context: Context, test: Callable[[Any, Any], bool | None]
) -> bool | None:
    others = alternatives(right, context)
    return _any(test(one, other) for one in alternatives(left, context) for other in others)


def _compares(op: Op, left: Any, right: Any) -> bool | None:  # noqa: ANN401 - any value
    if op is Op.EQ:
        return same(left, right)
    if op is Op.NE:
        return not same(left, right)
    found = order(left, right)
    return None if found is None else comparing.satisfies(found, op)


def _like(value: Expression, pattern: Text | Fold, context: Context) -> bool | None:
    """What is folded in the pattern alone is folded in the value as well: `name LIKE CASEI('foo%')`."""
    kinds: list[str] = []
    inner: Any = pattern
    while isinstance(inner, Fold):
        kinds.append(inner.kind)
        inner = inner.of
    text = inner.value
    for kind in reversed(kinds):
        text = fold(kind, text)
    return _any(_is_like(one, text, kinds) for one in alternatives(value, context))


def _is_like(value: Any, pattern: str, kinds: list[str]) -> bool | None:  # noqa: ANN401 - any value
    if not isinstance(value, str):
        return None
    for kind in reversed(kinds):
        value = fold(kind, value)
    return patterns.like(pattern, value)


def _relates(relation: str, left: Any, right: Any) -> bool | None:  # noqa: ANN401 - any value
    one, other = as_geometry(left), as_geometry(right)
    return None if one is None or other is None else geometry.relates(relation, one, other)


def _temporal(relation: str, left: Any, right: Any) -> bool | None:  # noqa: ANN401 - any value
    one, other = span(left), span(right)
    return None if one is None or other is None else temporal(relation, one, other)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - any value
    """JSON-LD has no difference between a value and an array of it alone."""
    return value if isinstance(value, list) else [value]


def _exists(path: Path, context: Context) -> bool:
    found = targets(context.entity, path)
    return any(target.kind != LANGUAGE or not path.members or bool(texts_of(target.value, path)) for target in found)


def _linked(predicate: Linked, context: Context) -> bool:
    for target in targets(context.entity, Path((predicate.name,))):
        for uri in target.value if target.is_relationship else ():
            entity = context.linked(uri)
            if entity is None or (predicate.types and not _types(entity) & set(predicate.types)):
                continue
            if _holds(predicate.inner, Context(entity, context.linked, context.functions, _holds)) is True:
                return True
    return False


def _types(entity: Mapping[str, Json]) -> set[str]:
    found = entity.get("type")
    return {found} if isinstance(found, str) else set(found or ())


def scopes(entity: Mapping[str, Json]) -> list[tuple[str, ...]]:
    """Return the levels of an entity's scopes."""
    found = entity.get("scope")
    each = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return [tuple(scope.removeprefix("/").split("/")) for scope in each if isinstance(scope, str)]


def in_scope(wanted: InScope, levels: tuple[str, ...]) -> bool:
    """Tell whether a scope is a wanted one (clause 4.19)."""
    if len(levels) < len(wanted.levels) or (len(levels) > len(wanted.levels) and not wanted.below):
        return False
    return all(want in {"+", level} for want, level in zip(wanted.levels, levels, strict=False))


def _near(predicate: Near, context: Context) -> bool:
    reference = geometry.shape(predicate.geometry)
    for target in targets(context.entity, predicate.path):
        found = geometry.from_entity(target.value)
        if found is not None and (geometry.metres(found, reference) > predicate.metres) is predicate.beyond:
            return True
    return False


def _in_window(window: TimeWindow, context: Context) -> bool:
    """Attribute instances count; the times of the entity itself do not (clause 4.11)."""
    moments = (
        times.instant(str(instance.get(window.property, "")))
        for name, attribute in context.entity.items()
        if name not in {"id", "type", "scope", "@context"}
        for instance in instances(attribute)
    )
    return any(moment is not None and in_window(window, moment.micros) for moment in moments)


def in_window(window: TimeWindow, micros: int) -> bool:
    """Tell whether an instant is in a window: its start is, its end is not."""
    return (window.start is None or micros >= window.start) and (window.end is None or micros < window.end)
