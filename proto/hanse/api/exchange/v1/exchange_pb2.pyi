# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallRequest(_message.Message):
    __slots__ = ("envelope", "payload", "subject_token")
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    envelope: str
    payload: bytes
    subject_token: str
    def __init__(self, envelope: _Optional[str] = ..., payload: _Optional[bytes] = ..., subject_token: _Optional[str] = ...) -> None: ...

class CallResponse(_message.Message):
    __slots__ = ("answer", "payload", "error")
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    answer: str
    payload: bytes
    error: bytes
    def __init__(self, answer: _Optional[str] = ..., payload: _Optional[bytes] = ..., error: _Optional[bytes] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("opening", "message", "closing")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CLOSING_FIELD_NUMBER: _ClassVar[int]
    opening: Opening
    message: bytes
    closing: Closing
    def __init__(self, opening: _Optional[_Union[Opening, _Mapping]] = ..., message: _Optional[bytes] = ..., closing: _Optional[_Union[Closing, _Mapping]] = ...) -> None: ...

class Opening(_message.Message):
    __slots__ = ("jws", "subject_token")
    JWS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jws: str
    subject_token: str
    def __init__(self, jws: _Optional[str] = ..., subject_token: _Optional[str] = ...) -> None: ...

class Closing(_message.Message):
    __slots__ = ("jws", "error")
    JWS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    jws: str
    error: bytes
    def __init__(self, jws: _Optional[str] = ..., error: _Optional[bytes] = ...) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    def __init__(self, json: _Optional[bytes] = ...) -> None: ...

class GetPeerCheckpointRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetReceiptRequest(_message.Message):
    __slots__ = ("exchange_id",)
    EXCHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    exchange_id: str
    def __init__(self, exchange_id: _Optional[str] = ...) -> None: ...

class GetReceiptResponse(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    def __init__(self, json: _Optional[bytes] = ...) -> None: ...

class GetCheckpointRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProofRequest(_message.Message):
    __slots__ = ("exchange_id", "wait_ms")
    EXCHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    exchange_id: str
    wait_ms: int
    def __init__(self, exchange_id: _Optional[str] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class GetProofResponse(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    def __init__(self, json: _Optional[bytes] = ...) -> None: ...

class ListExchangesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "city")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    city: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., city: _Optional[str] = ...) -> None: ...

class ExchangeRecord(_message.Message):
    __slots__ = ("id", "role", "city", "method", "purpose", "state", "create_time", "status", "leaf_index")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[ExchangeRecord.State]
        STATE_OPEN: _ClassVar[ExchangeRecord.State]
        STATE_COMPLETE: _ClassVar[ExchangeRecord.State]
        STATE_BROKEN: _ClassVar[ExchangeRecord.State]
    STATE_UNSPECIFIED: ExchangeRecord.State
    STATE_OPEN: ExchangeRecord.State
    STATE_COMPLETE: ExchangeRecord.State
    STATE_BROKEN: ExchangeRecord.State
    ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LEAF_INDEX_FIELD_NUMBER: _ClassVar[int]
    id: str
    role: str
    city: str
    method: str
    purpose: str
    state: ExchangeRecord.State
    create_time: str
    status: str
    leaf_index: int
    def __init__(self, id: _Optional[str] = ..., role: _Optional[str] = ..., city: _Optional[str] = ..., method: _Optional[str] = ..., purpose: _Optional[str] = ..., state: _Optional[_Union[ExchangeRecord.State, str]] = ..., create_time: _Optional[str] = ..., status: _Optional[str] = ..., leaf_index: _Optional[int] = ...) -> None: ...

class ListExchangesResponse(_message.Message):
    __slots__ = ("exchanges", "next_page_token")
    EXCHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    exchanges: _containers.RepeatedCompositeFieldContainer[ExchangeRecord]
    next_page_token: str
    def __init__(self, exchanges: _Optional[_Iterable[_Union[ExchangeRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ForgetSubjectRequest(_message.Message):
    __slots__ = ("subject",)
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    subject: str
    def __init__(self, subject: _Optional[str] = ...) -> None: ...

class ForgetSubjectResponse(_message.Message):
    __slots__ = ("exchanges",)
    EXCHANGES_FIELD_NUMBER: _ClassVar[int]
    exchanges: int
    def __init__(self, exchanges: _Optional[int] = ...) -> None: ...

class Peer(_message.Message):
    __slots__ = ("authority", "address", "state", "detail", "neighbour", "last_seen", "leaf_address")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    NEIGHBOUR_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_FIELD_NUMBER: _ClassVar[int]
    LEAF_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    authority: str
    address: str
    state: str
    detail: str
    neighbour: bool
    last_seen: str
    leaf_address: str
    def __init__(self, authority: _Optional[str] = ..., address: _Optional[str] = ..., state: _Optional[str] = ..., detail: _Optional[str] = ..., neighbour: _Optional[bool] = ..., last_seen: _Optional[str] = ..., leaf_address: _Optional[str] = ...) -> None: ...

class PutPeerRequest(_message.Message):
    __slots__ = ("peer",)
    PEER_FIELD_NUMBER: _ClassVar[int]
    peer: Peer
    def __init__(self, peer: _Optional[_Union[Peer, _Mapping]] = ...) -> None: ...

class ListPeersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPeersResponse(_message.Message):
    __slots__ = ("peers",)
    PEERS_FIELD_NUMBER: _ClassVar[int]
    peers: _containers.RepeatedCompositeFieldContainer[Peer]
    def __init__(self, peers: _Optional[_Iterable[_Union[Peer, _Mapping]]] = ...) -> None: ...

class DeletePeerRequest(_message.Message):
    __slots__ = ("authority",)
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    authority: str
    def __init__(self, authority: _Optional[str] = ...) -> None: ...

class DeletePeerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PutTrustListRequest(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: bytes
    def __init__(self, document: _Optional[bytes] = ...) -> None: ...

class PutTrustListResponse(_message.Message):
    __slots__ = ("version", "cities", "expire_time")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CITIES_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    version: int
    cities: int
    expire_time: str
    def __init__(self, version: _Optional[int] = ..., cities: _Optional[int] = ..., expire_time: _Optional[str] = ...) -> None: ...

class GetCityStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PartStatus(_message.Message):
    __slots__ = ("part", "serving", "version", "detail")
    PART_FIELD_NUMBER: _ClassVar[int]
    SERVING_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    part: str
    serving: bool
    version: str
    detail: str
    def __init__(self, part: _Optional[str] = ..., serving: _Optional[bool] = ..., version: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class GetCityStatusResponse(_message.Message):
    __slots__ = ("authority", "name", "parts", "peers", "log_size", "trust_list_version", "trust_list_expire_time", "contracts")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    PEERS_FIELD_NUMBER: _ClassVar[int]
    LOG_SIZE_FIELD_NUMBER: _ClassVar[int]
    TRUST_LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    TRUST_LIST_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CONTRACTS_FIELD_NUMBER: _ClassVar[int]
    authority: str
    name: str
    parts: _containers.RepeatedCompositeFieldContainer[PartStatus]
    peers: _containers.RepeatedCompositeFieldContainer[Peer]
    log_size: int
    trust_list_version: int
    trust_list_expire_time: str
    contracts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, authority: _Optional[str] = ..., name: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[PartStatus, _Mapping]]] = ..., peers: _Optional[_Iterable[_Union[Peer, _Mapping]]] = ..., log_size: _Optional[int] = ..., trust_list_version: _Optional[int] = ..., trust_list_expire_time: _Optional[str] = ..., contracts: _Optional[_Iterable[str]] = ...) -> None: ...
