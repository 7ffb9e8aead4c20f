# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Every contract can be implemented from its folder alone: examples, manifest, wire, meaning and events agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

from hanse.contracts import Contract, detect_schema, list_contracts, validate_document
from hanse.contracts.registry import all_schemas, manifest_schema

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "contracts/hanse/contracts"
CONTRACTS = list_contracts()
NAMES = {"exchange/v1", "http/v1", "identity/v1", "permit/v1", "translation/v1", "twin/v1", "zoning/v1"}


def examples(kind: str) -> list[Path]:
    found = sorted(FOLDER.glob(f"*/v1/examples/{kind}/*.json"))
    return [path for path in found if not path.name.endswith(".expect.json")]


def contract_of(path: Path) -> Contract:
    key = "/".join(path.relative_to(FOLDER).parts[:2])
    return next(contract for contract in CONTRACTS if contract.key == key)


def name_of(path: Path) -> str:
    return f"{path.relative_to(FOLDER).parts[0]}-{path.stem}"


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    """ECMA-262, as the specification wants it: `$` is the very end, while Python's also stands before a newline."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$(?=$|\))", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


REFERENCE = extend(Draft202012Validator, {"pattern": _pattern})
RESOURCES: Registry[Any] = Registry().with_resources(
    (identifier, Resource.from_contents(schema)) for identifier, schema in all_schemas().items()
)


def reference(schema_id: str, document: object) -> set[tuple[str, str]]:
    """Pointers and keywords that the reference implementation finds."""
    validator = REFERENCE(all_schemas()[schema_id], registry=RESOURCES)
    return {
        ("".join(f"/{part}" for part in error.absolute_path), str(error.validator or "false"))
        for error in validator.iter_errors(document)
    }


def test_the_seven_contracts_are_found() -> None:
    assert {contract.key for contract in CONTRACTS} == NAMES
    assert {contract.status for contract in CONTRACTS} == {"draft"}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.key)
def test_the_manifest_is_whole(contract: Contract) -> None:
    Draft202012Validator.check_schema(manifest_schema())
    assert not list(Draft202012Validator(manifest_schema()).iter_errors(contract.manifest))
    assert contract.manifest["id"] == f"urn:hanse:contract:{contract.key.replace('/', ':')}"
    for path in contract.manifest["proto"]:
        assert (ROOT / "proto" / path).is_file(), path
    files = {entry.file for entry in contract.schemas}
    folder = FOLDER / contract.key
    assert {path.name for path in folder.glob("*.schema.json")} == files
    assert (folder / "README.md").is_file()
    for member in ("context", "shapes", "asyncapi"):
        name = contract.manifest[member]
        assert name is None or (folder / name).is_file()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.key)
def test_the_mechanisms_are_those_of_mims_plus(contract: Contract, shared_data: Path) -> None:
    known = {line.split("\t")[0] for line in (shared_data / "mims_plus_9.tsv").read_text().splitlines()[1:]}
    for realised in contract.manifest["realises"]:
        assert set(realised["requirements"]) <= known
        assert all(requirement.startswith(realised["mim"] + ".") for requirement in realised["requirements"])


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.key)
def test_schemas_are_sound_and_say_what_they_mean(contract: Contract) -> None:
    for entry in contract.schemas:
        schema = contract.schema(entry.name)
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == contract.schema_id(entry.name)
        assert schema["title"]
        silent = [name for name, held in schema["properties"].items() if not _says(held, schema)]
        assert not [name for name in silent if name not in {"specversion", "datacontenttype", "data"}], silent


def _says(held: dict[str, Any], schema: dict[str, Any]) -> bool:
    if "description" in held or "const" in held:
        return True
    target = held.get("$ref", "")
    return target.startswith("urn:") or "description" in schema["$defs"].get(target.rpartition("/")[2], {})


@pytest.mark.parametrize("path", examples("valid"), ids=name_of)
def test_valid_examples_pass(path: Path) -> None:
    contract, document = contract_of(path), json.loads(path.read_bytes())
    entry = detect_schema(document, contract)
    assert validate_document(path.read_bytes(), contract.key) == []
    assert reference(contract.schema_id(entry.name), document) == set()


@pytest.mark.parametrize("path", examples("invalid"), ids=name_of)
def test_invalid_examples_fail_where_expected(path: Path) -> None:
    contract, document = contract_of(path), json.loads(path.read_bytes())
    expectation = json.loads(path.with_name(f"{path.stem}.expect.json").read_bytes())
    assert set(expectation) == {"schema", "pointer", "keyword"}
    found = validate_document(path.read_bytes(), contract.key, expectation["schema"])
    told = [(violation.pointer, violation.keyword) for violation in found]
    assert told == [(expectation["pointer"], expectation["keyword"])]
    assert reference(contract.schema_id(expectation["schema"]), document) == set(told)


def test_every_schema_has_examples_of_both_kinds() -> None:
    of_valid = {
        contract_of(path).schema_id(detect_schema(json.loads(path.read_bytes()), contract_of(path)).name)
        for path in examples("valid")
    }
    of_invalid = {
        contract_of(path).schema_id(json.loads(path.with_name(f"{path.stem}.expect.json").read_bytes())["schema"])
        for path in examples("invalid")
    }
    assert of_valid == set(all_schemas())
    assert of_invalid == set(all_schemas())


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.key)
def test_the_context_gives_every_member_a_meaning(contract: Contract) -> None:
    """Events apart: CloudEvents gives their members their meaning."""
    context = json.loads(contract.read("context.jsonld"))["@context"]
    for entry in contract.schemas:
        if entry.kind != "event":
            names = set(contract.schema(entry.name)["properties"])
            plain = {name for name in names if not name.startswith(("_", "@"))}
            assert plain <= set(context), plain - set(context)


def test_events_are_described_for_asyncapi_tools() -> None:
    folder = FOLDER / "twin/v1"
    document = yaml.safe_load((folder / "asyncapi.yaml").read_bytes())
    assert document["asyncapi"] == "3.0.0"
    for reference_ in _references(document):
        target: Any = document
        if reference_.startswith("./"):
            assert (folder / reference_).is_file()
            continue
        for part in reference_.removeprefix("#/").split("/"):
            target = target[part]
    events = {entry.name for entry in contract_of(folder / "x").schemas if entry.kind == "event"}
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {f"hanse.{{city}}.twin.v1.{name}" for name in events}
    for message in document["components"]["messages"].values():
        for example in message["examples"]:
            assert validate_document(example["payload"], "twin/v1", message["name"].rpartition(".")[2]) == []


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for child in node.values() for found in _references(child)]
    return [found for child in node for found in _references(child)] if isinstance(node, list) else []
