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

class UploadModelRequest(_message.Message):
    __slots__ = ("header", "chunk")
    class Header(_message.Message):
        __slots__ = ("filename", "size_bytes", "sha256", "request_id")
        FILENAME_FIELD_NUMBER: _ClassVar[int]
        SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
        SHA256_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        filename: str
        size_bytes: int
        sha256: str
        request_id: str
        def __init__(self, filename: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: UploadModelRequest.Header
    chunk: bytes
    def __init__(self, header: _Optional[_Union[UploadModelRequest.Header, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("id", "filename", "size_bytes", "sha256", "schema", "create_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    filename: str
    size_bytes: int
    sha256: str
    schema: str
    create_time: str
    def __init__(self, id: _Optional[str] = ..., filename: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., schema: _Optional[str] = ..., create_time: _Optional[str] = ...) -> None: ...

class CreateCheckRequest(_message.Message):
    __slots__ = ("model", "zoning", "as_of_date", "neighbours", "purpose", "request_id", "neighbour_timeout_ms")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ZONING_FIELD_NUMBER: _ClassVar[int]
    AS_OF_DATE_FIELD_NUMBER: _ClassVar[int]
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NEIGHBOUR_TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    model: str
    zoning: str
    as_of_date: str
    neighbours: _containers.RepeatedScalarFieldContainer[str]
    purpose: str
    request_id: str
    neighbour_timeout_ms: int
    def __init__(self, model: _Optional[str] = ..., zoning: _Optional[str] = ..., as_of_date: _Optional[str] = ..., neighbours: _Optional[_Iterable[str]] = ..., purpose: _Optional[str] = ..., request_id: _Optional[str] = ..., neighbour_timeout_ms: _Optional[int] = ...) -> None: ...

class Check(_message.Message):
    __slots__ = ("id", "state", "step", "percent", "create_time", "update_time", "verdict", "outdated", "outdated_reason", "error_reason", "error_detail", "sources", "model", "sequence")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Check.State]
        STATE_QUEUED: _ClassVar[Check.State]
        STATE_RUNNING: _ClassVar[Check.State]
        STATE_SUCCEEDED: _ClassVar[Check.State]
        STATE_FAILED: _ClassVar[Check.State]
        STATE_CANCELLED: _ClassVar[Check.State]
        STATE_ABORTED: _ClassVar[Check.State]
    STATE_UNSPECIFIED: Check.State
    STATE_QUEUED: Check.State
    STATE_RUNNING: Check.State
    STATE_SUCCEEDED: Check.State
    STATE_FAILED: Check.State
    STATE_CANCELLED: Check.State
    STATE_ABORTED: Check.State
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    OUTDATED_FIELD_NUMBER: _ClassVar[int]
    OUTDATED_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_DETAIL_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: Check.State
    step: str
    percent: int
    create_time: str
    update_time: str
    verdict: str
    outdated: bool
    outdated_reason: str
    error_reason: str
    error_detail: str
    sources: _containers.RepeatedCompositeFieldContainer[_types_pb2.SourceAnswer]
    model: str
    sequence: int
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[Check.State, str]] = ..., step: _Optional[str] = ..., percent: _Optional[int] = ..., create_time: _Optional[str] = ..., update_time: _Optional[str] = ..., verdict: _Optional[str] = ..., outdated: _Optional[bool] = ..., outdated_reason: _Optional[str] = ..., error_reason: _Optional[str] = ..., error_detail: _Optional[str] = ..., sources: _Optional[_Iterable[_Union[_types_pb2.SourceAnswer, _Mapping]]] = ..., model: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetCheckRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class WatchCheckRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelCheckRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetReportRequest(_message.Message):
    __slots__ = ("check", "format", "language")
    class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FORMAT_UNSPECIFIED: _ClassVar[GetReportRequest.Format]
        FORMAT_JSON: _ClassVar[GetReportRequest.Format]
        FORMAT_HTML: _ClassVar[GetReportRequest.Format]
        FORMAT_PLAN_SVG: _ClassVar[GetReportRequest.Format]
        FORMAT_VIEW_SVG: _ClassVar[GetReportRequest.Format]
    FORMAT_UNSPECIFIED: GetReportRequest.Format
    FORMAT_JSON: GetReportRequest.Format
    FORMAT_HTML: GetReportRequest.Format
    FORMAT_PLAN_SVG: GetReportRequest.Format
    FORMAT_VIEW_SVG: GetReportRequest.Format
    CHECK_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    check: str
    format: GetReportRequest.Format
    language: str
    def __init__(self, check: _Optional[str] = ..., format: _Optional[_Union[GetReportRequest.Format, str]] = ..., language: _Optional[str] = ...) -> None: ...

class GetReportResponse(_message.Message):
    __slots__ = ("media_type", "chunk")
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    media_type: str
    chunk: bytes
    def __init__(self, media_type: _Optional[str] = ..., chunk: _Optional[bytes] = ...) -> None: ...
