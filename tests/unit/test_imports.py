"""What importing us does to a process: nothing that would spoil patching later."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: Loaded before gevent patches, these keep copies of the unpatched world.
_SPOILERS = ("requests", "urllib3", "ssl", "gevent", "http.client", "asyncio")
_HARMLESS = (
    "camunda_client",
    "camunda_client.error",
    "camunda_client.utils",
    "camunda_client.config",
    "camunda_client.config.models",
    "camunda_client.c8.models",
    "camunda_client.c8.api",
    "camunda_client.c8.auth",
)


@pytest.mark.slow
@pytest.mark.parametrize("module", _HARMLESS)
def test_importing_loads_nothing_that_must_come_after_patching(module: str) -> None:
    script = (
        "import sys, socket\n"
        "before = socket.socket\n"
        f"import {module}\n"
        f"print([name for name in {_SPOILERS!r} if name in sys.modules], socket.socket is before)"
    )

    # Measured for coverage, the child would load gevent before anything of ours.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)

    assert done.stdout.strip() == "[] True"


def test_every_promised_name_is_where_it_was_promised() -> None:
    from camunda_client import config, error, utils
    from camunda_client.c8 import api, auth, models
    from camunda_client.config import models as config_models

    promised = {
        config: "initialize_config get_config config_help C8Config ApiConfig JobConfig AuthConfig SaasAuthConfig "
        "SelfManagedAuthConfig",
        config_models: "JobConfig ApiConfig AuthConfig SaasAuthConfig SelfManagedAuthConfig",
        api: "activate_jobs complete_job mark_job_as_failed throw_error_for_job create_process_instance "
        "cancel_process_instance migrate_process_instance modify_process_instance publish_message correlate_message "
        "broadcast_signal get_cluster_topology deploy_resources update_job fail_job resolve_incident set_variables "
        "delete_resource request wait_until search_user_tasks search_incidents search_process_instances job "
        "process_instance message signal topology",
        auth: "get_token get_c8_api_headers AuthenticationManager",
        models: "ActivatedJob ActivatedJobResponse ActivateJobRequest JobFailedRequest ThrowErrorForJobRequest "
        "C8ApiHeaders CreateProcessInstanceRequest CreateProcessInstanceResponse ProcessInstanceStartInstructions "
        "MigrateProcessInstanceRequest MappingInstructions ModifyProcessInstanceRequest ActivateInstructions "
        "TerminateInstructions VariableInstruction PublishMessageRequest PublishMessageResponse "
        "CorrelateMessageRequest CorrelateMessageResponse BroadcastSignalRequest BroadcastSignalResponse "
        "ClusterTopology Broker Partition job process_instance message signal topology camunda_headers",
        error: "ServiceException CamundaBusinessException WorkerSignatureException SignatureException ErrorCode "
        "error_code_message_mapper",
        utils: "JsonBaseModel",
    }

    missing = [f"{place.__name__}.{name}" for place, names in promised.items() for name in names.split()
               if not hasattr(place, name)]  # fmt: skip
    assert missing == []
