# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What is refused before an IFC file is opened, and with which words."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from hanse.permit.ifc.header import ModelError, check_bytes, check_file

if TYPE_CHECKING:
    from pathlib import Path

END = b"ENDSEC;\nEND-ISO-10303-21;\n"


def head(schema: str) -> bytes:
    return f"ISO-10303-21;\nHEADER;\nFILE_SCHEMA (( '{schema}' ));\nENDSEC;\n".encode()


@pytest.mark.parametrize(
    ("schema", "family"),
    [("IFC4", "IFC4"), ("IFC2X3", "IFC2X3"), ("IFC4X3", "IFC4X3"), ("IFC4X3_ADD2", "IFC4X3"), ("ifc4", "IFC4")],
)
def test_families_are_told_by_the_schema(schema: str, family: str) -> None:
    assert check_bytes(head(schema), END).family == family


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (b"", b"", "empty"),
        (b"  \n", b"  \n", "empty"),
        (b"PK\x03\x04...", END, "zip archive"),
        (b"<ifcXML>", END, "XML"),
        (b'{"type": "CityJSON"}', END, "JSON"),
        (b"\x89PNG\r\n", b"IEND", "no IFC model"),
        (b"ISO-10303-21;\nHEADER;\nENDSEC;\n", END, "no FILE_SCHEMA"),
        (head("IFC2X_FINAL"), END, "IFC2X_FINAL"),
        (head("IFC4X1"), END, "IFC4X1"),
        (head("IFC20"), END, "IFC20"),
        (head("AP214"), END, "AP214"),
        (head("IFC4"), b"#12=IFCWALL(", "cut off"),
        (head("IFC4"), END + b"#12=IFCWALL(", "cut off"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(first: bytes, last: bytes, words: str) -> None:
    with pytest.raises(ModelError) as refused:
        check_bytes(first, last)
    assert words in refused.value.message
    assert refused.value.remedy


def test_comments_and_a_byte_order_mark_are_no_obstacle() -> None:
    text = b"\xef\xbb\xbf/* made by hand */ ISO-10303-21 ; HEADER; FILE_SCHEMA(('IFC4')); /* FILE_SCHEMA(('X')) */"
    assert check_bytes(text, b"END-ISO-10303-21;").schema == "IFC4"


def test_a_schema_named_in_a_comment_does_not_count() -> None:
    text = b"ISO-10303-21;/* FILE_SCHEMA(('IFC4')) */ FILE_SCHEMA(('IFC2X_FINAL'));"
    with pytest.raises(ModelError, match="IFC2X_FINAL"):
        check_bytes(text, END)


def test_a_file_shorter_than_what_is_looked_at_is_read(tmp_path: Path) -> None:
    file = tmp_path / "small.ifc"
    file.write_bytes(head("IFC4") + END)
    assert check_file(file).schema == "IFC4"


def test_the_reason_survives_the_way_back_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(ModelError("what", "remedy")))  # noqa: S301 - what a process pool does
    assert (error.message, error.remedy) == ("what", "remedy")


def test_real_files_are_told_apart(shared_data: Path) -> None:
    folder = shared_data / "data" / "ifc"
    assert check_file(folder / "AC20-FZK-Haus.ifc").family == "IFC4"
    assert check_file(folder / "Duplex_A_20110907.ifc").family == "IFC2X3"
    with pytest.raises(ModelError, match="IFC2X_FINAL"):
        check_file(folder / "Vogel_Gesamt.ifc")
