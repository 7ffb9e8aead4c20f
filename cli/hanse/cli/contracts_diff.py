# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse contracts diff`: what is different between two versions of a contract's schemas, and whether it breaks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from hanse.cli.output import CliError, Exit
from hanse.contracts import ContractError, get
from hanse.contracts.compatibility import breaking, compare_contracts
from hanse.contracts.parsing import DocumentError, parse
from hanse.contracts.registry import MANIFEST, open_folder

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output
    from hanse.contracts import Contract

Schema = Any
_SAID = "A contract is given by its folder, by one schema's file, or by its name when it is installed (twin/v1)."


def register(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse contracts diff`."""
    parser = actions.add_parser(
        "diff",
        help="compare two versions of a contract",
        description="Compares the JSON Schemas of two versions of a contract. Breaking is what refuses documents that "
        "were valid, takes a member away that readers rely on, or renames a schema; what cannot be decided counts as "
        f"breaking. {_SAID} Exit code: 0 compatible, 1 breaking, 2 something could not be read.",
    )
    parser.add_argument("old", metavar="OLD", help="the version that others rely on")
    parser.add_argument("new", metavar="NEW", help="the version that is to take its place")
    parser.set_defaults(run=_diff)


def _diff(arguments: argparse.Namespace, output: Output) -> int:
    changes = compare_contracts(_schemas(arguments.old), _schemas(arguments.new))
    broken = breaking(changes)
    if output.as_json:
        output.json({"compatible": not broken, "changes": [asdict(change) for change in changes]})
    else:
        for change in changes:
            output.result(None, f"{'breaking' if change.breaking else 'compatible'}: {change}")
        output.note(f"differences: {len(changes)}, breaking: {len(broken)}")
    return Exit.FAILED if broken else Exit.OK


def _schemas(name: str) -> dict[str, Schema]:
    """Schemas by name. A single file has one name whatever its file is called, so that versions can be compared."""
    path = Path(name)
    try:
        if path.is_file() and path.name != MANIFEST:
            return {"schema": _checked(parse(path.read_bytes()), name)}
        if path.exists():
            return _of(open_folder(path if path.is_dir() else path.parent), name)
        return _of(get(name if "/" in name else f"{name}/v1"), name)
    except ContractError as error:
        raise CliError(str(error), _SAID, Exit.USAGE, "CONTRACT_UNKNOWN") from None
    except DocumentError as error:
        raise CliError(f"{name}: {error}", "Give JSON Schemas.", Exit.USAGE) from None


def _of(contract: Contract, name: str) -> dict[str, Schema]:
    read = {entry.name: parse(contract.read(entry.file)) for entry in contract.schemas}
    return {schema: _checked(text, f"{name}: {schema}") for schema, text in read.items()}


def _checked(schema: Schema, place: str) -> Schema:
    if jsonschema_rs.meta.is_valid(schema):
        return schema
    raise CliError(f"{place}: this is no JSON Schema", "Give JSON Schemas of 2020-12.", Exit.USAGE)
