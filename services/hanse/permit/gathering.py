# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What stands around a plan, from the twins of all cities that must be asked, and how each of them answered.

A city that refuses, is silent or answers in part costs its own deadline and nothing else. What was gathered is kept
with the check, so that a check that was interrupted goes on with the very same answers.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from hanse.kernel.clock import Clock, timestamp
from hanse.kernel.errors import (
    DeadlineError,
    DeniedError,
    HanseError,
    InvalidInputError,
    PreconditionError,
    UnauthenticatedError,
)
from hanse.permit import buildings
from hanse.permit.model import Dataset, Loss, Neighbour, Outline, Source, SourceState, Surroundings
from hanse.permit.ports import (
    Answer,
    Box,
    IdentityPort,
    NeighbourPort,
    Record,
    Terms,
    TranslationPort,
    TwinPort,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanse.geo import Crs

_REFUSALS = (DeniedError, UnauthenticatedError, PreconditionError, InvalidInputError)
_SCOPE_OWN = "twin:read translate exchange:read"
_SCOPE_NEIGHBOUR = "twin:read"
_OWN_TIMEOUT_S = 30.0
_OUTLINE_TIMEOUT_S = 5.0
_MAX_CITIES = 32


class GatheredError(ValueError):
    """Stored bytes are no gathered answers."""


@dataclass(frozen=True, slots=True)
class CityAnswer:
    """One city's answer: how it answered, its entities (translated), what translation lost."""

    source: Source
    records: tuple[Record, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """All cities' answers; `peers_unknown` says why it is not known whom to ask, empty when it is.

    `cities` are the outlines that the own twin has of cities nearby: for the pictures, no verdict rests on them.
    """

    answers: tuple[CityAnswer, ...]
    peers_unknown: str = ""
    cities: tuple[Record, ...] = ()

    def to_bytes(self) -> bytes:
        """As it is kept: gzip of JSON."""
        document = {
            "peers_unknown": self.peers_unknown,
            "answers": [_answer_out(each) for each in self.answers],
            "cities": [_record_out(each) for each in self.cities],
        }
        return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 3, mtime=0)

    @classmethod
    def from_bytes(cls, data: bytes) -> Gathered:
        """What `to_bytes` kept. Raises GatheredError."""
        try:
            document = json.loads(gzip.decompress(data))
            answers = tuple(map(_answer_in, document["answers"]))
            return cls(answers, document["peers_unknown"], _records_in(document.get("cities", ())))
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise GatheredError(f"the stored answers cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked: where, of whom (None: of every registered neighbour), on what terms.

    A registered neighbour that is left out is told of as one that was not asked.

    `own_box` may be larger than `box`: for the pictures the city looks further around in its own twin than it asks
    others to tell. `area` is `box` in WGS 84 degrees: west, south, east, north.
    """

    box: Box
    own_box: Box
    area: tuple[float, float, float, float]
    neighbours: tuple[str, ...] | None
    purpose: str
    request_id: str
    neighbour_timeout_s: float


@dataclass(frozen=True, slots=True)
class _Whom:
    """The cities to ask; those registered that are left out, and why; why it is not known which are registered."""

    asked: tuple[str, ...]
    left: tuple[str, ...]
    why: str
    unknown: str


class Gatherer:
    """Asks the twins."""

    def __init__(
        self,
        city: str,
        crs: Crs,
        twin: TwinPort,
        others: NeighbourPort,
        translation: TranslationPort,
        identity: IdentityPort,
        clock: Clock,
    ) -> None:
        self._city, self._crs, self._clock = city, crs, clock
        self._twin, self._others = twin, others
        self._translation, self._identity = translation, identity

    def gather(self, inquiry: Inquiry, token: str, progress: Callable[[str], None]) -> Gathered:
        """Asks the own twin and all neighbours at the same time; never raises for what a city does."""
        own_terms = Terms(inquiry.purpose, inquiry.request_id, _OWN_TIMEOUT_S)
        try:
            own_token = self._identity.on_behalf(token, self._city, _SCOPE_OWN, own_terms)
        except HanseError as error:
            source = self._failed(self._city, error)
            return Gathered((CityAnswer(source),), peers_unknown=_words(error))
        whom = self._whom(inquiry, own_token, own_terms)
        cities = whom.asked
        names = ", ".join((self._city, *cities))
        progress(f"asking {names}")
        with ThreadPoolExecutor(len(cities) + 2, thread_name_prefix="gather") as pool:
            own = pool.submit(self._ask_own, inquiry, own_token, own_terms)
            around = pool.submit(self._ask_outlines, inquiry, own_token, own_terms)
            others = [pool.submit(self._ask_other, city, inquiry, token, own_token) for city in cities]
            outlines = around.result()
            answers = (_with_terms(own.result(), outlines), *(each.result() for each in others))
        left = (CityAnswer(Source(city, SourceState.NOT_ASKED, detail=whom.why)) for city in whom.left)
        return Gathered((*answers, *left), whom.unknown, outlines.records)

    def _whom(self, inquiry: Inquiry, token: str, terms: Terms) -> _Whom:
        """Whom to ask: whoever applies may leave cities out, but not without its being said."""
        unknown, registered = "", set[str]()
        try:
            registered = set(self._others.cities(token, terms)) - {self._city}
        except HanseError as error:
            unknown = _words(error)
        if inquiry.neighbours is None:
            asked = tuple(sorted(registered))[:_MAX_CITIES]
            why = f"no more than {_MAX_CITIES} cities are asked for one check"
        else:
            asked = tuple(city for city in inquiry.neighbours if city != self._city)
            why = "whoever asked for this check chose which cities are asked, and left it out"
        return _Whom(asked, tuple(sorted(registered - set(asked))), why, unknown)

    def _ask_own(self, inquiry: Inquiry, token: str, terms: Terms) -> CityAnswer:
        try:
            answer = self._twin.buildings(inquiry.own_box, token, terms)
        except HanseError as error:
            return CityAnswer(self._failed(self._city, error))
        foreign = [record for record in answer.records if _horizontal(record) not in {None, self._crs.horizontal}]
        if not foreign:
            return CityAnswer(self._source(self._city, answer), answer.records)
        return self._translated(self._city, answer, token, terms)

    def _ask_outlines(self, inquiry: Inquiry, token: str, terms: Terms) -> Answer:
        """Without them the pictures have no border; the check is none the worse."""
        try:
            return self._twin.cities(inquiry.own_box, token, replace(terms, timeout_s=_OUTLINE_TIMEOUT_S))
        except HanseError:
            return Answer(())

    def _ask_other(self, city: str, inquiry: Inquiry, token: str, own_token: str) -> CityAnswer:
        terms = Terms(inquiry.purpose, inquiry.request_id, inquiry.neighbour_timeout_s)
        try:
            theirs = self._identity.on_behalf(token, city, _SCOPE_NEIGHBOUR, terms)
            answer = self._others.buildings(city, inquiry.box, theirs, terms)
        except HanseError as error:
            return CityAnswer(self._failed(city, error))
        return self._translated(city, answer, own_token, replace(terms, timeout_s=_OWN_TIMEOUT_S))

    def _translated(self, city: str, answer: Answer, token: str, terms: Terms) -> CityAnswer:
        """The answer as this city reads it; what translation could not carry makes it partial."""
        source = self._source(city, answer)
        if not answer.records:
            return CityAnswer(source)
        try:
            records, losses = self._translation.translate(answer.records, answer.datasets, self._crs.uri, token, terms)
        except HanseError as error:
            detail = f"its answer could not be translated: {_words(error)}"
            return CityAnswer(replace(source, state=SourceState.PARTIAL, detail=detail))
        missing = len(answer.records) - len(records)
        if missing:
            detail = f"{missing} of {len(answer.records)} entities could not be translated"
            source = replace(source, state=SourceState.PARTIAL, detail=f"{source.detail} {detail}".strip())
        return CityAnswer(source, records, tuple(replace(loss, city=city) for loss in losses))

    def _source(self, city: str, answer: Answer) -> Source:
        digest = hashlib.sha256()
        for record in answer.records:
            digest.update(record.json)
        return Source(
            city=city,
            state=SourceState.PARTIAL if answer.broken else SourceState.ANSWERED,
            as_of=timestamp(self._clock.now()),
            count=len(answer.records),
            snapshot_sha256=digest.hexdigest(),
            exchange_id=answer.exchange_id,
            detail=answer.broken,
            datasets=answer.datasets,
        )

    @staticmethod
    def _failed(city: str, error: HanseError) -> Source:
        state = SourceState.UNAVAILABLE
        if isinstance(error, DeadlineError):
            state = SourceState.TIMED_OUT
        elif isinstance(error, _REFUSALS):
            state = SourceState.REFUSED
        return Source(city, state, detail=_words(error))


def surroundings(gathered: Gathered, crs: Crs) -> Surroundings:
    """The buildings that the answers tell of, in the city's system; what one city tells twice counts once."""
    found: dict[tuple[str, str], Neighbour] = {}
    unread: list[tuple[str, str]] = []
    for answer in gathered.answers:
        for record in answer.records:
            # By city too: none may hide another's building by telling of one with its id.
            key = (answer.source.city, record.id)
            if key in found:
                continue
            try:
                found[key] = buildings.read(record.json, answer.source.city, crs)
            except buildings.BuildingError:
                unread.append((answer.source.city, record.id))
    return Surroundings(
        neighbours=tuple(found.values()),
        sources=tuple(answer.source for answer in gathered.answers),
        losses=tuple(loss for answer in gathered.answers for loss in answer.losses),
        unread=tuple(unread),
        peers_unknown=gathered.peers_unknown,
    )


def outlines(gathered: Gathered, crs: Crs) -> tuple[Outline, ...]:
    """The outlines of cities, in the city's system, those that can be read."""
    found: list[Outline] = []
    for record in gathered.cities[:_MAX_CITIES]:
        with contextlib.suppress(buildings.BuildingError):
            found.append(buildings.read_outline(record.json, crs))
    return tuple(found)


def _with_terms(own: CityAnswer, cities: Answer) -> CityAnswer:
    """The own city's answer, with the data sets that its outlines came from among its own."""
    held = {each.id: each for each in (*own.source.datasets, *cities.datasets)}
    return replace(own, source=replace(own.source, datasets=tuple(held.values())))


def entity_ids(gathered: Gathered) -> tuple[str, ...]:
    """Ids of all entities that came."""
    return tuple(dict.fromkeys(record.id for answer in gathered.answers for record in answer.records))


def _horizontal(record: Record) -> int | None:
    try:
        entity = json.loads(record.json)
    except ValueError:
        return None
    return buildings.horizontal_of(entity) if isinstance(entity, dict) else None


def _words(error: HanseError) -> str:
    return f"{error.reason}: {error.message}"[:1000]


def _answer_out(answer: CityAnswer) -> dict[str, Any]:
    return {
        "source": asdict(answer.source),
        "records": [_record_out(record) for record in answer.records],
        "losses": [asdict(loss) for loss in answer.losses],
    }


def _record_out(record: Record) -> dict[str, str]:
    head = {name: getattr(record, name) for name in ("id", "type", "contract", "revision", "dataset")}
    return {**head, "json": record.json.decode()}


def _answer_in(stored: dict[str, Any]) -> CityAnswer:
    source = stored["source"]
    datasets = tuple(Dataset(**each) for each in source["datasets"])
    return CityAnswer(
        source=Source(**{**source, "state": SourceState(source["state"]), "datasets": datasets}),
        records=_records_in(stored["records"]),
        losses=tuple(Loss(**each) for each in stored["losses"]),
    )


def _records_in(stored: Sequence[dict[str, str]]) -> tuple[Record, ...]:
    return tuple(
        Record(
            **{name: each[name] for name in ("id", "type", "contract", "revision", "dataset")},
            json=each["json"].encode(),
        )
        for each in stored
    )
