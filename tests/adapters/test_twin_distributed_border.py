# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""A neighbouring city as a context source: two whole cities, each with gateway and twin, asked through the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from distributed_world import warnings as told
from http_world import EXCHANGE, NGSI, WebWorld
from twin_world import signed_token

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.cities
WRITER = "twin:read twin:write"


def bench(number: int, **attributes: Any) -> dict[str, Any]:
    given = {name: {"type": "Property", "value": each} for name, each in attributes.items()}
    return {"id": f"urn:ngsi-ld:Bench:{number}", "type": "Bench", **given}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    made = WebWorld.make(tmp_path_factory.mktemp("web"))
    entities = {made.here.authority: [bench(1, width=1), bench(2, width=1)]}
    entities[made.there.authority] = [bench(2, load=2), bench(3, load=2)]
    for place in (made.here, made.there):
        token = signed_token(place.config, scope=WRITER)
        for each in entities[place.authority]:
            assert made.call("POST", f"{NGSI}/entities", each, place=place, token=token).status == 201
    document = {
        "type": "ContextSourceRegistration",
        "information": [{"entities": [{"type": "Bench"}]}],
        "endpoint": f"https://{made.there.authority}",
        "contextSourceInfo": [{"key": "Authorization", "value": "Bearer of nobody"}],
    }
    token = signed_token(made.here.config, scope=WRITER)
    assert made.call("POST", f"{NGSI}/csourceRegistrations", document, token=token).status == 201
    yield made
    made.close()


def test_a_query_reaches_over_the_border_signed_and_logged(web: WebWorld) -> None:
    before = {place.authority: len(web.world.exchanges(place)) for place in web.world.places}
    answer = web.call("GET", f"{NGSI}/entities?type=Bench", hanse_purpose="where to sit")
    assert told(answer) == []
    assert {each["id"][-1]: sorted(each.keys() - {"id", "type"}) for each in answer.json} == {
        "1": ["width"],
        "2": ["load", "width"],
        "3": ["load"],
    }
    for place in web.world.places:
        new = web.world.exchanges(place)
        assert len(new) == before[place.authority] + 1
        assert {(each.method, each.purpose) for each in new} >= {(EXCHANGE, "where to sit")}


def test_what_the_neighbour_holds_is_retrieved_by_those_who_may(web: WebWorld) -> None:
    path = f"{NGSI}/entities/urn:ngsi-ld:Bench:3"
    assert web.call("GET", path).json["load"]["value"] == 2
    assert web.call("GET", f"{path}?local=true").status == 404
    assert web.call("GET", path, token="no token").status == 401  # noqa: S106 - not one


def test_a_neighbour_that_is_gone_is_told_of(web: WebWorld) -> None:
    web.edges[web.there.authority].stop()
    answer = web.call("GET", f"{NGSI}/entities?type=Bench")
    assert [each["id"][-1] for each in answer.json] == ["1", "2"]
    assert len(told(answer)) == 1
