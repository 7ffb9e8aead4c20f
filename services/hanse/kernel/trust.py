# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whom this city trusts: the installed trust list, read anew by every process when the file changes.

It fails closed: no list, an expired one, an unknown anchor or an altered file trust nobody.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.jose import JoseError, parse_object, read_general_unverified
from hanse.kernel.errors import DeniedError, InvalidInputError, UnavailableError
from hanse.trust import Anchor, TrustError, TrustList, verify_trust_list
from hanse.trust.signed import MAX_BYTES

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hanse.kernel.clock import Clock
    from hanse.kernel.config import CityConfig
    from hanse.trust import City

LIST = "list.json"
ANCHORS = "anchors"
_REMEDY = "The operator installs a current trust list with `hanse trust install FILE` (`hanse trust show` says)."
_RETRY_S = 5.0  # a list that is not yet valid becomes so without the file changing
_Seen = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Installed:
    """A list that is in force, and its signed bytes."""

    trust_list: TrustList
    document: bytes


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the files said when they were last read."""

    seen: _Seen
    trusted: Installed | None
    problem: str
    at: float = 0.0  # monotonic seconds


class TrustStore:
    """The installed trust list of a city. Every answer is judged at the clock's now."""

    def __init__(self, config: CityConfig, clock: Clock) -> None:
        self._folder, self._clock = config.trust, clock
        self._lock = threading.Lock()
        self._loaded = _Loaded((), None, "no trust list is installed")

    def current(self) -> TrustList:
        """The list in force. Raises DeniedError as `installed`."""
        return self.installed().trust_list

    def installed(self) -> Installed:
        """The list in force with its bytes; the same object while the files do not change.

        Raises:
            DeniedError: NOT_TRUSTED: none is installed, it cannot be verified, or it has expired.
        """
        with self._lock:
            loaded = self._loaded = self._newest()
        if loaded.trusted is None:
            raise not_trusted(loaded.problem)
        expires = loaded.trusted.trust_list.expires
        if self._clock.now() >= expires:
            raise not_trusted(f"the trust list expired at {expires.isoformat()}")
        return loaded.trusted

    def _newest(self) -> _Loaded:
        """What the files say now. Files that cannot be looked at say nothing: nobody is trusted then."""
        now = self._clock.monotonic()
        try:
            seen = self._look()
        except OSError as error:
            return _Loaded((), None, f"the trust folder cannot be looked at: {error.strerror}", now)
        stale = self._loaded.trusted is None and now - self._loaded.at > _RETRY_S
        return self._read(seen) if stale or seen != self._loaded.seen else self._loaded

    def city(self, authority: str) -> City:
        """A city that is trusted now. Raises DeniedError NOT_TRUSTED."""
        return city_of(self.current(), authority, self._clock.now())

    def cities(self) -> tuple[City, ...]:
        """All cities that are trusted now, this one among them. Raises DeniedError as `current`."""
        now = self._clock.now()
        return tuple(city for city in self.current().cities if city.valid_from <= now < city.valid_until)

    def install(self, document: bytes) -> TrustList:
        """Verifies a signed list and puts it in the place of the installed one.

        The same version may be installed again; an older one is a roll-back.

        Raises:
            InvalidInputError: CONTRACT_VIOLATION: it is malformed, or older than the one installed.
            DeniedError: NOT_TRUSTED: its anchor is not this city's, its signatures fail, or it has expired.
            UnavailableError: STORAGE_UNAVAILABLE: the trust folder cannot be read or written; the old list stays.
        """
        with self._lock:
            try:
                return self._install(document)
            except OSError as error:
                raise UnavailableError(
                    f"the trust folder cannot be used: {error.strerror}",
                    remedy="Look at free disk space and file rights (`hanse doctor`), then try again.",
                    reason="STORAGE_UNAVAILABLE",
                ) from error

    def _install(self, document: bytes) -> TrustList:
        try:
            offered = self._verify(document, self._installed_version())
        except TrustError as error:
            if error.code in {"malformed", "unknown-member", "rolled-back", "not-a-jws", "bad-json"}:
                raise InvalidInputError(
                    str(error), remedy="Ask the anchor for its newest list.", reason="CONTRACT_VIOLATION"
                ) from None
            raise not_trusted(str(error)) from None
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder / LIST, document)
        self._loaded = _Loaded(self._look(), Installed(offered, document), "", self._clock.monotonic())
        return offered

    def _look(self) -> _Seen:
        """Name, time, size and inode of each file: changes when anything is written or replaced."""
        files = [self._folder / LIST, *sorted((self._folder / ANCHORS).glob("*.json"))]
        found = []
        for path in files:
            try:
                state = path.stat()
            except FileNotFoundError:
                continue
            found.append((path.name, state.st_mtime_ns, state.st_size, state.st_ino))
        return tuple(found)

    def _read(self, seen: _Seen) -> _Loaded:
        path, at = self._folder / LIST, self._clock.monotonic()
        try:
            if path.stat().st_size > MAX_BYTES:
                return _Loaded(seen, None, f"{path.name} is larger than {MAX_BYTES} bytes", at)
            document = path.read_bytes()
            return _Loaded(seen, Installed(self._verify(document, 0), document), "", at)
        except FileNotFoundError:
            return _Loaded(seen, None, "no trust list is installed", at)
        except OSError as error:
            return _Loaded(seen, None, f"{error.filename or path.name} cannot be read: {error.strerror}", at)
        except TrustError as error:
            return _Loaded(seen, None, str(error), at)

    def _installed_version(self) -> int:
        """The version installed, whether or not it still holds: an expired list is not rolled back either."""
        try:
            document = (self._folder / LIST).read_bytes()
            payload = read_general_unverified(document, max_bytes=MAX_BYTES)[1]
            version = parse_object(payload, place="trust list", max_bytes=MAX_BYTES).get("version")
        except (FileNotFoundError, JoseError):
            return 0
        return version if isinstance(version, int) else 0

    def _verify(self, document: bytes, minimum_version: int) -> TrustList:
        return verify_trust_list(document, self.anchors(), self._clock.now(), minimum_version=minimum_version)

    def anchors(self) -> list[Anchor]:
        """The anchors that the operator installed. Raises TrustError: one that cannot be read refuses all."""
        anchors = []
        for path in sorted((self._folder / ANCHORS).glob("*.json")):
            try:
                anchors.append(Anchor.from_json(parse_object(path.read_bytes(), place=f"anchor {path.name}")))
            except JoseError as error:
                raise TrustError("unknown-anchor", f"The anchor file {path.name} is refused: {error}") from None
        return anchors


def city_of(trusted: TrustList, authority: str, now: datetime) -> City:
    """A city that a list trusts at a moment. Raises DeniedError NOT_TRUSTED."""
    try:
        return trusted.city(authority, now)
    except TrustError as error:
        raise not_trusted(str(error)) from None


def not_trusted(sentence: str) -> DeniedError:
    """NOT_TRUSTED, and what the operator does about it."""
    return DeniedError(sentence, remedy=_REMEDY, reason="NOT_TRUSTED")


def _replace(path: Path, data: bytes) -> None:
    """Writes the file so that readers see the old one or the new one, also after a power cut."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
