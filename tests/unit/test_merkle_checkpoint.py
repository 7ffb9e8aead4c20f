# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Signed checkpoints: one spelling, two signatures."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hanse.jose import HybridSigner, KeySet
from hanse.merkle import (
    Checkpoint,
    MerkleError,
    hash_leaf,
    read_unverified_checkpoint,
    sign_checkpoint,
    sign_note,
    verify_checkpoint,
    verify_note,
)

ORIGIN = "marewijk.example/log"
TIME = datetime(2026, 11, 23, 12, 30, 5, tzinfo=UTC)
ROOT = hash_leaf(b"")
SIGNER, OTHER = HybridSigner.generate(), HybridSigner.generate()
NOTE = sign_checkpoint(ORIGIN, 7, ROOT, SIGNER, TIME)
BODY, LINES = NOTE.split("\n\n")
FIRST, SECOND = LINES.splitlines(keepends=True)


def code_of(note: str, origin: str = ORIGIN, keys: KeySet = SIGNER.public, **options: Any) -> str:
    with pytest.raises(MerkleError) as caught:
        verify_checkpoint(note, origin, keys, **options)
    return caught.value.code


def test_a_checkpoint_is_what_was_signed() -> None:
    expected = Checkpoint(ORIGIN, 7, ROOT, TIME)
    assert verify_checkpoint(NOTE, ORIGIN, SIGNER.public) == expected
    assert verify_checkpoint(NOTE, ORIGIN, SIGNER.public | OTHER.public) == expected
    assert read_unverified_checkpoint(NOTE) == expected
    assert f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\ntime 2026-11-23T12:30:05Z" == BODY


def test_other_implementations_can_check_the_es256_signature_of_a_note() -> None:
    """C2SP signed-note type 0x02: four bytes of the SPKI's hash, then a DER signature over the text."""
    key = SIGNER.es256.public.key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    dash, name, encoded = FIRST.split()
    data = base64.b64decode(encoded)
    assert (dash, name, data[:4]) == ("\u2014", ORIGIN, digest.finalize()[:4])
    key.verify(data[4:], (BODY + "\n").encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(data[4:], BODY.encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (NOTE.replace("\n7\n", "\n8\n"), "bad-signature"),
        (f"{BODY}\n\n{FIRST}", "missing-signature"),
        (f"{BODY}\n\n{SECOND}", "missing-signature"),
        (f"{BODY}\n\n{FIRST}{FIRST}", "missing-signature"),
        (f"{BODY}\n\n{SECOND}{SECOND}", "missing-signature"),
        (NOTE + FIRST, "missing-signature"),
        (NOTE + "\n", "missing-signature"),
        (NOTE[:-1], "not-a-note"),
        (NOTE.replace("\u2014 ", "- "), "not-a-note"),
        (NOTE.replace("\n", "\r\n"), "not-a-note"),
        (f"{BODY}\n{LINES}", "not-a-note"),
        (f"{BODY}\n\n{FIRST.rstrip()}=\n{SECOND}", "bad-base64"),
        (f"{BODY}\n\n{FIRST.rstrip()} x\n{SECOND}", "bad-base64"),
        ("", "not-a-note"),
        ("\n\n\n", "missing-signature"),
        ("x" * 20_000, "too-large"),
    ],
)
def test_a_changed_note_is_refused(note: str, code: str) -> None:
    assert code_of(note) == code


def test_signatures_come_in_one_order() -> None:
    """The specification leaves the order open; here no byte of a signed note can be changed."""
    assert verify_checkpoint(f"{BODY}\n\n{FIRST}{SECOND}", ORIGIN, SIGNER.public).size == 7
    assert code_of(f"{BODY}\n\n{SECOND}{FIRST}") == "missing-signature"


def test_no_flipped_character_of_the_signatures_verifies() -> None:
    start = len(BODY) + 2
    for at in [*range(start, start + len(FIRST)), *range(start + len(FIRST), len(NOTE), 97), len(NOTE) - 2]:
        char = "A" if NOTE[at] != "A" else "B"
        code_of(NOTE[:at] + char + NOTE[at + 1 :])


def test_other_signers_and_origins_are_refused() -> None:
    assert code_of(NOTE, keys=OTHER.public) == "unknown-key"
    assert code_of(NOTE, "lindemond.example/log") == "unknown-key"
    mixed = f"{BODY}\n\n{FIRST}" + sign_checkpoint(ORIGIN, 7, ROOT, OTHER, TIME).splitlines(keepends=True)[-1]
    assert code_of(mixed) == "unknown-key"
    assert code_of(mixed, keys=KeySet.of(SIGNER.es256.public)) == "unknown-key"
    elsewhere = sign_checkpoint("lindemond.example/log", 7, ROOT, SIGNER, TIME, name=ORIGIN)
    assert code_of(elsewhere) == "wrong-origin"


def test_a_witness_signs_the_same_body_in_its_own_name() -> None:
    witness = "lindemond.example/witness"
    note = sign_checkpoint(ORIGIN, 7, ROOT, OTHER, TIME, name=witness)
    assert note.startswith(BODY)
    assert verify_checkpoint(note, ORIGIN, OTHER.public, name=witness).root == ROOT
    assert code_of(note, keys=OTHER.public) == "unknown-key"


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n7\n",
        BODY + "\nmore\n",
        BODY.replace("\n7\n", "\n07\n") + "\n",
        BODY.replace("\n7\n", "\n-7\n") + "\n",
        BODY.replace("\n7\n", "\n\u0667\n") + "\n",
        BODY.replace("\n7\n", "\n" + "9" * 30 + "\n") + "\n",
        BODY.replace("\n7\n", "\n" + str(2**63) + "\n") + "\n",
        BODY.replace("time ", "Time ") + "\n",
        BODY.replace("-11-", "-13-") + "\n",
        BODY.replace("12:30:05", "12:30:5") + "\n",
        BODY.replace("=", "") + "\n",
        f"{ORIGIN}\n7\nAAAA\ntime 2026-11-23T12:30:05Z\n",
        BODY.replace(ORIGIN, "") + "\n",
    ],
)
def test_a_truly_signed_body_must_still_be_a_checkpoint(body: str) -> None:
    assert code_of(sign_note(body, ORIGIN, SIGNER)) in {"bad-checkpoint", "bad-base64"}


def test_times_are_kept_in_utc_to_the_second() -> None:
    local = TIME.astimezone(timezone(timedelta(hours=1))) + timedelta(microseconds=7)
    note = sign_checkpoint(ORIGIN, 7, ROOT, SIGNER, local)
    assert verify_checkpoint(note, ORIGIN, SIGNER.public).time == TIME


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": ""},
        {"origin": "a b"},
        {"origin": "a+b"},
        {"origin": "a\nb"},
        {"size": -1},
        {"size": 2**63},
        {"root": b"x"},
        {"time": TIME.replace(tzinfo=None)},
        {"name": "a b"},
    ],
)
def test_what_is_no_checkpoint_is_not_signed(fields: dict[str, Any]) -> None:
    good: dict[str, Any] = {"origin": ORIGIN, "size": 7, "root": ROOT, "signer": SIGNER, "time": TIME}
    with pytest.raises(MerkleError):
        sign_checkpoint(**{**good, **fields})


def test_notes_carry_any_text_of_lines() -> None:
    text = "one\n\ntwo\n"
    assert verify_note(sign_note(text, "a", SIGNER), "a", SIGNER.public) == text
    for bad in ("", "no newline", "tab\t\n"):
        with pytest.raises(MerkleError):
            sign_note(bad, "a", SIGNER)
