# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Files loaded into a running twin: progress, loading again, what is refused, bad uploads; crash and full disk."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import Processes, city_path, make_city, wait_serving
from refusals import refusal
from twin_world import (
    CITYJSON,
    NGSI_LD,
    NO_EVENTS,
    SEQUENCE,
    Header,
    Served,
    as_sequence,
    cubes,
    dataset_urn,
    entity,
    upload,
)

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.contracts.validation import validate_document

if TYPE_CHECKING:
    from collections.abc import Iterator


Code = grpc.StatusCode
# At most two megabytes in one load.
SMALL = {**NO_EVENTS, "max_load_bytes = 2_147_483_648": "max_load_bytes = 2_000_000"}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings=SMALL)
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        assert "Traceback" not in output, output
        served.channel.close()


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def benches(count: int) -> bytes:
    """NGSI-LD, an entity a line."""
    lines = (b'{"type":"Bench","id":"urn:x:%d","n":{"type":"Property","value":%d}}\n' % (n, n) for n in range(count))
    return b"".join(lines)


def by_source(twin: Served, name: str) -> dict[str, str]:
    found = twin.all(dataset=dataset_urn(name))
    return {json.loads(each.json)["sourceId"]["value"]: each.id for each in found}


def test_a_retried_load_is_answered_and_not_done_again(twin: Served) -> None:
    data = encoded(cubes(5))
    first = twin.loaded("retried", data, CITYJSON, request_id="load-1")
    assert first.created == 5
    ids = sorted(by_source(twin, "retried").values())
    twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=ids[:2]))  # somebody else goes on meanwhile
    again = twin.load("retried", data, CITYJSON, request_id="load-1", size_bytes=0)
    assert again == [first]
    assert len(by_source(twin, "retried")) == 3, "a retry does nothing"
    assert twin.load("retried", data, CITYJSON, request_id="load-2")[-1].created == 2


@pytest.mark.parametrize(
    ("data", "header"),
    [
        (encoded(cubes(3)), {}),
        (encoded(cubes(2)), {"assumed_vertical_datum": "NAP"}),
        (encoded(cubes(2)), {"name": "b"}),
    ],
)
def test_a_request_id_stands_for_one_load(twin: Served, data: bytes, header: dict[str, str]) -> None:
    twin.put("b")
    twin.loaded("a", encoded(cubes(2)), CITYJSON, request_id="load-of-two")
    name = header.get("name", "a")
    more = {key: value for key, value in header.items() if key != "name"}
    found = refusal(lambda: twin.load(name, data, CITYJSON, request_id="load-of-two", **more))
    assert (found.code, found.reason) == (Code.ALREADY_EXISTS, "ALREADY_EXISTS")
    assert len(by_source(twin, "a")) == 2
    assert not by_source(twin, "b")


def test_a_load_that_failed_may_be_tried_again_with_its_id(twin: Served) -> None:
    twin.put("mended")
    refusal(lambda: twin.load("mended", b"{", CITYJSON, request_id="load-mended"))
    assert twin.load("mended", encoded(cubes(1)), CITYJSON, request_id="load-mended")[-1].created == 1
    found = refusal(lambda: twin.load("mended", b"{", CITYJSON, request_id="r" * 201))
    assert found.fields == ("header.request_id",)


@pytest.mark.parametrize("form", ["document", "sequence"])
def test_loading_and_loading_again(twin: Served, form: str) -> None:
    def data(**changes: Any) -> tuple[bytes, int]:
        made = cubes(20, **changes)
        return (encoded(made), CITYJSON) if form == "document" else (as_sequence(made), SEQUENCE)

    first = twin.loaded(form, *data())
    assert (first.read, first.created, first.refused, first.flagged, first.total) == (20, 20, 0, 0, 20)
    ids = by_source(twin, form)
    assert ids.keys() == {f"cube-{number}" for number in range(20)}
    same = twin.load(form, *data())[-1]
    assert (same.unchanged, same.created, same.replaced) == (20, 0, 0)
    higher = twin.load(form, *data(height=12_000))[-1]
    assert (higher.replaced, higher.created) == (20, 0)
    assert by_source(twin, form) == ids
    held = twin.call("GetEntity", pb.GetEntityRequest(id=ids["cube-7"]))
    assert json.loads(held.json)["ridgeHeight"]["value"] == 12.0


