"""The run time: process instances, what they wait for, and the commands that change them."""

from camunda_client.embedded.run._activated_job import ActivatedJob, as_received
from camunda_client.embedded.run._agenda import MAX_STEPS
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._commands import Commands, plain_activation, plain_content
from camunda_client.embedded.run._compensation import Completed
from camunda_client.embedded.run._endings import Ending
from camunda_client.embedded.run._entrances import Activation
from camunda_client.embedded.run._history import (
    ElementRecord,
    Incident,
    InstanceHistory,
    JobRecord,
    UserTaskRecord,
    VariableRecord,
)
from camunda_client.embedded.run._instances import (
    ElementInstance,
    Job,
    ProcessInstance,
    Settle,
    Subscription,
    Transition,
    UserTask,
)
from camunda_client.embedded.run._jobs import Poll
from camunda_client.embedded.run._messages import Message
from camunda_client.embedded.run._runtime import Runtime
from camunda_client.embedded.run._schedule import Entry, nothing
from camunda_client.embedded.run._waits import ActiveCall, Wait, calls_among, waits_of
from camunda_client.embedded.run._workflows import InstanceWorkflow, ScopeWorkflow, Token

__all__ = [
    "MAX_STEPS",
    "ActivatedJob",
    "Activation",
    "ActiveCall",
    "Clock",
    "Commands",
    "Completed",
    "ElementInstance",
    "ElementRecord",
    "Ending",
    "Entry",
    "Incident",
    "InstanceHistory",
    "InstanceWorkflow",
    "Job",
    "JobRecord",
    "Message",
    "Poll",
    "ProcessInstance",
    "Runtime",
    "ScopeWorkflow",
    "Settle",
    "Subscription",
    "Token",
    "Transition",
    "UserTask",
    "UserTaskRecord",
    "VariableRecord",
    "Wait",
    "as_received",
    "calls_among",
    "nothing",
    "plain_activation",
    "plain_content",
    "waits_of",
]
