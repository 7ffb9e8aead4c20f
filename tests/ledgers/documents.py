# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The contracts' examples before another validator than ours: jsonschema, the reference in Python."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from ledgers.cases import Case, Suite, demanded
from referencing import Registry, Resource

from hanse.contracts import Contract, detect_schema, list_contracts, validate_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

_EXPECT = ".expect.json"


def contracts(_data: Path) -> Iterator[Case]:
    """Each schema is one by its own meta-schema; of each example both validators say the same, at the same places."""
    schemas = {
        contract.schema_id(entry.name): contract.schema(entry.name)
        for contract in list_contracts()
        for entry in contract.schemas
    }
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    for name, schema in schemas.items():
        wrong = [error.message for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)]
        yield demanded(name, not wrong, "; ".join(wrong[:3]))
    for contract in list_contracts():
        for kind in ("valid", "invalid"):
            for file in sorted(contract.folder.joinpath("examples", kind).iterdir(), key=lambda f: f.name):
                if file.name.endswith(".json") and not file.name.endswith(_EXPECT):
                    yield _example(contract, kind, file, schemas, registry)


def _example(
    contract: Contract, kind: str, file: Traversable, schemas: dict[str, Any], registry: Registry[Any]
) -> Case:
    document = json.loads(file.read_bytes())
    name = detect_schema(document, contract).name
    if kind == "invalid":
        expect = contract.folder.joinpath("examples", kind, file.name.removesuffix(".json") + _EXPECT)
        name = json.loads(expect.read_bytes())["schema"]
    judge = Draft202012Validator(schemas[contract.schema_id(name)], registry=registry)
    theirs = {"".join(f"/{part}" for part in error.absolute_path) for error in judge.iter_errors(document)}
    ours = {violation.pointer for violation in validate_document(document, contract.key, name)}
    met = ours == theirs and bool(ours) == (kind == "invalid")
    return demanded(f"{contract.key} {kind}/{file.name}", met, f"ours at {sorted(ours)}, jsonschema's {sorted(theirs)}")


SUITES = (Suite("contracts", "jsonschema and the meta-schema of JSON Schema 2020-12", contracts),)
