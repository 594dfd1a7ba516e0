"""Deployments happen as a whole or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from camunda_client.embedded import Clock, Engine, Rejection

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
MODEL = """
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="m" name="{name}"/>
  <bpmn:signal id="g" name="{name}"/>
  <bpmn:process id="p" isExecutable="true">
    <bpmn:startEvent id="begin" name="Begin">{event}</bpmn:startEvent>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition>
      <bpmn:timeDuration>{wait}</bpmn:timeDuration>
    </bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f" sourceRef="begin" targetRef="wait"/>
  </bpmn:process>
</bpmn:definitions>
"""
MESSAGE = '<bpmn:messageEventDefinition messageRef="m"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="g"/>'
DATE = "<bpmn:timerEventDefinition><bpmn:timeDate>{}</bpmn:timeDate></bpmn:timerEventDefinition>"
CYCLE = "<bpmn:timerEventDefinition><bpmn:timeCycle>{}</bpmn:timeCycle></bpmn:timerEventDefinition>"


def model(event: str, *, name: str = "go", wait: str = "PT1M") -> tuple[str, str]:
    return "p.bpmn", MODEL.format(event=event, name=name, wait=wait).strip()


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (model(DATE.format("tomorrow")), "Invalid timer date expression (Invalid date-time format 'tomorrow'"),
        (
            model(DATE.format("=missing")),
            "Invalid timer date expression (Expected result of the expression 'missing' to be one of",
        ),
        (model(CYCLE.format("0 9 * * MON")), "Invalid timer cycle expression (Invalid cycle format '0 9 * * MON'"),
        (model(CYCLE.format("0 0 0 31 2 *")), "is never due"),
        (model(CYCLE.format("=missing")), "Invalid timer cycle expression"),
        (model(MESSAGE, name="=x"), "type String for message name '=x', but was NULL"),
        (model(SIGNAL, name="=1 + 1"), "type String for signal name '=1 + 1', but was NUMBER"),
    ],
)
def test_a_start_event_that_can_not_listen_is_refused_and_its_older_version_goes_on(
    resource: tuple[str, str], reason: str
) -> None:
    """They left the engine as a private error, after the new version had taken the older one's place."""
    engine = Engine(clock=Clock(START))
    engine.deploy(model(MESSAGE))

    with pytest.raises(Rejection) as refused:
        engine.deploy(resource)
    engine.publish("go")

    assert refused.value.code == "INVALID_ARGUMENT"
    assert "- Element: begin ('Begin')" in str(refused.value)
    assert reason in str(refused.value)
    assert [history.version for history in engine.instances] == [1]


def test_a_timer_is_refused_at_deployment_where_its_text_is_known() -> None:
    engine = Engine()

    with pytest.raises(Rejection, match=r"Element: wait\n.*Invalid timer duration expression"):
        engine.deploy(model(MESSAGE, wait="soon"))
    engine.deploy(model(MESSAGE, wait="=soon"))


def test_a_start_date_may_be_computed() -> None:
    engine = Engine(clock=Clock(START))
    engine.deploy(model(DATE.format('=now() + duration("PT1H")')))

    engine.advance(timedelta(minutes=59))
    early = len(engine.instances)
    engine.advance(timedelta(minutes=1))

    assert (early, len(engine.instances)) == (0, 1)
