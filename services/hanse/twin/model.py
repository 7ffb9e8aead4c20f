# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What the twin speaks of: rows ready for storage, queries, results; and the port to storage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanse.query import Predicate

CONTRACT = "twin/v1"
REVISION = "1.1.0"
BATCH = 500
MAX_PAGE = 1000
MAX_PAGE_BYTES = 8 * 1024 * 1024
MAX_ORDERED = 100_000

MAX_ENTITY_BYTES = 16 * 1024 * 1024
# Longer texts are indexed by their beginning, which no value asked for reaches: every comparison stays exact.
INDEXED_TEXT = 512

Scalar = str | float | bool


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box, x before y, in degrees or metres as its holder says."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float


@dataclass(frozen=True, slots=True)
class Row:
    """An entity that has been validated and is ready to be stored.

    `degrees` is the footprint's box in WGS 84 longitude and latitude;
    `metres` the same in the city's projected system, `footprint` the polygon there as WKB. All three are None for an
    entity without a place, the latter two also where the city's system cannot express it. `reach` is the box around
    the footprint and the solids, which may overhang it; None where there are none. `low`, `high` are metres
    above the city's vertical datum, `height` metres over the ground. `scalars` are the values that queries filter on;
    an attribute that has none stands there with None. `types` are all the entity's types, `type` the first of them;
    `kinds` its attributes with the kind of each ("Property" and so on).
    `system` are its system times (`hanse.ngsild.Times`) as JSON, None where they are those of the write.
    """

    id: str
    type: str
    json: bytes
    sha256: str
    source_id: str = ""
    degrees: Box | None = None
    metres: Box | None = None
    reach: Box | None = None
    footprint: bytes | None = None
    scalars: tuple[tuple[str, Scalar | None], ...] = ()
    flagged: bool = False
    types: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    scopes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    height: float | None = None
    system: bytes | None = None


class Outcome(Enum):
    """What writing an entity did."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Written:
    """One entity written: its id and what happened."""

    id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may come again: its id, and a hash of all it asks."""

    id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set and its terms (`hanse.api.types.v1.Dataset` says what each is)."""

    id: str
    title: str
    owner: str
    licence: str
    terms: str
    jurisdiction: str
    crs: str
    vertical_datum: str
    vertical_datum_source: str


class Operator(Enum):
    """Comparison of an attribute's value."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Filter:
    """attribute OPERATOR value; `value` is None for EXISTS."""

    attribute: str
    operator: Operator
    value: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """All within `radius` metres of a point in the city's projected system."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A box in another projected system than the city's: `crs` and `city` are EPSG notations."""

    crs: str
    city: str
    box: Box


@dataclass(frozen=True, slots=True)
class Heights:
    """From `low` to `high` metres, both included: above the datum, or with `above_ground` the entity's own height."""

    low: float
    high: float
    above_ground: bool = False


