# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Small IFC files written as text, one block each, with whatever is right or wrong about their georeference."""

from __future__ import annotations

from dataclasses import dataclass

_PREFIX = {1.0: "$", 0.001: ".MILLI."}


@dataclass(frozen=True)
class Georeference:
    """The members of IfcMapConversion and IfcProjectedCRS, as STEP text where they may be missing."""

    eastings: float = 90_000.0
    northings: float = 440_000.0
    height: str = "1.0"
    abscissa: str = "1."
    ordinate: str = "0."
    scale: str = "$"
    crs: str = "EPSG:7415"
    vertical_datum: str = "$"
    map_unit: str = "$"


@dataclass(frozen=True)
class Block:
    """A building that is one wall: `size` in metres, its corner at the model's origin."""

    size: tuple[float, float, float] = (10.0, 8.0, 6.0)
    unit_m: float = 1.0
    schema: str = "IFC4"
    georeference: Georeference | None = Georeference()
    occupancy: str | None = "wonen"
    rooms: tuple[str, ...] = ()
    latitude: bool = False

    def step(self) -> str:
        """The file."""
        x, y, z = (value / self.unit_m for value in self.size)
        site = "(52,0,0),(5,0,0),0." if self.latitude else "$,$,$"
        lines = [
            f"#1=IFCSIUNIT(*,.LENGTHUNIT.,{_PREFIX[self.unit_m]},.METRE.);",
            "#2=IFCUNITASSIGNMENT((#1));",
            "#3=IFCCARTESIANPOINT((0.,0.,0.));",
            "#4=IFCAXIS2PLACEMENT3D(#3,$,$);",
            "#5=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#4,$);",
            "#6=IFCPROJECT('0000000000000000000001',$,'P',$,$,$,$,(#5),#2);",
            "#7=IFCLOCALPLACEMENT($,#4);",
            f"#8=IFCSITE('0000000000000000000002',$,$,$,$,#7,$,$,.ELEMENT.,{site},$,$);",
            "#9=IFCBUILDING('0000000000000000000003',$,$,$,$,#7,$,$,.ELEMENT.,$,$,$);",
            "#10=IFCCARTESIANPOINT((0.,0.));",
            f"#11=IFCCARTESIANPOINT(({x},0.));",
            f"#12=IFCCARTESIANPOINT(({x},{y}));",
            f"#13=IFCCARTESIANPOINT((0.,{y}));",
            "#14=IFCPOLYLINE((#10,#11,#12,#13,#10));",
            "#15=IFCARBITRARYCLOSEDPROFILEDEF(.AREA.,$,#14);",
            "#16=IFCDIRECTION((0.,0.,1.));",
            f"#17=IFCEXTRUDEDAREASOLID(#15,#4,#16,{z});",
            "#18=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#17));",
            "#19=IFCPRODUCTDEFINITIONSHAPE($,$,(#18));",
            f"#20=IFCWALL('0000000000000000000004',$,$,$,$,#7,#19,${',$' if self.schema != 'IFC2X3' else ''});",
            "#21=IFCRELAGGREGATES('0000000000000000000005',$,$,$,#6,(#8));",
            "#22=IFCRELAGGREGATES('0000000000000000000006',$,$,$,#8,(#9));",
            "#23=IFCRELCONTAINEDINSPATIALSTRUCTURE('0000000000000000000007',$,$,$,(#20),#9);",
            *self._occupancy(),
            *self._rooms(),
            *self._georeference(),
        ]
        data = "\n".join(lines)
        return (
            "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n"
            "FILE_NAME('block.ifc','2026-01-01T00:00:00',(''),(''),'','','');\n"
            f"FILE_SCHEMA(('{self.schema}'));\nENDSEC;\nDATA;\n{data}\nENDSEC;\nEND-ISO-10303-21;\n"
        )

    def _occupancy(self) -> list[str]:
        if self.occupancy is None:
            return []
        return [
            f"#30=IFCPROPERTYSINGLEVALUE('OccupancyType',$,IFCLABEL('{self.occupancy}'),$);",
            "#31=IFCPROPERTYSET('0000000000000000000008',$,'Pset_BuildingCommon',$,(#30));",
            "#32=IFCRELDEFINESBYPROPERTIES('0000000000000000000009',$,$,$,(#9),#31);",
        ]

    def _rooms(self) -> list[str]:
        return [
            f"#{40 + number}=IFCSPACE('00000000000000000001{number:02d}',$,'{number}',$,$,#7,$,'{name}',.ELEMENT.,$,$);"
            for number, name in enumerate(self.rooms)
        ]

    def _georeference(self) -> list[str]:
        where = self.georeference
        if where is None:
            return []
        if self.schema == "IFC2X3":
            return self._property_sets(where)
        unit = {"$": "$", "METRE": "#60", "MILLI": "#61"}[where.map_unit]
        return [
            "#60=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);",
            "#61=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);",
            f"#62=IFCPROJECTEDCRS('{where.crs}',$,$,{where.vertical_datum},$,$,{unit});",
            (
                f"#63=IFCMAPCONVERSION(#5,#62,{where.eastings},{where.northings},{where.height},"
                f"{where.abscissa},{where.ordinate},{where.scale});"
            ),
        ]

    @staticmethod
    def _property_sets(where: Georeference) -> list[str]:
        numbers = {
            "Eastings": str(where.eastings),
            "Northings": str(where.northings),
            "OrthogonalHeight": where.height,
            "XAxisAbscissa": where.abscissa,
            "XAxisOrdinate": where.ordinate,
            "Scale": where.scale,
        }
        given = [(name, value) for name, value in numbers.items() if value != "$"]
        lines = [
            f"#{60 + at}=IFCPROPERTYSINGLEVALUE('{name}',$,IFCREAL({value}),$);"
            for at, (name, value) in enumerate(given)
        ]
        held = ",".join(f"#{60 + at}" for at in range(len(given)))
        return [
            *lines,
            f"#70=IFCPROPERTYSINGLEVALUE('Name',$,IFCLABEL('{where.crs}'),$);",
            f"#71=IFCPROPERTYSET('0000000000000000000020',$,'ePset_MapConversion',$,({held}));",
            "#72=IFCPROPERTYSET('0000000000000000000021',$,'ePset_ProjectedCRS',$,(#70));",
            "#73=IFCRELDEFINESBYPROPERTIES('0000000000000000000022',$,$,$,(#8),#71);",
            "#74=IFCRELDEFINESBYPROPERTIES('0000000000000000000023',$,$,$,(#8),#72);",
        ]


