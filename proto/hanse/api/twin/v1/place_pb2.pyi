# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from hanse.api.twin.v1 import twin_pb2 as _twin_pb2
from hanse.api.types.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetPlaceRequest(_message.Message):
    __slots__ = ("bounding_box", "circle", "polygon", "scenario", "limit")
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    CIRCLE_FIELD_NUMBER: _ClassVar[int]
    POLYGON_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    bounding_box: _types_pb2.BoundingBox
    circle: _types_pb2.Circle
    polygon: str
    scenario: str
    limit: int
    def __init__(self, bounding_box: _Optional[_Union[_types_pb2.BoundingBox, _Mapping]] = ..., circle: _Optional[_Union[_types_pb2.Circle, _Mapping]] = ..., polygon: _Optional[str] = ..., scenario: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class GetPlaceResponse(_message.Message):
    __slots__ = ("above", "below", "cut")
    class Group(_message.Message):
        __slots__ = ("dataset", "entities", "modified")
        DATASET_FIELD_NUMBER: _ClassVar[int]
        ENTITIES_FIELD_NUMBER: _ClassVar[int]
        MODIFIED_FIELD_NUMBER: _ClassVar[int]
        dataset: _types_pb2.Dataset
        entities: _containers.RepeatedCompositeFieldContainer[_types_pb2.Entity]
        modified: str
        def __init__(self, dataset: _Optional[_Union[_types_pb2.Dataset, _Mapping]] = ..., entities: _Optional[_Iterable[_Union[_types_pb2.Entity, _Mapping]]] = ..., modified: _Optional[str] = ...) -> None: ...
    ABOVE_FIELD_NUMBER: _ClassVar[int]
    BELOW_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    above: _containers.RepeatedCompositeFieldContainer[GetPlaceResponse.Group]
    below: _containers.RepeatedCompositeFieldContainer[GetPlaceResponse.Group]
    cut: bool
    def __init__(self, above: _Optional[_Iterable[_Union[GetPlaceResponse.Group, _Mapping]]] = ..., below: _Optional[_Iterable[_Union[GetPlaceResponse.Group, _Mapping]]] = ..., cut: _Optional[bool] = ...) -> None: ...

class AggregateAreaRequest(_message.Message):
    __slots__ = ("areas", "areas_of", "query", "attributes", "scenario")
    AREAS_FIELD_NUMBER: _ClassVar[int]
    AREAS_OF_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    areas: _containers.RepeatedScalarFieldContainer[str]
    areas_of: _containers.RepeatedScalarFieldContainer[str]
    query: _twin_pb2.QueryEntitiesRequest
    attributes: _containers.RepeatedScalarFieldContainer[str]
    scenario: str
    def __init__(self, areas: _Optional[_Iterable[str]] = ..., areas_of: _Optional[_Iterable[str]] = ..., query: _Optional[_Union[_twin_pb2.QueryEntitiesRequest, _Mapping]] = ..., attributes: _Optional[_Iterable[str]] = ..., scenario: _Optional[str] = ...) -> None: ...

class AggregateAreaResponse(_message.Message):
    __slots__ = ("areas",)
    class Area(_message.Message):
        __slots__ = ("count", "area_m2", "footprint_m2", "volume_m3", "without_volume", "sums")
        COUNT_FIELD_NUMBER: _ClassVar[int]
        AREA_M2_FIELD_NUMBER: _ClassVar[int]
        FOOTPRINT_M2_FIELD_NUMBER: _ClassVar[int]
        VOLUME_M3_FIELD_NUMBER: _ClassVar[int]
        WITHOUT_VOLUME_FIELD_NUMBER: _ClassVar[int]
        SUMS_FIELD_NUMBER: _ClassVar[int]
        count: int
        area_m2: float
        footprint_m2: float
        volume_m3: float
        without_volume: int
        sums: _containers.RepeatedCompositeFieldContainer[AggregateAreaResponse.Sum]
        def __init__(self, count: _Optional[int] = ..., area_m2: _Optional[float] = ..., footprint_m2: _Optional[float] = ..., volume_m3: _Optional[float] = ..., without_volume: _Optional[int] = ..., sums: _Optional[_Iterable[_Union[AggregateAreaResponse.Sum, _Mapping]]] = ...) -> None: ...
    class Sum(_message.Message):
        __slots__ = ("attribute", "count", "total", "minimum", "maximum")
        ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        TOTAL_FIELD_NUMBER: _ClassVar[int]
        MINIMUM_FIELD_NUMBER: _ClassVar[int]
        MAXIMUM_FIELD_NUMBER: _ClassVar[int]
        attribute: str
        count: int
        total: float
        minimum: float
        maximum: float
        def __init__(self, attribute: _Optional[str] = ..., count: _Optional[int] = ..., total: _Optional[float] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...
    AREAS_FIELD_NUMBER: _ClassVar[int]
    areas: _containers.RepeatedCompositeFieldContainer[AggregateAreaResponse.Area]
    def __init__(self, areas: _Optional[_Iterable[_Union[AggregateAreaResponse.Area, _Mapping]]] = ...) -> None: ...

class Point3d(_message.Message):
    __slots__ = ("crs", "x", "y", "z")
    CRS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    crs: str
    x: float
    y: float
    z: float
    def __init__(self, crs: _Optional[str] = ..., x: _Optional[float] = ..., y: _Optional[float] = ..., z: _Optional[float] = ...) -> None: ...

class GetLineOfSightRequest(_message.Message):
    __slots__ = ("to", "scenario")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    to: Point3d
    scenario: str
    def __init__(self, to: _Optional[_Union[Point3d, _Mapping]] = ..., scenario: _Optional[str] = ..., **kwargs) -> None: ...

class GetLineOfSightResponse(_message.Message):
    __slots__ = ("visible", "obstacles", "length_m")
    class Obstacle(_message.Message):
        __slots__ = ("id", "distance_m")
        ID_FIELD_NUMBER: _ClassVar[int]
        DISTANCE_M_FIELD_NUMBER: _ClassVar[int]
        id: str
        distance_m: float
        def __init__(self, id: _Optional[str] = ..., distance_m: _Optional[float] = ...) -> None: ...
    VISIBLE_FIELD_NUMBER: _ClassVar[int]
    OBSTACLES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_M_FIELD_NUMBER: _ClassVar[int]
    visible: bool
    obstacles: _containers.RepeatedCompositeFieldContainer[GetLineOfSightResponse.Obstacle]
    length_m: float
    def __init__(self, visible: _Optional[bool] = ..., obstacles: _Optional[_Iterable[_Union[GetLineOfSightResponse.Obstacle, _Mapping]]] = ..., length_m: _Optional[float] = ...) -> None: ...

class GetShadowRequest(_message.Message):
    __slots__ = ("ids", "query", "moment", "scenario")
    IDS_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    query: _twin_pb2.QueryEntitiesRequest
    moment: str
    scenario: str
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., query: _Optional[_Union[_twin_pb2.QueryEntitiesRequest, _Mapping]] = ..., moment: _Optional[str] = ..., scenario: _Optional[str] = ...) -> None: ...

class GetShadowResponse(_message.Message):
    __slots__ = ("sun_azimuth", "sun_elevation", "shadow", "area_m2")
    SUN_AZIMUTH_FIELD_NUMBER: _ClassVar[int]
    SUN_ELEVATION_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    AREA_M2_FIELD_NUMBER: _ClassVar[int]
    sun_azimuth: float
    sun_elevation: float
    shadow: str
    area_m2: float
    def __init__(self, sun_azimuth: _Optional[float] = ..., sun_elevation: _Optional[float] = ..., shadow: _Optional[str] = ..., area_m2: _Optional[float] = ...) -> None: ...

class GetSunlightRequest(_message.Message):
    __slots__ = ("points", "date", "step_minutes", "scenario")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    STEP_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[Point3d]
    date: str
    step_minutes: int
    scenario: str
    def __init__(self, points: _Optional[_Iterable[_Union[Point3d, _Mapping]]] = ..., date: _Optional[str] = ..., step_minutes: _Optional[int] = ..., scenario: _Optional[str] = ...) -> None: ...

class GetSunlightResponse(_message.Message):
    __slots__ = ("hours", "possible_hours")
    HOURS_FIELD_NUMBER: _ClassVar[int]
    POSSIBLE_HOURS_FIELD_NUMBER: _ClassVar[int]
    hours: _containers.RepeatedScalarFieldContainer[float]
    possible_hours: float
    def __init__(self, hours: _Optional[_Iterable[float]] = ..., possible_hours: _Optional[float] = ...) -> None: ...
