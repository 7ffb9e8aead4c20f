# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the contracts that this installation holds, and reads their manifests and schemas.

A contract is a folder `<name>/v<major>` beside this file with a `contract.yaml`; nothing else registers it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

Json = Any
MANIFEST = "contract.yaml"
_MAJOR = re.compile(r"v[1-9][0-9]{0,3}")


class ContractError(ValueError):
    """No such contract or schema; the sentence names those that there are."""


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """One JSON Schema of a contract.

    Attributes:
        name: e.g. "report"; the schema's `$id` ends in it.
        file: its file in the contract's folder.
        kind: "document", "claims" (payload of a signed token) or "event" (data on the bus).
        describes: in words.
        member: a top-level member that only documents of this schema have; "" when there is none.
        value: the value of that member; "" when its presence is enough.
    """

    name: str
    file: str
    kind: str
    describes: str
    member: str = ""
    value: str = ""

    def recognises(self, document: Json) -> bool:
        """Whether a document carries this schema's mark."""
        if not self.member or not isinstance(document, dict) or self.member not in document:
            return False
        return not self.value or document[self.member] == self.value


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract: its manifest, and where its files are.

    Attributes:
        key: name and major version as documents write it, e.g. "twin/v1".
        version: semantic version of the whole.
        revision: version of the schemas, which documents name.
        status: "draft", "stable" or "deprecated".
        schemas: in the order in which documents are recognised; the last is taken when no mark fits.
        manifest: everything in contract.yaml.
        folder: where the contract's files are.
    """

    key: str
    version: str
    revision: str
    status: str
    schemas: tuple[SchemaEntry, ...]
    manifest: dict[str, Json]
    folder: Traversable

    def entry(self, schema: str) -> SchemaEntry:
        """The entry of a schema by its name. Raises ContractError when the contract has no such schema."""
        for entry in self.schemas:
            if entry.name == schema:
                return entry
        known = ", ".join(entry.name for entry in self.schemas)
        raise ContractError(f"contract {self.key} has no schema {schema[:80]!r}; it has {known}")

    def schema(self, name: str) -> dict[str, Json]:
        """A JSON Schema (2020-12) by its name, read anew. Raises ContractError."""
        loaded: dict[str, Json] = json.loads(self.read(self.entry(name).file))
        return loaded

    def schema_id(self, name: str) -> str:
        """The `$id` of a schema."""
        return f"{self.manifest['id']}:{name}"

    def read(self, name: str) -> bytes:
        """A file of the contract's folder, e.g. "context.jsonld"."""
        return self.folder.joinpath(name).read_bytes()


@cache
def list_contracts() -> tuple[Contract, ...]:
    """Every contract of this installation, by name and version."""
    found = []
    for name in files(__package__).iterdir():
        if name.is_dir() and not name.name.startswith(("_", ".")):
            found += [_load(name.name, folder) for folder in name.iterdir() if _MAJOR.fullmatch(folder.name)]
    return tuple(sorted(found, key=lambda contract: contract.key))


def get(key: str) -> Contract:
    """A contract by name and major version, e.g. "twin/v1". Raises ContractError when there is none."""
    for contract in list_contracts():
        if contract.key == key:
            return contract
    known = ", ".join(contract.key for contract in list_contracts())
    raise ContractError(f"no contract {key[:80]!r} is known here; known: {known}")


def open_folder(folder: Path) -> Contract:
    """A contract that lies anywhere, by its folder. Raises ContractError when none can be read there."""
    try:
        return _load(folder.parent.name, folder)
    except OSError as error:
        raise ContractError(f"{folder} holds no contract: {error.filename}: {error.strerror}") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{folder / MANIFEST} is no manifest of a contract: {error}") from None


def all_schemas() -> dict[str, dict[str, Json]]:
    """Every schema of every contract by its `$id`."""
    return {
        contract.schema_id(entry.name): contract.schema(entry.name)
        for contract in list_contracts()
        for entry in contract.schemas
    }


def manifest_schema() -> dict[str, Json]:
    """The JSON Schema that every `contract.yaml` fulfils."""
    loaded: dict[str, Json] = json.loads(files(__package__).joinpath("manifest.schema.json").read_bytes())
    return loaded


def _load(name: str, folder: Traversable) -> Contract:
    manifest = yaml.safe_load(folder.joinpath(MANIFEST).read_bytes())
    entries = []
    for held in manifest["schemas"]:
        mark = held.get("recognised_by", {})
        entries.append(
            SchemaEntry(
                held["name"],
                held["file"],
                held["kind"],
                held["describes"],
                mark.get("member", ""),
                mark.get("value", ""),
            )
        )
    return Contract(
        f"{name}/{folder.name}",
        manifest["version"],
        manifest["revision"],
        manifest["status"],
        tuple(entries),
        manifest,
        folder,
    )
