"""The engine's requests and answers as Python objects."""

from camunda_client.c8.models.job import (
    ActivatedJob,
    ActivatedJobResponse,
    ActivateJobRequest,
    CompleteJobRequest,
    JobChangeset,
    JobFailedRequest,
    ThrowErrorForJobRequest,
    UpdateJobRequest,
)

__all__ = [
    "ActivateJobRequest",
    "ActivatedJob",
    "ActivatedJobResponse",
    "CompleteJobRequest",
    "JobChangeset",
    "JobFailedRequest",
    "ThrowErrorForJobRequest",
    "UpdateJobRequest",
]
