# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Proofs that hold say who asked what of whom; everything else is refused, each for its reason."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from clocks import StillClock
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from exchange_paper import SUBJECT, Paper

from hanse.gateway.exchange.envelope import sign
from hanse.gateway.exchange.proof import ProofError, verify_proof
from hanse.jose import HybridSigner, b64u_decode, b64u_encode, canonical_json, parse_object
from hanse.trust import Anchor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
Document = dict[str, Any]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    made = Paper(tmp_path_factory.mktemp("paper"), StillClock())
    for number in range(5):
        made.log_exchange(f"other-{number}")
    made.log_exchange("one")
    made.log_exchange("refused", status="NOT_FOUND")
    made.log_stream("stream")
    made.log_exchange("large", answer=bytes(300_000))
    yield made
    made.close()


@pytest.fixture(scope="module")
def proof(paper: Paper) -> bytes:
    return paper.proof("one")


def test_says_who_asked_what(paper: Paper, proof: bytes) -> None:
    summary = verify_proof(proof, [paper.anchor], NOW)
    assert (summary.asker, summary.answerer) == ("marewijk.example", "lindemond.example")
    assert (summary.subject, summary.purpose, summary.status) == (SUBJECT, "permit-check", "OK")
    assert (summary.request, summary.answer) == (b"asked", b"answered")
    assert summary.asked_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert summary.answered_at - summary.asked_at == timedelta(seconds=1)
    assert [(log.city, log.role) for log in summary.logs] == [
        ("marewijk.example", "asker"),
        ("lindemond.example", "answerer"),
    ]
    assert (summary.anchor, summary.trust_version) == ("anchor.example", 4)
    assert "marewijk.example asked lindemond.example" in summary.sentences()[0]


def test_refusal_and_stream_and_large(paper: Paper) -> None:
    refused = verify_proof(paper.proof("refused"), [paper.anchor], NOW)
    assert (refused.status, refused.reason) == ("NOT_FOUND", "NOT_FOUND")
    stream = verify_proof(paper.proof("stream"), [paper.anchor], NOW)
    assert (stream.kind, stream.status, stream.request) == ("stream", "OK", None)
    large = verify_proof(paper.proof("large"), [paper.anchor], NOW)
    assert (large.request, large.answer) == (b"asked", None)


@pytest.mark.parametrize("side", ["asker", "answerer"])
def test_one_side_is_enough_and_says_so(paper: Paper, side: str) -> None:
    summary = verify_proof(paper.proof("one", sides=side), [paper.anchor], NOW)
    assert [log.role for log in summary.logs] == [side]
    assert "Only one side" in summary.sentences()[4]


def test_years_later(paper: Paper, proof: bytes) -> None:
    """The list that was in force has expired since; it judges its own time."""
    assert verify_proof(proof, [paper.anchor], NOW + timedelta(days=3650)).id == "one"


def test_nothing_from_the_future(paper: Paper, proof: bytes) -> None:
    with pytest.raises(ProofError, match="future"):
        verify_proof(proof, [paper.anchor], NOW - timedelta(days=1))


def test_trust_comes_from_the_verifier_alone(paper: Paper, proof: bytes) -> None:
    stranger = HybridSigner.generate()
    for anchors in ([], [Anchor("anchor.example", stranger.public)], [Anchor("other.example", paper.signer.public)]):
        with pytest.raises(ProofError):
            verify_proof(proof, anchors, NOW)


