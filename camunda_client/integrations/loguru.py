"""loguru: the lines that a handler logs carry its job's fields in ``extra``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camunda_client.c8.worker import around_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camunda_client.c8.models import ActivatedJob

__all__ = ["install"]


def install() -> None:
    """Give each job's lines ``job_key``, ``job_type``, ``process_instance_key``, ``element_id`` and others."""
    from loguru import logger

    from camunda_client.log import job_fields

    @around_job
    def fields_of_one_job(_job: ActivatedJob) -> Iterator[None]:
        with logger.contextualize(**job_fields()):
            yield
