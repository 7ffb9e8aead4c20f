# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Lines that end their worker, as the limit of time does, are refused alone; the others of the file load."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest
from twin_world import AUTHORITY, LocalTwin, as_sequence, cubes

from hanse.kernel.errors import UnavailableError
from hanse.kernel.workers import WorkerPool
from hanse.twin.loading import slices as load
from hanse.twin.loading import uploads as loading
from hanse.twin.loading.slices import Format, Source
from hanse.twin.loading.uploads import Loader
from hanse.twin.loading.upserts import Home
from hanse.twin.model import Outcome, Tally

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.twin.loading.slices import Converted, Slice
    from hanse.twin.model import Aliases

COUNT = 9


def fatal(piece: Slice, source: Source, aliases: Aliases) -> Converted:
    """Converts as the loader does, but cube 3 ends the process that looks at it."""
    if b'"cube-3"' in piece.data:
        os._exit(1)
    return load.convert(piece, source, aliases)


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tally:
    """What a load of nine cubes says at its end."""
    monkeypatch.setattr(loading, "convert", fatal)
    twin, workers = LocalTwin.make(tmp_path), WorkerPool(1)
    source = Source(Home(AUTHORITY, twin.config.city.crs, twin.put("cubes")), Format.CITYJSON_SEQ)
    loader, tally = Loader(twin.store, workers, tmp_path / "spool", 10**9), Tally()
    try:
        with loader.spooled([as_sequence(cubes(COUNT))]) as file:
            for tally, _ in loader.load(file, source):  # noqa: B007 - the last one counts
                pass
    finally:
        workers.close()
        twin.database.close()
    return tally


def test_the_others_of_the_slice_load(loaded: Tally) -> None:
    assert (loaded.read, loaded.refused, loaded.outcomes[Outcome.CREATED]) == (COUNT, 1, COUNT - 1)
    assert [refusal.source_id for refusal in loaded.refusals] == ["line 5"]
    assert all("split the feature" in refusal.remedy for refusal in loaded.refusals)


def test_a_file_of_nothing_else_is_given_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_MAX_SLOW", 0)
    with pytest.raises(UnavailableError):
        request.getfixturevalue("loaded")


def test_a_document_is_no_lines() -> None:
    (whole,) = load.slices(io.BytesIO(b'{"type":"CityJSON"}'), Format.CITYJSON)
    assert whole.lines() == []
