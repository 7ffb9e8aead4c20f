# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from hanse.api.types.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TranslateOptions(_message.Message):
    __slots__ = ("target_crs", "language", "authority", "assumed_vertical_datum")
    TARGET_CRS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_VERTICAL_DATUM_FIELD_NUMBER: _ClassVar[int]
    target_crs: str
    language: str
    authority: str
    assumed_vertical_datum: str
    def __init__(self, target_crs: _Optional[str] = ..., language: _Optional[str] = ..., authority: _Optional[str] = ..., assumed_vertical_datum: _Optional[str] = ...) -> None: ...

class TranslateRequest(_message.Message):
    __slots__ = ("source_contract", "target_contract", "document", "options", "datasets")
    SOURCE_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    TARGET_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    source_contract: str
    target_contract: str
    document: bytes
    options: TranslateOptions
    datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
    def __init__(self, source_contract: _Optional[str] = ..., target_contract: _Optional[str] = ..., document: _Optional[bytes] = ..., options: _Optional[_Union[TranslateOptions, _Mapping]] = ..., datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ...) -> None: ...

class TranslateResponse(_message.Message):
    __slots__ = ("contract", "revision", "document", "losses", "count", "datasets")
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    contract: str
    revision: str
    document: bytes
    losses: _containers.RepeatedCompositeFieldContainer[_types_pb2.Loss]
    count: int
    datasets: _containers.RepeatedCompositeFieldContainer[_types_pb2.Dataset]
    def __init__(self, contract: _Optional[str] = ..., revision: _Optional[str] = ..., document: _Optional[bytes] = ..., losses: _Optional[_Iterable[_Union[_types_pb2.Loss, _Mapping]]] = ..., count: _Optional[int] = ..., datasets: _Optional[_Iterable[_Union[_types_pb2.Dataset, _Mapping]]] = ...) -> None: ...

class TranslateStreamRequest(_message.Message):
    __slots__ = ("id", "request")
    ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    id: str
    request: TranslateRequest
    def __init__(self, id: _Optional[str] = ..., request: _Optional[_Union[TranslateRequest, _Mapping]] = ...) -> None: ...

class TranslateStreamResponse(_message.Message):
    __slots__ = ("id", "response", "error_reason", "error_detail")
    ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_DETAIL_FIELD_NUMBER: _ClassVar[int]
    id: str
    response: TranslateResponse
    error_reason: str
    error_detail: str
    def __init__(self, id: _Optional[str] = ..., response: _Optional[_Union[TranslateResponse, _Mapping]] = ..., error_reason: _Optional[str] = ..., error_detail: _Optional[str] = ...) -> None: ...

class ListTranslationsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Translation(_message.Message):
    __slots__ = ("source_contract", "target_contract", "static_losses")
    SOURCE_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    TARGET_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    STATIC_LOSSES_FIELD_NUMBER: _ClassVar[int]
    source_contract: str
    target_contract: str
    static_losses: _containers.RepeatedCompositeFieldContainer[_types_pb2.Loss]
    def __init__(self, source_contract: _Optional[str] = ..., target_contract: _Optional[str] = ..., static_losses: _Optional[_Iterable[_Union[_types_pb2.Loss, _Mapping]]] = ...) -> None: ...

class ListTranslationsResponse(_message.Message):
    __slots__ = ("translations",)
    TRANSLATIONS_FIELD_NUMBER: _ClassVar[int]
    translations: _containers.RepeatedCompositeFieldContainer[Translation]
    def __init__(self, translations: _Optional[_Iterable[_Union[Translation, _Mapping]]] = ...) -> None: ...

class TransformCoordinatesRequest(_message.Message):
    __slots__ = ("source_crs", "target_crs", "coordinates", "assumed_vertical_datum")
    SOURCE_CRS_FIELD_NUMBER: _ClassVar[int]
    TARGET_CRS_FIELD_NUMBER: _ClassVar[int]
    COORDINATES_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_VERTICAL_DATUM_FIELD_NUMBER: _ClassVar[int]
    source_crs: str
    target_crs: str
    coordinates: _containers.RepeatedScalarFieldContainer[float]
    assumed_vertical_datum: str
    def __init__(self, source_crs: _Optional[str] = ..., target_crs: _Optional[str] = ..., coordinates: _Optional[_Iterable[float]] = ..., assumed_vertical_datum: _Optional[str] = ...) -> None: ...

class TransformCoordinatesResponse(_message.Message):
    __slots__ = ("coordinates", "accuracy_m", "height_note")
    COORDINATES_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_M_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_NOTE_FIELD_NUMBER: _ClassVar[int]
    coordinates: _containers.RepeatedScalarFieldContainer[float]
    accuracy_m: float
    height_note: str
    def __init__(self, coordinates: _Optional[_Iterable[float]] = ..., accuracy_m: _Optional[float] = ..., height_note: _Optional[str] = ...) -> None: ...

class GetLabelsRequest(_message.Message):
    __slots__ = ("keys", "language")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[str]
    language: str
    def __init__(self, keys: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ("key", "text", "language", "rung")
    KEY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    key: str
    text: str
    language: str
    rung: str
    def __init__(self, key: _Optional[str] = ..., text: _Optional[str] = ..., language: _Optional[str] = ..., rung: _Optional[str] = ...) -> None: ...

class GetLabelsResponse(_message.Message):
    __slots__ = ("labels",)
    LABELS_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    def __init__(self, labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ...) -> None: ...
