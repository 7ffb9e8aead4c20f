# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse credential issue|list|present|revoke`: credentials bound to their holder's key."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict

from hanse import contracts
from hanse.api.identity.v1 import identity_pb2, identity_pb2_grpc
from hanse.cli.arguments import within
from hanse.cli.client import GatewayClient
from hanse.cli.federation import DEFAULT_CREDENTIALS
from hanse.cli.files import read_object, read_text, will_write
from hanse.cli.keys import write_private
from hanse.cli.output import CliError, Exit
from hanse.jose import ES256, JoseError, SigningKey
from hanse.kernel import keys
from hanse.kernel.config import load
from hanse.kernel.errors import (
    DeniedError,
    InvalidInputError,
    LimitExceededError,
    PreconditionError,
    UnauthenticatedError,
)
from hanse.sdjwt import SdJwtError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from hanse.cli.output import Output

_FORMS = {
    "general": identity_pb2.CREDENTIAL_FORM_GENERAL,
    "compact": identity_pb2.CREDENTIAL_FORM_COMPACT,
}
_CONTRACT = "identity/v1"
_DAY_S = 86_400
# After these no credential was issued; after others it is not known, and the key may be bound.
_REFUSALS = (InvalidInputError, LimitExceededError, UnauthenticatedError, DeniedError, PreconditionError)
_CREDENTIAL = "Give the file that `hanse credential issue --out FILE` wrote, and claims it has."
_KEY = "Give the holder's key: the file that `hanse credential issue --holder-key FILE` made."
_HOLDER = "Give a JWK (P-256), or a file that is not there yet: a key is made then."
days = within(0.001, 365, "number of days")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse credential`."""
    parser = subparsers.add_parser("credential", help="issue, present and revoke credentials")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    issue = actions.add_parser("issue", help="issue an SD-JWT VC bound to a holder's key")
    issue.add_argument("--type", default=DEFAULT_CREDENTIALS[0], help="credential type (vct)")
    issue.add_argument(
        "--claim", action="append", default=[], metavar="NAME=VALUE", help="may be given often; JSON or text"
    )
    issue.add_argument("--disclosable", default="", metavar="NAME,...", help="claims the holder may withhold")
    issue.add_argument(
        "--holder-key", type=Path, required=True, metavar="FILE", help="private or public JWK; made when not there"
    )
    issue.add_argument("--form", choices=sorted(_FORMS), default="general", help="(default: general)")
    issue.add_argument("--days", type=days, default=30, help="how long it holds (default: 30)")
    issue.add_argument("--out", type=Path, required=True, metavar="FILE", help="file for the credential")
    issue.set_defaults(run=_issue)
    actions.add_parser("list", help="credentials issued here").set_defaults(run=_list)
    present = actions.add_parser("present", help="present a credential to a city and say what it gives")
    add_holder_options(present, required=True)
    present.set_defaults(run=_present)
    revoke = actions.add_parser("revoke", help="revoke a credential of this city")
    revoke.add_argument("id", help="the credential's URN, as `issue` and `list` say")
    revoke.add_argument("--reason", default="", help="why, for the record")
    revoke.set_defaults(run=_revoke)


def add_holder_options(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Who signs in: a credential's holder, with a certificate of her own city."""
    parser.add_argument(
        "--credential", type=Path, required=required, metavar="FILE", help="what `hanse credential issue --out` wrote"
    )
    parser.add_argument("--key", type=Path, required=required, metavar="FILE", help="the holder's private JWK")
    parser.add_argument("--disclose", default="", metavar="NAME,...", help="claims to show (default: none)")
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="client certificate NAME.pem, NAME.key.pem beside it (default: this city's operator)",
    )


def sign_in(arguments: argparse.Namespace) -> tuple[GatewayClient, str]:
    """A client of the city's gateway, signed in as the holder, or by certificate when no credential is given.

    Raises:
        CliError: a credential without its key, or the other way round.
    """
    config = load(arguments.city)
    if arguments.credential is None and arguments.key is None:
        return GatewayClient.of(config, certificate=arguments.certificate), ""
    if arguments.credential is None or arguments.key is None:
        raise CliError("--credential and --key go together", "Give both, or neither.")
    credential = read_text(arguments.credential, "credential", _CREDENTIAL)
    private = _private(arguments.key)
    client = GatewayClient.of(config, certificate=arguments.certificate)
    try:
        return client, client.present(credential, private, _names(arguments.disclose))
    except SdJwtError as error:
        raise CliError(f"{arguments.credential}: {error}", _CREDENTIAL, Exit.FAILED, "PRESENTATION_INVALID") from None


def _private(path: Path) -> SigningKey:
    """The holder's key. Raises CliError or OSError when it is none."""
    if not path.is_file():
        raise CliError(f"{path}: no such file", _KEY)
    keys.read_secret(path)  # refuses a key that others can read
    try:
        return SigningKey.from_jwk(read_object(path, "private JWK", _KEY))
    except JoseError as error:
        raise CliError(f"{path} is no private JWK: {error}", _KEY, Exit.FAILED, "FIELD_INVALID") from None


def _issue(arguments: argparse.Namespace, output: Output) -> int:
    will_write(arguments.out)
    config = load(arguments.city)
    claims = json.dumps(dict(claim(text, arguments.type) for text in arguments.claim))
    holder, made = _holder(arguments.holder_key)
    request = identity_pb2.IssueCredentialRequest(
        vct=arguments.type,
        claims_json=claims,
        disclosable=_names(arguments.disclosable),
        holder_jwk=json.dumps(holder),
        form=_FORMS[arguments.form],
        valid_for_s=int(arguments.days * _DAY_S),
    )
    with GatewayClient.of(config) as client, _kept_if_issued(arguments.holder_key, made):
        stub = identity_pb2_grpc.IdentityServiceStub(client.channel)
        issued = client.call(stub.IssueCredential, request)
    if made is not None:
        output.note(f"made the holder's key {arguments.holder_key}: it stays with her")
    arguments.out.write_text(issued.credential + "\n", encoding="utf-8")
    output.result(
        {"id": issued.id, "file": str(arguments.out), "expires": issued.expire_time},
        f"{issued.id}\n{arguments.out}, until {issued.expire_time}",
    )
    return Exit.OK


@contextmanager
def _kept_if_issued(path: Path, made: SigningKey | None) -> Iterator[None]:
    """Writes a key that was made before it is asked for, so that none is bound and lost; a refusal leaves no file."""
    if made is not None:
        write_private(path, json.dumps(made.to_jwk()).encode())
    try:
        yield
    except _REFUSALS:
        if made is not None:
            path.unlink()
        raise


def _holder(path: Path) -> tuple[dict[str, str], SigningKey | None]:
    """The holder's public JWK, and the key made when the file is not there, which is not written yet."""
    if not path.exists():
        will_write(path)
        made = SigningKey.generate(ES256)
        return made.public.to_jwk(), made
    jwk = read_object(path, "JWK", _HOLDER)
    if "kty" not in jwk:
        raise CliError(f"{path} is no JWK: it has no 'kty'", _HOLDER, Exit.FAILED, "FIELD_INVALID")
    if "d" not in jwk:
        return {name: str(value) for name, value in jwk.items()}, None
    try:
        return SigningKey.from_jwk(jwk).public.to_jwk(), None
    except JoseError as error:
        raise CliError(f"{path} is no JWK: {error}", _HOLDER, Exit.FAILED, "FIELD_INVALID") from None


def _list(arguments: argparse.Namespace, output: Output) -> int:
    found: list[identity_pb2.CredentialRecord] = []
    request = identity_pb2.ListCredentialsRequest()
    with GatewayClient.of(load(arguments.city)) as client:
        stub = identity_pb2_grpc.IdentityServiceStub(client.channel)
        while True:
            page = client.call(stub.ListCredentials, request)
            found.extend(page.credentials)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
    rows = [(c.id, c.vct, c.issue_time, c.expire_time, "revoked" if c.revoked else "") for c in found]
    document = [
        MessageToDict(c, preserving_proto_field_name=True, always_print_fields_with_no_presence=True) for c in found
    ]
    output.table("", ("id", "type", "issued", "expires", ""), rows, document)
    return Exit.OK


def _present(arguments: argparse.Namespace, output: Output) -> int:
    client, subject = sign_in(arguments)
    with client:
        token = client.token()
    output.result({"subject": subject, "access_token": token}, f"known here as {subject}\n{token}")
    return Exit.OK


def _revoke(arguments: argparse.Namespace, output: Output) -> int:
    request = identity_pb2.RevokeCredentialRequest(id=arguments.id, reason=arguments.reason)
    with GatewayClient.of(load(arguments.city)) as client:
        stub = identity_pb2_grpc.IdentityServiceStub(client.channel)
        answer = client.call(stub.RevokeCredential, request)
    output.result({"id": arguments.id, "revoked": answer.revoke_time}, f"revoked at {answer.revoke_time}")
    return Exit.OK


def claim(text: str, vct: str) -> tuple[str, object]:
    """A claim's name and value, as JSON unless it is a text in credentials of this type. Raises CliError."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise CliError(f"--claim {text!r} is no NAME=VALUE", "Write e.g. --claim name='A. Architect'.")
    if name in _texts(vct):
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _texts(vct: str) -> frozenset[str]:
    """The claims that are texts by the schema of a credential type; none of a type that is not known here."""
    contract = contracts.get(_CONTRACT)
    schemas = (contract.schema(entry.name) for entry in contract.schemas)
    schema: Mapping[str, Any] = next(
        (each for each in schemas if _member(each, "vct").get("const") == vct), {"properties": {}}
    )
    return frozenset(name for name in schema["properties"] if _member(schema, name).get("type") == "string")


def _member(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a schema says of a member, looked up where it only refers; empty when it says nothing."""
    said: Mapping[str, Any] = schema.get("properties", {}).get(name, {})
    where = said.get("$ref", "").removeprefix("#/$defs/")
    told: Mapping[str, Any] = schema["$defs"][where] if where else said
    return told


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
