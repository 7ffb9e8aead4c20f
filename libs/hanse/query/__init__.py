# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The twin's query languages in one syntax tree: NGSI-LD (ETSI GS CIM 009) and OGC CQL2 (OGC 21-065r2).

Parsers make a tree of stored names, writers write it again; `matches` decides an entity in plain Python, and `split`
says what of it a store can narrow by its indexes. Whatever is read from outside fails with `QueryError` alone.
"""

from __future__ import annotations

from hanse.query.combining import all_of, any_of
from hanse.query.cql2_json import parse_cql2_json
from hanse.query.cql2_print import to_cql2_text
from hanse.query.cql2_text import parse_cql2_text
from hanse.query.cql2_write import to_cql2_json
from hanse.query.errors import LIMITS, Limits, QueryError
from hanse.query.matching import in_scope, in_window, matches
from hanse.query.mentions import follows, map_geometries, mentions, nodes, subjects
from hanse.query.model import Expression, Geometry, Path, Predicate, TimeWindow
from hanse.query.ngsild_q import parse_q
from hanse.query.ngsild_write import to_q, to_types
from hanse.query.ordering import key_of, ordered
from hanse.query.parameters import Order, parse_geo, parse_order, parse_temporal
from hanse.query.selections import parse_id_pattern, parse_ids, parse_scope_q, parse_types
from hanse.query.splitting import Either, Envelope, Has, IndexTerm, Scalar, Split, admits, split

__all__ = [
    "LIMITS",
    "Either",
    "Envelope",
    "Expression",
    "Geometry",
    "Has",
    "IndexTerm",
    "Limits",
    "Order",
    "Path",
    "Predicate",
    "QueryError",
    "Scalar",
    "Split",
    "TimeWindow",
    "admits",
    "all_of",
    "any_of",
    "follows",
    "in_scope",
    "in_window",
    "key_of",
    "map_geometries",
    "matches",
    "mentions",
    "nodes",
    "ordered",
    "parse_cql2_json",
    "parse_cql2_text",
    "parse_geo",
    "parse_id_pattern",
    "parse_ids",
    "parse_order",
    "parse_q",
    "parse_scope_q",
    "parse_temporal",
    "parse_types",
    "split",
    "subjects",
    "to_cql2_json",
    "to_cql2_text",
    "to_q",
    "to_types",
]
