# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A query as SQL statements, one for each kind of row that it may find. Names in the SQL are ours, values are bound.

What the indexes can say of a condition is said in SQL; it is never more than necessary: the caller decides the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hanse import query as languages
from hanse.query.model import Boolean, HasType, Ids, InScope, Number, Op, Text
from hanse.twin.adapters.databases.dialects import DEGREES, LIVING, METRES, PAST
from hanse.twin.adapters.databases.statements import compared
from hanse.twin.model import INDEXED_TEXT, Box, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.twin.adapters.databases.dialects import Dialect
    from hanse.twin.model import Filter, Query

LOCATION = "location"
_OPERATORS = {
    Op.EQ: Operator.EQUAL,
    Op.LT: Operator.LESS,
    Op.LE: Operator.LESS_OR_EQUAL,
    Op.GT: Operator.GREATER,
    Op.GE: Operator.GREATER_OR_EQUAL,
}
_EXACT = "e.{0}<=? AND e.{2}>=? AND e.{1}<=? AND e.{3}>=?"
_CORNERS = {DEGREES: ("west", "south", "east", "north"), METRES: ("min_x", "min_y", "max_x", "max_y")}
# UNION leaves out what was found before: hierarchies that run in circles come to an end.
_UNDER = (
    "e.id IN (WITH RECURSIVE below(id) AS ("
    "SELECT c.id FROM entity_scalar s JOIN entity c ON c.number=s.number AND {1}"
    " WHERE s.tenant=? AND s.name='partOf' AND s.{0}=?"
    " UNION SELECT c.id FROM below JOIN entity_scalar s ON s.tenant=? AND s.name='partOf' AND s.{0}=below.id"
    " JOIN entity c ON c.number=s.number AND {1}) SELECT id FROM below WHERE id<>?)"
)
_HIDDEN = "NOT EXISTS (SELECT 1 FROM entity o WHERE o.tenant={0}.tenant AND o.branch=? AND o.id={0}.id)"


@dataclass(slots=True)
class _Where:
    """Conditions that all hold, with the values bound in them."""

    terms: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, term: str, *values: object) -> None:
        self.terms.append(term)
        self.values.extend(values)


