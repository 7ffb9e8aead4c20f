# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Marewijk and Lindemond: two small made-up cities with a river and a border between them, and a plan to judge."""

from hanse.examples.borderland.write import Borderland, write

__all__ = ["Borderland", "write"]
