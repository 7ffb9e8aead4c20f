# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""One HTTP request's way through the gateway: who asks, of which city, there and back."""

from __future__ import annotations

import asyncio
import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from hanse.api.http.v1 import http_pb2
from hanse.gateway.exchange.asker import Ask
from hanse.gateway.exchange.clerk import refused
from hanse.gateway.forward import passed_metadata, time_allowed
from hanse.gateway.routes import HTTP_EXCHANGE, ROUTES
from hanse.gateway.web.messages import REQUEST_HEADERS, carried, check_request, led_back, split_city, wrong_answer
from hanse.gateway.web.model import Answer
from hanse.gateway.web.problems import WebError, answer_of, too_large
from hanse.kernel import access
from hanse.kernel.errors import UnauthenticatedError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.gateway.exchange.asker import Asker
    from hanse.gateway.tls import AuthContext, Callers
    from hanse.gateway.web.edge import Edge
    from hanse.gateway.web.model import Asked
    from hanse.kernel.config import CityConfig

log = logging.getLogger(__name__)
_MAX_TOKEN: Final = 16 * 1024
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(?::[0-9]{1,5})?")
# They say who asks, why and of whom: each at most once.
_SAID_ONCE: Final = (access.AUTHORIZATION, access.PURPOSE, access.CITY, access.REQUEST_ID, "host")


class WebDoor:
    """Answers requests from this city's interface and those of others."""

    def __init__(self, config: CityConfig, callers: Callers, edge: Edge, asker: Asker) -> None:
        self._authority, self._limits, self._reach = config.city.authority, config.limits, config.gateway.http_reach
        self._callers, self._edge, self._asker = callers, edge, asker

    async def answer(self, asked: Asked, auth: AuthContext) -> Answer:
        """The answer, whatever happens."""
        exchange: list[str] = []
        try:
            return await self._answer(asked, auth, exchange)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the last line before the wire: nothing may leak
            found = answer_of(error, "".join(exchange))
            if found.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                log.exception("defect while serving over HTTP")
            return found

    async def _answer(self, asked: Asked, auth: AuthContext, exchange: list[str]) -> Answer:
        caller = self._callers.identify(auth)
        said = _said(asked.headers)
        path, _, query = asked.target.partition("?")
        named, inner = split_city(path)
        prefix = f"/cities/{named}" if named else ""
        city = named or self._authority
        if said.get(access.CITY, city) != city:
            raise invalid(access.CITY, "names another city than the path", remedy="Name the city in the path alone.")
        token = access.bearer(said)
        if len(token) > _MAX_TOKEN:
            raise UnauthenticatedError("the token is too long", remedy="Send an access token of this city.")
        request = http_pb2.ExchangeRequest(
            method=asked.method,
            path=inner,
            query=query,
            headers=carried(asked.headers, REQUEST_HEADERS),
            body=asked.body,
            base=self._base(said, prefix),
        )
        check_request(request)
        timeout = time_allowed(None, self._limits)
        if city == self._authority:
            answer = await self._edge.exchange(request, timeout, passed_metadata(said, caller))
        else:
            ask = Ask(ROUTES[HTTP_EXCHANGE], city, said.get(access.PURPOSE, ""), caller, token, timeout)
            answer = await self._abroad(ask, request, exchange)
        headers = [(each.name, led_back(each.name, each.value, prefix)) for each in answer.headers]
        headers += [(access.EXCHANGE_ID, each) for each in exchange]
        return Answer(answer.status, headers, answer.body)

    async def _abroad(
        self, ask: Ask, request: http_pb2.ExchangeRequest, exchange: list[str]
    ) -> http_pb2.ExchangeResponse:
        """Another city's answer; the exchange's id is put into `exchange` as soon as there is one."""
        payload = request.SerializeToString()
        if len(payload) > self._limits.max_message_bytes:
            raise too_large(self._limits.max_message_bytes)
        sent = await self._asker.prepare(ask, payload)
        exchange.append(sent.envelope.id)
        try:
            answer = http_pb2.ExchangeResponse.FromString(await self._asker.call(sent, payload))
        except DecodeError:
            raise refused(f"the answer of {ask.city} is no ExchangeResponse") from None
        if wrong := wrong_answer(answer, request.method):
            raise refused(f"the answer of {ask.city} is refused: {wrong}")
        return answer

    def _base(self, said: Mapping[str, str], prefix: str) -> str:
        """What stands before the interface's own path for this client."""
        host = said.get("host", "")
        return f"https://{host if _HOST.fullmatch(host) else self._reach}{prefix}"


def _said(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What a request says of itself. Raises WebError where it says so twice."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name not in _SAID_ONCE:
            continue
        if name in found:
            raise WebError(HTTPStatus.BAD_REQUEST, f"the header {name} stands twice", remedy="Send it once.")
        found[name] = value
    return found
