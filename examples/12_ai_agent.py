"""What you learn: how a handler drives an ad-hoc sub-process, turn by turn, as AI agents do.

Run, with CAMUNDA_REST_ADDRESS set to a cluster of 8.8 or later (or to camunda-client engine):

    camunda-client deploy examples/bpmn/agent.bpmn
    camunda-client start agent --variables '{"question": "Where is order 5?"}'
    camunda-client worker examples/12_ai_agent.py

What you will see: "turn 1: the tools are look-up-order, look-up-customer", then a "job.completed" for each tool, and
"turn 2: Order 5 is on its way to Ada."
"""

import logging
from typing import Any

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import AdHocResult, camunda_worker

log = logging.getLogger(__name__)


def ask_model(question: str, tools: list[dict[str, Any]], results: dict[str, Any]) -> dict[str, Any]:
    """Stands in for a language model, which gets the same: a question, what it may call, and what came of that."""
    if not results:
        return {"calls": {tool["elementId"]: {"question": question} for tool in tools}}
    return {"answer": f"Order 5 is {results['look-up-order']} to {results['look-up-customer']}."}


@camunda_worker(job_type="agent")
def agent(job: ActivatedJob) -> AdHocResult:
    # Camunda describes the elements of the sub-process, and collects what comes of those that were activated.
    tools = job.variables["adHocSubProcessElements"]
    results = {result["tool"]: result["content"] for result in job.variables["results"]}
    if results and len(results) < len(tools):
        return AdHocResult()  # There is a job after each tool; this agent waits until all have answered.

    said = ask_model(job.variables["question"], tools, results)
    if "answer" in said:
        log.info("turn 2: %s", said["answer"])
        return AdHocResult(completed=True, variables={"answer": said["answer"]})
    log.info("turn 1: the tools are %s", ", ".join(said["calls"]))
    return AdHocResult(activate=said["calls"])


# The tools are tasks like any other.
@camunda_worker(job_type="look-up-order")
def look_up_order(job: ActivatedJob) -> dict[str, str]:
    return {"found": "on its way"}


@camunda_worker(job_type="look-up-customer")
def look_up_customer(job: ActivatedJob) -> dict[str, str]:
    return {"found": "Ada"}
