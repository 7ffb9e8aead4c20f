# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse doctor` on secrets: key files and their rights, certificates and their dates, the trust list."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from hanse.cli.checkup import Finding, Grade
from hanse.cli.keyfiles import look, private_files, public_files, restrict
from hanse.cli.keys import TLS_PARTS
from hanse.cli.output import many
from hanse.kernel import keys
from hanse.kernel.errors import DeniedError
from hanse.kernel.nats_conf import LEAF_CA, speaks_for_itself_only
from hanse.kernel.trust import TrustStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig

SOON = timedelta(days=30)
SOON_LIST = timedelta(days=7)


def files(config: CityConfig) -> Iterator[Finding]:
    """Every file is there, and private ones are readable by their owner only."""
    folder = config.keys
    clients = [path.name for path in sorted(folder.glob("client-*.key.pem"))]
    private = list(dict.fromkeys([*private_files(TLS_PARTS), *clients]))
    faults = look(folder, private, public_files(TLS_PARTS))
    lost = [*faults.missing, *faults.empty]
    if lost:
        remedy = "Restore them from a backup; `hanse init` writes those of a new city."
        yield Finding("keys", Grade.WRONG, f"missing or empty in {folder}: {', '.join(lost)}", remedy)
    if faults.unreadable:
        remedy = "Run it as the user who owns them."
        yield Finding("key rights", Grade.WRONG, f"you may not read {', '.join(faults.unreadable)}", remedy)
    if faults.open_to_others:
        said = f"others may read {', '.join(faults.open_to_others)}"
        yield Finding("key rights", Grade.WRONG, said, restrict(folder, faults.open_to_others))
    elif not lost and not faults.unreadable:
        yield Finding("keys", Grade.GOOD, f"{many(len(private), 'private file')}, readable by their owner only")
    if (folder / keys.CA_KEY).is_file():
        yield Finding(
            "authority's key",
            Grade.WARNING if _is_running(config) else Grade.GOOD,
            f"{keys.CA_KEY} lies on this machine",
            "A running city needs it only for `hanse client add`: keep it elsewhere.",
        )


def _is_running(config: CityConfig) -> bool:
    return (config.state / "up.json").is_file()


def certificates(config: CityConfig, clock: Clock) -> Iterator[Finding]:
    """Each certificate is signed by the authority beside it and holds for a while."""
    folder, now = config.keys, clock.now()
    authorities = [found for name in (keys.CA, LEAF_CA) if (found := _read(folder / name)) is not None]
    soonest: x509.Certificate | None = None
    for path in sorted(folder.glob("*.pem")):
        if path.name.endswith(".key.pem"):
            continue
        found = _read(path)
        if found is None:
            yield Finding(path.name, Grade.WRONG, "is no PEM certificate", "Restore it from a backup.")
        elif not any(_signed_by(found, authority) for authority in authorities):
            yield Finding(path.name, Grade.WRONG, "is not signed by this city's authority", "Restore it from a backup.")
        elif now < found.not_valid_before_utc:
            begins = f"{found.not_valid_before_utc:%Y-%m-%d %H:%M}Z"
            yield Finding(path.name, Grade.WRONG, f"holds only from {begins}", "Set this machine's clock.")
        elif soonest is None or found.not_valid_after_utc < soonest.not_valid_after_utc:
            soonest = found
    if soonest is not None:
        left = soonest.not_valid_after_utc - now
        grade = Grade.WRONG if left <= timedelta(0) else Grade.WARNING if left < SOON else Grade.GOOD
        name = soonest.subject.rfc4514_string()
        yield Finding(
            "certificates",
            grade,
            f"the first ends on {soonest.not_valid_after_utc:%Y-%m-%d} ({name})",
            "" if grade is Grade.GOOD else "Issue new ones before that day; a city with none is cut off.",
        )


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def trust(config: CityConfig, clock: Clock) -> Iterator[Finding]:
    """The trust list verifies, holds for a while, and names this city with its keys."""
    try:
        trusted = TrustStore(config, clock).current()
    except DeniedError as error:
        yield Finding("trust list", Grade.WRONG, error.message, error.remedy)
        return
    left = trusted.expires - clock.now()
    yield Finding(
        "trust list",
        Grade.WARNING if left < SOON_LIST else Grade.GOOD,
        f"version {trusted.version} of {trusted.issuer}: {many(len(trusted.cities), 'city', 'cities')} "
        f"to {trusted.expires:%Y-%m-%d}",
        "" if left >= SOON_LIST else "Ask the anchor for the next list: past that day nobody is trusted.",
    )
    own = next((city for city in trusted.cities if city.authority == config.city.authority), None)
    if own is None:
        yield Finding(
            "own entry",
            Grade.WRONG,
            f"{config.city.authority} is not on the list: no neighbour will answer",
            "Send `hanse trust entry` to the anchor.",
        )
        return
    try:
        public = json.loads(keys.read_public(config.keys / keys.PUBLIC))
        here = {jwk["kid"] for use in ("exchange", "identity", "log") for jwk in public[use]}
    except (ValueError, KeyError, TypeError):
        here = set()
    listed = {key.kid for found in (own.exchange, own.identity, own.log) for key in found}
    if not here <= listed:
        remedy = "Send `hanse trust entry` to the anchor: neighbours refuse what this city signs."
        yield Finding("own entry", Grade.WRONG, "the list has other keys of this city than public.json", remedy)
    if not any(speaks_for_itself_only(pem, own.authority) for pem in own.tls_ca_pem):
        remedy = "Send a new `hanse trust entry` to the anchor."
        yield Finding("own entry", Grade.WARNING, "it has no leaf node authority: no events cross", remedy)
