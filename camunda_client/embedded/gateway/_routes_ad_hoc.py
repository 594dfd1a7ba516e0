"""Requests about ad-hoc sub-processes, from 8.8 on."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, bad_request, invalid, no_content
from camunda_client.embedded.gateway._requests import read_body

#: Members of the request, and of each element in it; the tables of what is described do not have them.
_REQUEST, _ELEMENT = ("elements", "cancelRemainingInstances"), ("elementId", "variables")


def activate(exchange: Exchange) -> Answer:
    """Activate elements of an ad-hoc sub-process."""
    body = read_body(exchange.environ, exchange.path, exchange.read())
    _check_known(exchange, body.document, _REQUEST)
    elements, cancel = body.inners("elements"), body.boolean("cancelRemainingInstances")
    if not elements:
        raise invalid("No elements provided.", exchange.path)
    activations = []
    for one in elements:
        _check_known(exchange, one.document, _ELEMENT, within="elements.")
        element_id = one.text("elementId")
        if not element_id:
            raise invalid("No elementId provided.", exchange.path)
        activations.append((element_id, one.object("variables") or {}))
    exchange.check_size("ACTIVATE")
    exchange.engine.activate_in_ad_hoc(exchange.key("adHocSubProcessInstanceKey"), activations, cancel=cancel is True)
    return no_content()


def _check_known(exchange: Exchange, document: dict[str, Any], known: tuple[str, ...], *, within: str = "") -> None:
    for name in document:
        if name not in known:
            raise bad_request(f"Request property [{within}{name}] cannot be parsed", exchange.path)


ROUTES: list[Route] = [
    ("POST", "/v2/element-instances/ad-hoc-activities/<adHocSubProcessInstanceKey>/activation", activate),
]
