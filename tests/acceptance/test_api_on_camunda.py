"""Every API function, once at least, on the embedded engine and on the Camunda that was given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import (
    ActivatedJob,
    ActivateInstructions,
    ActivateJobRequest,
    BroadcastSignalRequest,
    CorrelateMessageRequest,
    CreateProcessInstanceRequest,
    EvaluateDecisionRequest,
    MappingInstructions,
    MigrateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
    ProcessInstanceStartInstructions,
    PublishMessageRequest,
    TerminateInstructions,
    VariableInstruction,
)
from camunda_client.error import CamundaBusinessException, ServiceException
from tests.parts import rest
from tests.parts.camunda import Camunda, EngineProcess
from tests.parts.configured import configured
from tests.parts.work import until


@pytest.fixture(autouse=True)
def camunda(camunda: Camunda) -> Iterator[Camunda]:
    """Configure the library for the engine."""
    with camunda.configured():
        yield camunda


@pytest.fixture
def run() -> str:
    """Return a word that no other test uses."""
    return rest.unique()


def file(name: str, run: str) -> tuple[str, bytes]:
    """Return one of the contract's resources, made for this test."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}-{run}.{ending}", (rest.RESOURCES / name).read_text().replace("${run}", run).encode()


def start(process_id: str, **variables: object) -> str:
    request = CreateProcessInstanceRequest(processDefinitionId=process_id, variables=variables)
    return api.create_process_instance(request).process_instance_key


def the_job(job_type: str, timeout: int = 60_000) -> ActivatedJob:
    (job,) = api.activate_jobs(job_type, timeout=timeout, max_jobs_to_activate=1, request_timeout=8000).jobs
    return job


