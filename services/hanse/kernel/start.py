# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""How a part of a city is started from the command line: its configuration, its log, its exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.kernel.config import CityConfig, ConfigError, config_path, load
from hanse.kernel.errors import HanseError
from hanse.kernel.lifeline import follow_supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

EX_CONFIG = 78


def run_service(main: Callable[[CityConfig], None]) -> None:
    """Runs a part's `main`; an error that it cannot start with is one sentence and exit code 78 or 1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--city", type=Path, default=config_path(), help="the city's CITY.toml")
    arguments = parser.parse_args()
    follow_supervisor()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        main(load(arguments.city))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EX_CONFIG)
    except (HanseError, OSError) as error:
        remedy = getattr(error, "remedy", "")
        sys.stderr.write(f"{error}\n{remedy}\n" if remedy else f"{error}\n")
        sys.exit(1)