def test_wholly_re_signed_with_fresh_keys(paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Same cities, same words, every key new, the anchor's too: right in itself, and believed by nobody."""
    forger = Paper(tmp_path_factory.mktemp("forger"), StillClock())
    forger.log_exchange("one")
    forged = forger.proof("one")
    forger.close()
    assert verify_proof(forged, [forger.anchor], NOW).id == "one"
    with pytest.raises(ProofError, match="trust list"):
        verify_proof(forged, [paper.anchor], NOW)
    mixed = parse_object(forged)
    mixed["trust_list"] = parse_object(paper.trust_list)
    with pytest.raises(ProofError):
        verify_proof(canonical_json(mixed), [paper.anchor], NOW)


def _objects(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all objects in a document."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from _objects(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _objects(inner, (*path, index))


def test_no_member_may_be_added_anywhere(paper: Paper, proof: bytes) -> None:
    places = list(_objects(json.loads(proof)))
    assert len(places) > 10
    for path in places:
        document = target = json.loads(proof)
        for step in path:
            target = target[step]
        target["x"] = "unsigned"
        with pytest.raises(ProofError):
            verify_proof(canonical_json(document), [paper.anchor], NOW)


def test_no_member_may_be_left_out(paper: Paper, proof: bytes) -> None:
    for path in _objects(json.loads(proof)):
        original = json.loads(proof)
        for step in path:
            original = original[step]
        for name in original:
            document = target = json.loads(proof)
            for step in path:
                target = target[step]
            del target[name]
            with pytest.raises(ProofError):
                verify_proof(canonical_json(document), [paper.anchor], NOW)


def test_only_canonical_bytes(paper: Paper, proof: bytes) -> None:
    respelled = (
        json.dumps(json.loads(proof)).encode(),
        proof + b"\n",
        b" " + proof,
        proof.replace(b'"index":', b'"index": ', 1),
        proof.replace(b'"one"', b'"on\\u0065"', 1),
    )
    for data in respelled:
        assert data != proof
        with pytest.raises(ProofError):
            verify_proof(data, [paper.anchor], NOW)


def _drop_answer(document: Document) -> None:
    for log in document["logs"]:
        del log["entries"][1]


def _swap_order(document: Document) -> None:
    document["logs"][0]["entries"].reverse()


def _same_log_twice(document: Document) -> None:
    document["logs"][1] = document["logs"][0]


def _other_roles(document: Document) -> None:
    document["logs"][0]["role"], document["logs"][1]["role"] = "answerer", "asker"


def _other_checkpoint(document: Document) -> None:
    document["logs"][0]["checkpoint"] = document["logs"][1]["checkpoint"]


def _other_index(document: Document) -> None:
    document["logs"][0]["entries"][0]["index"] += 1


def _other_kind(document: Document) -> None:
    document["logs"][0]["entries"][0]["kind"] = "answer"


def _third_log(document: Document) -> None:
    document["logs"].append(document["logs"][0])


def _no_log(document: Document) -> None:
    document["logs"] = []


def _other_payload(document: Document) -> None:
    document["payloads"]["answer"] = b64u_encode(b"something else")


def _swapped_payloads(document: Document) -> None:
    payloads = document["payloads"]
    payloads["request"], payloads["answer"] = payloads["answer"], payloads["request"]


def _longer_path(document: Document) -> None:
    document["logs"][0]["entries"][0]["inclusion"].append("A" * 43 + "=")


def _other_id(document: Document) -> None:
    document["id"] = "other-1"


@pytest.mark.parametrize(
    "change",
    [
        _drop_answer,
        _swap_order,
        _same_log_twice,
        _other_roles,
        _other_checkpoint,
        _other_index,
        _other_kind,
        _third_log,
        _no_log,
        _other_payload,
        _swapped_payloads,
        _longer_path,
        _other_id,
    ],
)
def test_what_was_rearranged(paper: Paper, proof: bytes, change: Callable[[Document], None]) -> None:
    document = json.loads(proof)
    change(document)
    with pytest.raises(ProofError):
        verify_proof(canonical_json(document), [paper.anchor], NOW)


def test_entries_of_another_exchange(paper: Paper, proof: bytes) -> None:
    other, document = json.loads(paper.proof("other-1")), json.loads(proof)
    for at in range(2):
        document["logs"][at]["entries"][1] = other["logs"][at]["entries"][1]
    with pytest.raises(ProofError):
        verify_proof(canonical_json(document), [paper.anchor], NOW)


def test_statement_signed_but_never_logged(paper: Paper, proof: bytes) -> None:
    """A city's signature alone is no proof: the statement must stand in its log."""
    document = json.loads(proof)
    envelope = paper.envelope("one", b"never asked")
    document["logs"][0]["entries"][0]["statement"] = sign(envelope, paper.asker.exchange)
    with pytest.raises(ProofError, match="inclusion"):
        verify_proof(canonical_json(document), [paper.anchor], NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"envelope_sha256": "0" * 64},
        {"id": "other-1"},
        {"iss": "marewijk.example"},
        {"aud": "elsewhere.example"},
        {"payload_sha256": "0" * 64},
    ],
    ids=str,
)
def test_signed_and_logged_but_not_the_answer(paper: Paper, changed: dict[str, str]) -> None:
    """Both cities' logs hold an answer with a real signature that does not answer the request."""
    identifier = f"odd-{next(iter(changed))}"
    paper.log_exchange(identifier, **changed)
    with pytest.raises(ProofError):
        verify_proof(paper.proof(identifier), [paper.anchor], NOW)


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("identifier", ["refused", "stream"])
def test_entries_of_another_exchange_beside_the_right_ones(paper: Paper, at: int, identifier: str) -> None:
    """One checkpoint covers all of them, so that only what the entries say can tell."""
    document, other = json.loads(paper.proof("one")), json.loads(paper.proof(identifier))
    first, second = document["logs"][at], other["logs"][at]
    assert first["checkpoint"] == second["checkpoint"]
    assert first["entries"][-1]["index"] < second["entries"][0]["index"]
    first["entries"] += second["entries"]
    with pytest.raises(ProofError):
        verify_proof(canonical_json(document), [paper.anchor], NOW)