@dataclass(frozen=True, slots=True)
class Selecting:
    """Makes the statements of one tenant's queries; the indexes are not asked about attributes in `unsure`."""

    dialect: Dialect
    tenant: str
    unsure: frozenset[str] = frozenset()

    def statements(self, query: Query, columns: str, *, ordered: bool = True) -> Iterator[tuple[str, list[Any]]]:
        """A statement for the living rows, and one for a scenario's or the past's; each in the order of ids.

        Columns are those of `entity e` and `entity_body b`.
        """
        present = _Where()
        present.add("e.tenant=? AND e.branch=0", self.tenant)
        if query.as_of:
            present.add("e.since<=?", query.as_of)
        if query.branch:
            present.add(_HIDDEN.format("e"), query.branch)
        yield self._statement(query, columns, LIVING, 0, present, ordered=ordered)
        other = _Where()
        if query.branch:
            other.add("e.tenant=? AND e.branch=? AND e.gone=0", self.tenant, query.branch)
            yield self._statement(query, columns, LIVING, query.branch, other, ordered=ordered)
        elif query.as_of:
            other.add("e.tenant=? AND e.branch<0 AND e.since<=? AND e.until>?", self.tenant, query.as_of, query.as_of)
            yield self._statement(query, columns, PAST, None, other, ordered=ordered)

    def boxed(self, query: Query) -> bool:
        """Whether rows come from boxes, so that the database has to put them in order."""
        return query.metres is not None or query.degrees is not None or self._envelope(query) is not None

    def _statement(
        self, query: Query, columns: str, age: str, branch: int | None, where: _Where, *, ordered: bool
    ) -> tuple[str, list[Any]]:
        source, bound = self._source(query, age, branch, where)
        if query.after:
            where.add("e.id>?", query.after)
        if query.dataset:
            where.add("e.dataset=?", query.dataset)
        for condition in query.filters:
            if condition.attribute not in self.unsure:
                self._filter(condition, where)
        if query.heights is not None:
            low, high = query.heights.low, query.heights.high
            if query.heights.above_ground:
                where.add("e.height>=? AND e.height<=?", low, high)
            else:
                where.add("e.low<=? AND e.high>=?", high, low)
        if query.under:
            stands, values = _stands(query)
            sql = _UNDER.format(self.dialect.text_column, stands)
            where.add(sql, *values, self.tenant, query.under, self.tenant, *values, query.under)
        by_type = source.startswith("entity_kind")
        for term in self._index(query):
            self._term(term, where)
            if by_type and isinstance(term, Ids):
                where.add(self.dialect.among("k.id"), self.dialect.listed(sorted(term.ids)))
        body = " JOIN entity_body b ON b.number=e.number" if "b." in columns else ""
        first = "k.id" if by_type else "e.id"  # the same, and where the index has it in order
        order = f" ORDER BY {first}" if ordered else ""
        sql = f"SELECT {columns} FROM {source}{body} WHERE {' AND '.join(where.terms)}{order}"  # noqa: S608
        return sql, [*bound, *where.values]

    def _index(self, query: Query) -> Sequence[languages.IndexTerm]:
        found = languages.split(query.condition).index if query.condition is not None else ()
        return [term for term in found if not self._is_unsure(term)]

    def _is_unsure(self, term: languages.IndexTerm) -> bool:
        if isinstance(term, languages.Either):
            return any(self._is_unsure(each) for terms in term.alternatives for each in terms)
        return getattr(term, "name", None) in self.unsure

    def _source(self, query: Query, age: str, branch: int | None, where: _Where) -> tuple[str, list[Any]]:
        """Where rows come from: boxes, else a type in the order of ids, else all."""
        for tree, box in ((METRES, query.metres), (DEGREES, query.degrees or self._envelope(query))):
            if box is not None:
                inner, values = self.dialect.in_box(tree, age, box)
                if tree == DEGREES or not query.solids:  # the trees alone know how far solids reach
                    where.add(_EXACT.format(*_CORNERS[tree]), box.max_x, box.min_x, box.max_y, box.min_y)
                if query.type:
                    self._term(HasType(query.type), where)
                where.add("e.number=t.number")  # CROSS JOIN: SQLite looks at the boxes first
                return f"({inner}) t CROSS JOIN entity e", values
        if query.type and branch is not None:
            where.add("k.tenant=? AND k.branch=? AND k.type=?", self.tenant, branch, query.type)
            if query.after:
                where.add("k.id>?", query.after)
            return "entity_kind k JOIN entity e ON e.number=k.number", []
        if query.type:
            self._term(HasType(query.type), where)
        return "entity e", []

    def _envelope(self, query: Query) -> Box | None:
        """A box that the condition itself asks for."""
        for term in self._index(query):
            if isinstance(term, languages.Envelope) and term.name == LOCATION:
                return Box(*term.box)
        return None

    def _filter(self, condition: Filter, where: _Where) -> None:
        exists = "EXISTS (SELECT 1 FROM entity_scalar s WHERE s.tenant=? AND s.name=? AND s.number=e.number"
        where.values += [self.tenant, condition.attribute]
        if condition.operator is Operator.EXISTS or condition.value is None:
            where.terms.append(f"{exists})")
            return
        term, values = self.dialect.compares(condition.operator, condition.value)
        where.add(f"{exists} AND {term})", *values)

    def _term(self, term: languages.IndexTerm, where: _Where) -> None:
        sql, values = self._narrowed(term)
        if sql:
            where.add(sql, *values)

    def _narrowed(self, term: languages.IndexTerm) -> tuple[str, list[Any]]:  # noqa: PLR0911 - one case a term
        """A condition that every row of which the term holds fulfils; empty where there is none."""
        match term:
            case HasType(name):
                return "EXISTS (SELECT 1 FROM entity_kind h WHERE h.number=e.number AND h.type=?)", [name]
            case Ids(ids):
                return self.dialect.among("e.id"), [self.dialect.listed(sorted(ids))]
            case InScope():
                return "EXISTS (SELECT 1 FROM entity_scope c WHERE c.number=e.number)", []
            case languages.Has(name):
                sql = "EXISTS (SELECT 1 FROM entity_scalar s WHERE s.tenant=? AND s.name=? AND s.number=e.number)"
                return sql, [self.tenant, name]
            case languages.Scalar():
                return self._scalar(term)
            case languages.Either(alternatives):
                return self._either(alternatives)
        return "", []

    def _scalar(self, term: languages.Scalar) -> tuple[str, list[Any]]:
        value = term.value
        if not isinstance(value, Number | Text | Boolean) or (
            isinstance(value, Text)
            and (term.op is not Op.EQ or max(len(value.value), len(value.term or "")) >= INDEXED_TEXT)
        ):
            return self._narrowed(languages.Has(term.name))
        sql, values = self.dialect.compares(_OPERATORS[term.op], compared(value.value))
        if isinstance(value, Text) and value.term not in (None, value.value):
            other, more = self.dialect.compares(Operator.EQUAL, str(value.term))
            sql, values = f"(({sql}) OR ({other}))", [*values, *more]
        exists = "EXISTS (SELECT 1 FROM entity_scalar s WHERE s.tenant=? AND s.name=? AND s.number=e.number"
        return f"{exists} AND {sql})", [self.tenant, term.name, *values]

    def _either(self, alternatives: Sequence[Sequence[languages.IndexTerm]]) -> tuple[str, list[Any]]:
        parts, values = [], []
        for terms in alternatives:
            narrowed = [each for each in map(self._narrowed, terms) if each[0]]
            if not narrowed:
                return "", []
            parts.append("(" + " AND ".join(sql for sql, _ in narrowed) + ")")
            values += [value for _, some in narrowed for value in some]
        return "(" + " OR ".join(parts) + ")", values


def _stands(query: Query) -> tuple[str, list[Any]]:
    """A condition on `entity c`: it is a row of those that the query looks at."""
    if query.branch:
        hidden = _HIDDEN.format("c")
        return f"(c.branch=? AND c.gone=0 OR c.branch=0 AND {hidden})", [query.branch, query.branch]
    if query.as_of:
        return "(c.branch=0 OR c.branch<0 AND c.until>?) AND c.since<=?", [query.as_of, query.as_of]
    return "c.branch=0", []
