# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD's selections of entities: by scope (CIM 009 clause 4.19), by type (clause 4.17), by id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanse.query.errors import LIMITS, Limits
from hanse.query.model import And, HasType, IdPattern, Ids, InScope, Or, Predicate
from hanse.query.ngsild_q import same_name
from hanse.query.patterns import check_regex
from hanse.query.scan import WORD, Scanner

if TYPE_CHECKING:
    from collections.abc import Callable

_TYPE = re.compile(r"[^\W\d_](?:\w|[^\x00-\x20;|,()\"<>\\^`{}])*")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20,\"<>\\^`{}|]+")


def parse_scope_q(text: str, *, limits: Limits = LIMITS) -> Predicate:
    """Read a `scopeQ`: scopes with wildcards, joined by `|` or `,`, and closer by `;`.

    Raises:
        QueryError: it is not in the grammar, or beyond the limits.
    """
    scan = Scanner("scopeQ", text, limits)
    return _alternatives(scan, lambda: _scope(scan), bare=True)


def parse_types(text: str, names: Callable[[str], str] = same_name, *, limits: Limits = LIMITS) -> Predicate:
    """Read a type selection: types by short name or IRI, joined by `|` or `,`, and inside parentheses by `;` too.

    Raises:
        QueryError: it is not in the grammar, or beyond the limits.
    """
    scan = Scanner("type", text, limits)
    return _alternatives(scan, lambda: HasType(names(scan.name("an entity type", _TYPE))))


def parse_ids(text: str, *, limits: Limits = LIMITS) -> Ids:
    """Read a comma-separated list of entity ids.

    Raises:
        QueryError: one is no URI, or the list is beyond the limits.
    """
    scan = Scanner("id", text, limits)
    found = []
    for _ in scan.each(","):
        scan.count()
        found.append(scan.name("a URI", _ID))
    scan.end("',' or the end")
    return Ids(frozenset(found))


def parse_id_pattern(text: str, *, limits: Limits = LIMITS) -> IdPattern:
    """Read an `idPattern`, a regular expression.

    Raises:
        QueryError: it is not understood, or too long.
    """
    Scanner("idPattern", text, limits)
    check_regex("idPattern", text, position=0, limits=limits)
    return IdPattern(text)


def _alternatives(scan: Scanner, one: Callable[[], Predicate], *, bare: bool = False) -> Predicate:
    """Terms joined by `|` or `,`; `bare`: ETSI's own test suite has `;` between scopes also without parentheses."""
    each = _all if bare else _group
    items = [each(scan, one)]
    while scan.accept("|") or scan.accept(","):
        items.append(each(scan, one))
    scan.end("'|', ',' or the end; a ';' stands inside parentheses")
    return items[0] if len(items) == 1 else Or(tuple(items))


def _all(scan: Scanner, one: Callable[[], Predicate]) -> Predicate:
    items = [_group(scan, one)]
    while scan.accept(";"):
        items.append(_group(scan, one))
    return items[0] if len(items) == 1 else And(tuple(items))


def _group(scan: Scanner, one: Callable[[], Predicate]) -> Predicate:
    """One name, or in parentheses alternatives of names that hold together."""
    scan.count()
    if not scan.accept("("):
        return one()
    items = [_together(scan, one)]
    while scan.accept("|") or scan.accept(","):
        items.append(_together(scan, one))
    scan.require(")")
    return items[0] if len(items) == 1 else Or(tuple(items))


def _together(scan: Scanner, one: Callable[[], Predicate]) -> Predicate:
    items = []
    for _ in scan.each(";"):
        scan.count()
        items.append(one())
    return items[0] if len(items) == 1 else And(tuple(items))


def _scope(scan: Scanner) -> InScope:
    """A leading slash may be missing, as in the clause's own example 5."""
    if scan.accept("/#"):
        return InScope((), below=True)
    scan.accept("/")
    levels = []
    while True:
        levels.append("+" if scan.accept("+") else scan.name("a scope level or '+'", WORD))
        if scan.accept("/#"):
            return InScope(tuple(levels), below=True)
        if not scan.accept("/"):
            return InScope(tuple(levels))
