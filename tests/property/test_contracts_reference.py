# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Our validator and the reference implementation find the same faults in documents altered at random."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

from hanse.contracts import detect_schema, get, validate_document
from hanse.contracts.registry import all_schemas

FOLDER = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts"
EXAMPLES = sorted(path for path in FOLDER.glob("*/v1/examples/valid/*.json"))
SCHEMAS = all_schemas()
RESOURCES: Registry[Any] = Registry().with_resources(
    (identifier, Resource.from_contents(schema)) for identifier, schema in SCHEMAS.items()
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9, allow_nan=False)
    | st.sampled_from(["", "Property", "2026-02-29", "2024-02-29", "2026-11-23T12:00:00Z", "urn:hanse:a.b:c:d", "é\n"])
    | st.text(max_size=8)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    """ECMA-262: `$` is the very end, while Python's also stands before a last newline."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$(?=$|\))", r"\\Z", pattern), instance):
        yield ValidationError("no match")


REFERENCE = extend(Draft202012Validator, {"pattern": _pattern})


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, the long runs of numbers in geometries left out."""
    found = [at] if at else []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if not isinstance(key, int) or key < 3:
            found += places(child, (*at, key))
    return found


@st.composite
def altered(draw: st.DrawFn, document: Any) -> Any:
    """A document with one to three members replaced, removed, renamed or added."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(places(changed)))
        holder = changed
        for part in at[:-1]:
            holder = holder[part]
        match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
            case "remove":
                del holder[at[-1]]
            case "rename" if isinstance(holder, dict):
                holder[draw(st.text(min_size=1, max_size=8))] = holder.pop(at[-1])
            case "add" if isinstance(holder[at[-1]], list):
                holder[at[-1]].append(draw(values))
            case _:
                holder[at[-1]] = draw(values)
        if not places(changed):
            break
    return changed


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.relative_to(FOLDER).parts[0]}-{path.stem}")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_same_faults_as_the_reference(path: Path, data: st.DataObject) -> None:
    contract = get("/".join(path.relative_to(FOLDER).parts[:2]))
    original = json.loads(path.read_bytes())
    schema = detect_schema(original, contract).name
    document = data.draw(altered(original))
    found = {(each.pointer, each.keyword) for each in validate_document(document, contract.key, schema)}
    validator = REFERENCE(SCHEMAS[contract.schema_id(schema)], registry=RESOURCES)
    wanted = set()
    for error in validator.iter_errors(document):
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)
        # A name's own fault has no place of its own: it is told at the object, as propertyNames.
        names = "propertyNames" in error.absolute_schema_path
        wanted.add((pointer, "propertyNames" if names else str(error.validator or "false")))
    assert found == wanted
    text = json.dumps(document).encode()
    assert {(each.pointer, each.keyword) for each in validate_document(text, contract.key, schema)} == wanted
