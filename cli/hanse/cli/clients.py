# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse client add NAME`, `revoke NAME` and `token NAME`: certificates of this city's clients, and what they give."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.cli.client import GatewayClient, no_client
from hanse.cli.files import will_fill
from hanse.cli.keys import add_client, write_private
from hanse.cli.output import CliError, Exit
from hanse.kernel import keys
from hanse.kernel.config import load
from hanse.kernel.revoked import FILE, fingerprint, revoke

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse client`."""
    parser = subparsers.add_parser("client", help="certificates for people and platforms")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a certificate that this city's gateway admits")
    add.add_argument("name", help="lower-case letters, digits, dashes, e.g. architect")
    add.add_argument(
        "--out", type=Path, metavar="FOLDER", help="also copy certificate, key and ca.pem there, to hand over"
    )
    add.set_defaults(run=_add)
    token = actions.add_parser(
        "token",
        help="print an access token that a client's certificate gives, for programs that speak HTTP",
        description="The token holds for some minutes. It goes into the header Authorization: Bearer TOKEN, beside the "
        "certificate, and stands for the client: keep it out of logs and of the shell's history.",
    )
    token.add_argument("name", nargs="?", default="operator", help="whose certificate (default: operator)")
    token.add_argument(
        "--purpose", default="", metavar="TEXT", help="what it is for: then it serves that purpose alone"
    )
    token.set_defaults(run=_token)
    gone = actions.add_parser("revoke", help="admit a client's certificate no more, from now on")
    gone.add_argument("name", help="whose certificate, as it was added")
    gone.add_argument("--certificate", type=Path, metavar="FILE", help="that certificate, where it lies elsewhere")
    gone.set_defaults(run=_revoke)


def _token(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    with GatewayClient.of(config, arguments.name, purpose=arguments.purpose) as client:
        token = client.token()
    output.result({"access_token": token, "token_type": "Bearer"}, token)
    return Exit.OK


def _revoke(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    path = arguments.certificate or config.keys / f"client-{arguments.name}.pem"
    if arguments.certificate is None and not path.exists():
        raise no_client(config, arguments.name)
    try:
        found = fingerprint(path.read_bytes())
    except (OSError, ValueError):
        raise CliError(f"{path} is no certificate", "Name a client of this city, or give --certificate FILE.") from None
    try:
        fresh = revoke(config.trust / FILE, found)
    except OSError as error:
        raise CliError(f"{config.trust / FILE}: {error.strerror}", "Look at file rights and disk space.") from None
    text = "is admitted no more" if fresh else "was revoked before"
    output.result({"name": arguments.name, "sha256": found, "fresh": fresh}, f"{path.name} {text}: {found}")
    return Exit.OK


def _add(arguments: argparse.Namespace, output: Output) -> int:
    if not _NAME.fullmatch(arguments.name):
        raise CliError(f"{arguments.name!r} is no client name", "Use 1 to 63 lower-case letters, digits and dashes.")
    config = load(arguments.city)
    if arguments.out is not None:
        will_fill(arguments.out)
    certificate = add_client(config.keys, config.city.authority, arguments.name)
    private = certificate.with_name(f"client-{arguments.name}.key.pem")
    document = {"certificate": str(certificate), "key": str(private), "ca": str(config.keys / keys.CA)}
    text = f"{certificate}\n{private}"
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        for source in (certificate, config.keys / keys.CA):
            shutil.copyfile(source, arguments.out / source.name)
        write_private(arguments.out / private.name, keys.read_secret(private))
        document["folder"] = str(arguments.out)
        text += f"\nto hand over: {arguments.out}"
    output.result(document, text)
    return Exit.OK
