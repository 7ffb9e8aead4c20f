# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The error of tree, proof and checkpoint processing."""

from __future__ import annotations


class MerkleError(ValueError):
    """A proof, node, note or checkpoint was refused; ``code`` is short and stable, the message a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
