# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Signed notes (C2SP signed-note), always with an ES256 and an ML-DSA-65 signature.

ES256 uses the note signature type 0x02 (ECDSA, key id from the SubjectPublicKeyInfo, DER signature), so that
other implementations can check it; ML-DSA-65 has no assigned type and uses 0xff with a long identifier.
Beyond the specification, a note is refused unless it carries exactly these two signatures, both valid, ES256 first and
with the smaller s: no byte of a note can be changed without its signer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hanse.jose import ES256, ML_DSA_65, JoseError
from hanse.merkle.errors import MerkleError

if TYPE_CHECKING:
    from hanse.jose import HybridSigner, KeySet, SigningKey, VerifyKey

MAX_NOTE_CHARS = 16 * 1024
_PREFIX = "\u2014 "
_SIGNATURE_LINES = 2
_KEY_ID = 4
_HALF = 32
_MLDSA_TYPE = b"\xffhanse signed-note ML-DSA-65"


def sign_note(text: str, name: str, signer: HybridSigner) -> str:
    """Sign ``text`` (lines, each ended by a newline) as ``name``, with both keys."""
    _check_text(text)
    _check_name(name)
    return text + "\n" + "".join(_sign_line(text, name, key) for key in signer.keys)


def verify_note(note: str, name: str, keys: KeySet) -> str:
    """Return the text of a note that carries valid signatures of ``name``, one of each algorithm and no more.

    Raises:
        MerkleError: the note is malformed; a signature lacks, is unknown or does not verify.
    """
    text, lines = split_note(note)
    if len(lines) != _SIGNATURE_LINES:
        raise MerkleError("missing-signature", "A note carries one ES256 and one ML-DSA-65 signature.")
    algs = [_verify_line(text, line, name, keys) for line in lines]
    if algs != [ES256, ML_DSA_65]:
        raise MerkleError("missing-signature", "A note carries one ES256 and one ML-DSA-65 signature, in this order.")
    return text


def split_note(note: str) -> tuple[str, list[str]]:
    """Take a note apart into text and signature lines, without any proof."""
    if len(note) > MAX_NOTE_CHARS:
        raise MerkleError("too-large", f"A note has at most {MAX_NOTE_CHARS} characters.")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n"):
        raise MerkleError("not-a-note", "A note is a text, an empty line and signature lines.")
    text, lines = note[: at + 1], note[at + 2 : -1].split("\n")
    _check_text(text)
    return text, lines


def key_id(name: str, key: VerifyKey) -> bytes:
    """Return the four bytes that tell a signer's keys apart."""
    if key.alg == ES256:
        identity = key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        identity = name.encode() + b"\n" + _MLDSA_TYPE + key.key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(identity).digest()[:_KEY_ID]


def decode_base64(text: str, place: str) -> bytes:
    """Decode standard base64 with padding, in its one canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MerkleError("bad-base64", f"The {place} is not base64.") from error
    if base64.b64encode(data).decode() != text:
        raise MerkleError("bad-base64", f"The {place} is not canonical base64.")
    return data


def _sign_line(text: str, name: str, key: SigningKey) -> str:
    signature = key.sign(text.encode())
    if key.alg == ES256:
        signature = encode_dss_signature(*(int.from_bytes(half, "big") for half in _halves(signature)))
    data = base64.b64encode(key_id(name, key.public) + signature).decode()
    return f"{_PREFIX}{name} {data}\n"


def _verify_line(text: str, line: str, name: str, keys: KeySet) -> str:
    found_name, space, encoded = line.removeprefix(_PREFIX).partition(" ")
    if not line.startswith(_PREFIX) or not space:
        raise MerkleError("not-a-note", "A signature line is an em dash, a name and a base64 signature.")
    data = decode_base64(encoded, "signature line")
    identifier, signature = data[:_KEY_ID], data[_KEY_ID:]
    for key in keys:
        if found_name == name and key_id(name, key) == identifier:
            try:
                key.verify(_raw(signature) if key.alg == ES256 else signature, text.encode(), low_s=True)
            except JoseError as error:
                raise MerkleError("bad-signature", f"The {key.alg} signature of {name} is wrong.") from error
            return key.alg
    raise MerkleError("unknown-key", f"The note has a signature by another than the known keys of {name}.")


def _raw(der: bytes) -> bytes:
    try:
        r, s = decode_dss_signature(der)
        if encode_dss_signature(r, s) != der:
            raise MerkleError("bad-signature", "The ES256 signature is not canonical DER.")
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
    except OverflowError as error:
        raise MerkleError("bad-signature", "The ES256 signature's numbers are out of range.") from error
    except ValueError as error:
        raise MerkleError("bad-signature", "The ES256 signature is not DER.") from error


def _halves(signature: bytes) -> tuple[bytes, bytes]:
    return signature[:_HALF], signature[_HALF:]


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise MerkleError("not-a-note", "A note's text ends in a newline and has no control characters.")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise MerkleError("bad-name", "A signer's name is not empty and has neither white space nor '+'.")
