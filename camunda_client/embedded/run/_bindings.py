"""Which version of a process, decision or form an element means: the latest, that of its own deployment, or of a tag.

Source: docs.camunda.io, "Choosing the resource binding type" (8.6 on).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.model import Binding, Decision, Definition, Deployments, Form, Link, Resource
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._variables import Variables


class Versioned(Protocol):
    """A version of something deployed."""

    @property
    def deployment_key(self) -> int:
        """The key of the deployment that brought it."""

    @property
    def version_tag(self) -> str:
        """What its author calls the version; empty: nothing."""


V = TypeVar("V", bound=Versioned)


@dataclass(frozen=True, slots=True)
class _Words:
    """How an incident speaks of a kind of resources."""

    error_type: str
    to_do: str
    what: str
    noun: str
    intended: str
    #: What is said where no version at all is deployed; ``{id}`` is its id.
    missing: str


_PROCESS = _Words(
    "CALLED_ELEMENT_ERROR", "call process", "BPMN process id", "process", "process definition to call",
    "Expected process with BPMN process id '{id}' to be deployed, but not found.",
)  # fmt: skip
_DECISION = _Words(
    "CALLED_DECISION_ERROR", "evaluate decision", "id", "decision", "decision to evaluate",
    "Expected to evaluate decision '{id}', but no decision found for id '{id}'",
)  # fmt: skip
_FORM = _Words(
    "FORM_NOT_FOUND", "use a form", "id", "form", "form to use",
    "Expected to find a form with id '{id}', but no form with this id is found, at least a form with this id should be "
    "available. To resolve the Incident please deploy a form with the same id",
)  # fmt: skip
_RESOURCE = _Words(
    "RESOURCE_NOT_FOUND", "link a resource", "id", "resource", "resource to link",
    "Expected to find a resource with id '{id}', but no resource with this id is found. To resolve this incident, "
    "deploy a resource with the same id.",
)  # fmt: skip


class Bindings:
    """Finds the versions that elements mean."""

    def __init__(self, deployments: Deployments, variables: Variables) -> None:
        self._deployments = deployments
        self._variables = variables

    def process(self, process_id: str, instance: ElementInstance) -> Definition:
        """Return the process that a call activity calls.

        Raises:
            Failure: CALLED_ELEMENT_ERROR: there is none.
        """
        versions = self._deployments.processes(process_id, instance.process.tenant_id)
        return self._bound(versions, process_id, instance, instance.element.binding, _PROCESS)

    def decision(self, decision_id: str, instance: ElementInstance) -> Decision:
        """Return the decision that a business rule task evaluates.

        Raises:
            Failure: CALLED_DECISION_ERROR: there is none.
        """
        versions = self._deployments.decisions(decision_id, instance.process.tenant_id)
        return self._bound(versions, decision_id, instance, instance.element.binding, _DECISION)

    def form(self, form_id: str, instance: ElementInstance) -> Form:
        """Return the form of a user task.

        Raises:
            Failure: FORM_NOT_FOUND: there is none.
        """
        versions = self._deployments.forms(form_id, instance.process.tenant_id)
        return self._bound(versions, form_id, instance, instance.element.binding, _FORM)

    def resource(self, link: Link, instance: ElementInstance) -> Resource:
        """Return the file that a job is linked to.

        Raises:
            Failure: RESOURCE_NOT_FOUND: there is none.
        """
        resource_id = link.resource_id.text
        versions = self._deployments.resources(resource_id, instance.process.tenant_id)
        return self._bound(versions, resource_id, instance, link.binding, _RESOURCE)

    def _bound(
        self, versions: Sequence[V], resource_id: str, instance: ElementInstance, binding: Binding, words: _Words
    ) -> V:
        expected = f"Expected to {words.to_do} with {words.what} '{resource_id}'"
        if binding.type == "deployment":
            key = instance.process.definition.deployment_key
            found = [one for one in versions if one.deployment_key == key]
            problem = (
                f"{expected} with binding type 'deployment', but no such {words.noun} found in the deployment with key "
                f"{key} which contained the current process. To resolve this incident, migrate the process instance to "
                f"a process definition that is deployed together with the intended {words.intended}."
            )
        elif binding.type == "versionTag":
            tag = binding.version_tag
            tag = tag if isinstance(tag, str) else self._variables.text(tag, instance)
            found = [one for one in versions if one.version_tag == tag]
            problem = (
                f"{expected} and version tag '{tag}', but no such {words.noun} found. To resolve this incident, deploy "
                f"a {words.noun} with the given id and version tag."
            )
        else:
            found, problem = list(versions), words.missing.format(id=resource_id)
        if not found:
            raise Failure(words.error_type, problem)
        return found[-1]
