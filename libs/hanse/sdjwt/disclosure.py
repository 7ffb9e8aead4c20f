# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Disclosures and their digests (RFC 9901 sections 4.2 and 7.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hanse.jose import b64u_decode, b64u_encode, canonical_json, parse_json
from hanse.sdjwt.errors import SdJwtError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hanse.sdjwt.paths import ConcretePath

SD = "_sd"
SD_ALG = "_sd_alg"
ELLIPSIS = "..."
SHA_256 = "sha-256"
RESERVED = frozenset({SD, SD_ALG, ELLIPSIS})
MAX_DISCLOSURES = 512
MAX_DEPTH = 24
SALT_BYTES = 16  # 128 bits, RFC 9901 section 9.3
_OBJECT_PROPERTY = 3
_ARRAY_ELEMENT = 2


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure: its text on the wire, the member name (None: an array element) and the value."""

    text: str
    name: str | None
    value: object

    @property
    def digest(self) -> str:
        """The base64url SHA-256 of the text as it stands on the wire."""
        return sha256_text(self.text)

    @classmethod
    def make(cls, name: str | None, value: object, rng: Callable[[int], bytes]) -> Disclosure:
        """Salt and encode a member (``name``) or an array element (None)."""
        salt = b64u_encode(rng(SALT_BYTES))
        content: list[object] = [salt, value] if name is None else [salt, name, value]
        return cls(b64u_encode(canonical_json(content)), name, value)

    @classmethod
    def parse(cls, text: str) -> Disclosure:
        """Decode ``[salt, name, value]`` or ``[salt, value]``; anything else is refused."""
        content = parse_json(b64u_decode(text, place="disclosure"), place="disclosure", max_depth=MAX_DEPTH)
        if not isinstance(content, list) or len(content) not in {_ARRAY_ELEMENT, _OBJECT_PROPERTY}:
            raise SdJwtError("bad-disclosure", "A disclosure is an array of two or three elements.")
        if not all(isinstance(part, str) for part in content[:-1]):
            raise SdJwtError("bad-disclosure", "A disclosure's salt and name are strings.")
        name = content[1] if len(content) == _OBJECT_PROPERTY else None
        if name in RESERVED:
            raise SdJwtError("bad-disclosure", f"A disclosure must not be named {name!r}.")
        return cls(text, name, content[-1])


@dataclass(frozen=True, slots=True)
class Revealed:
    """Claims with every given disclosure put in its place, and where each one went."""

    claims: dict[str, object]
    places: tuple[tuple[ConcretePath, Disclosure], ...]


def sha256_text(text: str) -> str:
    """Return the base64url SHA-256 of an ASCII text."""
    return b64u_encode(hashlib.sha256(text.encode("ascii")).digest())


def parse_disclosures(texts: Iterable[object]) -> tuple[Disclosure, ...]:
    """Parse the disclosures of a credential; not more than ``MAX_DISCLOSURES``, none twice."""
    found: dict[str, Disclosure] = {}
    for text in texts:
        if not isinstance(text, str) or text in found:
            raise SdJwtError("bad-disclosure", "A disclosure is a text and is given once.")
        if len(found) == MAX_DISCLOSURES:
            raise SdJwtError("too-large", f"A credential has at most {MAX_DISCLOSURES} disclosures.")
        found[text] = Disclosure.parse(text)
    return tuple(found.values())


def reveal(payload: Mapping[str, object], disclosures: Iterable[Disclosure]) -> Revealed:
    """Replace digests by what was disclosed (RFC 9901 section 7.1, step 3).

    Array indices in the places count the elements that are there afterwards.

    Raises:
        SdJwtError: a digest that occurs twice, a disclosure that no digest refers to, one of the wrong kind
            or whose name is taken, a misplaced ``_sd``, ``_sd_alg`` or ``...``, a hash other than SHA-256.
    """
    if payload.get(SD_ALG, SHA_256) != SHA_256:
        raise SdJwtError("alg-not-allowed", "The claim '_sd_alg' must be 'sha-256'.")
    walk = _Reveal({disclosure.digest: disclosure for disclosure in disclosures})
    claims = walk.members({name: value for name, value in payload.items() if name != SD_ALG}, ())
    if len(walk.places) != len(walk.by_digest):
        raise SdJwtError("unused-disclosure", "A disclosure belongs to no digest of the credential.")
    return Revealed(claims, tuple(walk.places))


@dataclass(slots=True)
class _Reveal:
    by_digest: dict[str, Disclosure]
    places: list[tuple[ConcretePath, Disclosure]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def value(self, value: object, at: ConcretePath) -> object:
        if len(at) > MAX_DEPTH:
            raise SdJwtError("too-deep", f"The claims nest deeper than {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            return self.members(value, at)
        return self.elements(value, at) if isinstance(value, list) else value

    def members(self, source: Mapping[str, object], at: ConcretePath) -> dict[str, object]:
        if misplaced := (RESERVED - {SD}) & set(source):
            raise SdJwtError("bad-digest", f"The member {min(misplaced)!r} stands in a wrong place.")
        result = {name: self.value(value, (*at, name)) for name, value in source.items() if name != SD}
        digests = source.get(SD, [])
        if not isinstance(digests, list):
            raise SdJwtError("bad-digest", "The member '_sd' must be an array of digests.")
        for digest in digests:
            disclosure = self.take(digest)
            if disclosure is None:
                continue
            name = disclosure.name
            if name is None or name in result:
                raise SdJwtError("bad-disclosure", "A disclosed member lacks a name or its name is taken.")
            place = (*at, name)
            self.places.append((place, disclosure))
            result[name] = self.value(disclosure.value, place)
        return result

    def elements(self, source: list[object], at: ConcretePath) -> list[object]:
        result: list[object] = []
        for item in source:
            place = (*at, len(result))
            if not isinstance(item, dict) or ELLIPSIS not in item:
                result.append(self.value(item, place))
                continue
            if len(item) != 1:
                raise SdJwtError("bad-digest", "An array element with '...' must have no other member.")
            disclosure = self.take(item[ELLIPSIS])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise SdJwtError("bad-disclosure", "A disclosed array element must not have a name.")
            self.places.append((place, disclosure))
            result.append(self.value(disclosure.value, place))
        return result

    def take(self, digest: object) -> Disclosure | None:
        if not isinstance(digest, str) or digest in self.seen:
            raise SdJwtError("bad-digest", "A digest must be a string and occur once in the credential.")
        self.seen.add(digest)
        return self.by_digest.get(digest)
