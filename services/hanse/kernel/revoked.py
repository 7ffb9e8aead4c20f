# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Client certificates that are admitted no more: `revoked.json` in the trust folder, by SHA-256 of the certificate.

`{"sha256": ["<64 lower-case hexadecimal digits>", ...]}`. It is read anew when it changes. No file revokes nothing; one
that cannot be read revokes every client, because it may have named any of them.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hanse.jose import JoseError, canonical_json, parse_object
from hanse.kernel.config import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
FILE = "revoked.json"
_MAX_BYTES = 4 * 1024 * 1024
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_Seen = tuple[int, int, int] | None


def fingerprint(pem: bytes) -> str:
    """SHA-256 of a certificate's DER, in lower-case hexadecimal. Raises ValueError: it is none."""
    return hashlib.sha256(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).hexdigest()


class Revoked:
    """The revoked certificates. Reading is lock-free; `refresh` may be called from any thread."""

    def __init__(self, config: CityConfig) -> None:
        self._path = config.trust / FILE
        self._lock = threading.Lock()
        self._seen: _Seen = None
        self._found: frozenset[str] | None = frozenset()
        self.refresh()

    def holds(self, found: str) -> bool:
        """Whether the certificate with this fingerprint is revoked."""
        revoked = self._found
        return revoked is None or found in revoked

    def refresh(self) -> None:
        """Looks at the file."""
        with self._lock:
            try:
                seen = self._look()
                if seen == self._seen and self._found is not None:
                    return
                self._found = read_revoked(self._path) if seen is not None else frozenset()
                self._seen = seen
            except (OSError, ConfigError) as error:
                if self._found is not None:
                    log.error("no client is admitted: the list of revoked certificates cannot be read: %s", error)  # noqa: TRY400 - the sentence says all
                self._found = None

    def _look(self) -> _Seen:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino


def read_revoked(path: Path) -> frozenset[str]:
    """The fingerprints in a file.

    Raises:
        OSError: it is not there or cannot be read.
        ConfigError: it is not of this form.
    """
    try:
        document = parse_object(path.read_bytes(), place=FILE, max_bytes=_MAX_BYTES)
    except JoseError as error:
        raise ConfigError(f"{path}: {error}") from None
    listed = document.get("sha256")
    if set(document) != {"sha256"} or not isinstance(listed, list):
        raise ConfigError(f'{path}: must be {{"sha256": [...]}} and nothing else')
    for each in listed:
        if not isinstance(each, str) or not _FINGERPRINT.fullmatch(each):
            raise ConfigError(f"{path}: {str(each)[:80]!r} is no SHA-256 in lower-case hexadecimal")
    return frozenset(listed)


def revoke(path: Path, found: str) -> bool:
    """Adds a fingerprint to the file, which is made if it is not there; False when it was there already.

    Raises:
        OSError: the file cannot be read or written.
        ConfigError: it is not of this form; it is left as it is.
    """
    known = read_revoked(path) if path.exists() else frozenset()
    if found in known:
        return False
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as file:
        file.write(canonical_json({"sha256": sorted(known | {found})}))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return True
