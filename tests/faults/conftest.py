# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Two hamlets that run for all tests of faults; each test leaves them mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cities import Processes
from hamlets import Hamlets, open_hamlets

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlets]:
    """Marewijk and Lindemond, up for all tests of this folder."""
    with Processes() as processes:
        yield open_hamlets(tmp_path_factory.mktemp("hamlets"), processes)


@pytest.fixture
def hamlets(running: Hamlets) -> Iterator[Hamlets]:
    """Both, whole again afterwards even if the test that hurt them failed."""
    yield running
    running.mend()
