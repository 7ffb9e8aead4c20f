# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A city's nats-server configuration, as text: who may say what, and what crosses to which neighbour.

Four walls. Parts are users of the account CITY, each allowed its own subjects. Each client has an account of its own,
from which it can do nothing but ask for the next message of consumers made for it, and say that it has it: it makes
none, since JetStream delivers to whatever subject is asked for, and in the city's own account that could be one that
leads to a neighbour. Each neighbour has an account of its own, where its leaf node lands; nothing passes from there but
what an export and an import name: to set one consumer to a message, and to ask for what follows. And JetStream is
reached from outside by no other way, so that a neighbour can neither create consumers nor read a stream.

Leaf nodes speak TLS 1.3 with X25519MLKEM768 only. A neighbour is who its city's certificate authority for leaf
nodes says, and that authority is constrained to its city's names: nats-server asks only whether some trusted
authority signed, so nothing else would keep one neighbour from naming itself another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509

from hanse.kernel import keys
from hanse.kernel.config import PARTS
from hanse.kernel.events_connection import STREAM, inbox_of
from hanse.kernel.events_model import MAX_EVENT_BYTES, city_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hanse.kernel.config import CityConfig

LEAF_CA = "leaf-ca.pem"
LEAF = "nats-leaf"  # its certificate and key
POST_QUANTUM = "X25519MLKEM768"
# Contracts whose events a part may publish.
PUBLISHES = {
    "gateway": ("exchange",),
    "identity": ("identity",),
    "permit": ("permit", "zoning"),
    "translation": ("translation",),
    "twin": ("twin",),
}
# Contracts whose events neighbours get. Permit events tell of persons' plans and stay in the city.
EXPORTED = ("identity", "twin", "zoning")
# Contracts whose events only these clients of the city may read, beside what all may, which is what is exported.
READ_ALSO = {"operator": ("exchange", "permit", "translation")}
MAX_FILE_STORE = 4 * 1024**3
# What stands for `$JS.API` when a client asks: in its own account that would be its own JetStream, which it has not.
CLIENT_API = "events"
_CITY = "CITY"
_KNOWN_HOSTS = frozenset({"localhost", "nats"})


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A trusted city whose NATS server joins with this one's."""

    authority: str
    leaf_address: str
    ca_pem: str

    @property
    def token(self) -> str:
        """The city as one NATS token."""
        return city_token(self.authority)


def leaf_user(authority: str) -> str:
    """How a city's NATS server is known to its neighbours: a mailbox-shaped name in its certificate.

    NATS takes an e-mail, DNS or URI name of the certificate for the user. Name constraints bind the first two
    to the city, and `%h` makes it no URI, so that no other city's certificate can claim it that way.
    """
    return f"nats%hanse@{authority}"


def dials(own: str, other: str) -> bool:
    """Which side of a pair dials: the smaller authority, so that there is one link and not two."""
    return own < other


def consumer_to(authority: str) -> str:
    """The durable consumer of this city's stream that feeds a neighbour."""
    return f"to_{city_token(authority)}"


def client_consumer(name: str) -> str:
    """The durable consumers, one a stream, through which a client reads; also its name on a connection."""
    return f"client-{name}"


def client_reads(name: str) -> tuple[str, ...]:
    """The contracts whose events a client of the city may read."""
    return (*EXPORTED, *READ_ALSO.get(name, ()))


def api_prefix(authority: str) -> str:
    """What stands for `$JS.API` when a neighbour asks this city."""
    return f"hxapi.{city_token(authority)}"


def speaks_for_itself_only(ca_pem: str, authority: str) -> bool:
    """Whether a certificate authority is constrained to its city's names (RFC 5280 section 4.2.1.10)."""
    certificate = x509.load_pem_x509_certificate(ca_pem.encode())
    try:
        extension = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return False
    permitted = extension.value.permitted_subtrees or []
    hosts = {name.value for name in permitted if isinstance(name, x509.DNSName)}
    mail = {name.value for name in permitted if isinstance(name, x509.RFC822Name)}
    return extension.critical and mail == {authority} and authority in hosts and hosts <= {authority, *_KNOWN_HOSTS}


