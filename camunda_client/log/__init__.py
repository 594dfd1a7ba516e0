"""Log lines that carry the job they belong to, and that never fail or freeze it.

Importing this package configures nothing. ``configure_if_unconfigured()``, called by ``start_camunda_workers()``,
sets logging up only where the application has not; docs/logging.md tells what happens in which case. Tests of handlers
call ``add_job_to_lines()`` alone.
"""

from camunda_client.log._clean import is_secret, redact
from camunda_client.log._context import JobInFlight, add_job_context, bind_job, job_context, job_fields, unbind_job
from camunda_client.log._logger import Logger, get_logger, watch_warnings
from camunda_client.log._setup import Mode, add_job_to_lines, configure_if_unconfigured, flush, lost_lines
from camunda_client.log._streams import secure_standard_streams

__all__ = [
    "JobInFlight",
    "Logger",
    "Mode",
    "add_job_context",
    "add_job_to_lines",
    "bind_job",
    "configure_if_unconfigured",
    "flush",
    "get_logger",
    "is_secret",
    "job_context",
    "job_fields",
    "lost_lines",
    "redact",
    "secure_standard_streams",
    "unbind_job",
    "watch_warnings",
]
