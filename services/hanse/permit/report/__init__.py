# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What a check leaves behind: the document of contract permit/v1, the page and the pictures."""
