# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A contract's README says what there is to implement: every service, method and schema of its folder."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor

from hanse.contracts import Contract, list_contracts

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = {contract.key: contract for contract in list_contracts()}


def services(contract: Contract) -> list[ServiceDescriptor]:
    """The services of the proto files that a manifest names."""
    found: list[ServiceDescriptor] = []
    for path in contract.manifest["proto"]:
        module = importlib.import_module(path.removesuffix(".proto").replace("/", ".") + "_pb2")
        descriptor: FileDescriptor = module.DESCRIPTOR
        found += descriptor.services_by_name.values()
    return found


@pytest.mark.parametrize("key", CONTRACTS)
def test_the_readme_names_every_service_and_method(key: str) -> None:
    contract = CONTRACTS[key]
    named = set(re.findall(r"`(\w+)`", contract.read("README.md").decode()))
    held = services(contract)
    assert held, "a contract has a wire"
    wanted = {service.name for service in held} | {method.name for service in held for method in service.methods}
    assert wanted - named == set()


@pytest.mark.parametrize("key", CONTRACTS)
def test_the_readme_names_every_schema(key: str) -> None:
    contract = CONTRACTS[key]
    text = contract.read("README.md").decode()
    missing = [entry.name for entry in contract.schemas if not re.search(rf"\b{re.escape(entry.name)}\b", text)]
    assert missing == []


def test_every_proto_file_is_part_of_a_contract() -> None:
    named = {path for contract in CONTRACTS.values() for path in contract.manifest["proto"]}
    assert {str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto").rglob("*.proto")} == named
