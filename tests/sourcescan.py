# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reads Python sources for what they ask of the world: the time, fresh ids, randomness. By syntax, not by text."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Durations are not the time: time.monotonic, time.perf_counter and time.sleep may be used.
CLOCKS = {
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    *(f"time.{name}" for name in ("time", "time_ns", "ctime", "asctime", "localtime", "gmtime", "strftime")),
    *(f"time.{name}" for name in ("clock_gettime", "clock_gettime_ns")),
    "email.utils.formatdate",
    "email.utils.localtime",
}
RANDOM = {
    *(f"uuid.{name}" for name in ("uuid1", "uuid4", "uuid6", "uuid7", "uuid8", "getnode")),
    *(f"secrets.{name}" for name in ("token_bytes", "token_hex", "token_urlsafe", "randbits", "randbelow", "choice")),
    "secrets.SystemRandom",
    "os.urandom",
    "os.getrandom",
    "cryptography.x509.random_serial_number",
}
# Modules of which nothing may be used, or only what is seeded.
WHOLE = ("random.",)
SEEDED = {"numpy.random.default_rng"}
WATCHED = {name.partition(".")[0] for name in CLOCKS | RANDOM} - {"os", "email", "cryptography"} | {"random"}
SQL = re.compile(
    r"\bcurrent_(?:timestamp|time|date)\b|'now'|\b(?:unixepoch|julianday|random|uuid4|now)\(\)|\brandomblob\(",
    re.IGNORECASE,
)


def asked(source: str) -> set[str]:
    """Full names of all clocks and random sources that a module mentions, called or not, however imported."""
    tree = ast.parse(source)
    known = _imports(tree)
    found = set(_dangers(tree, known))
    for node in ast.walk(tree):
        name = _resolved(node, known) if isinstance(node, ast.Attribute | ast.Name) else ""
        if name in CLOCKS | RANDOM or name.startswith(WHOLE):
            found.add(name)
    return found


def sql_asked(source: str) -> set[str]:
    """SQL functions for the time and for randomness, in texts that are no docstrings."""
    tree = ast.parse(source)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
    )
    return {match for text in texts for match in SQL.findall(text)}


def _imports(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for, wherever in the module it is imported."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def _resolved(node: ast.expr, known: dict[str, str]) -> str:
    """The full name of an attribute chain that begins with an imported name; "" of any other."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in known:
        return ""
    return ".".join([known[node.id], *reversed(names)])


def _dangers(tree: ast.AST, known: dict[str, str]) -> Iterator[str]:
    """Ways around the names: star imports, look-ups by text, generators without a seed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in WATCHED and node.names[0].name == "*":
            yield f"{node.module}.*"
        if not isinstance(node, ast.Call):
            continue
        if not node.args:
            if _resolved(node.func, known) in SEEDED:
                yield _resolved(node.func, known)
            continue
        first = node.args[0]
        looked_up = isinstance(node.func, ast.Name) and node.func.id in {"getattr", "vars"}
        if looked_up and _resolved(first, known).partition(".")[0] in WATCHED:
            yield f"{_resolved(first, known)}.*"
        imported = isinstance(node.func, ast.Name) and node.func.id == "__import__"
        imported = imported or _resolved(node.func, known) == "importlib.import_module"
        if imported and isinstance(first, ast.Constant) and str(first.value) in WATCHED:
            yield f"{first.value}.*"
