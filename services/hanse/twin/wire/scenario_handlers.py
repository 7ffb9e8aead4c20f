# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""TwinScenarioService on the wire."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import scenario_pb2 as pb
from hanse.kernel.access import Access
from hanse.kernel.errors import ConflictError, HanseError, LimitExceededError, NotFoundError, invalid
from hanse.kernel.ids import new_urn
from hanse.twin.loading import upserts
from hanse.twin.loading.upserts import Home
from hanse.twin.model import MAX_PAGE, Row
from hanse.twin.rows import remade
from hanse.twin.scenarios import KIND, MAX_DIFFERENCES, MAX_NAME
from hanse.twin.wire import batches, convert

if TYPE_CHECKING:
    from collections.abc import Sequence

    import grpc

    from hanse.kernel.clock import Clock
    from hanse.twin.model import TwinStore
    from hanse.twin.scenarios import Difference, Scenario, ScenarioStore
    from hanse.twin.space.looking import Looking

NAME = "hanse.api.twin.v1.TwinScenarioService"
_GATEWAY = frozenset({"service:gateway"})
_READERS = frozenset({"service:gateway", "service:permit"})
RULES = {
    "CreateScenario": Access("twin:write", _GATEWAY),
    "GetScenario": Access("twin:read", _READERS),
    "ListScenarios": Access("twin:read", _READERS),
    "EditScenario": Access("twin:write", _GATEWAY),
    "CompareScenario": Access("twin:read", _READERS),
    "KeepScenario": Access("twin:write", _GATEWAY),
    "DeleteScenario": Access("twin:write", _GATEWAY),
}
RADIUS_M, MAX_RADIUS_M = 150.0, 1_000.0
_CHANGES = {
    "added": pb.CompareScenarioResponse.CHANGE_ADDED,
    "replaced": pb.CompareScenarioResponse.CHANGE_REPLACED,
    "removed": pb.CompareScenarioResponse.CHANGE_REMOVED,
}


