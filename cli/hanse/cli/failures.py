# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever goes wrong, as a sentence, a remedy and an exit code: the last line before a person."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from hanse.cli.output import CliError, Exit
from hanse.cli.remedies import as_command, as_option
from hanse.kernel.config import ConfigError

if TYPE_CHECKING:
    from hanse.cli.output import Output

_NO_CITY = "make one with `hanse init NAME`"  # as the kernel ends its sentence
_PATHS = {
    errno.ENOENT: "Look at the path: nothing stands there.",
    errno.EISDIR: "Name a file; that is a folder.",
    errno.ENOTDIR: "Name a folder; a part of that path is a file.",
    errno.EEXIST: "Name another path; something stands there already.",
    errno.ENAMETOOLONG: "Give a shorter name.",
}
_MACHINE = {
    errno.EACCES: "Look at the rights of the path, and who you are.",
    errno.EPERM: "Look at the rights of the path, and who you are.",
    errno.EROFS: "Name a path on a disk that can be written.",
    errno.ENOSPC: "Make room on the disk.",
    errno.EDQUOT: "Make room: your share of the disk is used up.",
}


def explain(error: Exception, output: Output) -> int:
    """Prints what went wrong; returns the exit code."""
    if isinstance(error, CliError):
        output.error(error.message, error.remedy, error.reason)
        return error.code
    if isinstance(error, ConfigError):
        message, remedy = told(error)
        output.error(message, remedy, "CONFIGURATION")
        return Exit.USAGE
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        part = f"the package {error.name} is not installed"
        output.error(part, "Install the extra that brings it, e.g. `pip install 'hanse[demo]'`.", "CONFIGURATION")
        return Exit.USAGE
    if isinstance(error, OSError):
        return _explain_machine(error, output)
    return _explain_call(error, output)


def told(error: ConfigError) -> tuple[str, str]:
    """Sentence and remedy of a configuration's error, which ends with what to do: `city.toml: ...; add it`."""
    message, sign, advice = str(error).rpartition("; ")
    if advice == _NO_CITY:
        return message, "Name a city's CITY.toml with --city or HANSE_CITY, or make a city: hanse init NAME."
    if not sign:
        return str(error), "Mend the file named; `hanse doctor` looks at everything else."
    return message, f"{advice[:1].upper()}{advice[1:]}."


def _explain_machine(error: OSError, output: Output) -> int:
    name = f"{error.filename}: " if error.filename else ""
    number = error.errno or 0
    remedy = _PATHS.get(number) or _MACHINE.get(number, "Look at the path, its rights and the disk.")
    is_path = number in _PATHS
    output.error(f"{name}{error.strerror or error}", remedy, "PATH" if is_path else "MACHINE")
    return Exit.USAGE if is_path else Exit.FAILED


def _explain_call(error: Exception, output: Output) -> int:
    """What services and libraries raise."""
    import grpc

    from hanse.kernel.errors import HanseError, from_rpc

    if isinstance(error, grpc.RpcError):
        error = from_rpc(error)
    if isinstance(error, HanseError):
        details = [f"{each.field}: {each.description}" for each in error.violations]
        told = [as_option(each) for each in details if each != error.message]
        output.error(as_option(error.message), as_command(error.remedy), error.reason, told)
        if error.status in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
            return Exit.UNAVAILABLE
        denied = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED}
        return Exit.DENIED if error.status in denied else Exit.FAILED
    if isinstance(error, ValueError):
        output.error(str(error), "Look at what was given; the command's --help says what it takes.", "FIELD_INVALID")
        return Exit.FAILED
    output.error(
        f"an internal error: {type(error).__name__}",
        "Run it again with HANSE_DEBUG=1 and send what it prints to the authors.",
        "INTERNAL",
    )
    return Exit.FAILED
