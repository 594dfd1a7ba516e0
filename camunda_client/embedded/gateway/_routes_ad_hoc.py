"""Requests about ad-hoc sub-processes, from 8.8 on."""

from __future__ import annotations

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, invalid, no_content


def activate(exchange: Exchange) -> Answer:
    """Activate elements of an ad-hoc sub-process."""
    body = exchange.body("AdHocSubProcessActivateActivitiesInstruction")
    elements, cancel = body.inners("elements"), body.boolean("cancelRemainingInstances")
    if not elements:
        raise invalid("No elements provided.", exchange.path)
    activations = []
    for one in elements:
        element_id = one.text("elementId")
        if not element_id:
            raise invalid("No elementId provided.", exchange.path)
        activations.append((element_id, one.object("variables") or {}))
    exchange.check_size("ACTIVATE")
    exchange.engine.activate_in_ad_hoc(exchange.key("adHocSubProcessInstanceKey"), activations, cancel=cancel is True)
    return no_content()


ROUTES: list[Route] = [
    ("POST", "/v2/element-instances/ad-hoc-activities/<adHocSubProcessInstanceKey>/activation", activate),
]
