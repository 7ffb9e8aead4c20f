# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Uploaded models on disk: streamed, bounded, checked, and only then there, named by their hash."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.kernel.errors import InvalidInputError, LimitExceededError, UnavailableError, invalid
from hanse.permit.ifc.header import ModelError, check_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is stored: its hash (hex), bytes, and FILE_SCHEMA."""

    sha256: str
    size_bytes: int
    schema: str


class Uploads:
    """A folder of models; the same bytes are stored once."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max = folder, max_bytes
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".upload-*"):
            left.unlink()  # of a process that was killed in the middle

    def path(self, sha256: str) -> Path:
        """Where a stored model lies."""
        return self._folder / f"{sha256}.ifc"

    def holds(self, sha256: str) -> bool:
        """Whether a model's bytes are here."""
        return self.path(sha256).is_file()

    def keep_only(self, needed: Collection[str]) -> int:
        """Removes all models but those of these hashes; returns how many went."""
        old = [path for path in self._folder.glob("*.ifc") if path.stem not in needed]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    @contextmanager
    def receive(self, chunks: Iterable[bytes], size_bytes: int, sha256: str) -> Iterator[Upload]:
        """Takes what comes, to be stored at the end of the context: whoever records it there, records it before.

        `size_bytes` 0 and `sha256` "" mean that the sender did not say.

        Raises:
            LimitExceededError: more bytes than allowed, announced or sent.
            InvalidInputError: MODEL_UNREADABLE: empty, cut off, no IFC, a schema that is not supported, another hash.
            UnavailableError: STORAGE_UNAVAILABLE: the disk is full.
        """
        self._within(size_bytes)
        with _disk_errors():
            handle, name = tempfile.mkstemp(prefix=".upload-", dir=self._folder)
        temporary = Path(name)
        try:
            with _disk_errors():
                upload = self._written(handle, temporary, chunks, size_bytes, sha256)
            yield upload
            with _disk_errors():
                temporary.replace(self.path(upload.sha256))
                self._sync_folder()
        finally:
            temporary.unlink(missing_ok=True)

    def _written(self, handle: int, temporary: Path, chunks: Iterable[bytes], size_bytes: int, sha256: str) -> Upload:
        with os.fdopen(handle, "wb") as file:
            digest, size = hashlib.sha256(), 0
            for chunk in chunks:
                size += len(chunk)
                self._within(size)
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        _expect(size, size_bytes, digest.hexdigest(), sha256)
        try:
            header = check_file(temporary)
        except ModelError as error:
            raise unreadable(error) from None
        return Upload(digest.hexdigest(), size, header.schema)

    def _within(self, size: int) -> None:
        if size > self._max:
            raise LimitExceededError(
                f"the model has more than {self._max} bytes (limits.max_upload_bytes)",
                remedy="Export the building alone, without furniture and installations.",
            )

    def _sync_folder(self) -> None:
        """The new name itself survives a power cut."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"the upload cannot be stored: {error.strerror}",
            remedy="Look at free disk space (`hanse doctor`), then upload again.",
            reason="STORAGE_UNAVAILABLE",
        ) from error


def unreadable(error: ModelError) -> InvalidInputError:
    """The error for a model that cannot be read."""
    return invalid("model", error.message, remedy=error.remedy, reason="MODEL_UNREADABLE")


def _expect(size: int, size_bytes: int, digest: str, sha256: str) -> None:
    if size_bytes and size != size_bytes:
        raise unreadable(
            ModelError(
                f"the upload ended after {size} of {size_bytes} bytes"
                if size < size_bytes
                else f"{size} bytes came, {size_bytes} were announced",
                "Upload the file again, whole.",
            )
        )
    if sha256 and digest != sha256.lower():
        raise unreadable(
            ModelError(
                f"the bytes that came have SHA-256 {digest}, announced was {sha256[:64]}",
                "Upload the file again; check that it did not change meanwhile.",
            )
        )
