# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: Apache-2.0
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CredentialForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREDENTIAL_FORM_UNSPECIFIED: _ClassVar[CredentialForm]
    CREDENTIAL_FORM_COMPACT: _ClassVar[CredentialForm]
    CREDENTIAL_FORM_GENERAL: _ClassVar[CredentialForm]
CREDENTIAL_FORM_UNSPECIFIED: CredentialForm
CREDENTIAL_FORM_COMPACT: CredentialForm
CREDENTIAL_FORM_GENERAL: CredentialForm

class IssueCredentialRequest(_message.Message):
    __slots__ = ("vct", "claims_json", "disclosable", "holder_jwk", "form", "valid_for_s", "request_id")
    VCT_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_JSON_FIELD_NUMBER: _ClassVar[int]
    DISCLOSABLE_FIELD_NUMBER: _ClassVar[int]
    HOLDER_JWK_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_S_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    vct: str
    claims_json: str
    disclosable: _containers.RepeatedScalarFieldContainer[str]
    holder_jwk: str
    form: CredentialForm
    valid_for_s: int
    request_id: str
    def __init__(self, vct: _Optional[str] = ..., claims_json: _Optional[str] = ..., disclosable: _Optional[_Iterable[str]] = ..., holder_jwk: _Optional[str] = ..., form: _Optional[_Union[CredentialForm, str]] = ..., valid_for_s: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class IssueCredentialResponse(_message.Message):
    __slots__ = ("id", "credential", "expire_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    credential: str
    expire_time: str
    def __init__(self, id: _Optional[str] = ..., credential: _Optional[str] = ..., expire_time: _Optional[str] = ...) -> None: ...

class CreateChallengeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateChallengeResponse(_message.Message):
    __slots__ = ("nonce", "audience", "expire_time")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    nonce: str
    audience: str
    expire_time: str
    def __init__(self, nonce: _Optional[str] = ..., audience: _Optional[str] = ..., expire_time: _Optional[str] = ...) -> None: ...

class ExchangeTokenRequest(_message.Message):
    __slots__ = ("presentation", "token", "certificate", "audience", "scope", "purpose")
    class PresentationGrant(_message.Message):
        __slots__ = ("presentation",)
        PRESENTATION_FIELD_NUMBER: _ClassVar[int]
        presentation: str
        def __init__(self, presentation: _Optional[str] = ...) -> None: ...
    class TokenGrant(_message.Message):
        __slots__ = ("subject_token",)
        SUBJECT_TOKEN_FIELD_NUMBER: _ClassVar[int]
        subject_token: str
        def __init__(self, subject_token: _Optional[str] = ...) -> None: ...
    class CertificateGrant(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    PRESENTATION_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    presentation: ExchangeTokenRequest.PresentationGrant
    token: ExchangeTokenRequest.TokenGrant
    certificate: ExchangeTokenRequest.CertificateGrant
    audience: str
    scope: str
    purpose: str
    def __init__(self, presentation: _Optional[_Union[ExchangeTokenRequest.PresentationGrant, _Mapping]] = ..., token: _Optional[_Union[ExchangeTokenRequest.TokenGrant, _Mapping]] = ..., certificate: _Optional[_Union[ExchangeTokenRequest.CertificateGrant, _Mapping]] = ..., audience: _Optional[str] = ..., scope: _Optional[str] = ..., purpose: _Optional[str] = ...) -> None: ...

class ExchangeTokenResponse(_message.Message):
    __slots__ = ("access_token", "expires_in_s", "scope", "subject")
    ACCESS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_S_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    access_token: str
    expires_in_s: int
    scope: str
    subject: str
    def __init__(self, access_token: _Optional[str] = ..., expires_in_s: _Optional[int] = ..., scope: _Optional[str] = ..., subject: _Optional[str] = ...) -> None: ...

class IntrospectTokenRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class IntrospectTokenResponse(_message.Message):
    __slots__ = ("active", "subject", "scope", "actor", "expires_at", "issuer")
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    active: bool
    subject: str
    scope: str
    actor: str
    expires_at: int
    issuer: str
    def __init__(self, active: _Optional[bool] = ..., subject: _Optional[str] = ..., scope: _Optional[str] = ..., actor: _Optional[str] = ..., expires_at: _Optional[int] = ..., issuer: _Optional[str] = ...) -> None: ...

class RevokeCredentialRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RevokeCredentialResponse(_message.Message):
    __slots__ = ("revoke_time",)
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    revoke_time: str
    def __init__(self, revoke_time: _Optional[str] = ...) -> None: ...

class GetStatusListRequest(_message.Message):
    __slots__ = ("uri",)
    URI_FIELD_NUMBER: _ClassVar[int]
    uri: str
    def __init__(self, uri: _Optional[str] = ...) -> None: ...

class GetStatusListResponse(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: bytes
    def __init__(self, token: _Optional[bytes] = ...) -> None: ...

class ListCredentialsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class CredentialRecord(_message.Message):
    __slots__ = ("id", "vct", "issue_time", "expire_time", "revoked")
    ID_FIELD_NUMBER: _ClassVar[int]
    VCT_FIELD_NUMBER: _ClassVar[int]
    ISSUE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKED_FIELD_NUMBER: _ClassVar[int]
    id: str
    vct: str
    issue_time: str
    expire_time: str
    revoked: bool
    def __init__(self, id: _Optional[str] = ..., vct: _Optional[str] = ..., issue_time: _Optional[str] = ..., expire_time: _Optional[str] = ..., revoked: _Optional[bool] = ...) -> None: ...

class ListCredentialsResponse(_message.Message):
    __slots__ = ("credentials", "next_page_token")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    credentials: _containers.RepeatedCompositeFieldContainer[CredentialRecord]
    next_page_token: str
    def __init__(self, credentials: _Optional[_Iterable[_Union[CredentialRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
