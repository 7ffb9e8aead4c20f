# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
"""Generates the Python stubs beside the proto files: `python proto/generate.py [OUT]`.

The generator is pinned at the oldest supported runtime, because stubs run on newer runtimes and not on older ones.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTO = Path(__file__).parent
LICENCE = "# SPDX-FileCopyrightText: 2026 The Hanse authors\n# SPDX-License-Identifier: Apache-2.0\n"


def generate(out: Path) -> list[Path]:
    """Writes `*_pb2.py`, `*_pb2.pyi` and `*_pb2_grpc.py` for every proto file below `out`, with licence headers."""
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    well_known = str(files("grpc_tools") / "_proto")
    arguments = ["protoc", f"-I{PROTO}", f"-I{well_known}"]
    arguments += [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(arguments + sources) != 0:
        raise SystemExit("protoc failed: see its message above")
    written = sorted(path for path in out.rglob("*_pb2*.py*") if path.suffix in {".py", ".pyi"})
    for path in written:
        path.write_text(LICENCE + path.read_text(encoding="utf-8"), encoding="utf-8")
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PROTO
    print(f"{len(generate(target))} stubs written")
