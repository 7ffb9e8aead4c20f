# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a part of a city is started from the command line: its configuration, its log, its exit code."""

from __future__ import annotations

import argparse
import logging
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse.kernel import collector
from hanse.kernel.config import CityConfig, ConfigError, config_path, load
from hanse.kernel.errors import HanseError
from hanse.kernel.lifeline import follow_supervisor
from hanse.kernel.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
EX_CONFIG = 78
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class LineFormatter(logging.Formatter):
    """One line a record, whoever wrote what is in it; the lines of a traceback begin with `| `.

    Error messages of other cities, file names and purposes get into logs. None of them may begin a line that looks like
    one of ours, or steer the terminal on which the log is read.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The record's line."""
        record.message = escape(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802, ANN401 - as above
        """The traceback."""
        return "\n".join(f"| {escape(line)}" for line in super().formatException(ei).split("\n"))


def run_service(main: Callable[[CityConfig], None]) -> None:
    """Runs a part's `main`; an error that it cannot start with is one sentence and exit code 78 or 1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--city", type=Path, default=config_path(), help="the city's CITY.toml")
    arguments = parser.parse_args()
    follow_supervisor()
    collector.seldom()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        main(_prepared(load(arguments.city)))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EX_CONFIG)
    except (HanseError, OSError) as error:
        remedy = getattr(error, "remedy", "")
        sys.stderr.write(f"{error}\n{remedy}\n" if remedy else f"{error}\n")
        sys.exit(1)


def _prepared(config: CityConfig) -> CityConfig:
    """From now on only the owner may read what a part writes, and enter its state folder, wherever that is."""
    os.umask(_OTHERS)
    config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = config.state.stat()
    if found.st_mode & _OTHERS:
        if found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX:
            config.state.chmod(0o700)
        else:
            log.warning(
                "others than its owner may enter the state folder %s; give the city one of its own", config.state
            )
    return config
