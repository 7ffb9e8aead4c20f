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

class Relation(_message.Message):
    __slots__ = ("kind", "geometry", "distance_m", "attribute")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Relation.Kind]
        KIND_INTERSECTS: _ClassVar[Relation.Kind]
        KIND_WITHIN: _ClassVar[Relation.Kind]
        KIND_CONTAINS: _ClassVar[Relation.Kind]
        KIND_DISJOINT: _ClassVar[Relation.Kind]
        KIND_EQUALS: _ClassVar[Relation.Kind]
        KIND_OVERLAPS: _ClassVar[Relation.Kind]
        KIND_NEAR: _ClassVar[Relation.Kind]
        KIND_FAR: _ClassVar[Relation.Kind]
    KIND_UNSPECIFIED: Relation.Kind
    KIND_INTERSECTS: Relation.Kind
    KIND_WITHIN: Relation.Kind
    KIND_CONTAINS: Relation.Kind
    KIND_DISJOINT: Relation.Kind
    KIND_EQUALS: Relation.Kind
    KIND_OVERLAPS: Relation.Kind
    KIND_NEAR: Relation.Kind
    KIND_FAR: Relation.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    GEOMETRY_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_M_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    kind: Relation.Kind
    geometry: str
    distance_m: float
    attribute: str
    def __init__(self, kind: _Optional[_Union[Relation.Kind, str]] = ..., geometry: _Optional[str] = ..., distance_m: _Optional[float] = ..., attribute: _Optional[str] = ...) -> None: ...

