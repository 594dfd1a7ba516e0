"""What you learn: a handler's parameters are variables of the process, by name and type.

Run, with CAMUNDA_REST_ADDRESS set to your cluster:

    camunda-client deploy examples/bpmn/typed.bpmn
    camunda-client start typed --variables '{"orderId": "A-1", "lines": [{"sku": "pen", "price": "1.50", "count": 4}]}'
    camunda-client start typed --variables '{"orderId": "A-2", "lines": [{"sku": "pen", "price": "cheap"}]}'
    camunda-client worker examples/06_typed_variables.py

What you will see:
    A-1  "job.completed"; the process has a variable receipt
    A-2  "job.failed" at once with retries_left=0, and an incident that names lines[0].price and the reason. The handler
         was not called: another try would change nothing until a person corrects the variable
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from camunda_client.c8.worker import JobField, camunda_worker


class Line(BaseModel):
    sku: str
    price: Decimal
    count: int = 1


class Receipt(BaseModel):
    order: str
    total: Decimal
    note: str | None
    instance: str


# Only orderId, lines and note are fetched; single_value makes one variable of the result.
@camunda_worker(job_type="typed-charge", variable_names="camelCase", single_value="receipt")
def charge(
    order_id: str,
    lines: list[Line],
    process_instance_key: Annotated[str, JobField()],
    note: str | None = None,
) -> Receipt:
    total = sum((line.price * line.count for line in lines), Decimal(0))
    return Receipt(order=order_id, total=total, note=note, instance=process_instance_key)