def test_the_askers_log_comes_first(paper: Paper, proof: bytes) -> None:
    document = json.loads(proof)
    document["logs"].reverse()
    with pytest.raises(ProofError, match="asker's and then"):
        verify_proof(canonical_json(document), [paper.anchor], NOW)


# The order of the group of P-256 (SP 800-186 section 3.2.1.3): of (r, s), (r, n - s) is a signature as well.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _other_s(raw: bytes) -> bytes:
    return raw[:32] + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")


def _list_s(document: Document) -> None:
    entry = document["trust_list"]["signatures"][0]
    entry["signature"] = b64u_encode(_other_s(b64u_decode(entry["signature"])))


def _list_order(document: Document) -> None:
    document["trust_list"]["signatures"].reverse()


def _note_lines(document: Document, change: Callable[[list[str]], list[str]]) -> None:
    checkpoint = document["logs"][1]["checkpoint"]
    text, _, lines = checkpoint["note"].rpartition("\n\n")
    checkpoint["note"] = text + "\n\n" + "".join(f"{line}\n" for line in change(lines.splitlines()))


def _note_s(document: Document) -> None:
    def change(lines: list[str]) -> list[str]:
        name, _, encoded = lines[0].rpartition(" ")
        data = base64.b64decode(encoded)
        r, s = decode_dss_signature(data[4:])
        other = data[:4] + encode_dss_signature(r, ORDER - s)
        return [f"{name} {base64.b64encode(other).decode()}", lines[1]]

    _note_lines(document, change)


def _note_order(document: Document) -> None:
    _note_lines(document, lambda lines: lines[::-1])


@pytest.mark.parametrize("change", [_list_s, _list_order, _note_s, _note_order])
def test_signatures_have_one_form_and_order(paper: Paper, proof: bytes, change: Callable[[Document], None]) -> None:
    document = json.loads(proof)
    change(document)
    with pytest.raises(ProofError):
        verify_proof(canonical_json(document), [paper.anchor], NOW)


def test_a_statements_signature_has_one_form(paper: Paper) -> None:
    """Logged with the other s from the start, so that nothing but the signature's form is wrong."""
    paper.mangle = lambda text: text.rpartition(".")[0] + "." + b64u_encode(_other_s(b64u_decode(text.split(".")[2])))
    try:
        paper.log_exchange("high-s")
    finally:
        paper.mangle = str
    with pytest.raises(ProofError, match="smaller s"):
        verify_proof(paper.proof("high-s"), [paper.anchor], NOW)


ASKED = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("iat", "fault"),
    [
        (4_102_444_800, "future"),
        (1, "before the envelope"),
        (ASKED - 31, "before"),
        (ASKED - 30, ""),
        (ASKED + 299, ""),
    ],
)
def test_an_answer_has_its_time(paper: Paper, iat: int, fault: str) -> None:
    paper.log_exchange(f"at-{iat}", iat=iat)  # type: ignore[arg-type]
    data = paper.proof(f"at-{iat}")
    if fault:
        with pytest.raises(ProofError, match=fault):
            verify_proof(data, [paper.anchor], NOW)
    else:
        assert verify_proof(data, [paper.anchor], NOW).answered_at == datetime.fromtimestamp(iat, UTC)


def test_a_checkpoint_is_not_older_than_what_it_covers(tmp_path_factory: pytest.TempPathFactory) -> None:
    clock = StillClock()
    made = Paper(tmp_path_factory.mktemp("back"), clock)
    made.log_exchange("one")
    clock.forward(minutes=-4)
    assert verify_proof(made.proof("one"), [made.anchor], NOW).id == "one", "as far as clocks may differ"
    clock.forward(minutes=4)
    made.log_exchange("two")
    clock.forward(minutes=-10)
    data = made.proof("two")
    with pytest.raises(ProofError, match="older than what it covers"):
        verify_proof(data, [made.anchor], NOW)
    made.close()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"logs":[]}', b"[" * 100_000])
def test_what_is_no_proof_at_all(paper: Paper, data: bytes) -> None:
    with pytest.raises(ProofError):
        verify_proof(data, [paper.anchor], NOW)


def test_verifying_needs_no_server_library() -> None:
    code = "import sys, hanse.gateway.exchange.proof; sys.exit('grpc' in sys.modules or 'OpenSSL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
