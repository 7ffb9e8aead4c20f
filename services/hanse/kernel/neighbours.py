# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which neighbours' NATS servers this city's joins with: told by the gateway, read by the NATS part.

Peers are data of the gateway. It writes the few words that the NATS part needs into one file
whenever a peer is put or deleted; the NATS part looks at the file and acts. It lies beside the trust list, because
that folder is what parts in different containers share.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hanse.kernel.config import split_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hanse.kernel.config import CityConfig

FILE = "neighbours.json"
MAX_NEIGHBOURS = 200


def path_of(config: CityConfig) -> Path:
    """Where the file lies."""
    return config.trust / FILE


def write_neighbours(config: CityConfig, leaf_addresses: Mapping[str, str]) -> None:
    """Replaces the list: authority to `host:port` of its leaf node port; those with none are left out.

    Raises:
        ValueError: an address is no host:port.
    """
    entries = {}
    for authority, address in sorted(leaf_addresses.items()):
        if address and authority != config.city.authority:
            split_address(address)
            entries[authority] = address
    config.trust.mkdir(parents=True, exist_ok=True)
    path = path_of(config)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(entries, indent=1), encoding="utf-8")
    draft.replace(path)


def read_neighbours(config: CityConfig) -> dict[str, str]:
    """Authority to leaf address; empty when nobody was registered yet.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        found = json.loads(path_of(config).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(found, dict) or len(found) > MAX_NEIGHBOURS:
        raise ValueError(f"{path_of(config)}: must be an object of at most {MAX_NEIGHBOURS} cities")
    for authority, address in found.items():
        if not isinstance(address, str):
            raise ValueError(f"{path_of(config)}: {authority} has no address")  # noqa: TRY004 - content, not a type
        split_address(address)
    return dict(found)
