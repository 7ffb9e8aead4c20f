# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever is done to a CityGML document, it is read, refused building by building, or refused with a sentence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.citygml import CityGmlError, load
from hanse.cityjson import load as load_json
from hanse.cityjson import write_sequence

RING = "<gml:posList>0 0 0 4 0 0 4 4 0 0 4 0 0 0 0</gml:posList>"
DOCUMENT = f"""<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0"
 xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:boundedBy><gml:Envelope srsName="EPSG:7415"><gml:lowerCorner>0 0 0</gml:lowerCorner></gml:Envelope></gml:boundedBy>
<cityObjectMember><bldg:Building gml:id="a"><bldg:measuredHeight>4</bldg:measuredHeight>
<bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface><gml:surfaceMember xlink:href="#p"/>
</gml:CompositeSurface>
</gml:exterior></gml:Solid></bldg:lod2Solid><bldg:boundedBy><bldg:RoofSurface gml:id="r"><bldg:lod2MultiSurface>
<gml:MultiSurface><gml:surfaceMember><gml:Polygon gml:id="p"><gml:exterior><gml:LinearRing>{RING}</gml:LinearRing>
</gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface>
</bldg:boundedBy></bldg:Building></cityObjectMember></CityModel>""".encode()
TAGS = sorted({tag for tag in DOCUMENT.replace(b"</", b"<").replace(b">", b" ").split() if tag.startswith(b"<")})
VALUES = [b"0", b"4", b"#p", b'"a"', b"NaN", b"-1e308", b"", b"#a", b"#r", b"EPSG:4326", b"lod3", b" ", b"999999999999"]

cuts = st.tuples(st.integers(0, len(DOCUMENT)), st.integers(0, 40), st.binary(max_size=8) | st.sampled_from(VALUES))


def _reads_or_says_why(data: bytes) -> None:
    try:
        reading = load(data)
    except CityGmlError:
        return
    assert all(refused.reason and refused.pointer for refused in reading.refused)
    if reading.features:
        assert load_json(b"".join(write_sequence(reading.features))).refused == ()


@settings(deadline=None, max_examples=300)
@given(st.lists(cuts, min_size=1, max_size=3))
def test_bytes_cut_and_pasted(changes: list[tuple[int, int, bytes]]) -> None:
    data = DOCUMENT
    for start, length, instead in changes:
        data = data[:start] + instead + data[start + length :]
    _reads_or_says_why(data)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), min_size=1, max_size=3))
def test_elements_in_the_place_of_others(changes: list[tuple[bytes, bytes]]) -> None:
    data = DOCUMENT
    for old, new in changes:
        data = data.replace(old + b">", new + b">").replace(old + b" ", new + b" ")
        data = data.replace(b"</" + old[1:] + b">", b"</" + new[1:] + b">")
    _reads_or_says_why(data)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES)), min_size=1, max_size=3))
def test_values_in_the_place_of_others(changes: list[tuple[bytes, bytes]]) -> None:
    data = DOCUMENT
    for old, new in changes:
        data = data.replace(old, new, 7) if old else data
    _reads_or_says_why(data)
