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
from hanse.cli.output import CliError, Exit
from hanse.jose import HybridSigner, KeySet, canonical_json
from hanse.kernel import keys as layout
from hanse.kernel.clock import Clock, system_clock
from hanse.kernel.nats_conf import LEAF_CA
from hanse.trust import Anchor, City, CredentialType
from hanse.trust import sign_trust_list as sign
from hanse.trust.parsing import parse_trust_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ANCHOR_PRIVATE = "anchor.jwks.json"
ANCHOR_PUBLIC = "anchor.json"  # goes to trust/anchors/<id>.json of each city
DEFAULT_CREDENTIALS = ("urn:hanse:credential:architect:1",)
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


def make_anchor(folder: Path, identifier: str, *, signer: HybridSigner | None = None) -> Path:
    """Writes an anchor's key pair; returns the public file that each city installs.

    Raises:
        CliError: the identifier is no lower-case name, or the folder holds an anchor already.
    """
    if not _ID.fullmatch(identifier):
        raise CliError(
            f"{identifier[:120]!r} is no anchor's name",
            "Use 1 to 100 lower-case letters, digits, dots and dashes, e.g. anchor.example.",
        )
    refuse_anchor(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = signer or HybridSigner.generate()
    write_private(folder / ANCHOR_PRIVATE, json.dumps(signer.to_jwks()).encode())
    public = folder / ANCHOR_PUBLIC
    public.write_text(json.dumps({"id": identifier, "jwks": signer.public.to_jwks()}, indent=1) + "\n")
    return public


def refuse_anchor(folder: Path) -> None:
    """Raises CliError when a folder holds an anchor already: its keys cannot be made again."""
    if (folder / ANCHOR_PRIVATE).exists():
        raise CliError(
            f"{folder} holds an anchor already; nothing was changed",
            "Give another --out. A city joins an anchor's cities with `hanse trust entry` and `hanse trust sign`.",
            Exit.FAILED,
            "ALREADY_EXISTS",
        )


def city_entry(
    keys: Path,
    authority: str,
    name: str,
    *,
    jurisdiction: str = "NL",
    valid_days: float = 365,
    credential_types: Sequence[str] = DEFAULT_CREDENTIALS,
    clock: Clock | None = None,
) -> dict[str, object]:
    """A city's public entry for a trust list: its names, public keys, TLS authority, what it may issue.

    Raises:
        ConfigError: a public file is missing.
    """
    public = json.loads(layout.read_public(keys / layout.PUBLIC))
    now = (clock or system_clock()).now()
    city = City(
        authority=authority,
        name=name,
        exchange=KeySet.from_list(public["exchange"]),
        identity=KeySet.from_list(public["identity"]),
        log=KeySet.from_list(public["log"]),
        tls_ca_pem=tuple(layout.read_public(keys / name).decode("ascii") for name in (layout.CA, LEAF_CA)),
        credential_types=tuple(CredentialType(vct, jurisdiction) for vct in credential_types),
        valid_from=now - timedelta(minutes=5),
        valid_until=now + timedelta(days=valid_days),
    )
    return city.to_json()


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
        TrustError: an entry is malformed, or two share a name or a key.
    """
    signer = HybridSigner.from_jwks(json.loads(layout.read_secret(anchor_folder / ANCHOR_PRIVATE)))
    anchor = Anchor.from_json(json.loads(layout.read_public(anchor_folder / ANCHOR_PUBLIC)))
    now = (clock or system_clock()).now()
    payload = {
        "iss": anchor.id,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=valid_days)).timestamp()),
        "version": version,
        "cities": [dict(entry) for entry in entries],
    }
    return canonical_json(sign(parse_trust_list(payload, anchor), signer))
