"""Everything an engine knows, as plain values: engines that will give the same answers are equal in it."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded import Engine, Job
from camunda_client.embedded.run import ElementInstance

MODEL = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
    '<bpmn:process id="{id}" isExecutable="true">{body}</bpmn:process>{more}</bpmn:definitions>'
)


def process(process_id: str, *nodes: str, more: str = "") -> tuple[str, str]:
    """Return a file with a process of these nodes (with the ids n0, n1, ...), one after another."""
    body = "".join(nodes)
    for number in range(len(nodes) - 1):
        body += f'<bpmn:sequenceFlow id="f{number}" sourceRef="n{number}" targetRef="n{number + 1}"/>'
    return f"{process_id}.bpmn", MODEL.format(id=process_id, body=body, more=more)


def start() -> str:
    return '<bpmn:startEvent id="n0"/>'


def job(number: int, job_type: str) -> str:
    inner = f'<bpmn:extensionElements><zeebe:taskDefinition type="{job_type}"/></bpmn:extensionElements>'
    return f'<bpmn:serviceTask id="n{number}">{inner}</bpmn:serviceTask>'


def end(number: int) -> str:
    return f'<bpmn:endEvent id="n{number}"/>'


def of(engine: Engine) -> dict[str, Any]:
    """Return what an engine knows. It is looked at from inside: a look through its commands could let time pass."""
    runtime = engine._runtime
    messages, signals = runtime.events.messages, runtime.events.signals
    due = sorted(item for item in runtime.schedule._heap if not item[2].cancelled)
    return {
        "next key": runtime.keys.upcoming,
        "histories": {key: _history(history) for key, history in runtime.histories.by_key.items()},
        "ended": list(runtime.histories.ended_keys),
        "processes": [
            (key, _instance(one.root), one.correlation_key) for key, one in runtime.lifecycle.processes.items()
        ],
        "named": [(p.tags, p.business_id) for p in runtime.lifecycle.processes.values()],
        "calls": [(p.key, p.caller and p.caller.key) for p in runtime.lifecycle.processes.values()],
        "jobs": {key: _job(one) for key, one in runtime.jobs._jobs.items()},
        "ready": {t: sorted(offer for offer in offers if _ready(engine, offer[1])) for t, offers in
                  runtime.jobs._ready.items() if any(_ready(engine, key) for _, key in offers)},
        "due": [due_ms for due_ms, _, _ in due],
        "buffer": [
            (a, m.key, m.message_id, m.variables, m.deadline_ms, m.correlated)
            for a, buffered in messages._buffer.items() for m in buffered
        ],
        "waiting": {a: [s.owner.key for s in subs] for a, subs in messages._waiting.items()},
        "signals": {a: [s.owner.key for s in subs] for a, subs in signals._waiting.items() if subs},
        "starts": {a: {p: d.key for p, (d, _) in by.items()} for a, by in messages._starts.items() if by},
        "start timers": {k: {i: e.due_ms for i, e in by.items()} for k, by in runtime.starts._timers.items()},
        "signal starts": {a: {p: d.key for p, (d, _) in by.items()} for a, by in signals._starts.items() if by},
        "running": dict(messages._running),
        "incidents": list(runtime.incidents._open),
        "user tasks": [
            (t.key, t.assignee, t.candidate_users, t.due_date, t.priority) for t in runtime.user_tasks._tasks.values()
        ],
        "definitions": [(d.key, d.process_id, d.version) for d in runtime.deployments._definitions.values()],
        "decisions": list(runtime.deployments._decisions),
        "decision records": [_record(one) for one in runtime.decisions.records],
        "versions": dict(runtime.deployments._last_version),
    }  # fmt: skip


def _history(history: Any) -> Any:
    incidents = [(i.key, i.element_id, i.error_type, i.message, i.job_key, i.open) for i in history.incidents]
    return (
        history.process_id, history.version, history.state, history.elements, history.jobs, history.written,
        history.variables, incidents, [_record(one) for one in history.decisions],
    )  # fmt: skip


def _record(record: Any) -> Any:
    evaluated = [(e.decision.decision_id, e.output, e.inputs, len(e.matched), e.failure) for e in record.evaluated]
    return record.key, record.decision.key, evaluated, record.failure, record.at_ms, record.element_instance_key


def _instance(one: ElementInstance) -> Any:
    return (
        one.element.id, one.key, one.state, one.variables, one.tokens, one.loop_counter, one.items,
        one.job and one.job.key, one.incident and one.incident.key, one.called and one.called.key,
        {name: {f: len(tasks) for f, tasks in by.items()} for name, by in one.arrivals.items()},
        [(s.catcher.id, s.kind, s.name, s.correlation_key, s.entry and s.entry.due_ms) for s in one.subscriptions],
        [_instance(child) for child in one.children.values()],
    )  # fmt: skip


def _job(one: Job) -> Any:
    return (one.type, one.state, one.retries, one.worker, one.deadline_ms, one.headers, one.error_message,
            one.listener_phase, one.incident and one.incident.key, one.due and one.due.due_ms, one.priority,
            one.lease_token, one.leases, one.business_id)  # fmt: skip


def _ready(engine: Engine, key: int) -> bool:
    found = engine._runtime.jobs._jobs.get(key)
    return found is not None and found.state == "ACTIVATABLE"


def condense(engine: Engine) -> None:
    """Write a snapshot after one more command."""
    storage = engine._executor._storage
    assert storage is not None
    storage._next_snapshot = 0
    engine.next_key()