def test_the_topology_shows_a_leader_and_the_partition_of_keys(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    instance = start(f"one-{run}")

    topology = api.get_cluster_topology()

    assert topology.has_leader
    assert topology.gateway_version.startswith("8.6.")
    assert int(instance) >> 51 in topology.partition_ids


def test_one_deployment_takes_files_of_every_kind(run: str) -> None:
    files = [file(name, run) for name in ("one.bpmn", "dish.dmn", "ask.form")]

    deployment = api.deploy_resources(*files)
    again = api.deploy_resources(*files)

    (process,) = deployment.process_definitions
    kinds = [name for entry in deployment.deployments for name in entry.model_fields_set if getattr(entry, name)]
    assert (process.process_definition_id, process.process_definition_version) == (f"one-{run}", 1)
    assert sorted(kinds) == ["decision_definition", "decision_requirements", "form", "process_definition"]
    assert again.process_definitions == deployment.process_definitions
    assert again.deployment_key != deployment.deployment_key


def test_a_file_is_deployed_by_its_path(run: str, tmp_path: Path) -> None:
    path = tmp_path / 'größe "1".bpmn'
    path.write_bytes(file("one.bpmn", run)[1])

    (process,) = api.deploy_resources(path).process_definitions

    assert process.process_definition_id == f"one-{run}"


def test_a_bad_file_is_refused_with_the_engines_words(run: str) -> None:
    with pytest.raises(ServiceException, match=r"Nothing was deployed of .*HTTP 400 .*INVALID_ARGUMENT") as caught:
        api.deploy_resources(file("bad_notype.bpmn", run))

    assert (caught.value.status, caught.value.title) == (400, "INVALID_ARGUMENT")
    assert caught.value.detail


def test_a_deleted_process_can_not_be_started(run: str) -> None:
    (process,) = api.deploy_resources(file("one.bpmn", run)).process_definitions

    api.delete_resource(process.process_definition_key)

    with pytest.raises(ServiceException, match="No process instance") as caught:
        start(f"one-{run}")
    assert (caught.value.status, caught.value.title) == (404, "NOT_FOUND")


def test_a_job_carries_what_its_process_was_given(run: str) -> None:
    (process,) = api.deploy_resources(file("one.bpmn", run)).process_definitions
    instance = start(f"one-{run}", amount=3, who={"näme": None})

    job = the_job(f"t-{run}")

    assert job.process_instance_key == instance
    assert job.process_definition_key == process.process_definition_key
    assert job.variables == {"amount": 3, "who": {"näme": None}}
    assert job.custom_headers == {"h1": "v1", "h2": "2"}
    assert (job.retries, job.tenant_id, job.element_id) == (3, "<default>", "work")
    assert job.worker == "camunda-8-client-worker"
    assert job.kind is None


def test_only_the_variables_asked_for_are_fetched(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    start(f"one-{run}", wanted=1, unwanted=2)
    request = ActivateJobRequest(
        job_type=f"t-{run}", max_jobs_to_activate=1, timeout=60_000, fetch_variables=["wanted"], worker="me"
    )

    (job,) = api.activate_jobs("ignored", request=request).jobs

    assert (job.variables, job.worker) == ({"wanted": 1}, "me")


def test_no_job_is_an_empty_answer(run: str) -> None:
    assert api.activate_jobs(f"t-{run}", request_timeout=1).jobs == []


def test_an_awaited_instance_returns_its_variables(run: str) -> None:
    api.deploy_resources(file("instant.bpmn", run))
    request = CreateProcessInstanceRequest(
        processDefinitionId=f"inst-{run}", variables={"a": 1, "b": 2}, awaitCompletion=True, fetchVariables=["a"]
    )

    assert api.create_process_instance(request).variables == {"a": 1}


def test_an_instance_is_started_by_key_at_the_element_told(run: str) -> None:
    (process,) = api.deploy_resources(file("seq.bpmn", run)).process_definitions

    created = api.create_process_instance(
        CreateProcessInstanceRequest(
            processDefinitionKey=process.process_definition_key,
            operationReference=7,
            startInstructions=[ProcessInstanceStartInstructions(elementId="b")],
        )
    )

    assert the_job(f"b-{run}").process_instance_key == created.process_instance_key


def test_a_completed_job_is_gone(run: str, camunda: Camunda) -> None:
    api.deploy_resources(file("one.bpmn", run))
    instance = start(f"one-{run}")
    job = the_job(f"t-{run}")

    api.complete_job(job, {"done": True})

    if isinstance(camunda, EngineProcess):
        assert camunda.instance(instance, "COMPLETED")["state"] == "COMPLETED"
    with pytest.raises(ServiceException, match=rf"Job {job.job_key} of type t-{run} was not completed") as caught:
        api.complete_job(job)
    assert (caught.value.status, caught.value.title) == (404, "NOT_FOUND")


def test_a_job_marked_as_failed_comes_back_with_one_retry_fewer(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    start(f"one-{run}")

    api.mark_job_as_failed(the_job(f"t-{run}"), "no luck", {"why": "luck"})

    again = the_job(f"t-{run}")
    assert (again.retries, again.variables) == (2, {"why": "luck"})


def test_a_job_failed_with_its_retries_is_handed_back_unharmed(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    start(f"one-{run}")
    job = the_job(f"t-{run}")

    api.fail_job(job.job_key, retries=job.retries)

    assert the_job(f"t-{run}").retries == 3


@pytest.mark.needs("records")
def test_an_incident_is_resolved_once_the_job_has_retries_again(run: str, camunda: EngineProcess) -> None:
    api.deploy_resources(file("one.bpmn", run))
    start(f"one-{run}")
    job = the_job(f"t-{run}")
    api.fail_job(job, retries=0, error_message="a human must look", retry_back_off=10)
    (incident,) = camunda.incidents(process_id=f"one-{run}")

    api.update_job(job, retries=2)
    api.resolve_incident(incident["key"])

    assert (incident["jobKey"], incident["errorMessage"]) == (int(job.job_key), "a human must look")
    assert the_job(f"t-{run}").retries == 2


def test_a_longer_lease_keeps_others_away(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    start(f"one-{run}")
    job = the_job(f"t-{run}", timeout=1000)

    api.update_job(job, timeout=60_000)

    assert api.activate_jobs(f"t-{run}", request_timeout=2000).jobs == []
    api.complete_job(job)


def test_a_thrown_error_takes_the_boundary_events_path(run: str) -> None:
    api.deploy_resources(file("err.bpmn", run))
    start(f"err-{run}")
    code = (rest.RESOURCES / "err.bpmn").read_text().split('errorCode="')[1].split('"')[0].replace("${run}", run)

    api.throw_error_for_job(the_job(f"t-{run}"), CamundaBusinessException(code, "known", {"left": 0}))

    assert the_job(f"h-{run}").element_id == "handle"


def test_a_cancelled_instance_takes_its_job_with_it(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    instance = start(f"one-{run}")
    job = the_job(f"t-{run}")

    api.cancel_process_instance(instance, operation_reference=9)

    with pytest.raises(ServiceException) as completed:
        api.complete_job(job)
    with pytest.raises(ServiceException, match=f"Process instance {instance} was not cancelled") as cancelled:
        api.cancel_process_instance(instance)
    assert (completed.value.status, cancelled.value.status) == (404, 404)


def test_a_migrated_instance_goes_on_in_the_new_definition(run: str) -> None:
    name = f"p-{run}.bpmn"
    api.deploy_resources((name, file("one.bpmn", run)[1]))
    instance = start(f"one-{run}")
    assert the_job(f"t-{run}", timeout=500).process_definition_version == 1
    (newer,) = api.deploy_resources((name, file("one_v2.bpmn", run)[1])).process_definitions

    api.migrate_process_instance(
        instance,
        MigrateProcessInstanceRequest(
            targetProcessDefinitionKey=newer.process_definition_key,
            mappingInstructions=[MappingInstructions(sourceElementId="work", targetElementId="work2")],
        ),
    )

    job = the_job(f"t-{run}")
    assert (job.element_id, job.process_definition_version) == ("work2", 2)


def test_a_modified_instance_is_where_it_was_told_to_be(run: str) -> None:
    api.deploy_resources(file("seq.bpmn", run))
    instance = start(f"seq-{run}")
    before = the_job(f"a-{run}")

    api.modify_process_instance(
        instance,
        ModifyProcessInstanceRequest(
            activateInstructions=[
                ActivateInstructions(
                    elementId="b",
                    variableInstructions=[
                        VariableInstruction(variables={"x": 1}),
                        VariableInstruction(scopeId="b", variables={"own": 2}),
                    ],
                )
            ],
            terminateInstructions=[TerminateInstructions(elementInstanceKey=before.element_instance_key)],
        ),
    )

    assert the_job(f"b-{run}").variables == {"x": 1, "own": 2}


def test_variables_are_set_where_they_are_told_to_be(run: str) -> None:
    api.deploy_resources(file("seq.bpmn", run))
    instance = start(f"seq-{run}", a=1)
    job = the_job(f"a-{run}")

    api.set_variables(instance, {"a": 2})
    api.set_variables(job.element_instance_key, {"only_there": True}, local=True)
    api.complete_job(job)

    assert the_job(f"b-{run}").variables == {"a": 2}


def test_a_published_message_is_kept_for_a_later_subscriber(run: str) -> None:
    api.deploy_resources(file("msg_catch.bpmn", run))
    message = PublishMessageRequest(
        name=f"msg-{run}", correlationKey="c", timeToLive=60_000, messageId=run, variables={"x": 1}
    )

    published = api.publish_message(message)
    with pytest.raises(ServiceException) as twice:
        api.publish_message(message)
    start(f"mc-{run}", orderId="c")

    assert published.message_key.isdigit()
    assert (twice.value.status, twice.value.title) == (409, "ALREADY_EXISTS")
    assert the_job(f"after-{run}").variables == {"orderId": "c", "x": 1}


def test_a_correlated_message_tells_who_took_it(run: str) -> None:
    api.deploy_resources(file("msg_catch.bpmn", run))
    message = CorrelateMessageRequest(name=f"msg-{run}", correlationKey="c", variables={"x": 1})
    with pytest.raises(ServiceException) as nobody:
        api.correlate_message(message)
    instance = start(f"mc-{run}", orderId="c")
    taken = []

    def correlated() -> bool:
        """An engine of several partitions opens the subscription a little after the instance has started."""
        with suppress(ServiceException):
            taken.append(api.correlate_message(message))
        return bool(taken)

    until(correlated, "the message is taken", patience_s=10)

    assert nobody.value.status == 404
    assert (taken[0].process_instance_key, taken[0].tenant_id) == (instance, "<default>")


def test_a_broadcast_signal_starts_who_listens(run: str) -> None:
    api.deploy_resources(file("sig_start.bpmn", run))

    answer = api.broadcast_signal(BroadcastSignalRequest(signalName=f"sig-{run}", variables={"x": 1}))

    assert answer.signal_key.isdigit()
    assert the_job(f"t-{run}").variables == {"x": 1}


def test_a_decision_is_evaluated_by_id_and_by_key(run: str) -> None:
    deployed = api.deploy_resources(file("dish.dmn", run))
    (decision,) = (entry.decision_definition for entry in deployed.deployments if entry.decision_definition)

    by_id = api.evaluate_decision(
        EvaluateDecisionRequest(decisionDefinitionId=f"dish-{run}", variables={"season": "Winter"})
    )
    by_key = api.evaluate_decision(
        EvaluateDecisionRequest(decisionDefinitionKey=decision.decision_definition_key, variables={"season": "Winter"})
    )

    assert json.loads(by_id.output) == json.loads(by_key.output) == "Roast"


def test_a_result_that_is_too_large_is_refused_at_once_with_advice(run: str) -> None:
    api.deploy_resources(file("one.bpmn", run))
    start(f"one-{run}")
    job = the_job(f"t-{run}")

    with pytest.raises(ServiceException, match="keep large data elsewhere") as caught:
        api.complete_job(job, {"big": "x" * 3_000_000})

    assert (caught.value.status, caught.value.title) == (500, "EXCEEDED_BATCH_RECORD_SIZE")
    api.complete_job(job)


def test_a_key_of_another_cluster_fails_after_a_few_tries() -> None:
    with pytest.raises(ServiceException, match="PartitionNotFound") as caught:
        api.complete_job("1")

    assert caught.value.status == 503


def test_a_wrong_base_path_is_told_as_such(camunda: Camunda) -> None:
    with (
        configured(f"{camunda.base_url}/elsewhere"),
        pytest.raises(ServiceException, match=r"HTTP 404 Not Found: the server has nothing at .*check api.baseUrl"),
    ):
        api.complete_job("2251799813685249")
