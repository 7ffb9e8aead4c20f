# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which key files each part of a city reads, and what is wrong with those that are there.

`hanse up` looks before it starts the first part, `hanse doctor` whenever it is asked.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.cli.output import CliError, Exit
from hanse.kernel import keys
from hanse.kernel.config import SERVICES
from hanse.kernel.nats_conf import LEAF, LEAF_CA

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OPERATOR = "client-operator"  # asks each part how it is
_PRIVATE = {
    "gateway": (keys.EXCHANGE, keys.LOG, keys.SUBJECTS),
    "identity": (keys.IDENTITY, keys.PAIRWISE),
    "nats": (f"{LEAF}.key.pem",),
}
_PUBLIC = {"nats": (LEAF_CA, f"{LEAF}.pem"), **dict.fromkeys((*SERVICES, "gateway"), (keys.PUBLIC,))}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_RESTORE = (
    "Restore them from a backup: keys cannot be made again (`hanse init` makes those of a new city, `hanse client add` "
    "those of a client)."
)


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the files in a folder, each by its name."""

    missing: tuple[str, ...]
    empty: tuple[str, ...]
    unreadable: tuple[str, ...]
    open_to_others: tuple[str, ...]


def private_files(parts: Iterable[str]) -> list[str]:
    """Names of the private files that these parts read; nobody but their owner may."""
    names = [f"{OPERATOR}.key.pem"]
    for part in parts:
        names += [f"{part}.key.pem", *_PRIVATE.get(part, ())]
    return names


def public_files(parts: Iterable[str]) -> list[str]:
    """Names of the public files that these parts read."""
    names = [keys.CA, f"{OPERATOR}.pem"]
    for part in parts:
        names += [f"{part}.pem", *_PUBLIC.get(part, ())]
    return list(dict.fromkeys(names))


def look(folder: Path, private: Iterable[str], public: Iterable[str]) -> Faults:
    """What is wrong with these files."""
    secret, there = list(private), [*private, *public]
    missing = tuple(name for name in there if not (folder / name).is_file())
    found = [name for name in there if name not in missing]
    return Faults(
        missing,
        tuple(name for name in found if not (folder / name).stat().st_size),
        tuple(name for name in found if not os.access(folder / name, os.R_OK)),
        tuple(name for name in found if name in secret and (folder / name).stat().st_mode & _OTHERS),
    )


def restrict(folder: Path, names: Iterable[str]) -> str:
    """The command that takes others' rights from files."""
    return f"chmod 600 {' '.join(str(folder / name) for name in names)}"


def refuse_parts(folder: Path, parts: Iterable[str]) -> None:
    """Looks at the files of all parts at once.

    Raises:
        CliError: one that says all that is wrong.
    """
    wanted = list(parts)
    faults = look(folder, private_files(wanted), public_files(wanted))
    said, advice = [], []
    if faults.missing:
        said.append(f"missing: {', '.join(faults.missing)}")
    if faults.empty:
        said.append(f"empty: {', '.join(faults.empty)}")
    if faults.missing or faults.empty:
        advice.append(_RESTORE)
    if faults.unreadable:
        said.append(f"you may not read {', '.join(faults.unreadable)}")
        advice.append("Run it as the user who owns them.")
    if faults.open_to_others:
        said.append(f"others may read {', '.join(faults.open_to_others)}")
        advice.append(f"Run {restrict(folder, faults.open_to_others)}")
    if said:
        message = f"nothing was started: the key files in {folder} are not whole: {'; '.join(said)}"
        raise CliError(message, " ".join(advice), Exit.USAGE, "CONFIGURATION")
