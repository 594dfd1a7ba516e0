"""What decisions are made of, once read: tables, boxed expressions, knowledge models; and what came of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from camunda_client.embedded.model._expressions import Expression

#: A matched rule's outputs: id of the column, name, value.
Outputs = list[tuple[str, str, Any]]
#: What Camunda knows nothing of by key: business knowledge models.
UNKNOWN = -1


@dataclass(slots=True)
class Rule:
    """One row."""

    id: str
    tests: list[Expression]
    outputs: list[tuple[str, str, Expression]]


@dataclass(slots=True)
class Output:
    """One column of results."""

    id: str
    name: str
    #: The text of its values in the order of their priority, each without quotes.
    priorities: list[str]
    default: Expression | None


@dataclass(slots=True)
class Table:
    """A decision table."""

    hit_policy: str
    aggregation: str | None
    inputs: list[tuple[str, str, Expression]]
    outputs: list[Output]
    rules: list[Rule]


@dataclass(slots=True)
class BoxedContext:
    """Named values; each sees those before it. ``result`` is the value of the whole, where there is one."""

    entries: list[tuple[str, Logic]]
    result: Logic | None


@dataclass(slots=True)
class BoxedList:
    """Values in a row."""

    items: list[Logic]


@dataclass(slots=True)
class Relation:
    """Rows of named values: a list of contexts."""

    rows: list[list[tuple[str, Logic]]]


@dataclass(slots=True)
class BoxedFunction:
    """A function of a context: parameters with their types (empty: any), and what it comes to."""

    parameters: list[tuple[str, str]]
    body: Expression


@dataclass(slots=True)
class Invocation:
    """A call of a business knowledge model with named values."""

    called: Knowledge
    bindings: list[tuple[str, Expression]]


Logic = Expression | Table | BoxedContext | BoxedList | Relation | BoxedFunction | Invocation


@dataclass(slots=True, eq=False)
class Knowledge:
    """A business knowledge model: a function that decisions may call by its name."""

    decision_id: str
    name: str
    logic: Logic
    parameters: list[tuple[str, str]]
    required: list[Knowledge]
    key: int = UNKNOWN
    version: int = UNKNOWN


@dataclass(slots=True, eq=False)
class Decision:
    """One version of a decision."""

    decision_id: str
    name: str
    graph: Graph
    logic: Logic
    variable: str
    #: What its result must be; empty: anything.
    type: str = ""
    required: list[str] = field(default_factory=list)
    knowledge: list[Knowledge] = field(default_factory=list)
    key: int = 0
    version: int = 0
    version_tag: str = ""

    @property
    def deployment_key(self) -> int:
        """The key of the deployment that brought it."""
        return self.graph.deployment_key


@dataclass(slots=True, eq=False)
class Graph:
    """A decision requirements graph: the decisions of one file."""

    graph_id: str
    name: str
    decisions: dict[str, Decision] = field(default_factory=dict)
    key: int = 0
    version: int = 0
    resource_name: str = ""
    checksum: str = ""
    tenant_id: str = ""
    content: bytes = b""
    deployment_key: int = 0


@dataclass(slots=True)
class Evaluated:
    """The part of one decision, or knowledge model, in an evaluation."""

    decision: Decision | Knowledge
    output: Any
    inputs: list[tuple[str, str, Any]] = field(default_factory=list)
    matched: list[tuple[Rule, int, Outputs]] = field(default_factory=list)
    #: Why it has no output; empty where it has one.
    failure: str = ""

    @property
    def type(self) -> str:
        """What Camunda calls the kind of logic: DECISION_TABLE, LITERAL_EXPRESSION, CONTEXT, ..."""
        return _TYPES[type(self.decision.logic)]


@dataclass(slots=True)
class DecisionRecord:
    """One evaluation of a decision, as a search shows it."""

    key: int
    decision: Decision
    #: What was evaluated on the way; the decision itself, or what failed, is last.
    evaluated: list[Evaluated]
    #: Why it has no output; empty where it has one.
    failure: str
    at_ms: int
    #: Of the business rule task; None and empty for an evaluation by request.
    process_instance_key: int | None = None
    element_instance_key: int | None = None
    element_id: str = ""

    @property
    def output(self) -> Any:
        """The decision's output; None where it failed."""
        return None if self.failure else self.evaluated[-1].output

    @property
    def failed_id(self) -> str:
        """The id of the decision that failed, which may be one that this one requires; empty where none did."""
        if not self.failure:
            return ""
        return self.evaluated[-1].decision.decision_id if self.evaluated else self.decision.decision_id


_TYPES: dict[type, str] = {
    Table: "DECISION_TABLE",
    Expression: "LITERAL_EXPRESSION",
    BoxedContext: "CONTEXT",
    BoxedList: "LIST",
    Relation: "RELATION",
    Invocation: "INVOCATION",
}
