"""What you learn: a model and its handlers are tested together, each way through it, and without waiting for timers.

Run, which needs no Camunda (pip install 'c8-client[embedded]' pytest):

    pytest examples/09_testing_a_model.py

What you will see: three tests passed in less than a second, although the model waits for a day.
"""

from order_process import LIMIT  # examples/order_process.py, whose import registers its handlers

from camunda_client.testing.embedded_camunda import EmbeddedCamunda
from camunda_client.testing.worker_session import WorkerSession


def test_a_customer_is_asked_a_day_later(camunda: EmbeddedCamunda, camunda_worker_session: WorkerSession) -> None:
    camunda.deploy("bpmn/order.bpmn")
    order = camunda.start("order", {"customer": "Ada", "amount": 40})

    camunda.run_until_idle()
    order.assert_waiting_at("a-day-later").assert_variables(charged=40)

    camunda.advance(days=1)
    camunda.run_until_idle()
    order.assert_completed().assert_visited("ask-for-review")


def test_too_large_an_order_is_refused(camunda: EmbeddedCamunda, camunda_worker_session: WorkerSession) -> None:
    camunda.deploy("bpmn/order.bpmn")
    order = camunda.start("order", {"customer": "Ada", "amount": LIMIT + 1})

    [worked] = camunda_worker_session.run_until_idle()

    assert worked.outcome == "error thrown"
    order.assert_completed().assert_path("placed", "charge-order", "too-much", "refused")


def test_an_incident_is_resolved(camunda: EmbeddedCamunda, camunda_worker_session: WorkerSession) -> None:
    camunda.deploy("bpmn/order.bpmn")
    order = camunda.start("order", {"customer": "Ada"})  # there is no amount

    camunda.run_until_idle(skip_back_off=True)
    incident = order.assert_incident("charge-order", "JOB_NO_RETRIES", "KeyError: 'amount'")

    camunda.engine.set_variables(int(order.key), {"amount": 40})
    camunda.resolve(incident)
    camunda.run_until_idle()
    order.assert_no_incidents().assert_waiting_at("a-day-later")
