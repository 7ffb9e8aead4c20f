# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The two forms on the wire: compact (RFC 9901 section 4) and JWS general JSON (section 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hanse.jose import (
    canonical_json,
    parse_object,
    read_general_unverified,
    read_unverified,
    verify_compact,
    verify_general,
)
from hanse.sdjwt.disclosure import Disclosure, parse_disclosures, sha256_text
from hanse.sdjwt.errors import SdJwtError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hanse.jose import GeneralJws, KeySet, VerifiedJws

MAX_BYTES = 512 * 1024
_HEADER = frozenset({"disclosures", "kb_jwt"})


@dataclass(frozen=True, slots=True)
class Parts:
    """A credential or presentation taken apart, nothing verified.

    Attributes:
        jws: the issuer's signature: a compact JWS, or a general one without its unprotected header.
        disclosures: in the order of the wire.
        kb_jwt: the key binding JWT, None where there is none.
    """

    jws: str | GeneralJws
    disclosures: tuple[Disclosure, ...]
    kb_jwt: str | None

    @property
    def is_general(self) -> bool:
        """Whether this is the JWS JSON form."""
        return not isinstance(self.jws, str)

    @property
    def payload(self) -> dict[str, object]:
        """The issuer-signed payload, unverified."""
        return parse_object(self._read()[1], place="SD-JWT payload")

    @property
    def header(self) -> dict[str, object]:
        """The (first) protected header, unverified."""
        return self._read()[0]

    @property
    def sd_hash(self) -> str:
        """The digest that key binding signs (RFC 9901 sections 4.3.1 and 8.1).

        Of a general JWS, the first signature stands for the issuer-signed JWT: it carries the disclosures.
        """
        if isinstance(self.jws, str):
            jwt = self.jws
        else:
            first = _first(self.jws)
            jwt = f"{first['protected']}.{self.jws['payload']}.{first['signature']}"
        return sha256_text("~".join([jwt, *(d.text for d in self.disclosures), ""]))

    def with_disclosures(self, disclosures: Iterable[Disclosure]) -> Parts:
        """Return the same credential with only these disclosures and no key binding."""
        return replace(self, disclosures=tuple(disclosures), kb_jwt=None)

    def with_kb(self, kb_jwt: str) -> Parts:
        """Return the same presentation with a key binding JWT."""
        return replace(self, kb_jwt=kb_jwt)

    def serialise(self) -> str:
        """Return the text for the wire."""
        texts = [disclosure.text for disclosure in self.disclosures]
        if isinstance(self.jws, str):
            return "~".join([self.jws, *texts, self.kb_jwt or ""])
        header: dict[str, object] = {"disclosures": texts}
        if self.kb_jwt is not None:
            header["kb_jwt"] = self.kb_jwt
        signatures = list(_entries(self.jws))
        signatures[0] = {**signatures[0], "header": header}
        return canonical_json({**self.jws, "signatures": signatures}).decode()

    def verify(self, keys: KeySet, required_algs: Collection[str], typ: str) -> VerifiedJws:
        """Verify the issuer's signature or signatures; every required algorithm must be there."""
        if not isinstance(self.jws, str):
            return verify_general(self.jws, keys, typ=typ, required_algs=required_algs)
        if len(set(required_algs)) != 1:
            raise SdJwtError("missing-signature", "A compact credential cannot carry every signature required.")
        return verify_compact(self.jws, keys, algs=required_algs, typ=typ, max_bytes=MAX_BYTES)

    def _read(self) -> tuple[dict[str, object], bytes]:
        if isinstance(self.jws, str):
            return read_unverified(self.jws, max_bytes=MAX_BYTES)
        return read_general_unverified(self.jws)


def take_apart(text: str) -> Parts:
    """Split a credential or presentation; the form is told by its first character."""
    if len(text) > MAX_BYTES:
        raise SdJwtError("too-large", f"The credential is larger than {MAX_BYTES} characters.")
    if text.startswith("{"):
        return _take_apart_general(parse_object(text, place="SD-JWT"))
    pieces = text.split("~")
    if len(pieces) < 2:  # noqa: PLR2004  (JWT and tilde)
        raise SdJwtError("not-an-sd-jwt", "A compact SD-JWT is a JWT, its disclosures and a tilde after each.")
    return Parts(pieces[0], parse_disclosures(pieces[1:-1]), pieces[-1] or None)


def _take_apart_general(doc: dict[str, object]) -> Parts:
    first = _first(doc)
    header = first.get("header")
    if not isinstance(header, dict) or not set(header) <= _HEADER:
        raise SdJwtError("not-an-sd-jwt", "The first signature needs a header of 'disclosures' and 'kb_jwt'.")
    texts, kb_jwt = header.get("disclosures"), header.get("kb_jwt")
    if not isinstance(texts, list) or not (kb_jwt is None or isinstance(kb_jwt, str)):
        raise SdJwtError("not-an-sd-jwt", "'disclosures' must be an array of strings, 'kb_jwt' a string.")
    if "kb_jwt" in header and not kb_jwt:
        raise SdJwtError("not-an-sd-jwt", "'kb_jwt' must not be empty.")
    bare = {name: value for name, value in first.items() if name != "header"}
    jws: GeneralJws = {**doc, "signatures": [bare, *_entries(doc)[1:]]}
    return Parts(jws, parse_disclosures(texts), kb_jwt)


def _entries(doc: GeneralJws) -> list[dict[str, object]]:
    entries = doc.get("signatures")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise SdJwtError("not-an-sd-jwt", "The JWS member 'signatures' must be a non-empty array of objects.")
    return entries


def _first(doc: GeneralJws) -> dict[str, object]:
    return _entries(doc)[0]
