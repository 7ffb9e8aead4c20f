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
from typing import TYPE_CHECKING

from hanse.kernel.config import CityConfig, ConfigError, config_path, load
from hanse.kernel.errors import HanseError
from hanse.kernel.lifeline import follow_supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
EX_CONFIG = 78
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def run_service(main: Callable[[CityConfig], None]) -> None:
    """Runs a part's `main`; an error that it cannot start with is one sentence and exit code 78 or 1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--city", type=Path, default=config_path(), help="the city's CITY.toml")
    arguments = parser.parse_args()
    follow_supervisor()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
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
