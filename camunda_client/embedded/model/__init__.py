"""What is deployed: BPMN, DMN and forms, read once into a model that does not change while instances run."""

from camunda_client.embedded.model._ad_hoc import INNER
from camunda_client.embedded.model._decisions import Decisions, EvaluationError, as_text
from camunda_client.embedded.model._deployments import Deployments
from camunda_client.embedded.model._dialects import DIALECTS
from camunda_client.embedded.model._element import (
    BEFORE_ALL,
    INT32,
    PRIORITIES,
    AdHoc,
    Binding,
    CalledProcess,
    Element,
    Event,
    Flow,
    JobDefinition,
    Link,
    Listener,
    Mapping,
    MultiInstance,
)
from camunda_client.embedded.model._expressions import Expression, unexpected, unexpected_type
from camunda_client.embedded.model._iso8601 import duration, moment
from camunda_client.embedded.model._logic import (
    BoxedContext,
    BoxedFunction,
    BoxedList,
    Decision,
    DecisionRecord,
    Evaluated,
    Graph,
    Invocation,
    Knowledge,
    Output,
    Relation,
    Rule,
    Table,
)
from camunda_client.embedded.model._parser import Process
from camunda_client.embedded.model._specs import Driver, FlowNode, RootSpec, ScopeSpec
from camunda_client.embedded.model._timers import Cycle, first_due, next_due, to_ms
from camunda_client.embedded.model._versions import Definition, Deployment, Form, Resource

__all__ = [
    "BEFORE_ALL",
    "DIALECTS",
    "INNER",
    "INT32",
    "PRIORITIES",
    "AdHoc",
    "Binding",
    "BoxedContext",
    "BoxedFunction",
    "BoxedList",
    "CalledProcess",
    "Cycle",
    "Decision",
    "DecisionRecord",
    "Decisions",
    "Definition",
    "Deployment",
    "Deployments",
    "Driver",
    "Element",
    "Evaluated",
    "EvaluationError",
    "Event",
    "Expression",
    "Flow",
    "FlowNode",
    "Form",
    "Graph",
    "Invocation",
    "JobDefinition",
    "Knowledge",
    "Link",
    "Listener",
    "Mapping",
    "MultiInstance",
    "Output",
    "Process",
    "Relation",
    "Resource",
    "RootSpec",
    "Rule",
    "ScopeSpec",
    "Table",
    "as_text",
    "duration",
    "first_due",
    "moment",
    "next_due",
    "to_ms",
    "unexpected",
    "unexpected_type",
]
