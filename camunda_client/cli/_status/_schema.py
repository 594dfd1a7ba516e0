"""What the status port's endpoints answer, as models; ``/schema.json`` is made of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Quantiles(_Answer):
    """Seconds, as exact as the buckets of the histogram; null where there was nothing in the last minute."""

    p50: float | None
    p95: float | None
    p99: float | None


class TypeRow(_Answer):
    """One job type over all processes. Counts are since the start, rates and times of the last minute."""

    job_type: str
    state: Literal["running", "paused", "draining", "drained"]
    alive: bool
    in_flight: int
    cap: int = Field(description="jobs in flight at most, over all processes")
    stuck: int = Field(description="jobs whose handler should have ended long ago")
    trouble: str | None = Field(description="one word for why polls fail now")
    polled_s_ago: float | None
    capped_by: str | None = Field(description="the cap, with its resource, for which the type is not polled for now")
    least_slack_s: float | None = Field(description="the least left of a lease when extended, lately; 0 after a loss")
    completed: float
    failed: float
    errors_thrown: float
    lease_lost: float
    report_retries: float
    rate: float = Field(description="jobs that ended a second")
    handler: Quantiles
    wait: Quantiles


class Types(_Answer):
    """GET /types."""

    types: list[TypeRow]


class Change(_Answer):
    """POST /types: at least one of action and max_jobs_active."""

    job_type: str | None = Field(None, description="all types unless given")
    action: Literal["pause", "resume", "drain"] | None = None
    max_jobs_active: int | None = Field(None, ge=1, description="jobs in flight at most, of each process")


class Changed(_Answer):
    """The answer to POST /types: 200 if every process has changed, 400 with an error, 503 with unheard processes."""

    changed: list[str]
    unheard: list[int]
    error: str | None = None


class Job(_Answer):
    """GET /jobs/KEY: one job in hand, with its handler's whole stack; in /jobs, with the innermost place alone."""

    process: int
    job_key: str
    job_type: str
    process_instance_key: str
    process_definition_id: str
    element_id: str
    stage: Literal["waiting", "running", "reporting", "settled"]
    age_s: float
    lease_left_s: float
    stack: list[str]
    handler: str
    stuck: bool
    variables: dict[str, Any] | None = Field(None, description="with --show-variables, and only of a single job")


class Jobs(_Answer):
    """GET /jobs: the oldest first, at most 10,000."""

    count: int
    jobs: list[Job]
    unheard: list[int] = Field(description="processes that did not answer within a second")


class BlockedBy(_Answer):
    """What keeps a process from everything else."""

    blocked_s: float
    handler: str | None = None
    job_type: str | None = None
    job_key: str | None = None
    stack: list[str] = []


class Process(BaseModel):
    """One worker process. One that runs also has what ``camunda_client.c8.worker.health()`` says."""

    process: int
    state: Literal["starting", "running", "blocked", "silent", "waiting", "stopping", "ended"]
    alive: bool
    pid: int | None = None
    silent_s: float | None = None
    blocked_by: BlockedBy | None = None
    starting_s: float | None = None
    starts_in_s: float | None = None
    deaths: int | None = None
    children_died: int | None = Field(None, description="child processes of run_in='process', since this one started")
    exit_code: int | None = None
    error: str | None = None


class Health(_Answer):
    """GET /readyz, alias /health: 200 if alive, else 503."""

    alive: bool
    processes: list[Process]


class Liveness(_Answer):
    """GET /livez: 200 if alive, else 503."""

    alive: bool
    silent: list[int]
    blocked: list[int]


class Problem(_Answer):
    """Any refusal."""

    error: str


#: What each request is answered with, and what POST takes.
ENDPOINTS: dict[str, type[BaseModel]] = {
    "GET /types": Types,
    "POST /types": Change,
    "POST /types answer": Changed,
    "GET /jobs": Jobs,
    "GET /jobs/KEY": Job,
    "GET /readyz": Health,
    "GET /livez": Liveness,
    "refusal": Problem,
}


def schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) with a definition for each endpoint."""
    several = [(name, "serialization", TypeAdapter(model)) for name, model in ENDPOINTS.items()]
    places, made = TypeAdapter.json_schemas(several, title="The status port of camunda-client")  # type: ignore[arg-type]
    endpoints = {name: place for (name, _), place in places.items()}
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "endpoints": endpoints, **made}
    _open(document["$defs"])
    return document


def _open(definitions: dict[str, Any]) -> None:
    """Let answers have members that a later version adds."""
    for name, definition in definitions.items():
        if name != "Change":
            definition.pop("additionalProperties", None)
