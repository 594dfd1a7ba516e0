"""A proxy that passes everything on and keeps what was asked and answered."""

from __future__ import annotations

from dataclasses import dataclass

from tests.parts.plain_http import Reply, Request
from tests.parts.proxy import Exchange, FaultProxy


@dataclass(frozen=True)
class Recorded:
    """A request and its answer."""

    request: Request
    reply: Reply


class RecordingProxy(FaultProxy):
    """Its ``exchanges`` are in the order in which they were answered."""

    def __init__(self, upstream_url: str) -> None:
        super().__init__(upstream_url)
        self.exchanges: list[Recorded] = []
        self.last = self._record

    def _record(self, exchange: Exchange) -> bool:
        reply = exchange.forward()
        self.exchanges.append(Recorded(exchange.request, reply))
        exchange.answer(reply)
        return True
