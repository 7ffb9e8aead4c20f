# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from hanse.api.types.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetEntityRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class AttributeFilter(_message.Message):
    __slots__ = ("attribute", "operator", "value")
    class Operator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OPERATOR_UNSPECIFIED: _ClassVar[AttributeFilter.Operator]
        OPERATOR_EQUAL: _ClassVar[AttributeFilter.Operator]
        OPERATOR_NOT_EQUAL: _ClassVar[AttributeFilter.Operator]
        OPERATOR_LESS: _ClassVar[AttributeFilter.Operator]
        OPERATOR_LESS_OR_EQUAL: _ClassVar[AttributeFilter.Operator]
        OPERATOR_GREATER: _ClassVar[AttributeFilter.Operator]
        OPERATOR_GREATER_OR_EQUAL: _ClassVar[AttributeFilter.Operator]
        OPERATOR_EXISTS: _ClassVar[AttributeFilter.Operator]
    OPERATOR_UNSPECIFIED: AttributeFilter.Operator
    OPERATOR_EQUAL: AttributeFilter.Operator
    OPERATOR_NOT_EQUAL: AttributeFilter.Operator
    OPERATOR_LESS: AttributeFilter.Operator
    OPERATOR_LESS_OR_EQUAL: AttributeFilter.Operator
    OPERATOR_GREATER: AttributeFilter.Operator
    OPERATOR_GREATER_OR_EQUAL: AttributeFilter.Operator
    OPERATOR_EXISTS: AttributeFilter.Operator
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    operator: AttributeFilter.Operator
    value: str
    def __init__(self, attribute: _Optional[str] = ..., operator: _Optional[_Union[AttributeFilter.Operator, str]] = ..., value: _Optional[str] = ...) -> None: ...

