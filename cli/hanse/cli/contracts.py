# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse contracts list|show|validate|diff`: the open contracts, and documents held to them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hanse.cli import contracts_diff
from hanse.cli.contracts_input import Item, find, items
from hanse.cli.output import Exit, many
from hanse.contracts import (
    ContractError,
    Violation,
    detect_contract,
    detect_schema,
    get,
    list_contracts,
    validate_document,
)
from hanse.contracts.parsing import DocumentError, parse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from hanse.cli.output import Output

_SAID = "by its `contract` member, by a folder NAME/vN above it, or by --contract"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse contracts`."""
    parser = subparsers.add_parser("contracts", help="list, show and compare the open contracts; validate documents")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    actions.add_parser("list", help="the contracts of this installation").set_defaults(run=_list)
    show = actions.add_parser("show", help="one contract: what it holds and stands on")
    show.add_argument("name", metavar="NAME", help="e.g. twin/v1 (or twin)")
    show.add_argument("--schema", metavar="SCHEMA", help="print this JSON Schema")
    show.set_defaults(run=_show)
    check = actions.add_parser(
        "validate",
        help="hold documents to their contract",
        description="Validates JSON files, lines of JSON (.jsonl, .ndjson), folders of both, and lines on stdin (-). "
        f"A document's contract is known {_SAID}. An array is taken as many documents. In folders, *.schema.json and "
        "*.expect.json are left out. Exit code: 0 all fulfil their contract, 1 some do not, 2 some were not judged: "
        "they could not be read, or their contract is not known.",
    )
    check.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, or - for lines on stdin")
    check.add_argument("--contract", metavar="NAME", help="the contract of all documents, e.g. twin/v1")
    check.add_argument("--schema", metavar="SCHEMA", help="the contract's schema, e.g. entity")
    check.set_defaults(run=_validate)
    contracts_diff.register(actions)


def _list(_arguments: argparse.Namespace, output: Output) -> int:
    contracts = list_contracts()
    rows = [(c.key, c.version, c.revision, c.status, ", ".join(s.name for s in c.schemas)) for c in contracts]
    document = [
        {"contract": c.key, "version": c.version, "revision": c.revision, "status": c.status, "id": c.manifest["id"]}
        for c in contracts
    ]
    output.table("", ("contract", "version", "revision", "status", "schemas"), rows, document)
    return Exit.OK


def _show(arguments: argparse.Namespace, output: Output) -> int:
    try:
        contract = get(_full(arguments.name))
        if arguments.schema:
            output.json(contract.schema(arguments.schema))
            return Exit.OK
    except ContractError as error:
        output.error(str(error), "See `hanse contracts list`.", "CONTRACT_UNKNOWN")
        return Exit.USAGE
    manifest = contract.manifest
    if output.as_json:
        output.json(manifest)
        return Exit.OK
    text = [f"{contract.key}  {manifest['title']}  ({contract.status}, {manifest['licence']})", manifest["summary"]]
    text.append(f"version {contract.version}, schema revision {contract.revision}, {contract.folder}")
    output.result(None, "\n".join(text))
    rows = [(entry.name, entry.kind, entry.describes, entry.file) for entry in contract.schemas]
    output.table("schemas", ("name", "kind", "describes", "file"), rows, None)
    standards = [(each["name"], each["version"], each.get("part", "")) for each in manifest["standards"]]
    output.table("standards", ("name", "version", "part"), standards, None)
    mims = [(each["mim"], ", ".join(each["requirements"])) for each in manifest["realises"]]
    output.table("realises", ("mechanism", "requirements"), mims, None)
    wire = [(path,) for path in manifest["proto"]]
    output.table("wire", ("proto",), wire, None)
    return Exit.OK


@dataclass(slots=True)
class _Tally:
    """What has been found so far; `documents` were judged, `unreadable` could not be."""

    documents: int = 0
    broken: int = 0
    violations: list[dict[str, object]] = field(default_factory=list)
    unreadable: list[dict[str, object]] = field(default_factory=list)


def _validate(arguments: argparse.Namespace, output: Output) -> int:
    contract = _full(arguments.contract) if arguments.contract else None
    try:
        if contract:
            held = get(contract)
            if arguments.schema:
                held.entry(arguments.schema)
    except ContractError as error:
        output.error(str(error), "See `hanse contracts list`.", "CONTRACT_UNKNOWN")
        return Exit.USAGE
    tally = _Tally()
    sources, missing = find(arguments.paths)
    for name in missing:
        _unreadable(tally, output, name, "no such file or folder")
    with _progress(len(sources), output) as step:
        for source in sources:
            try:
                for item in items(source):
                    _check(item, contract, arguments.schema, tally, output)
            except OSError as error:
                _unreadable(tally, output, source.label, error.strerror or str(error))
            step()
    return _end(tally, output)


def _check(item: Item, contract: str | None, schema: str | None, tally: _Tally, output: Output) -> None:
    """One text: a document, or an array of them."""
    try:
        parsed = parse(item.data)
    except DocumentError as error:
        tally.documents += 1
        _broken(tally, output, item.place, [Violation("", error.expected, error.found, error.keyword, "")])
        return
    several = isinstance(parsed, list) and parsed and all(isinstance(each, dict) for each in parsed)
    documents = [(f"/{at}", each) for at, each in enumerate(parsed)] if several else [("", parsed)]
    for prefix, document in documents:
        name = contract or detect_contract(document, item.contract)
        if name is None:
            where = item.place + (f" {prefix}" if prefix else "")
            _unreadable(tally, output, where, f"its contract is not known: it is told {_SAID}")
            continue
        tally.documents += 1
        found = [replace(each, pointer=prefix + each.pointer) for each in _violations(document, name, schema)]
        if found:
            _broken(tally, output, item.place, found)


def _violations(document: object, name: str, schema: str | None) -> list[Violation]:
    """A contract that the document names and nobody knows is the document's fault."""
    try:
        held = get(name)
    except ContractError:
        known = ", ".join(contract.key for contract in list_contracts())
        return [Violation("/contract", f"a contract known here ({known})", json.dumps(name), "contract", "")]
    return validate_document(document, held.key, schema or detect_schema(document, held).name)


def _broken(tally: _Tally, output: Output, place: str, found: Iterable[Violation]) -> None:
    tally.broken += 1
    for violation in found:
        tally.violations.append({"place": place, **asdict(violation)} if output.as_json else {})
        if not output.as_json:
            output.result(None, f"{place}: {violation} [{violation.keyword}]")


def _unreadable(tally: _Tally, output: Output, place: str, reason: str) -> None:
    tally.unreadable.append({"place": place, "reason": reason})
    if not output.as_json:
        output.error(f"{place}: not judged: {reason}")


def _end(tally: _Tally, output: Output) -> int:
    missed = len(tally.unreadable)
    counts = {"documents": tally.documents, "broken": tally.broken, "not_judged": missed}
    if output.as_json:
        output.json({**counts, "violations": tally.violations, "unreadable": tally.unreadable})
    else:
        fault = f"{tally.broken} broken, {many(len(tally.violations), 'violation')}" if tally.broken else "none broken"
        judged = [f"{many(tally.documents, 'document')}: {fault}"] if tally.documents else []
        said = [*judged, *([f"{missed} not judged"] if missed else [])]
        if said:
            output.note("; ".join(said))
    if not tally.documents and not tally.unreadable:
        output.error("nothing to validate was found", "Name a file, a folder with .json or .jsonl files, or -.")
        return Exit.USAGE
    if tally.unreadable:
        return Exit.USAGE
    return Exit.FAILED if tally.broken else Exit.OK


def _full(name: str) -> str:
    """A name without a version means version 1."""
    return name if "/" in name else f"{name}/v1"


@contextmanager
def _progress(count: int, output: Output) -> Iterator[Callable[[], object]]:
    """A bar on a terminal when there is more than one file to look at; gives what moves it on."""
    if count == 1 or output.as_json or not output.notes.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("validating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=output.notes, transient=True) as progress:
        task = progress.add_task("", total=count)
        yield lambda: progress.advance(task)