def test_progress_grows_and_ends(twin: Served) -> None:
    twin.put("progress")
    answers = twin.load("progress", benches(620), NGSI_LD)
    assert [answer.read for answer in answers] == [500, 620, 620, 620]
    assert [answer.done for answer in answers] == [False, False, False, True]
    assert answers[0].total == pytest.approx(620, rel=0.1)
    assert answers[-1].total == 620


def test_what_was_assumed_is_declared_in_every_entity(twin: Served) -> None:
    answer = twin.loaded("assumed", encoded(cubes(2)), CITYJSON, assumed_vertical_datum="NAP")
    assert any("assumed to be in NAP" in loss.detail for loss in answer.losses)
    for each in twin.all(dataset=dataset_urn("assumed")):
        document = json.loads(each.json)
        assert document["groundHeight"]["verticalDatumStatus"]["value"] == "assumed"
        assert document["groundHeight"]["verticalDatum"]["value"] == "NAP"
        assert document["solidGeometry"]["json"]["verticalDatumStatus"] == "assumed"
        assert validate_document(document, "twin/v1", "entity") == []


def test_a_broken_vertex_index_is_refused_alone(twin: Served) -> None:
    document = cubes(4)
    document["CityObjects"]["cube-2"]["geometry"][0]["boundaries"][0][0][0][0] = -1
    answer = twin.loaded("broken", encoded(document), CITYJSON)
    assert (answer.read, answer.created, answer.refused) == (4, 3, 1)
    (refused,) = answer.refusals
    assert (refused.source_id, refused.path) == ("cube-2", "/CityObjects/cube-2/geometry/0/boundaries/0/0/0/0")
    assert refused.reason
    assert "cube-2" not in by_source(twin, "broken")


def test_of_many_refusals_the_first_hundred_are_told(twin: Served) -> None:
    lines = b"".join(b'{"type":"Bench","id":"urn:x:%d","n":{"value":null}}\n' % number for number in range(150))
    answer = twin.loaded("many", lines, NGSI_LD)
    assert (answer.read, answer.created, answer.refused, len(answer.refusals)) == (150, 0, 150, 100)
    assert (answer.refusals[0].source_id, answer.refusals[0].path) == ("urn:x:0", "/n/value")
    assert answer.refusals[0].remedy


def test_ngsi_ld_keeps_source_ids(twin: Served) -> None:
    benches = [{"type": "Bench", "id": f"urn:ngsi-ld:Bench:{i}", "n": {"type": "Property", "value": i}} for i in (1, 2)]
    first = twin.loaded("ngsi", encoded(benches), NGSI_LD)
    assert (first.read, first.created) == (2, 2)
    held = twin.call("GetEntity", pb.GetEntityRequest(id="urn:ngsi-ld:Bench:2"))
    again = twin.load("ngsi", "\n".join(map(json.dumps, reversed(benches))).encode(), NGSI_LD)[-1]
    assert again.unchanged == 2
    exported = [json.loads(each.json) for each in twin.all(dataset=dataset_urn("ngsi"))]
    back = twin.load("ngsi", encoded(exported), NGSI_LD)[-1]  # what was got can be loaded again
    assert (back.unchanged, back.created) == (2, 0)
    assert twin.call("GetEntity", pb.GetEntityRequest(id="urn:ngsi-ld:Bench:2")) == held


def test_an_id_that_comes_twice_in_a_file_is_refused_the_second_time(twin: Served) -> None:
    lines = as_sequence(cubes(501)).splitlines(keepends=True)  # more than a slice
    other = as_sequence(cubes(1, height=20_000)).splitlines(keepends=True)[1]
    answer = twin.loaded("repeated", b"".join([*lines[:2], other, *lines[2:], other]), SEQUENCE)
    assert (answer.read, answer.created, answer.replaced, answer.refused) == (503, 501, 0, 2)
    assert [(each.source_id, each.path) for each in answer.refusals] == [("cube-0", "/id")] * 2
    (held,) = [each for each in twin.all(dataset=dataset_urn("repeated")) if b'"cube-0"' in each.json]
    assert json.loads(held.json)["ridgeHeight"]["value"] == 10.0
    assert twin.load("repeated", b"".join([lines[0], other]), SEQUENCE)[-1].replaced == 1, "a later load may"


def test_two_who_load_the_same_at_once_make_no_doubles(twin: Served) -> None:
    twin.put("at-once")
    data = as_sequence(cubes(30))
    calls = [twin.call("LoadEntities", upload("at-once", data, SEQUENCE), timeout=60) for _ in range(3)]
    codes = [_code_of(call) for call in calls]
    assert Code.OK in codes
    assert set(codes) <= {Code.OK, Code.ALREADY_EXISTS}
    assert twin.load("at-once", data, SEQUENCE)[-1].unchanged == 30
    assert len(twin.all(dataset=dataset_urn("at-once"))) == 30


