# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""`hanse trust anchor|entry|sign|install|show`: who vouches for cities, and the list that a city holds.

An anchor collects each city's public entry, signs the list of all, and hands it out; each city installs the anchor's
public file once and every new list as it comes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.cli.arguments import whole, within
from hanse.cli.federation import ANCHOR_PRIVATE, city_entry, make_anchor, sign_trust_list
from hanse.cli.files import read_object, will_fill, will_write
from hanse.cli.output import CliError, Exit, many
from hanse.jose import JoseError
from hanse.kernel.clock import system_clock, timestamp
from hanse.kernel.config import load
from hanse.kernel.errors import DeniedError
from hanse.kernel.trust import ANCHORS, LIST, TrustStore
from hanse.trust import Anchor, TrustError

if TYPE_CHECKING:
    import argparse

    from hanse.cli.output import Output
    from hanse.kernel.config import CityConfig
    from hanse.trust import TrustList


_ENTRY = "Give what each city's operator wrote with `hanse trust entry > ENTRY.json`, each city once."
_INSTALLED = (
    "Give the list that an anchor signed (`hanse trust sign ... --out FILE`), or the anchor.json that "
    "`hanse trust anchor` wrote."
)
_NOT = "Install its anchor's anchor.json first, if you believe that anchor; else ask yours for its newest list."
days = within(0.001, 3650, "number of days")
version = whole(1, 2**53 - 1, "version")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `hanse trust`."""
    parser = subparsers.add_parser("trust", help="anchors and the signed list of trusted cities")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    anchor = actions.add_parser("anchor", help="make an anchor's keys")
    anchor.add_argument("id", help="the anchor's name, e.g. anchor.example")
    anchor.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder; keep it apart from any city")
    anchor.set_defaults(run=_anchor)
    entry = actions.add_parser("entry", help="this city's public entry, for an anchor to sign")
    entry.add_argument("--days", type=days, default=365, help="how long the entry holds (default: 365)")
    entry.set_defaults(run=_entry)
    sign = actions.add_parser("sign", help="sign a list of cities")
    sign.add_argument(
        "entries", nargs="+", type=Path, metavar="ENTRY.json", help="what `hanse trust entry` printed, one a city"
    )
    sign.add_argument("--anchor", type=Path, required=True, metavar="FOLDER", help="the anchor's folder")
    sign.add_argument("--version", type=version, required=True, help="higher than any list signed before")
    sign.add_argument("--days", type=days, default=30, help="how long the list holds (default: 30)")
    sign.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    sign.set_defaults(run=_sign)
    install = actions.add_parser("install", help="install a signed list, or an anchor's public file")
    install.add_argument("file", type=Path, help="signed trust list, or anchor.json")
    install.set_defaults(run=_install)
    actions.add_parser("show", help="the list installed and what it says").set_defaults(run=_show)


def _anchor(arguments: argparse.Namespace, output: Output) -> int:
    public = make_anchor(will_fill(arguments.out), arguments.id)
    output.result(
        {"id": arguments.id, "public": str(public)},
        f"anchor {arguments.id} stands in {arguments.out}\nEach city that believes it: hanse trust install {public}",
    )
    return Exit.OK


def _entry(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    city = config.city
    output.json(
        city_entry(config.keys, city.authority, city.name, jurisdiction=city.jurisdiction, valid_days=arguments.days)
    )
    return Exit.OK


def _sign(arguments: argparse.Namespace, output: Output) -> int:
    entries = [read_object(path, "city's entry", _ENTRY) for path in arguments.entries]
    if not (arguments.anchor / ANCHOR_PRIVATE).exists():
        raise CliError(
            f"{arguments.anchor} holds no anchor", "Name the folder that `hanse trust anchor ID --out FOLDER` made."
        )
    will_write(arguments.out)
    try:
        document = sign_trust_list(arguments.anchor, entries, arguments.version, arguments.days)
    except TrustError as error:
        raise CliError(f"nothing was signed: {error}", _ENTRY, Exit.FAILED, "CONTRACT_VIOLATION") from None
    arguments.out.write_bytes(document)
    output.result(
        {"file": str(arguments.out), "version": arguments.version, "cities": len(entries)},
        f"{arguments.out}: version {arguments.version}, {many(len(entries), 'city', 'cities')}, "
        f"{arguments.days:g} day{'' if arguments.days == 1 else 's'}\n"
        f"Each city: hanse trust install {arguments.out}",
    )
    return Exit.OK


def _install(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    members = read_object(arguments.file, "signed trust list, and no anchor's public file", _INSTALLED)
    if set(members) == {"id", "jwks"}:
        try:
            anchor = Anchor.from_json(members)
        except JoseError as error:
            raise CliError(f"{arguments.file}: {error}", _INSTALLED, Exit.FAILED, "FIELD_INVALID") from None
        return _install_anchor(config, anchor, output)
    if set(members) != {"payload", "signatures"}:
        raise CliError(
            f"{arguments.file} is no signed trust list, and no anchor's public file",
            _INSTALLED,
            Exit.FAILED,
            "FIELD_INVALID",
        )
    try:
        trusted = TrustStore(config, system_clock()).install(arguments.file.read_bytes())
    except DeniedError as error:  # its remedy is to do what was just tried
        raise CliError(
            f"{arguments.file} was not installed: {error.message}", _NOT, Exit.DENIED, error.reason
        ) from None
    output.result(_summary(trusted), f"installed: {_sentence(trusted)}")
    return Exit.OK


def _install_anchor(config: CityConfig, anchor: Anchor, output: Output) -> int:
    if "/" in anchor.id or anchor.id.startswith("."):
        raise CliError(f"the anchor's id {anchor.id!r} is no file name", "Ask the anchor for its public file again.")
    folder = config.trust / ANCHORS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{anchor.id}.json"
    text = json.dumps(anchor.to_json(), indent=1) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise CliError(
            f"{path} holds other keys of {anchor.id}",
            "Ask the anchor whether it has new keys; if so, remove the file and install again.",
        )
    path.write_text(text, encoding="utf-8")
    output.result({"anchor": anchor.id, "file": str(path)}, f"{config.city.name} believes {anchor.id}")
    return Exit.OK


def _show(arguments: argparse.Namespace, output: Output) -> int:
    config = load(arguments.city)
    clock = system_clock()
    trusted = TrustStore(config, clock).current()
    rows = [
        (
            city.authority,
            city.name,
            city.valid_from <= clock.now() < city.valid_until,
            timestamp(city.valid_until),
            ", ".join(f"{kind.vct} ({kind.jurisdiction})" for kind in city.credential_types),
        )
        for city in trusted.cities
    ]
    columns = ("city", "name", "trusted now", "until", "may issue")
    output.table(f"{config.trust / LIST}: {_sentence(trusted)}", columns, rows, _summary(trusted))
    return Exit.OK


def _summary(trusted: TrustList) -> dict[str, object]:
    return {
        "issuer": trusted.issuer,
        "version": trusted.version,
        "expires": timestamp(trusted.expires),
        "cities": [city.authority for city in trusted.cities],
    }


def _sentence(trusted: TrustList) -> str:
    return (
        f"version {trusted.version} of {trusted.issuer}, {many(len(trusted.cities), 'city', 'cities')}, "
        f"until {timestamp(trusted.expires)}"
    )
