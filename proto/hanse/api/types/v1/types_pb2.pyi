# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Entity(_message.Message):
    __slots__ = ("id", "type", "contract", "revision", "json", "dataset")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: str
    contract: str
    revision: str
    json: bytes
    dataset: str
    def __init__(self, id: _Optional[str] = ..., type: _Optional[str] = ..., contract: _Optional[str] = ..., revision: _Optional[str] = ..., json: _Optional[bytes] = ..., dataset: _Optional[str] = ...) -> None: ...

class Dataset(_message.Message):
    __slots__ = ("id", "title", "owner", "licence", "terms", "jurisdiction", "crs", "vertical_datum_source", "vertical_datum")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    JURISDICTION_FIELD_NUMBER: _ClassVar[int]
    CRS_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_DATUM_SOURCE_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_DATUM_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    owner: str
    licence: str
    terms: str
    jurisdiction: str
    crs: str
    vertical_datum_source: str
    vertical_datum: str
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., owner: _Optional[str] = ..., licence: _Optional[str] = ..., terms: _Optional[str] = ..., jurisdiction: _Optional[str] = ..., crs: _Optional[str] = ..., vertical_datum_source: _Optional[str] = ..., vertical_datum: _Optional[str] = ...) -> None: ...

class SourceAnswer(_message.Message):
    __slots__ = ("city", "state", "as_of", "count", "snapshot_sha256", "exchange_id", "detail", "datasets")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[SourceAnswer.State]
        STATE_ANSWERED: _ClassVar[SourceAnswer.State]
        STATE_PARTIAL: _ClassVar[SourceAnswer.State]
        STATE_REFUSED: _ClassVar[SourceAnswer.State]
        STATE_TIMED_OUT: _ClassVar[SourceAnswer.State]
        STATE_UNAVAILABLE: _ClassVar[SourceAnswer.State]
        STATE_NOT_ASKED: _ClassVar[SourceAnswer.State]
    STATE_UNSPECIFIED: SourceAnswer.State
    STATE_ANSWERED: SourceAnswer.State
    STATE_PARTIAL: SourceAnswer.State
    STATE_REFUSED: SourceAnswer.State
    STATE_TIMED_OUT: SourceAnswer.State
    STATE_UNAVAILABLE: SourceAnswer.State
    STATE_NOT_ASKED: SourceAnswer.State
    CITY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_SHA256_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    city: str
    state: SourceAnswer.State
    as_of: str
    count: int
    snapshot_sha256: str
    exchange_id: str
    detail: str
    datasets: _containers.RepeatedCompositeFieldContainer[Dataset]
    def __init__(self, city: _Optional[str] = ..., state: _Optional[_Union[SourceAnswer.State, str]] = ..., as_of: _Optional[str] = ..., count: _Optional[int] = ..., snapshot_sha256: _Optional[str] = ..., exchange_id: _Optional[str] = ..., detail: _Optional[str] = ..., datasets: _Optional[_Iterable[_Union[Dataset, _Mapping]]] = ...) -> None: ...

class Loss(_message.Message):
    __slots__ = ("kind", "path", "detail")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Loss.Kind]
        KIND_DROPPED: _ClassVar[Loss.Kind]
        KIND_DEFAULTED: _ClassVar[Loss.Kind]
        KIND_NARROWED: _ClassVar[Loss.Kind]
        KIND_PRECISION: _ClassVar[Loss.Kind]
        KIND_UNMAPPED: _ClassVar[Loss.Kind]
        KIND_LANGUAGE_DROPPED: _ClassVar[Loss.Kind]
    KIND_UNSPECIFIED: Loss.Kind
    KIND_DROPPED: Loss.Kind
    KIND_DEFAULTED: Loss.Kind
    KIND_NARROWED: Loss.Kind
    KIND_PRECISION: Loss.Kind
    KIND_UNMAPPED: Loss.Kind
    KIND_LANGUAGE_DROPPED: Loss.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    kind: Loss.Kind
    path: str
    detail: str
    def __init__(self, kind: _Optional[_Union[Loss.Kind, str]] = ..., path: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class BoundingBox(_message.Message):
    __slots__ = ("crs", "min_x", "min_y", "max_x", "max_y")
    CRS_FIELD_NUMBER: _ClassVar[int]
    MIN_X_FIELD_NUMBER: _ClassVar[int]
    MIN_Y_FIELD_NUMBER: _ClassVar[int]
    MAX_X_FIELD_NUMBER: _ClassVar[int]
    MAX_Y_FIELD_NUMBER: _ClassVar[int]
    crs: str
    min_x: float
    min_y: float
    max_x: float
    max_y: float
    def __init__(self, crs: _Optional[str] = ..., min_x: _Optional[float] = ..., min_y: _Optional[float] = ..., max_x: _Optional[float] = ..., max_y: _Optional[float] = ...) -> None: ...

class Circle(_message.Message):
    __slots__ = ("crs", "x", "y", "radius_m")
    CRS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    RADIUS_M_FIELD_NUMBER: _ClassVar[int]
    crs: str
    x: float
    y: float
    radius_m: float
    def __init__(self, crs: _Optional[str] = ..., x: _Optional[float] = ..., y: _Optional[float] = ..., radius_m: _Optional[float] = ...) -> None: ...