class QueryEntitiesRequest(_message.Message):
    __slots__ = ("type", "filters", "bounding_box", "circle", "page_size", "page_token", "dataset")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    CIRCLE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    type: str
    filters: _containers.RepeatedCompositeFieldContainer[AttributeFilter]
    bounding_box: _types_pb2.BoundingBox
    circle: _types_pb2.Circle
    page_size: int
    page_token: str
    dataset: str
    def __init__(self, type: _Optional[str] = ..., filters: _Optional[_Iterable[_Union[AttributeFilter, _Mapping]]] = ..., bounding_box: _Optional[_Union[_types_pb2.BoundingBox, _Mapping]] = ..., circle: _Optional[_Union[_types_pb2.Circle, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., dataset: _Optional[str] = ...) -> None: ...

class QueryEntitiesResponse(_message.Message):
    __slots__ = ("entities", "next_page_token", "datasets")
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    entities: _containers.RepeatedCompositeFieldContainer[_types_pb2.Entity]
    next_page_token: str
    datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
    def __init__(self, entities: _Optional[_Iterable[_Union[_types_pb2.Entity, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ...) -> None: ...

class UpsertEntitiesRequest(_message.Message):
    __slots__ = ("dataset", "entities", "request_id")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    entities: _containers.RepeatedCompositeFieldContainer[_types_pb2.Entity]
    request_id: str
    def __init__(self, dataset: _Optional[str] = ..., entities: _Optional[_Iterable[_Union[_types_pb2.Entity, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ItemResult(_message.Message):
    __slots__ = ("index", "id", "state", "path", "detail")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[ItemResult.State]
        STATE_CREATED: _ClassVar[ItemResult.State]
        STATE_REPLACED: _ClassVar[ItemResult.State]
        STATE_UNCHANGED: _ClassVar[ItemResult.State]
        STATE_REFUSED: _ClassVar[ItemResult.State]
        STATE_NOT_WRITTEN: _ClassVar[ItemResult.State]
    STATE_UNSPECIFIED: ItemResult.State
    STATE_CREATED: ItemResult.State
    STATE_REPLACED: ItemResult.State
    STATE_UNCHANGED: ItemResult.State
    STATE_REFUSED: ItemResult.State
    STATE_NOT_WRITTEN: ItemResult.State
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    index: int
    id: str
    state: ItemResult.State
    path: str
    detail: str
    def __init__(self, index: _Optional[int] = ..., id: _Optional[str] = ..., state: _Optional[_Union[ItemResult.State, str]] = ..., path: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class UpsertEntitiesResponse(_message.Message):
    __slots__ = ("committed", "results")
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    committed: bool
    results: _containers.RepeatedCompositeFieldContainer[ItemResult]
    def __init__(self, committed: _Optional[bool] = ..., results: _Optional[_Iterable[_Union[ItemResult, _Mapping]]] = ...) -> None: ...

class DeleteEntitiesRequest(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteEntitiesResponse(_message.Message):
    __slots__ = ("deleted", "unknown")
    DELETED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    deleted: int
    unknown: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, deleted: _Optional[int] = ..., unknown: _Optional[_Iterable[str]] = ...) -> None: ...

class LoadEntitiesRequest(_message.Message):
    __slots__ = ("header", "chunk")
    class Header(_message.Message):
        __slots__ = ("dataset", "format", "assumed_crs", "assumed_vertical_datum", "size_bytes", "request_id")
        class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            FORMAT_UNSPECIFIED: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_CITYJSON: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_CITYJSON_SEQ: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_NGSI_LD: _ClassVar[LoadEntitiesRequest.Header.Format]
        FORMAT_UNSPECIFIED: LoadEntitiesRequest.Header.Format
        FORMAT_CITYJSON: LoadEntitiesRequest.Header.Format
        FORMAT_CITYJSON_SEQ: LoadEntitiesRequest.Header.Format
        FORMAT_NGSI_LD: LoadEntitiesRequest.Header.Format
        DATASET_FIELD_NUMBER: _ClassVar[int]
        FORMAT_FIELD_NUMBER: _ClassVar[int]
        ASSUMED_CRS_FIELD_NUMBER: _ClassVar[int]
        ASSUMED_VERTICAL_DATUM_FIELD_NUMBER: _ClassVar[int]
        SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        dataset: str
        format: LoadEntitiesRequest.Header.Format
        assumed_crs: str
        assumed_vertical_datum: str
        size_bytes: int
        request_id: str
        def __init__(self, dataset: _Optional[str] = ..., format: _Optional[_Union[LoadEntitiesRequest.Header.Format, str]] = ..., assumed_crs: _Optional[str] = ..., assumed_vertical_datum: _Optional[str] = ..., size_bytes: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: LoadEntitiesRequest.Header
    chunk: bytes
    def __init__(self, header: _Optional[_Union[LoadEntitiesRequest.Header, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class LoadEntitiesResponse(_message.Message):
    __slots__ = ("read", "created", "replaced", "unchanged", "refused", "flagged", "refusals", "losses", "done", "total")
    class Refusal(_message.Message):
        __slots__ = ("source_id", "path", "reason")
        SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
        PATH_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        source_id: str
        path: str
        reason: str
        def __init__(self, source_id: _Optional[str] = ..., path: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
    READ_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    FLAGGED_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    read: int
    created: int
    replaced: int
    unchanged: int
    refused: int
    flagged: int
    refusals: _containers.RepeatedCompositeFieldContainer[LoadEntitiesResponse.Refusal]
    losses: _containers.RepeatedCompositeFieldContainer[_types_pb2.Loss]
    done: bool
    total: int
    def __init__(self, read: _Optional[int] = ..., created: _Optional[int] = ..., replaced: _Optional[int] = ..., unchanged: _Optional[int] = ..., refused: _Optional[int] = ..., flagged: _Optional[int] = ..., refusals: _Optional[_Iterable[_Union[LoadEntitiesResponse.Refusal, _Mapping]]] = ..., losses: _Optional[_Iterable[_Union[_types_pb2.Loss, _Mapping]]] = ..., done: _Optional[bool] = ..., total: _Optional[int] = ...) -> None: ...

class PutDatasetRequest(_message.Message):
    __slots__ = ("dataset",)
    DATASET_FIELD_NUMBER: _ClassVar[int]
    dataset: _types_pb2.Dataset
    def __init__(self, dataset: _Optional[_Union[_types_pb2.Dataset, _Mapping]] = ...) -> None: ...

class ListDatasetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDatasetsResponse(_message.Message):
    __slots__ = ("datasets", "next_page_token")
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
    next_page_token: str
    def __init__(self, datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
