# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Validates documents against contracts, and says in plain words what is wrong and where.

Pointers are instance locations as JSON Schema defines them (Core 2020-12 clause 12.3), so that any validator finds
the same ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from hanse.contracts.parsing import DEFAULT_LIMITS, DocumentError, Limits, parse
from hanse.contracts.registry import Contract, ContractError, SchemaEntry, all_schemas, get
from hanse.contracts.wording import expected, found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json = Any
ROOT = "(root)"  # for people; the pointer itself is "", and "/" is a member named ""
_NOTHING = object()
_NAMES = ("hansecontract", "contract")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,62}/v[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a document.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the place in the document; "" is the whole.
        expected: what was expected there, in words.
        found: what is there.
        keyword: the JSON Schema keyword that failed; "json" or "limit" when the document could not be looked at.
        schema_pointer: where in which schema the rule stands, e.g. "urn:hanse:contract:zoning:v1:zoning#/...".
    """

    pointer: str
    expected: str
    found: str
    keyword: str
    schema_pointer: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.pointer or ROOT}: expected {self.expected}, found {self.found}"


def validate_document(
    document: bytes | Json, contract: str, schema: str | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> list[Violation]:
    """What is wrong with a document: empty when it fulfils the contract.

    Args:
        document: JSON text as bytes, checked for size, depth and form as well; or values already parsed.
        contract: name and major version, e.g. "zoning/v1".
        schema: one of the contract's schemas; None takes the one by whose mark the document is recognised.
        limits: how much is looked at, and how many violations are reported.

    Raises:
        ContractError: no such contract or schema.
    """
    held = get(contract)
    if isinstance(document, bytes):
        try:
            document = parse(document, limits)
        except DocumentError as error:
            return [Violation("", error.expected, error.found, error.keyword, "")]
    name = schema if schema is not None else detect_schema(document, held).name
    return list(islice(_violations(document, held.schema_id(held.entry(name).name)), limits.max_violations))


def detect_contract(document: Json, folder: str | None = None) -> str | None:
    """The contract that a document is of, None when nothing tells.

    An event says it by `hansecontract`, any other document by `contract` and `revision` together; then `folder`, the
    contract whose folder it lies in, is believed, and last a `contract` alone, which in signed claims means another's.
    """
    if not isinstance(document, dict):
        return folder
    said = [value if isinstance(value, str) and _KEY.fullmatch(value) else None for value in map(document.get, _NAMES)]
    event, own = said
    return event or (own if "revision" in document else None) or folder or own


def detect_schema(document: Json, contract: Contract) -> SchemaEntry:
    """The schema of the contract whose mark the document carries; without any, the last."""
    return next((entry for entry in contract.schemas if entry.recognises(document)), contract.schemas[-1])


@cache
def _validator(schema_id: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schemas()[schema_id], registry=_registry(), offline=True)


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry(list(_schemas().items()))


def _violations(document: Json, schema_id: str) -> Iterator[Violation]:
    validator = _validator(schema_id)
    try:
        if validator.is_valid(document):  # as most are: nothing is to be told of it
            return
        for error in validator.iter_errors(document):
            location = error.absolute_keyword_location or f"{schema_id}#{_pointer(error.schema_path)}"
            keyword = _keyword(error)
            yield Violation(
                pointer=_pointer(_located(document, list(error.instance_path), error)),
                expected=expected(keyword, error.kind, _rule(location)),
                found=found(keyword, error.kind, error.instance),
                keyword=keyword,
                schema_pointer=location,
            )
    except ValueError as error:  # keys that are no text, nesting without end: no JSON document
        yield Violation("", "values that JSON has", str(error)[:200], "json", "")


def _keyword(error: jsonschema_rs.ValidationError) -> str:
    if error.kind.name != "falseSchema":
        return str(error.kind.name)
    return "additionalProperties" if list(error.schema_path)[-1:] == ["additionalProperties"] else "false"


def _located(document: Json, path: list[str | int], error: jsonschema_rs.ValidationError) -> Sequence[str | int]:
    """The path to a fault. jsonschema-rs leaves members named "" out of it, so they are put back where they exist."""
    node = document
    for part in path:
        if isinstance(node, dict) and "" in node:
            break
        node = _child(node, part)
    if isinstance(node, dict) and "" in node:
        return next(_through(document, path, error.instance), path)
    return path


def _through(node: Json, path: Sequence[str | int], wanted: Json) -> Iterator[list[str | int]]:
    """Ways to a value that take a path's parts in order, and members named "" anywhere between."""
    if not path and node == wanted and type(node) is type(wanted):
        yield []
    if path and (below := _child(node, path[0])) is not _NOTHING:
        yield from ([path[0], *rest] for rest in _through(below, path[1:], wanted))
    if isinstance(node, dict) and "" in node:
        yield from (["", *rest] for rest in _through(node[""], path, wanted))


def _child(node: Json, part: str | int) -> Json:
    """A member or element; a member's name of digits comes as a number."""
    if isinstance(node, dict):
        return node.get(str(part), _NOTHING)
    inside = isinstance(node, list) and isinstance(part, int) and part < len(node)
    return node[part] if inside else _NOTHING


def _pointer(parts: Sequence[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


@cache
def _schemas() -> dict[str, dict[str, Json]]:
    return all_schemas()


@cache
def _rule(location: str) -> str:
    """What the schema says in words about the place whose keyword failed; "" when it says nothing."""
    schema_id, _, pointer = location.partition("#")
    node: Json = _schemas().get(schema_id, {})
    said = ""
    for part in pointer.split("/")[1:-1]:
        name = part.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) else node.get(name, {})
        if isinstance(node, dict):
            said = node.get("description", "") if name not in {"allOf", "then", "else"} else said
    return said if isinstance(said, str) else json.dumps(said)


__all__ = [
    "ContractError",
    "Limits",
    "Violation",
    "detect_contract",
    "detect_schema",
    "validate_document",
]