def render(config: CityConfig, folder: Path, clients: Sequence[str], neighbours: Sequence[Neighbour]) -> str:
    """The configuration file's text (NATS reads JSON as its own syntax). `folder` holds store and CA files."""
    own = config.city.authority
    document: dict[str, object] = {
        "server_name": f"nats.{own}",
        "listen": config.nats.listen,
        "max_payload": MAX_EVENT_BYTES + 16 * 1024,
        "write_deadline": "10s",
        "lame_duck_duration": "30s",
        "tls": {
            **_tls(config, "nats", config.keys / keys.CA),
            "verify_and_map": True,
            "handshake_first": True,
            "timeout": 5,
        },
        "jetstream": {
            "store_dir": str(folder / "jetstream"),
            "domain": city_token(own),
            "max_memory_store": 64 * 1024**2,
            "max_file_store": MAX_FILE_STORE,
            "sync_interval": "always",
        },
        "system_account": "SYS",
        "accounts": {
            "SYS": {},
            _CITY: {
                "jetstream": "enabled",
                "users": _users(own),
                "exports": [
                    *(export for each in neighbours for export in _city_exports(each)),
                    *(export for name in clients for export in _client_exports(name)),
                ],
                "imports": [item for each in neighbours for item in _city_imports(own, each)],
            },
            **{_account(each): _neighbour_account(own, each) for each in neighbours},
            **{_client_account(name): _client(own, name) for name in clients},
        },
    }
    if neighbours:
        document["leafnodes"] = _leafnodes(config, folder, neighbours)
    return json.dumps(document, indent=1)


def ca_file(folder: Path, neighbour: Neighbour) -> Path:
    """Where a neighbour's certificate authority is written for nats-server."""
    return folder / f"ca-{neighbour.token}.pem"


def ca_bundle(folder: Path) -> Path:
    """All neighbours' authorities: whom the leaf port admits."""
    return folder / "ca-neighbours.pem"


def _tls(config: CityConfig, name: str, ca: Path) -> dict[str, object]:
    return {
        "cert_file": str(config.keys / f"{name}.pem"),
        "key_file": str(config.keys / f"{name}.key.pem"),
        "ca_file": str(ca),
        "min_version": "1.3",
    }


def _leafnodes(config: CityConfig, folder: Path, neighbours: Sequence[Neighbour]) -> Mapping[str, object]:
    own = config.city.authority
    hybrid = {"curve_preferences": [POST_QUANTUM], "handshake_first": True, "timeout": 5}
    return {
        "listen": config.nats.leaf_listen,
        "reconnect": "1s",
        "no_advertise": True,
        "tls": {**_tls(config, LEAF, ca_bundle(folder)), **hybrid, "verify_and_map": True},
        "authorization": {
            "users": [{"user": leaf_user(each.authority), "account": _account(each)} for each in neighbours]
        },
        "remotes": [
            {
                "urls": [f"tls://{each.leaf_address}"],
                "account": _account(each),
                "tls": {**_tls(config, LEAF, ca_file(folder, each)), **hybrid},
            }
            for each in neighbours
            if dials(own, each.authority)
        ],
    }


def _account(neighbour: Neighbour) -> str:
    return f"NEIGHBOUR_{neighbour.token}"


def _city_exports(neighbour: Neighbour) -> list[object]:
    """What the neighbour's account may ask of the city's: about the one consumer that feeds it."""
    return [_offered(asked, _account(neighbour)) for asked in _feeding(neighbour.authority)]


