# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What joins cities: an anchor's keys, a city's public entry, and the trust list that the anchor signs.

An anchor's private keys lie apart from any city; cities hold its public half under `trust/anchors/`.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from hanse.cli.keys import write_private
from hanse.jose import HybridSigner, canonical_json, sign_general
from hanse.kernel import keys as layout
from hanse.kernel.clock import Clock, system_clock, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ANCHOR_PRIVATE = "anchor.jwks.json"
ANCHOR_PUBLIC = "anchor.json"  # goes to trust/anchors/<id>.json of each city
TRUST_LIST_TYPE = "hanse-trust-list+jws"
DEFAULT_CREDENTIALS = ("urn:hanse:credential:architect:1",)
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


def make_anchor(folder: Path, identifier: str, *, signer: HybridSigner | None = None) -> Path:
    """Writes an anchor's key pair; returns the public file that each city installs.

    Raises:
        ValueError: the identifier is no lower-case name.
        FileExistsError: the folder holds an anchor already.
    """
    if not _ID.fullmatch(identifier):
        raise ValueError(f"{identifier!r} is no anchor id: use lower-case letters, digits, dots and dashes")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / ANCHOR_PRIVATE).exists():
        raise FileExistsError(f"{folder} holds an anchor already; give another folder")
    signer = signer or HybridSigner.generate()
    write_private(folder / ANCHOR_PRIVATE, json.dumps(signer.to_jwks()).encode())
    public = folder / ANCHOR_PUBLIC
    public.write_text(json.dumps({"id": identifier, "jwks": signer.public.to_jwks()}, indent=1) + "\n")
    return public


def city_entry(
    keys: Path,
    authority: str,
    name: str,
    *,
    valid_days: int = 365,
    credential_types: Sequence[str] = DEFAULT_CREDENTIALS,
    clock: Clock | None = None,
) -> dict[str, object]:
    """A city's public entry for a trust list: its names, public keys, certificate authority, what it may issue."""
    public = json.loads(layout.read_public(keys / layout.PUBLIC))
    now = (clock or system_clock()).now()
    return {
        "authority": authority,
        "name": name,
        "jwks": {use: {"keys": public[use]} for use in ("exchange", "identity", "log")},
        "tls_ca_pem": layout.read_public(keys / layout.CA).decode("ascii"),
        "credential_types": list(credential_types),
        "valid_from": timestamp(now - timedelta(minutes=5)),
        "valid_until": timestamp(now + timedelta(days=valid_days)),
    }


def sign_trust_list(
    anchor_folder: Path,
    entries: Sequence[Mapping[str, object]],
    version: int,
    valid_days: float,
    *,
    clock: Clock | None = None,
) -> bytes:
    """The trust list of these cities, signed by the anchor with ES256 and ML-DSA-65.

    Raises:
        ConfigError: the anchor's private key is missing or readable by others.
    """
    signer = HybridSigner.from_jwks(json.loads(layout.read_secret(anchor_folder / ANCHOR_PRIVATE)))
    identifier = json.loads(layout.read_public(anchor_folder / ANCHOR_PUBLIC))["id"]
    now = (clock or system_clock()).now()
    payload = {
        "iss": identifier,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=valid_days)).timestamp()),
        "version": version,
        "cities": [dict(entry) for entry in entries],
    }
    return canonical_json(sign_general(canonical_json(payload), signer, typ=TRUST_LIST_TYPE))
