"""Ad-hoc sub-processes at work: which elements begin, what comes of each flow, and when all is done.

From 8.8 on each element that is activated has a scope of its own, an inner instance, which ends with the flow behind
it. Where the sub-process has a job, that one decides: again after each of its flows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import Rejection, invalid_argument, invalid_state, not_found
from camunda_client.embedded.model import AdHoc
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._instances import AD_HOC_SUB_PROCESS, ElementInstance, Job
from camunda_client.embedded.run._jobs import Jobs
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._workflows import ScopeWorkflow

#: The variable that tells who decides what there is to activate.
ELEMENTS = "adHocSubProcessElements"
#: Elements to activate, each with its variables.
Activations = list[tuple[str, dict[str, Any]]]


class AdHocs:
    """Begins, feeds and ends ad-hoc sub-processes; takes the completions of their jobs."""

    def __init__(self, lifecycle: Lifecycle, events: Events, jobs: Jobs) -> None:
        self._lifecycle = lifecycle
        self._variables = lifecycle.variables
        self._events = events
        self._jobs = jobs

    # -- the sub-process --------------------------------------------------------------------------------------------
    def activate(self, instance: ElementInstance) -> None:
        """Begin: activate what the collection names, or create the job.

        Raises:
            Failure: The collection names what is not there; a property of the job can't be evaluated.
        """
        ad_hoc = _ad_hoc(instance)
        chosen = self._chosen(instance, ad_hoc)
        scopes = instance.process.definition.process.scopes
        instance.workflow = ScopeWorkflow(scopes[instance.element.id], self._lifecycle, instance)
        self._events.subscribe_scope(instance)
        if ad_hoc.has_inner_instances:
            self._variables.set_local(instance, {ELEMENTS: list(ad_hoc.elements.values())})
        if ad_hoc.output_collection:
            self._variables.set_local(instance, {ad_hoc.output_collection: []})
        if instance.element.job is not None:
            self._create_job(instance)
        self._begin(instance, [(element_id, {}) for element_id in chosen])

    def _chosen(self, instance: ElementInstance, ad_hoc: AdHoc) -> list[str]:
        if ad_hoc.active is None:
            return []
        chosen: list[Any] = self._variables.typed(ad_hoc.active, instance, (list,), "'ARRAY'")
        unknown = [one for one in chosen if not isinstance(one, str) or one not in ad_hoc.elements]
        if unknown:
            named = f"the ad-hoc sub-process '{instance.element.id}' has no element '{unknown[0]}' to activate"
            raise Failure(
                "EXTRACT_VALUE_ERROR", f"Expected the ids of elements from '{ad_hoc.active.text}', but {named}."
            )
        return chosen

    def _create_job(self, instance: ElementInstance) -> None:
        self._jobs.create_for(
            instance, present(instance.element.job), dict(instance.element.headers), kind=AD_HOC_SUB_PROCESS
        )

    def _begin(self, instance: ElementInstance, activations: Activations) -> None:
        spec_of, inner = instance.process.definition.process.spec_of, _ad_hoc(instance).inner
        for element_id, variables in activations:
            if _ad_hoc(instance).has_inner_instances:
                self._lifecycle.spawn(instance, present(inner), {"element": element_id, "local": variables})
            else:
                self._lifecycle.spawn(instance, spec_of(element_id))

    # -- inner instances --------------------------------------------------------------------------------------------
    def open(self, inner: ElementInstance) -> None:
        """Begin with an element in a scope of its own."""
        process = inner.process.definition.process
        inner.workflow = ScopeWorkflow(process.scopes[inner.element.parent], self._lifecycle, inner)
        self._lifecycle.spawn(inner, process.spec_of(inner.task.internal_data["element"]))

    def collect(self, inner: ElementInstance) -> None:
        """Take the output of a flow, and ask whether the sub-process is done.

        Raises:
            Failure: The completion condition is not a boolean.
        """
        instance = present(inner.scope)
        ad_hoc = _ad_hoc(instance)
        if ad_hoc.output_collection and ad_hoc.output_element is not None and not inner.items:
            value = self._variables.evaluate(ad_hoc.output_element, inner)
            found = instance.variables.get(ad_hoc.output_collection)
            outputs = [*found, value] if isinstance(found, list) else [value]
            self._variables.set_local(instance, {ad_hoc.output_collection: outputs})
            inner.items = outputs  # marks it as taken, if the condition fails and is tried again
        if ad_hoc.completion is not None and self._variables.condition(ad_hoc.completion, instance):
            instance.chosen = instance.element  # marks the condition as met

    def go_on(self, instance: ElementInstance) -> None:
        """Decide what is next, after something inside has ended."""
        if not instance.alive or instance.state in ("TERMINATING", "COMPLETING"):
            return
        ad_hoc, has_job = _ad_hoc(instance), instance.element.job is not None
        if instance.chosen is not None and ad_hoc.cancel_remaining and not has_job and not instance.interrupted:
            self._lifecycle.agenda.soon(self.end_rest, instance)
        elif instance.chosen is not None or instance.interrupted or (ad_hoc.completion is None and not has_job):
            self._complete_if_empty(instance)
        elif has_job:
            self._lifecycle.agenda.soon(self.ask, instance)

    def _complete_if_empty(self, instance: ElementInstance) -> None:
        if not instance.tokens:
            self._lifecycle.complete_soon(instance)

    def end_rest(self, instance: ElementInstance) -> None:
        """End what is still active, and complete."""
        if instance.alive and instance.state not in ("TERMINATING", "COMPLETING"):
            self._lifecycle.clear(instance, partial(self._lifecycle.complete_soon, instance))

    def ask(self, instance: ElementInstance) -> None:
        """Create the next job, in place of one that is not completed yet."""
        if instance.alive and instance.state not in ("TERMINATING", "COMPLETING") and not instance.interrupted:
            self._jobs.cancel_of(instance)
            self._create_job(instance)

    def publish(self, instance: ElementInstance) -> None:
        """Hand the collected outputs to the scope around the sub-process."""
        name = _ad_hoc(instance).output_collection
        self._jobs.cancel_of(instance)
        if name:
            self._variables.propagate(present(instance.scope), {name: instance.variables[name]})

    # -- decisions --------------------------------------------------------------------------------------------------
    def check(self, job: Job, _variables: Mapping[str, Any], result: Mapping[str, Any] | None) -> None:
        """Refuse what a job can't decide.

        Raises:
            Rejection: INVALID_ARGUMENT, and nothing has changed.
        """
        said = result or {}
        if said.get("type", "adHocSubProcess") != "adHocSubProcess":
            raise _refused(job, f"its result is of the type '{said['type']}' instead of 'adHocSubProcess'")
        chosen = [one.get("elementId") for one in said.get("activateElements") or []]
        if chosen and said.get("isCompletionConditionFulfilled"):
            raise _refused(job, "it activates elements and fulfills the completion condition at once")
        for element_id in chosen:
            if element_id not in _ad_hoc(job.instance).elements:
                raise _refused(job, _unknown(job.instance, element_id))

    def decided(self, instance: ElementInstance, variables: dict[str, Any], result: Mapping[str, Any]) -> None:
        """Go on as a job decided."""
        self._variables.set_local(instance, variables)
        given = result.get("activateElements") or []
        activations: Activations = [(one["elementId"], dict(one.get("variables") or {})) for one in given]
        fulfilled = bool(result.get("isCompletionConditionFulfilled"))
        if result.get("isCancelRemainingInstances"):
            self._lifecycle.clear(instance, partial(self.decide, instance, activations, fulfilled))
        else:
            self.decide(instance, activations, fulfilled)

    def decide(self, instance: ElementInstance, activations: Activations, fulfilled: bool) -> None:
        """Complete when nothing is active any more, or activate elements."""
        if fulfilled:
            instance.chosen = instance.element
            self._complete_if_empty(instance)
        else:
            self._begin(instance, activations)

    def begin_more(self, instance: ElementInstance | None, key: int, activations: Activations, *, cancel: bool) -> None:
        """Activate elements by command.

        Raises:
            Rejection: NOT_FOUND, INVALID_STATE or INVALID_ARGUMENT.
        """
        expected = f"Expected to activate elements of the ad-hoc sub-process with key '{key}', but"
        if instance is None or instance.element.ad_hoc is None or instance.body:
            raise not_found("ACTIVATE", f"{expected} no such ad-hoc sub-process was found")
        if instance.state != "ACTIVATED" or instance.chosen is not None:
            raise invalid_state("ACTIVATE", f"{expected} it is not active any more")
        for element_id, _ in activations:
            if element_id not in _ad_hoc(instance).elements:
                raise invalid_argument("ACTIVATE", f"{expected} {_unknown(instance, element_id)}")
        if cancel:
            self._lifecycle.clear(instance, partial(self.decide, instance, activations, fulfilled=False))
        else:
            self._begin(instance, activations)


def _ad_hoc(instance: ElementInstance) -> AdHoc:
    return present(instance.element.ad_hoc)


def _unknown(instance: ElementInstance, element_id: object) -> str:
    there = ", ".join(f"'{one}'" for one in _ad_hoc(instance).elements) or "none"
    return f"it has no element '{element_id}' to activate; there are {there}"


def _refused(job: Job, why: str) -> Rejection:
    return invalid_argument("COMPLETE", f"Expected to complete ad-hoc sub-process job with key '{job.key}', but {why}")
