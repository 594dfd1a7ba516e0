import order_process


def test_a_customer_is_asked_for_a_review_a_day_after_the_order(camunda, camunda_worker_session):
    camunda.deploy("bpmn/order.bpmn")
    order = camunda.start("order", {"customer": "Ada", "amount": order_process.LIMIT})
    camunda.run_until_idle()
    camunda.advance(days=1)
    camunda.run_until_idle()
    order.assert_completed().assert_variables(charged=1000, asked="Ada")