def _city_imports(own: str, neighbour: Neighbour) -> list[object]:
    """What the city's account asks of the neighbour's: the same, the other way."""
    account = _account(neighbour)
    return [{"service": {"account": account, "subject": asked}} for asked in feeding(neighbour.authority, own)]


def _neighbour_account(own: str, neighbour: Neighbour) -> Mapping[str, object]:
    """The account where the neighbour's leaf node lands."""
    answered = zip(_feeding(neighbour.authority), feeding(own, neighbour.authority), strict=True)
    return {
        "imports": [{"service": {"account": _CITY, "subject": here}, "to": asked} for here, asked in answered],
        "exports": [_offered(asked, _CITY) for asked in feeding(neighbour.authority, own)],
    }


def _offered(request: str, account: str) -> object:
    """A request that an account may make; the next messages come as several answers to one."""
    several = {"response_type": "stream"} if ".MSG.NEXT." in request else {}
    return {"service": request, "accounts": [account], **several}


def _feeding(receiver: str) -> list[str]:
    """What a neighbour may ask JetStream: to set its one consumer to a message, and for what follows."""
    consumer = f"{STREAM}.{consumer_to(receiver)}"
    return [f"$JS.API.CONSUMER.RESET.{consumer}", f"$JS.API.CONSUMER.MSG.NEXT.{consumer}"]


def feeding(sender: str, receiver: str) -> list[str]:
    """The same requests as they are called between the two servers: reset, next messages."""
    return [asked.replace("$JS.API", api_prefix(sender), 1) for asked in _feeding(receiver)]


def _users(own: str) -> list[object]:
    """The NATS part itself and the five parts."""
    users: list[object] = [{"user": f"urn:hanse:{own}:service:nats"}]
    for part in PARTS:
        publish = [f"hanse.{city_token(own)}.{contract}.>" for contract in PUBLISHES[part]]
        users.append(_part(f"urn:hanse:{own}:service:{part}", part, publish))
    return users


def _part(urn: str, name: str, publish: list[str]) -> object:
    """A part, who may publish these subjects, and read streams through consumers under its own name."""
    asked = [
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.INFO.*",
        f"$JS.API.CONSUMER.DURABLE.CREATE.*.{name}",
        f"$JS.API.CONSUMER.CREATE.*.{name}",
        f"$JS.API.CONSUMER.CREATE.*.{name}.>",
        *_reading(name),
    ]
    return _user(urn, name, [*publish, *asked])


def _user(urn: str, name: str, publish: list[str]) -> object:
    return {
        "user": urn,
        "permissions": {"publish": {"allow": publish}, "subscribe": {"allow": [f"{inbox_of(name)}.>"]}},
    }


def _reading(consumer: str) -> tuple[str, str, str]:
    """What reading through a consumer asks of JetStream: how it stands, its next messages, that one is done."""
    return (
        f"$JS.API.CONSUMER.INFO.*.{consumer}",
        f"$JS.API.CONSUMER.MSG.NEXT.*.{consumer}",
        f"$JS.ACK.*.{consumer}.>",
    )


def _client_account(name: str) -> str:
    return f"CLIENT_{name}"


def _client_exports(name: str) -> list[object]:
    """What a client's account may ask of the city's."""
    only = [_client_account(name)]
    info, following, done = _reading(client_consumer(name))
    return [
        {"service": info, "accounts": only},
        {"service": following, "accounts": only, "response_type": "stream"},
        {"service": done, "accounts": only},
    ]


def _client(own: str, name: str) -> Mapping[str, object]:
    """A client's account: wherever it wants messages to be sent, they come to it and nowhere else."""
    there = _reading(client_consumer(name))
    here = [subject.replace("$JS.API", CLIENT_API, 1) for subject in there]
    return {
        "users": [_user(f"urn:hanse:{own}:client:{name}", client_consumer(name), here)],
        "imports": [
            {"service": {"account": _CITY, "subject": subject}, "to": to}
            for subject, to in zip(there, here, strict=True)
        ],
    }
