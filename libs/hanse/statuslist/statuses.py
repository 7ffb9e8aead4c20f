# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The compressed list of statuses (Token Status List section 4): index ``i`` holds 1, 2, 4 or 8 bits."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanse.jose import b64u_decode, b64u_encode
from hanse.statuslist.errors import StatusListError

if TYPE_CHECKING:
    from collections.abc import Mapping

VALID = 0
INVALID = 1
SUSPENDED = 2
MAX_LIST_BYTES = 4 * 1024 * 1024
_BITS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class StatusList:
    """Statuses packed into octets, lowest bits first.

    Attributes:
        bits: bits a status, 1, 2, 4 or 8.
        data: the packed statuses; capacity is ``len(data) * 8 / bits``.
    """

    bits: int
    data: bytes

    def __post_init__(self) -> None:
        if isinstance(self.bits, bool) or self.bits not in _BITS:
            raise StatusListError("bad-status-list", "The member 'bits' must be 1, 2, 4 or 8.")
        if not 0 < len(self.data) <= MAX_LIST_BYTES:
            raise StatusListError("too-large", f"A status list has 1 to {MAX_LIST_BYTES} bytes.")

    @classmethod
    def build(cls, bits: int, capacity: int, statuses: Mapping[int, int] | None = None) -> StatusList:
        """Make a list with room for at least ``capacity`` statuses, all VALID but those given."""
        if bits not in _BITS or not 0 < capacity <= MAX_LIST_BYTES * 8 // bits:
            raise StatusListError("bad-status-list", "'bits' is 1, 2, 4 or 8 and the capacity within limits.")
        return cls(bits, bytes(-(-capacity * bits // 8))).with_statuses(statuses or {})

    @classmethod
    def decode(cls, bits: int, lst: str, *, max_bytes: int = MAX_LIST_BYTES) -> StatusList:
        """Inflate the member ``lst`` (base64url of zlib); stops at ``max_bytes``, whatever the text promises.

        Raises:
            JoseError: not base64url, not one whole zlib stream, too large.
        """
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(b64u_decode(lst, place="member 'lst'"), max_bytes + 1)
        except zlib.error as error:
            raise StatusListError("bad-status-list", "The member 'lst' is no zlib stream.") from error
        if len(data) > max_bytes:
            raise StatusListError("too-large", f"The status list inflates to more than {max_bytes} bytes.")
        if not inflate.eof or inflate.unused_data:
            raise StatusListError("bad-status-list", "The member 'lst' is not exactly one zlib stream.")
        return cls(bits, data)

    @property
    def capacity(self) -> int:
        """The number of statuses the list holds."""
        return len(self.data) * 8 // self.bits

    def encode(self) -> str:
        """Return the member ``lst``."""
        return b64u_encode(zlib.compress(self.data, 9))

    def get(self, index: int) -> int:
        """Return the status at ``index`` (from 0).

        Raises:
            StatusListError: ``out-of-range``; an index beyond the list is never VALID.
        """
        at, shift = self._place(index)
        return self.data[at] >> shift & self._mask

    def with_statuses(self, statuses: Mapping[int, int]) -> StatusList:
        """Return the list with these statuses set."""
        data = bytearray(self.data)
        for index, status in statuses.items():
            at, shift = self._place(index)
            if not 0 <= status <= self._mask:
                raise StatusListError("out-of-range", f"The status {status} does not fit into {self.bits} bits.")
            data[at] = data[at] & ~(self._mask << shift) | status << shift
        return StatusList(self.bits, bytes(data))

    @property
    def _mask(self) -> int:
        return (1 << self.bits) - 1

    def _place(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.capacity:
            raise StatusListError("out-of-range", f"The list of {self.capacity} statuses has no index {index}.")
        at, bit = divmod(index * self.bits, 8)
        return at, bit
