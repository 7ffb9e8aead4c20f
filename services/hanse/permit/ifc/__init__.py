# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Reading IFC: header, georeference, envelope and use; everything here may run in a worker process."""
