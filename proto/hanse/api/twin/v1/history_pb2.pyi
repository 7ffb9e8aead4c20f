# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from hanse.api.twin.v1 import twin_pb2 as _twin_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AggregationMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGGREGATION_METHOD_UNSPECIFIED: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_COUNT: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_SUM: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_AVERAGE: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_MINIMUM: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_MAXIMUM: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_STANDARD_DEVIATION: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_SUM_OF_SQUARES: _ClassVar[AggregationMethod]
    AGGREGATION_METHOD_DISTINCT_COUNT: _ClassVar[AggregationMethod]
AGGREGATION_METHOD_UNSPECIFIED: AggregationMethod
AGGREGATION_METHOD_COUNT: AggregationMethod
AGGREGATION_METHOD_SUM: AggregationMethod
AGGREGATION_METHOD_AVERAGE: AggregationMethod
AGGREGATION_METHOD_MINIMUM: AggregationMethod
AGGREGATION_METHOD_MAXIMUM: AggregationMethod
AGGREGATION_METHOD_STANDARD_DEVIATION: AggregationMethod
AGGREGATION_METHOD_SUM_OF_SQUARES: AggregationMethod
AGGREGATION_METHOD_DISTINCT_COUNT: AggregationMethod

class Series(_message.Message):
    __slots__ = ("entity", "attribute", "times_us", "numbers", "json", "unit_code", "dataset_id")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    TIMES_US_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    UNIT_CODE_FIELD_NUMBER: _ClassVar[int]
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    entity: str
    attribute: str
    times_us: _containers.RepeatedScalarFieldContainer[int]
    numbers: _containers.RepeatedScalarFieldContainer[float]
    json: _containers.RepeatedScalarFieldContainer[str]
    unit_code: str
    dataset_id: str
    def __init__(self, entity: _Optional[str] = ..., attribute: _Optional[str] = ..., times_us: _Optional[_Iterable[int]] = ..., numbers: _Optional[_Iterable[float]] = ..., json: _Optional[_Iterable[str]] = ..., unit_code: _Optional[str] = ..., dataset_id: _Optional[str] = ...) -> None: ...

class AppendPointsRequest(_message.Message):
    __slots__ = ("series",)
    SERIES_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[Series]
    def __init__(self, series: _Optional[_Iterable[_Union[Series, _Mapping]]] = ...) -> None: ...

class AppendPointsResponse(_message.Message):
    __slots__ = ("committed", "written", "index", "detail")
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    committed: bool
    written: int
    index: int
    detail: str
    def __init__(self, committed: _Optional[bool] = ..., written: _Optional[int] = ..., index: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class TimeSpan(_message.Message):
    __slots__ = ("to",)
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    to: str
    def __init__(self, to: _Optional[str] = ..., **kwargs) -> None: ...

class QueryPointsRequest(_message.Message):
    __slots__ = ("ids", "query", "attributes", "span", "last_n")
    IDS_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    LAST_N_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    query: _twin_pb2.QueryEntitiesRequest
    attributes: _containers.RepeatedScalarFieldContainer[str]
    span: TimeSpan
    last_n: int
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., query: _Optional[_Union[_twin_pb2.QueryEntitiesRequest, _Mapping]] = ..., attributes: _Optional[_Iterable[str]] = ..., span: _Optional[_Union[TimeSpan, _Mapping]] = ..., last_n: _Optional[int] = ...) -> None: ...

class QueryPointsResponse(_message.Message):
    __slots__ = ("series",)
    SERIES_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[Series]
    def __init__(self, series: _Optional[_Iterable[_Union[Series, _Mapping]]] = ...) -> None: ...

class AggregatePointsRequest(_message.Message):
    __slots__ = ("ids", "query", "attributes", "span", "methods", "period", "together")
    IDS_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    TOGETHER_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    query: _twin_pb2.QueryEntitiesRequest
    attributes: _containers.RepeatedScalarFieldContainer[str]
    span: TimeSpan
    methods: _containers.RepeatedScalarFieldContainer[AggregationMethod]
    period: str
    together: bool
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., query: _Optional[_Union[_twin_pb2.QueryEntitiesRequest, _Mapping]] = ..., attributes: _Optional[_Iterable[str]] = ..., span: _Optional[_Union[TimeSpan, _Mapping]] = ..., methods: _Optional[_Iterable[_Union[AggregationMethod, str]]] = ..., period: _Optional[str] = ..., together: _Optional[bool] = ...) -> None: ...

class AggregatePointsResponse(_message.Message):
    __slots__ = ("aggregates", "points")
    class Aggregate(_message.Message):
        __slots__ = ("entity", "attribute", "times_us", "values", "unit_code")
        ENTITY_FIELD_NUMBER: _ClassVar[int]
        ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
        TIMES_US_FIELD_NUMBER: _ClassVar[int]
        VALUES_FIELD_NUMBER: _ClassVar[int]
        UNIT_CODE_FIELD_NUMBER: _ClassVar[int]
        entity: str
        attribute: str
        times_us: _containers.RepeatedScalarFieldContainer[int]
        values: _containers.RepeatedCompositeFieldContainer[AggregatePointsResponse.Values]
        unit_code: str
        def __init__(self, entity: _Optional[str] = ..., attribute: _Optional[str] = ..., times_us: _Optional[_Iterable[int]] = ..., values: _Optional[_Iterable[_Union[AggregatePointsResponse.Values, _Mapping]]] = ..., unit_code: _Optional[str] = ...) -> None: ...
    class Values(_message.Message):
        __slots__ = ("method", "numbers")
        METHOD_FIELD_NUMBER: _ClassVar[int]
        NUMBERS_FIELD_NUMBER: _ClassVar[int]
        method: AggregationMethod
        numbers: _containers.RepeatedScalarFieldContainer[float]
        def __init__(self, method: _Optional[_Union[AggregationMethod, str]] = ..., numbers: _Optional[_Iterable[float]] = ...) -> None: ...
    AGGREGATES_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    aggregates: _containers.RepeatedCompositeFieldContainer[AggregatePointsResponse.Aggregate]
    points: int
    def __init__(self, aggregates: _Optional[_Iterable[_Union[AggregatePointsResponse.Aggregate, _Mapping]]] = ..., points: _Optional[int] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("id", "page_size", "page_token")
    ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    page_size: int
    page_token: str
    def __init__(self, id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token")
    class Version(_message.Message):
        __slots__ = ("since", "until", "sha256", "deleted")
        SINCE_FIELD_NUMBER: _ClassVar[int]
        UNTIL_FIELD_NUMBER: _ClassVar[int]
        SHA256_FIELD_NUMBER: _ClassVar[int]
        DELETED_FIELD_NUMBER: _ClassVar[int]
        since: str
        until: str
        sha256: str
        deleted: bool
        def __init__(self, since: _Optional[str] = ..., until: _Optional[str] = ..., sha256: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[ListVersionsResponse.Version]
    next_page_token: str
    def __init__(self, versions: _Optional[_Iterable[_Union[ListVersionsResponse.Version, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