class HeightRange(_message.Message):
    __slots__ = ("reference", "min_m", "max_m")
    class Reference(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REFERENCE_UNSPECIFIED: _ClassVar[HeightRange.Reference]
        REFERENCE_DATUM: _ClassVar[HeightRange.Reference]
        REFERENCE_ABOVE_GROUND: _ClassVar[HeightRange.Reference]
    REFERENCE_UNSPECIFIED: HeightRange.Reference
    REFERENCE_DATUM: HeightRange.Reference
    REFERENCE_ABOVE_GROUND: HeightRange.Reference
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    MIN_M_FIELD_NUMBER: _ClassVar[int]
    MAX_M_FIELD_NUMBER: _ClassVar[int]
    reference: HeightRange.Reference
    min_m: float
    max_m: float
    def __init__(self, reference: _Optional[_Union[HeightRange.Reference, str]] = ..., min_m: _Optional[float] = ..., max_m: _Optional[float] = ...) -> None: ...

class Box3d(_message.Message):
    __slots__ = ("crs", "min_x", "min_y", "min_z", "max_x", "max_y", "max_z")
    CRS_FIELD_NUMBER: _ClassVar[int]
    MIN_X_FIELD_NUMBER: _ClassVar[int]
    MIN_Y_FIELD_NUMBER: _ClassVar[int]
    MIN_Z_FIELD_NUMBER: _ClassVar[int]
    MAX_X_FIELD_NUMBER: _ClassVar[int]
    MAX_Y_FIELD_NUMBER: _ClassVar[int]
    MAX_Z_FIELD_NUMBER: _ClassVar[int]
    crs: str
    min_x: float
    min_y: float
    min_z: float
    max_x: float
    max_y: float
    max_z: float
    def __init__(self, crs: _Optional[str] = ..., min_x: _Optional[float] = ..., min_y: _Optional[float] = ..., min_z: _Optional[float] = ..., max_x: _Optional[float] = ..., max_y: _Optional[float] = ..., max_z: _Optional[float] = ...) -> None: ...

class Nearest(_message.Message):
    __slots__ = ("crs", "x", "y", "z", "count", "radius_m")
    CRS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    RADIUS_M_FIELD_NUMBER: _ClassVar[int]
    crs: str
    x: float
    y: float
    z: float
    count: int
    radius_m: float
    def __init__(self, crs: _Optional[str] = ..., x: _Optional[float] = ..., y: _Optional[float] = ..., z: _Optional[float] = ..., count: _Optional[int] = ..., radius_m: _Optional[float] = ...) -> None: ...

class QueryEntitiesRequest(_message.Message):
    __slots__ = ("type", "filters", "bounding_box", "circle", "relation", "box_3d", "nearest", "page_size", "page_token", "dataset", "q", "scope_q", "cql2", "heights", "pick", "omit", "language", "order_by", "as_of", "scenario", "layer", "under")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    CIRCLE_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    BOX_3D_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    Q_FIELD_NUMBER: _ClassVar[int]
    SCOPE_Q_FIELD_NUMBER: _ClassVar[int]
    CQL2_FIELD_NUMBER: _ClassVar[int]
    HEIGHTS_FIELD_NUMBER: _ClassVar[int]
    PICK_FIELD_NUMBER: _ClassVar[int]
    OMIT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    UNDER_FIELD_NUMBER: _ClassVar[int]
    type: str
    filters: _containers.RepeatedCompositeFieldContainer[AttributeFilter]
    bounding_box: _types_pb2.BoundingBox
    circle: _types_pb2.Circle
    relation: Relation
    box_3d: Box3d
    nearest: Nearest
    page_size: int
    page_token: str
    dataset: str
    q: str
    scope_q: str
    cql2: str
    heights: HeightRange
    pick: _containers.RepeatedScalarFieldContainer[str]
    omit: _containers.RepeatedScalarFieldContainer[str]
    language: str
    order_by: str
    as_of: str
    scenario: str
    layer: str
    under: str
    def __init__(self, type: _Optional[str] = ..., filters: _Optional[_Iterable[_Union[AttributeFilter, _Mapping]]] = ..., bounding_box: _Optional[_Union[_types_pb2.BoundingBox, _Mapping]] = ..., circle: _Optional[_Union[_types_pb2.Circle, _Mapping]] = ..., relation: _Optional[_Union[Relation, _Mapping]] = ..., box_3d: _Optional[_Union[Box3d, _Mapping]] = ..., nearest: _Optional[_Union[Nearest, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., dataset: _Optional[str] = ..., q: _Optional[str] = ..., scope_q: _Optional[str] = ..., cql2: _Optional[str] = ..., heights: _Optional[_Union[HeightRange, _Mapping]] = ..., pick: _Optional[_Iterable[str]] = ..., omit: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., order_by: _Optional[str] = ..., as_of: _Optional[str] = ..., scenario: _Optional[str] = ..., layer: _Optional[str] = ..., under: _Optional[str] = ...) -> None: ...

class QueryEntitiesResponse(_message.Message):
    __slots__ = ("entities", "next_page_token", "datasets", "nothing_loaded")
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    NOTHING_LOADED_FIELD_NUMBER: _ClassVar[int]
    entities: _containers.RepeatedCompositeFieldContainer[_types_pb2.Entity]
    next_page_token: str
    datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
    nothing_loaded: bool
    def __init__(self, entities: _Optional[_Iterable[_Union[_types_pb2.Entity, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ..., nothing_loaded: _Optional[bool] = ...) -> None: ...

class BatchGetEntitiesRequest(_message.Message):
    __slots__ = ("ids", "as_of", "scenario")
    IDS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    as_of: str
    scenario: str
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., as_of: _Optional[str] = ..., scenario: _Optional[str] = ...) -> None: ...

class BatchGetEntitiesResponse(_message.Message):
    __slots__ = ("entities", "missing", "datasets")
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    entities: _containers.RepeatedCompositeFieldContainer[_types_pb2.Entity]
    missing: _containers.RepeatedScalarFieldContainer[str]
    datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
    def __init__(self, entities: _Optional[_Iterable[_Union[_types_pb2.Entity, _Mapping]]] = ..., missing: _Optional[_Iterable[str]] = ..., datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ...) -> None: ...

class CountEntitiesResponse(_message.Message):
    __slots__ = ("count", "types")
    class TypeCount(_message.Message):
        __slots__ = ("type", "count")
        TYPE_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        type: str
        count: int
        def __init__(self, type: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...
    COUNT_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    count: int
    types: _containers.RepeatedCompositeFieldContainer[CountEntitiesResponse.TypeCount]
    def __init__(self, count: _Optional[int] = ..., types: _Optional[_Iterable[_Union[CountEntitiesResponse.TypeCount, _Mapping]]] = ...) -> None: ...

class ListTypesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTypesResponse(_message.Message):
    __slots__ = ("types", "next_page_token")
    class EntityType(_message.Message):
        __slots__ = ("type", "count", "attributes")
        TYPE_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
        type: str
        count: int
        attributes: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, type: _Optional[str] = ..., count: _Optional[int] = ..., attributes: _Optional[_Iterable[str]] = ...) -> None: ...
    TYPES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    types: _containers.RepeatedCompositeFieldContainer[ListTypesResponse.EntityType]
    next_page_token: str
    def __init__(self, types: _Optional[_Iterable[_Union[ListTypesResponse.EntityType, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListAttributesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAttributesResponse(_message.Message):
    __slots__ = ("attributes", "next_page_token")
    class Attribute(_message.Message):
        __slots__ = ("name", "count", "types", "kinds")
        NAME_FIELD_NUMBER: _ClassVar[int]
        COUNT_FIELD_NUMBER: _ClassVar[int]
        TYPES_FIELD_NUMBER: _ClassVar[int]
        KINDS_FIELD_NUMBER: _ClassVar[int]
        name: str
        count: int
        types: _containers.RepeatedScalarFieldContainer[str]
        kinds: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, name: _Optional[str] = ..., count: _Optional[int] = ..., types: _Optional[_Iterable[str]] = ..., kinds: _Optional[_Iterable[str]] = ...) -> None: ...
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    attributes: _containers.RepeatedCompositeFieldContainer[ListAttributesResponse.Attribute]
    next_page_token: str
    def __init__(self, attributes: _Optional[_Iterable[_Union[ListAttributesResponse.Attribute, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SubscribeEntitiesRequest(_message.Message):
    __slots__ = ("query", "cursor", "with_entities")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    WITH_ENTITIES_FIELD_NUMBER: _ClassVar[int]
    query: QueryEntitiesRequest
    cursor: str
    with_entities: bool
    def __init__(self, query: _Optional[_Union[QueryEntitiesRequest, _Mapping]] = ..., cursor: _Optional[str] = ..., with_entities: _Optional[bool] = ...) -> None: ...

class SubscribeEntitiesResponse(_message.Message):
    __slots__ = ("change", "id", "type", "time", "cursor", "entity")
    class Change(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CHANGE_UNSPECIFIED: _ClassVar[SubscribeEntitiesResponse.Change]
        CHANGE_CREATED: _ClassVar[SubscribeEntitiesResponse.Change]
        CHANGE_REPLACED: _ClassVar[SubscribeEntitiesResponse.Change]
        CHANGE_DELETED: _ClassVar[SubscribeEntitiesResponse.Change]
        CHANGE_NONE: _ClassVar[SubscribeEntitiesResponse.Change]
    CHANGE_UNSPECIFIED: SubscribeEntitiesResponse.Change
    CHANGE_CREATED: SubscribeEntitiesResponse.Change
    CHANGE_REPLACED: SubscribeEntitiesResponse.Change
    CHANGE_DELETED: SubscribeEntitiesResponse.Change
    CHANGE_NONE: SubscribeEntitiesResponse.Change
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    change: SubscribeEntitiesResponse.Change
    id: str
    type: str
    time: str
    cursor: str
    entity: _types_pb2.Entity
    def __init__(self, change: _Optional[_Union[SubscribeEntitiesResponse.Change, str]] = ..., id: _Optional[str] = ..., type: _Optional[str] = ..., time: _Optional[str] = ..., cursor: _Optional[str] = ..., entity: _Optional[_Union[_types_pb2.Entity, _Mapping]] = ...) -> None: ...

class ExportEntitiesRequest(_message.Message):
    __slots__ = ("query", "format", "surfaces")
    class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FORMAT_UNSPECIFIED: _ClassVar[ExportEntitiesRequest.Format]
        FORMAT_CITYJSON_SEQ: _ClassVar[ExportEntitiesRequest.Format]
        FORMAT_GEOJSON: _ClassVar[ExportEntitiesRequest.Format]
        FORMAT_GLTF: _ClassVar[ExportEntitiesRequest.Format]
    FORMAT_UNSPECIFIED: ExportEntitiesRequest.Format
    FORMAT_CITYJSON_SEQ: ExportEntitiesRequest.Format
    FORMAT_GEOJSON: ExportEntitiesRequest.Format
    FORMAT_GLTF: ExportEntitiesRequest.Format
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SURFACES_FIELD_NUMBER: _ClassVar[int]
    query: QueryEntitiesRequest
    format: ExportEntitiesRequest.Format
    surfaces: bool
    def __init__(self, query: _Optional[_Union[QueryEntitiesRequest, _Mapping]] = ..., format: _Optional[_Union[ExportEntitiesRequest.Format, str]] = ..., surfaces: _Optional[bool] = ...) -> None: ...

class ExportEntitiesResponse(_message.Message):
    __slots__ = ("chunk", "summary")
    class Summary(_message.Message):
        __slots__ = ("entities", "sha256", "losses", "datasets")
        ENTITIES_FIELD_NUMBER: _ClassVar[int]
        SHA256_FIELD_NUMBER: _ClassVar[int]
        LOSSES_FIELD_NUMBER: _ClassVar[int]
        DATASETS_FIELD_NUMBER: _ClassVar[int]
        entities: int
        sha256: str
        losses: _containers.RepeatedCompositeFieldContainer[_types_pb2.Loss]
        datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
        def __init__(self, entities: _Optional[int] = ..., sha256: _Optional[str] = ..., losses: _Optional[_Iterable[_Union[_types_pb2.Loss, _Mapping]]] = ..., datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ...) -> None: ...
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    summary: ExportEntitiesResponse.Summary
    def __init__(self, chunk: _Optional[bytes] = ..., summary: _Optional[_Union[ExportEntitiesResponse.Summary, _Mapping]] = ...) -> None: ...

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
        __slots__ = ("dataset", "format", "assumed_crs", "assumed_vertical_datum", "size_bytes", "request_id", "type", "mapping", "resume")
        class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            FORMAT_UNSPECIFIED: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_CITYJSON: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_CITYJSON_SEQ: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_NGSI_LD: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_CITYGML: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_GEOJSON: _ClassVar[LoadEntitiesRequest.Header.Format]
            FORMAT_CSV: _ClassVar[LoadEntitiesRequest.Header.Format]
        FORMAT_UNSPECIFIED: LoadEntitiesRequest.Header.Format
        FORMAT_CITYJSON: LoadEntitiesRequest.Header.Format
        FORMAT_CITYJSON_SEQ: LoadEntitiesRequest.Header.Format
        FORMAT_NGSI_LD: LoadEntitiesRequest.Header.Format
        FORMAT_CITYGML: LoadEntitiesRequest.Header.Format
        FORMAT_GEOJSON: LoadEntitiesRequest.Header.Format
        FORMAT_CSV: LoadEntitiesRequest.Header.Format
        DATASET_FIELD_NUMBER: _ClassVar[int]
        FORMAT_FIELD_NUMBER: _ClassVar[int]
        ASSUMED_CRS_FIELD_NUMBER: _ClassVar[int]
        ASSUMED_VERTICAL_DATUM_FIELD_NUMBER: _ClassVar[int]
        SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        TYPE_FIELD_NUMBER: _ClassVar[int]
        MAPPING_FIELD_NUMBER: _ClassVar[int]
        RESUME_FIELD_NUMBER: _ClassVar[int]
        dataset: str
        format: LoadEntitiesRequest.Header.Format
        assumed_crs: str
        assumed_vertical_datum: str
        size_bytes: int
        request_id: str
        type: str
        mapping: str
        resume: bool
        def __init__(self, dataset: _Optional[str] = ..., format: _Optional[_Union[LoadEntitiesRequest.Header.Format, str]] = ..., assumed_crs: _Optional[str] = ..., assumed_vertical_datum: _Optional[str] = ..., size_bytes: _Optional[int] = ..., request_id: _Optional[str] = ..., type: _Optional[str] = ..., mapping: _Optional[str] = ..., resume: _Optional[bool] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: LoadEntitiesRequest.Header
    chunk: bytes
    def __init__(self, header: _Optional[_Union[LoadEntitiesRequest.Header, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class LoadEntitiesResponse(_message.Message):
    __slots__ = ("read", "created", "replaced", "unchanged", "refused", "flagged", "refusals", "losses", "done", "total", "new_refusals", "resumed")
    class Refusal(_message.Message):
        __slots__ = ("source_id", "path", "reason", "remedy")
        SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
        PATH_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        REMEDY_FIELD_NUMBER: _ClassVar[int]
        source_id: str
        path: str
        reason: str
        remedy: str
        def __init__(self, source_id: _Optional[str] = ..., path: _Optional[str] = ..., reason: _Optional[str] = ..., remedy: _Optional[str] = ...) -> None: ...
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
    NEW_REFUSALS_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
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
    new_refusals: _containers.RepeatedCompositeFieldContainer[LoadEntitiesResponse.Refusal]
    resumed: int
    def __init__(self, read: _Optional[int] = ..., created: _Optional[int] = ..., replaced: _Optional[int] = ..., unchanged: _Optional[int] = ..., refused: _Optional[int] = ..., flagged: _Optional[int] = ..., refusals: _Optional[_Iterable[_Union[LoadEntitiesResponse.Refusal, _Mapping]]] = ..., losses: _Optional[_Iterable[_Union[_types_pb2.Loss, _Mapping]]] = ..., done: _Optional[bool] = ..., total: _Optional[int] = ..., new_refusals: _Optional[_Iterable[_Union[LoadEntitiesResponse.Refusal, _Mapping]]] = ..., resumed: _Optional[int] = ...) -> None: ...

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