@dataclass(frozen=True, slots=True)
class Box3d:
    """A box in the city's projected system, metres, heights above its datum: (x, y, z) lowest and highest."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The `count` entities nearest to the query's circle's centre: by footprint, or in space from `height`."""

    count: int
    height: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What to find; every condition must hold.

    Of the places at most one is asked about: `degrees` (the footprint's box meets it in longitude and latitude),
    `metres` (likewise in the city's projected system), `circle` (the footprint comes within; `metres` holds it), or
    `elsewhere` (the footprint itself, in that system, meets it; `degrees` surely holds it). `condition` is in the words
    of `hanse.query`. `under` is an entity below which, by `partOf`, all that is found hangs. `branch` is a scenario's
    number, 0 for the living twin. `box_3d` is met by the entity's solid, and `metres` holds it. With `solids`, `metres`
    is met by whatever an entity's solids reach over too, or nearly so. `as_of` (UTC, as `timestamp` writes it) is a
    moment of the past, "" for now.
    """

    type: str = ""
    dataset: str = ""
    filters: tuple[Filter, ...] = ()
    degrees: Box | None = None
    metres: Box | None = None
    circle: Circle | None = None
    elsewhere: Elsewhere | None = None
    condition: Predicate | None = None
    heights: Heights | None = None
    box_3d: Box3d | None = None
    solids: bool = False
    nearest: Nearest | None = None
    under: str = ""
    branch: int = 0
    as_of: str = ""
    after: str = ""
    limit: int = 100


class Stored(Protocol):
    """An entity as it is stored: wire bytes, when it was created and changed, and its further system times as JSON.

    `type` is its first type; `low` and `high` are metres above the city's vertical datum. `footprint` (WKB, the city's
    projected system) is there when the query asks about a circle.
    """

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def dataset(self) -> str: ...  # noqa: D102
    @property
    def wire(self) -> bytes: ...  # noqa: D102
    @property
    def created(self) -> str: ...  # noqa: D102
    @property
    def modified(self) -> str: ...  # noqa: D102
    @property
    def system(self) -> bytes | None: ...  # noqa: D102
    @property
    def footprint(self) -> bytes | None: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102
    @property
    def json(self) -> bytes:
        """Its JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A type or an attribute that the twin holds: its name and how many entities have it.

    Of a type `attributes` are those that its entities carry; of an attribute `types` are those of the entities that
    carry it, and `kinds` what it is ("Property" and so on). All in order.
    """

    name: str
    count: int
    attributes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A change as it was written: where it stands in the feed, whose, what, and when."""

    position: int
    id: str
    type: str
    outcome: str
    time: str


@dataclass(frozen=True, slots=True)
class Page:
    """Entities as wire bytes in the order of their ids, the last id, and the data sets they belong to."""

    entities: tuple[bytes, ...]
    last_id: str
    more: bool
    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A feature or entity that was not loaded, where it stands in the source, why, and what to do."""

    source_id: str
    path: str
    reason: str
    remedy: str = "Correct it at its source, then load the file again: what is loaded stays as it is."


@dataclass(slots=True)
class Tally:
    """What a load has done so far; `fresh` are the refusals since it was told of last."""

    read: int = 0
    flagged: int = 0
    refused: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    refusals: list[Refusal] = field(default_factory=list)
    fresh: list[Refusal] = field(default_factory=list)
    total: int = 0


# Entity ids by those source ids, of the ones asked about, that are known. Can be pickled.
Aliases = Callable[[Iterable[str]], Mapping[str, str]]


class TwinStore(Protocol):
    """Where entities are kept."""

    def get(self, entity_id: str, branch: int = 0, as_of: str = "") -> bytes | None:
        """Wire bytes of an entity, by URN or source id."""
        ...

    def many(self, ids: Iterable[str], branch: int = 0, as_of: str = "") -> Mapping[str, Stored]:
        """Entities by the ids, URNs or source ids, that were asked for."""
        ...

    def matching(self, query: Query) -> Iterator[Stored]:
        """All that a query finds, in the order of ids; its `limit` is not looked at."""
        ...

    def count(self, query: Query) -> Mapping[str, int]:
        """How many a query finds, by their first type."""
        ...

    def query(self, query: Query) -> Page:
        """A page of entities."""
        ...

    def write(self, dataset: str, rows: Sequence[Row], request: Request | None = None) -> Sequence[Written]:
        """Writes all the rows and the events that tell of them, or nothing; a request done before is not done again.

        Raises:
            NotFoundError: the data set is unknown.
            ConflictError: an id or source id is taken, or the request's id was used with other content. Metadata
                `entity` names the row.
        """
        ...

    def types(self, after: str, limit: int) -> Sequence[Kind]:
        """Types of the living twin, in order."""
        ...

    def attributes(self, after: str, limit: int) -> Sequence[Kind]:
        """Attributes of the living twin, in order."""
        ...

    def branch(self, scenario: str) -> int | None:
        """A scenario's number."""
        ...

    def changes(self, after: int, limit: int) -> Sequence[Changed]:
        """What changed after a position of the feed, in order."""
        ...

    def last_change(self) -> int:
        """The feed's newest position, 0 when it is empty."""
        ...

    def first_change(self) -> int:
        """The oldest position that the feed still holds."""
        ...

    def done_before(self, request: Request) -> Sequence[Written] | None:
        """What an earlier equal request did, for a day; None when there was none. Raises ConflictError as `write`."""
        ...

    def loaded_before(self, request: Request) -> bytes | None:
        """What an earlier equal load was answered at its end, for a day; None when there was none.

        Raises:
            ConflictError: its id was used for a load of something else.
        """
        ...

    def remember_load(self, request: Request, answer: bytes) -> bytes:
        """Notes how a load ended; gives what counts, which is the first end. Raises ConflictError as above."""
        ...

    def delete(self, ids: Sequence[str]) -> Sequence[str]:
        """Deletes; gives the ids that were there."""
        ...

    def aliases(self, dataset: str) -> Aliases:
        """Finds entity ids of a data set by source id, in any process."""
        ...

    def put_dataset(self, dataset: Dataset) -> None:
        """Creates or replaces a data set."""
        ...

    def datasets(self, after: str = "", limit: int = MAX_PAGE) -> Sequence[Dataset]:
        """Data sets in the order of their ids."""
        ...

    def dataset(self, dataset_id: str) -> Dataset | None:
        """One data set."""
        ...

    def pages(self, query: Query) -> Iterator[Page]:
        """All pages of a query, one after the other."""
        ...