def _code_of(call: Any) -> Code:
    try:
        assert list(call)[-1].done
    except grpc.RpcError:
        found: Code = call.code()
        return found
    return Code.OK


BAD: dict[str, tuple[bytes, int, Code, str]] = {
    "not JSON": (b"ISO-10303-21;", CITYJSON, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "another document": (b'{"type":"FeatureCollection"}', CITYJSON, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "empty": (b"", CITYJSON, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "empty sequence": (b"", SEQUENCE, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "empty NGSI-LD": (b"", NGSI_LD, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "cut off": (encoded(cubes(5))[:-200], CITYJSON, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "too deep": (b"[" * 200_000, NGSI_LD, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "no UTF-8": (b'{"type":"\xff"}', CITYJSON, Code.INVALID_ARGUMENT, "CONTRACT_VIOLATION"),
    "over the limit": (b" " * 2_000_001, CITYJSON, Code.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED"),
}


@pytest.mark.parametrize(("data", "form", "code", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_files(twin: Served, data: bytes, form: int, code: Code, reason: str) -> None:
    twin.put("bad")
    found = refusal(lambda: twin.load("bad", data, form))
    assert (found.code, found.reason) == (code, reason)
    found = refusal(lambda: twin.load("bad", data, form, size_bytes=0))  # nor when the size is not announced
    assert (found.code, found.reason) == (code, reason)
    assert twin.all(dataset=dataset_urn("bad")) == []
    assert twin.alive()


def test_an_upload_that_ends_early_is_not_loaded(twin: Served) -> None:
    twin.put("early")
    data = as_sequence(cubes(10))
    cut = data[: data.rindex(b"\n", 0, -1) + 1]  # whole lines, but not all of them
    found = refusal(lambda: twin.load("early", cut, SEQUENCE, size_bytes=len(data)))
    assert (found.code, found.reason, found.fields) == (Code.INVALID_ARGUMENT, "FIELD_INVALID", ("header.size_bytes",))
    assert twin.all(dataset=dataset_urn("early")) == []


def test_a_client_that_breaks_off_leaves_nothing(twin: Served) -> None:
    twin.put("off")

    def endless() -> Iterator[pb.LoadEntitiesRequest]:
        yield from upload("off", as_sequence(cubes(5)), SEQUENCE, size_bytes=0)
        time.sleep(0.3)
        call.cancel()

    call = twin.stub.LoadEntities(endless(), timeout=20, metadata=twin.metadata)
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    assert caught.value.code() == Code.CANCELLED  # type: ignore[attr-defined]
    assert twin.all(dataset=dataset_urn("off")) == []
    uploads = twin.part.config.state / "uploads"
    assert not list(uploads.iterdir())
    assert twin.alive()


@pytest.mark.parametrize(
    ("field", "code", "header"),
    [
        ("header.format", Code.INVALID_ARGUMENT, {"format": Header.FORMAT_UNSPECIFIED}),
        ("header.format", Code.INVALID_ARGUMENT, {"format": 99}),
        ("header.size_bytes", Code.INVALID_ARGUMENT, {"size_bytes": -1}),
        ("header.assumed_crs", Code.INVALID_ARGUMENT, {"assumed_crs": "somewhere"}),
        ("header.assumed_vertical_datum", Code.INVALID_ARGUMENT, {"assumed_vertical_datum": "the sea"}),
        (None, Code.NOT_FOUND, {"dataset": dataset_urn("unknown")}),
        (None, Code.NOT_FOUND, {"dataset": "urn:hanse:lindemond.example:dataset:x"}),
        (None, Code.NOT_FOUND, {"dataset": ""}),
        (None, Code.RESOURCE_EXHAUSTED, {"size_bytes": 2_000_001}),
    ],
)
def test_bad_headers_are_refused_before_the_file_is_read(
    twin: Served, field: str | None, code: Code, header: dict[str, Any]
) -> None:
    twin.put("header")
    found = refusal(lambda: twin.load("header", b"never read", CITYJSON, **header))
    assert found.code == code
    assert found.fields == ((field,) if field else ())


def test_a_file_without_a_header(twin: Served) -> None:
    for requests in ([], [pb.LoadEntitiesRequest(chunk=b"x")], [pb.LoadEntitiesRequest()]):
        found = refusal(lambda requests=requests: twin.call("LoadEntities", iter(requests)))  # type: ignore[misc]
        assert (found.code, found.fields) == (Code.INVALID_ARGUMENT, ("header",))


def test_every_change_waits_in_the_outbox(twin: Served) -> None:
    twin.loaded("told", encoded(cubes(3)), CITYJSON)
    twin.load("told", encoded(cubes(3)), CITYJSON)  # nothing changed: nothing is told
    twin.load("told", encoded(cubes(3, height=9000)), CITYJSON)
    ids = list(by_source(twin, "told").values())
    twin.call("DeleteEntities", pb.DeleteEntitiesRequest(ids=ids[:1]))
    with sqlite3.connect(f"file:{twin.part.config.state / 'twin.db'}?mode=ro", uri=True) as connection:
        bodies = connection.execute("SELECT body FROM outbox ORDER BY position").fetchall()
    events = [json.loads(body) for (body,) in bodies]
    mine = [event for event in events if event["subject"] == dataset_urn("told")]
    assert [[change["change"] for change in event["data"]["changes"]] for event in mine] == [
        ["created"] * 3,
        ["replaced"] * 3,
        ["deleted"],
    ]
    assert [validate_document(event, "twin/v1", "entity-changed") for event in mine] == [[], [], []]


def test_killed_in_the_middle_of_a_load(tmp_path: Path) -> None:
    """The database opens, no batch is there in half, no worker is left, and loading again completes."""
    config = make_city(tmp_path, settings=NO_EVENTS)
    count = 6_000  # so many that a busy machine kills in the middle, too
    data = benches(count)
    with Processes() as processes:
        part = processes.start(config, "twin")
        first = Served.of(part)
        first.put("crash")
        call = first.call("LoadEntities", upload("crash", data, NGSI_LD), timeout=120)
        assert next(iter(call)).created == 500
        workers = children(part.process.pid)
        assert workers
        part.kill()
        with pytest.raises(grpc.RpcError):
            list(call)
        first.channel.close()
        assert not list((config.state / "uploads").iterdir())

        second = Served.of(processes.start(config, "twin"))
        held = by_source(second, "crash")
        assert len(held) in range(500, count, 500)
        again = second.load("crash", data, NGSI_LD)[-1]
        assert (again.done, again.unchanged, again.created) == (True, len(held), count - len(held))
        assert held.items() <= by_source(second, "crash").items()
        second.channel.close()
        deadline = time.monotonic() + 20
        while any(map(is_running, workers)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [pid for pid in workers if is_running(pid)] == []


def children(pid: int) -> list[int]:
    """The processes that any thread of a process has started."""
    found = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for text in found for child in text.split()]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_full_disk(tmp_path: Path) -> None:
    """Writing is refused with what to do; reading goes on; once there is room, writing does too."""
    unshare = shutil.which("unshare")
    probe = [str(unshare), "-m", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    if unshare is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("no private mount may be made here (needs root and unshare)")
    config = make_city(tmp_path, settings=NO_EVENTS)
    config.state.mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o size=6m tmpfs {config.state}"
    start = f"exec {sys.executable} -m hanse.twin.main --city {city_path(config)}"
    with Processes() as processes:
        part = processes.run([unshare, "-m", "sh", "-c", f"{mount} && {start}"], config, "twin")
        wait_serving(part)
        twin = Served.of(part)
        before = twin.loaded("disk", encoded(cubes(10)), CITYJSON)
        assert before.created == 10
        ballast = Path(f"/proc/{part.process.pid}/root{config.state}/ballast")
        ballast.write_bytes(b"x" * _room(ballast.parent))
        for call in (
            lambda: twin.load("disk", benches(3000), NGSI_LD),
            lambda: fill(twin),
        ):
            found = refusal(call)
            assert (found.code, found.reason) == (Code.UNAVAILABLE, "STORAGE_UNAVAILABLE")
        assert len(twin.all(dataset=dataset_urn("disk"), type="Building")) == 10
        ballast.unlink()
        assert twin.load("disk", as_sequence(cubes(5, start=2000)), SEQUENCE)[-1].created == 5
        assert len(twin.all(dataset=dataset_urn("disk"), type="Building")) == 15
        assert "Traceback" not in part.output()
        twin.channel.close()


def fill(twin: Served) -> None:
    """Writes until nothing goes in any more."""
    for number in range(200):
        twin.upsert("disk", entity({"text": f"{number}" + "y" * 50_000}))


def _room(folder: Path) -> int:
    state = os.statvfs(folder)
    return max(state.f_bavail * state.f_frsize - 200_000, 0)