def tower(
    ifc_class: str,
    guid: str,
    *,
    number: int = 100,
    at: tuple[float, float, float] = (2.0, 2.0, 0.0),
    size: tuple[float, float, float] = (3.0, 3.0, 40.0),
    tail: str = "$,$",
    within: str = "IFCRELCONTAINEDINSPATIALSTRUCTURE('{key}',$,$,$,({element}),#9)",
) -> str:
    """Lines of one more element of a block: a box of `size` with its middle at `at`; its numbers begin at `number`.

    `guid` is STEP text, such as a quoted GlobalId or $; `within` is the relation that holds the element.
    """
    x, y, z = at
    wide, deep, high = size
    relation = within.format(key=str(number).zfill(22), element=f"#{number + 7}")
    return "\n".join(
        [
            f"#{number}=IFCCARTESIANPOINT(({x},{y},{z}));",
            f"#{number + 1}=IFCAXIS2PLACEMENT3D(#{number},$,$);",
            f"#{number + 2}=IFCRECTANGLEPROFILEDEF(.AREA.,$,#{number + 6},{wide},{deep});",
            f"#{number + 3}=IFCEXTRUDEDAREASOLID(#{number + 2},#{number + 1},#16,{high});",
            f"#{number + 4}=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#{number + 3}));",
            f"#{number + 5}=IFCPRODUCTDEFINITIONSHAPE($,$,(#{number + 4}));",
            f"#{number + 6}=IFCAXIS2PLACEMENT2D(#10,$);",
            f"#{number + 7}={ifc_class}({guid},$,$,$,$,#7,#{number + 5},{tail});",
            f"#{number + 8}={relation};",
        ]
    )


def with_lines(step: str, *lines: str) -> str:
    """A file with more lines in its data section."""
    head, end = step.rsplit("ENDSEC;", 1)
    return head + "".join(f"{line}\n" for line in lines) + "ENDSEC;" + end
