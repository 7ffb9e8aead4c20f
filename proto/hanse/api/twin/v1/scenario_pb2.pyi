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

class Scenario(_message.Message):
    __slots__ = ("id", "name", "created", "added", "replaced", "removed")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    created: str
    added: int
    replaced: int
    removed: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., created: _Optional[str] = ..., added: _Optional[int] = ..., replaced: _Optional[int] = ..., removed: _Optional[int] = ...) -> None: ...

class CreateScenarioRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetScenarioRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListScenariosRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListScenariosResponse(_message.Message):
    __slots__ = ("scenarios", "next_page_token")
    SCENARIOS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    scenarios: _containers.RepeatedCompositeFieldContainer[Scenario]
    next_page_token: str
    def __init__(self, scenarios: _Optional[_Iterable[_Union[Scenario, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class EditScenarioRequest(_message.Message):
    __slots__ = ("scenario", "put", "remove")
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    PUT_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    scenario: str
    put: _twin_pb2.UpsertEntitiesRequest
    remove: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, scenario: _Optional[str] = ..., put: _Optional[_Union[_twin_pb2.UpsertEntitiesRequest, _Mapping]] = ..., remove: _Optional[_Iterable[str]] = ...) -> None: ...

class EditScenarioResponse(_message.Message):
    __slots__ = ("committed", "results")
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    committed: bool
    results: _containers.RepeatedCompositeFieldContainer[_twin_pb2.ItemResult]
    def __init__(self, committed: _Optional[bool] = ..., results: _Optional[_Iterable[_Union[_twin_pb2.ItemResult, _Mapping]]] = ...) -> None: ...

class CompareScenarioRequest(_message.Message):
    __slots__ = ("scenario", "sun_date", "radius_m")
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    SUN_DATE_FIELD_NUMBER: _ClassVar[int]
    RADIUS_M_FIELD_NUMBER: _ClassVar[int]
    scenario: str
    sun_date: str
    radius_m: float
    def __init__(self, scenario: _Optional[str] = ..., sun_date: _Optional[str] = ..., radius_m: _Optional[float] = ...) -> None: ...

class CompareScenarioResponse(_message.Message):
    __slots__ = ("differences", "sunlight")
    class Change(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CHANGE_UNSPECIFIED: _ClassVar[CompareScenarioResponse.Change]
        CHANGE_ADDED: _ClassVar[CompareScenarioResponse.Change]
        CHANGE_REPLACED: _ClassVar[CompareScenarioResponse.Change]
        CHANGE_REMOVED: _ClassVar[CompareScenarioResponse.Change]
    CHANGE_UNSPECIFIED: CompareScenarioResponse.Change
    CHANGE_ADDED: CompareScenarioResponse.Change
    CHANGE_REPLACED: CompareScenarioResponse.Change
    CHANGE_REMOVED: CompareScenarioResponse.Change
    class Difference(_message.Message):
        __slots__ = ("change", "id", "type", "attributes")
        CHANGE_FIELD_NUMBER: _ClassVar[int]
        ID_FIELD_NUMBER: _ClassVar[int]
        TYPE_FIELD_NUMBER: _ClassVar[int]
        ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
        change: CompareScenarioResponse.Change
        id: str
        type: str
        attributes: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, change: _Optional[_Union[CompareScenarioResponse.Change, str]] = ..., id: _Optional[str] = ..., type: _Optional[str] = ..., attributes: _Optional[_Iterable[str]] = ...) -> None: ...
    class Sunlight(_message.Message):
        __slots__ = ("id", "hours_today", "hours_then")
        ID_FIELD_NUMBER: _ClassVar[int]
        HOURS_TODAY_FIELD_NUMBER: _ClassVar[int]
        HOURS_THEN_FIELD_NUMBER: _ClassVar[int]
        id: str
        hours_today: float
        hours_then: float
        def __init__(self, id: _Optional[str] = ..., hours_today: _Optional[float] = ..., hours_then: _Optional[float] = ...) -> None: ...
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    SUNLIGHT_FIELD_NUMBER: _ClassVar[int]
    differences: _containers.RepeatedCompositeFieldContainer[CompareScenarioResponse.Difference]
    sunlight: _containers.RepeatedCompositeFieldContainer[CompareScenarioResponse.Sunlight]
    def __init__(self, differences: _Optional[_Iterable[_Union[CompareScenarioResponse.Difference, _Mapping]]] = ..., sunlight: _Optional[_Iterable[_Union[CompareScenarioResponse.Sunlight, _Mapping]]] = ...) -> None: ...

class KeepScenarioRequest(_message.Message):
    __slots__ = ("scenario",)
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    scenario: str
    def __init__(self, scenario: _Optional[str] = ...) -> None: ...

class KeepScenarioResponse(_message.Message):
    __slots__ = ("created", "replaced", "deleted")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    created: int
    replaced: int
    deleted: int
    def __init__(self, created: _Optional[int] = ..., replaced: _Optional[int] = ..., deleted: _Optional[int] = ...) -> None: ...

class DeleteScenarioRequest(_message.Message):
    __slots__ = ("scenario",)
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    scenario: str
    def __init__(self, scenario: _Optional[str] = ...) -> None: ...

class DeleteScenarioResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