class ScenarioHandlers:
    """The service's methods; errors are raised and mapped by the kernel."""

    def __init__(
        self,
        scenarios: ScenarioStore,
        twin: TwinStore,
        looking: Looking,
        authority: str,
        clock: Clock,
    ) -> None:
        self._scenarios, self._twin, self._looking = scenarios, twin, looking
        self._authority, self._clock = authority, clock

    def CreateScenario(self, request: pb.CreateScenarioRequest, _context: grpc.ServicerContext) -> pb.Scenario:
        """One insert."""
        name = request.name.strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise invalid("name", f"must have 1 to {MAX_NAME} printable characters")
        return _message(self._scenarios.create(new_urn(self._authority, KIND, self._clock), name))

    def GetScenario(self, request: pb.GetScenarioRequest, _context: grpc.ServicerContext) -> pb.Scenario:
        """With its counts."""
        return _message(self._there(request.id))

    def ListScenarios(
        self, request: pb.ListScenariosRequest, _context: grpc.ServicerContext
    ) -> pb.ListScenariosResponse:
        """A page; the token is the last id of the page before."""
        if not 0 <= request.page_size <= MAX_PAGE:
            raise invalid("page_size", f"must be 0 to {MAX_PAGE}")
        if request.page_token and not request.page_token.startswith("urn:hanse:"):
            raise invalid("page_token", "was not given by this service", reason="TOKEN_MALFORMED")
        size = request.page_size or convert.DEFAULT_PAGE
        found = self._scenarios.page(request.page_token, size + 1)
        token = found[size - 1].id if len(found) > size else ""
        return pb.ListScenariosResponse(scenarios=[_message(each) for each in found[:size]], next_page_token=token)

    def EditScenario(self, request: pb.EditScenarioRequest, _context: grpc.ServicerContext) -> pb.EditScenarioResponse:
        """All or nothing; what is wrong is told item by item."""
        scenario = self._there(request.scenario)
        batch = request.put
        if not batch.entities and not request.remove:
            raise invalid("put", "and remove are both empty; name what is put in or taken out")
        if len(request.remove) > MAX_PAGE:
            raise LimitExceededError(f"at most {MAX_PAGE} entities are taken out at once", remedy="Send several edits.")
        if batch.request_id:
            raise invalid("put.request_id", "has no meaning here: an edit may be sent again as it is")
        made: Sequence[Row | HanseError] = ()
        if batch.entities:
            batches.must_fit(batch)
            if self._twin.dataset(batch.dataset) is None:
                raise NotFoundError(f"no data set {batch.dataset[:200]!r}", remedy="Create it with PutDataset first.")
            home = Home(self._authority, self._looking.city_crs, batch.dataset)
            aliases = self._scenarios.aliases(scenario.branch, batch.dataset)
            made = upserts.prepare(convert.items(batch), home, aliases, self._clock)
        rows = [row for row in made if isinstance(row, Row)]
        if len(rows) < len(made):
            return _answer(batches.not_committed(batch, made))
        if twice := {row.id for row in rows} & set(request.remove):
            raise invalid("remove", f"names {min(twice)}, which is also put in")
        try:
            written = self._scenarios.edit(scenario.id, batch.dataset, rows, list(dict.fromkeys(request.remove)))
        except ConflictError as error:
            if "entity" not in error.metadata:
                raise
            at_fault = [error if row.id == error.metadata["entity"] else row for row in rows]
            return _answer(batches.not_committed(batch, at_fault))
        return _answer(batches.committed(written))

    def CompareScenario(
        self, request: pb.CompareScenarioRequest, _context: grpc.ServicerContext
    ) -> pb.CompareScenarioResponse:
        """What differs, and whose sunlight does."""
        scenario = self._there(request.scenario)
        radius = request.radius_m or RADIUS_M
        if not 1 <= radius <= MAX_RADIUS_M:
            raise invalid("radius_m", f"must be 1 to {MAX_RADIUS_M:.0f}, or 0 for {RADIUS_M:.0f}")
        day = calendar_day(request.sun_date, "sun_date") if request.sun_date else None
        found = list(islice(self._scenarios.differences(scenario.branch), MAX_DIFFERENCES + 1))
        if len(found) > MAX_DIFFERENCES:
            raise LimitExceededError(
                f"the scenario differs in more than {MAX_DIFFERENCES} entities", remedy="Query it instead."
            )
        light = self._looking.changed_sunlight(found, radius, day) if day else []
        return pb.CompareScenarioResponse(
            differences=[_difference(each) for each in found],
            sunlight=[
                pb.CompareScenarioResponse.Sunlight(id=each, hours_today=today, hours_then=then)
                for each, today, then in sorted(light)
            ],
        )

    def KeepScenario(self, request: pb.KeepScenarioRequest, _context: grpc.ServicerContext) -> pb.KeepScenarioResponse:
        """All its differences at once, or none."""
        scenario = self._there(request.scenario)
        crs = self._looking.city_crs
        created, replaced, deleted = self._scenarios.keep(scenario.id, lambda body: remade(body, crs))
        return pb.KeepScenarioResponse(created=created, replaced=replaced, deleted=deleted)

    def DeleteScenario(
        self, request: pb.DeleteScenarioRequest, _context: grpc.ServicerContext
    ) -> pb.DeleteScenarioResponse:
        """With all that it holds."""
        self._scenarios.drop(self._there(request.scenario).id)
        return pb.DeleteScenarioResponse()

    def _there(self, scenario_id: str) -> Scenario:
        found = self._scenarios.get(scenario_id)
        if found is None:
            raise NotFoundError(f"no scenario {scenario_id[:200]!r}", remedy="List them with ListScenarios.")
        return found


def calendar_day(text: str, field: str) -> date:
    """A day as YYYY-MM-DD, in the years for which the sun is known. Raises InvalidInputError."""
    try:
        day = date.fromisoformat(text)
        if day.isoformat() != text or not 1950 < day.year < 2100:  # noqa: PLR2004 - hanse.geo.sun
            raise ValueError(text)
    except ValueError:
        raise invalid(field, "must be a day such as 2026-06-21, from 1951 to 2099") from None
    return day


def _message(scenario: Scenario) -> pb.Scenario:
    return pb.Scenario(
        id=scenario.id,
        name=scenario.name,
        created=scenario.created,
        added=scenario.added,
        replaced=scenario.replaced,
        removed=scenario.removed,
    )


def _difference(each: Difference) -> pb.CompareScenarioResponse.Difference:
    return pb.CompareScenarioResponse.Difference(
        change=_CHANGES[each.change], id=each.id, type=each.type, attributes=each.attributes()
    )


def _answer(done: batches.Answer) -> pb.EditScenarioResponse:
    return pb.EditScenarioResponse(committed=done.committed, results=done.results)
