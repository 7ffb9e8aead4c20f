# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What services advise is put in words of the command line: no remedy names a call to a person."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from hanse.cli import remedies
from hanse.cli.failures import explain
from hanse.cli.main import main
from hanse.cli.output import Exit, Output
from hanse.cli.remedies import as_command, as_option
from hanse.kernel.errors import InvalidInputError, NotFoundError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
OF_CALLS = re.compile(
    r"\b(request_id|next_page_token|page_token|FORMAT_[A-Z]+|STATE_[A-Z]+|Bearer TOKEN|[Cc]all again)\b"
)


def calls() -> set[str]:
    """The name of every method of every service."""
    found = set()
    for path in (ROOT / "proto/hanse/api").rglob("*_pb2.py"):
        module = importlib.import_module(".".join(path.relative_to(ROOT / "proto").with_suffix("").parts))
        for service in module.DESCRIPTOR.services_by_name.values():
            found |= {method.name for method in service.methods}
    return found - {"Call", "Stream", "Translate"}  # words of the language, too


def sentences() -> Iterator[str]:
    """Every text in the services, the gateway and the kernel that is a sentence and no docstring."""
    for root in ("services", "gateway"):
        for path in (ROOT / root).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstrings = {
                id(node.body[0].value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and node.body
                and isinstance(node.body[0], ast.Expr)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                    text = node.value
                    if " " in text and text.endswith(".") and text[0].isupper():
                        yield text


def test_no_remedy_names_a_call_to_a_person() -> None:
    named = re.compile(rf"\b({'|'.join(calls())})\b")
    told = [text for text in sentences() if named.search(text) or OF_CALLS.search(text)]
    assert len(told) > 15, "the sentences are looked for where they stand"
    left = [text for text in told if named.search(as_command(text)) or OF_CALLS.search(as_command(text))]
    assert left == []


def test_every_sentence_that_is_put_otherwise_is_said_somewhere() -> None:
    said = set(sentences())
    assert [text for text in remedies._SENTENCES if text not in said] == []


def test_every_command_that_is_advised_is_there() -> None:
    advised = [*remedies._COMMANDS.values(), *re.findall(r"hanse \w+ \w+", " ".join(remedies._SENTENCES.values()))]
    for command in advised:
        with pytest.raises(SystemExit) as ended:
            main([*command.split()[1:], "--help"])
        assert ended.value.code == 0, command
    assert set(remedies._COMMANDS) <= calls()


def test_the_generated_remedy_of_a_field_is_put_otherwise() -> None:
    assert "call" not in as_command(invalid("circle.radius_m", "is too large").remedy)
    assert as_command("Write YYYY-MM-DD.") == "Write YYYY-MM-DD."
    assert (
        as_command("Ask with GetCheck, then call again.") == "Ask with `hanse permit show`, then run the command again."
    )


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("valid_for_s: must be 60", "--days: must be 60"),
        ("filters[0].attribute: must have", "--filter: must have"),
        ("dataset.crs: CRS 'x' is not understood", "--crs: CRS 'x' is not understood"),
        ("somewhere: it rains", "somewhere: it rains"),
        ("no check 'nope'", "no check 'nope'"),
    ],
)
def test_fields_are_named_by_their_options(sentence: str, expected: str) -> None:
    assert as_option(sentence) == expected


def test_an_error_of_a_service_is_told_with_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    error = NotFoundError("no check 'nope'", remedy="Use the id that CreateCheck answered.")
    assert error.status is grpc.StatusCode.NOT_FOUND
    assert explain(error, Output()) == Exit.FAILED
    shown = capsys.readouterr().err
    assert "hanse permit check" in shown
    assert "CreateCheck" not in shown


def test_a_field_is_not_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    error: InvalidInputError = invalid("circle", "needs a finite centre")
    explain(error, Output())
    assert capsys.readouterr().err.count("needs a finite centre") == 1
