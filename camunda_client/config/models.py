"""The sections of C8Config. Times are milliseconds, as the wire and the README have them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from camunda_client.config import _environment
from camunda_client.config._auth import (
    AuthConfig,
    BasicAuthConfig,
    ClientAssertionConfig,
    SaasAuthConfig,
    SelfManagedAuthConfig,
)
from camunda_client.config._options import BY_PATH
from camunda_client.config._readable import PemFile
from camunda_client.config._secrets import Secret, unwrapped, utf8
from camunda_client.config._sections import Section, configuration_error, remedy
from camunda_client.config._urls import checked_base_url

__all__ = [
    "ApiConfig",
    "AuthConfig",
    "BasicAuthConfig",
    "C8Config",
    "ClientAssertionConfig",
    "JobConfig",
    "SaasAuthConfig",
    "SelfManagedAuthConfig",
    "TlsConfig",
    "WorkerConfig",
]

#: Milliseconds. At 30 s the gateway's web server answers 503 and keeps a poll that nobody hears (seen on 8.6.0).
REQUEST_TIMEOUT_LIMIT = 30_000
#: Milliseconds a poll is held open when nobody says otherwise; the engine's own default.
DEFAULT_REQUEST_TIMEOUT = 10_000
#: Milliseconds, 24.8 days: what poll(2) takes. Sockets and locks raise OverflowError at each call for some longer ones.
LONGEST_WAIT = 2**31 - 1


def _in_milliseconds(value: Any) -> Any:
    return value / timedelta(milliseconds=1) if isinstance(value, timedelta) else value


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _proxy_url(value: Secret) -> Secret:
    # User name and password are usual for proxies; checked without them.
    text = value.get_secret_value().strip()
    scheme, mark, rest = text.partition("://")
    user, _, host = rest.rpartition("@")
    if {"/", "?", "#"} & set(user):
        raise ValueError("has a '/', '?' or '#' in its user name or password; write %2F, %3F or %23")
    checked_base_url(scheme + mark + host)
    return Secret(text)


#: By this name type checkers don't see it, and let the value come from the environment.
_REQUIRED: Any = ...
#: Of the engine, which counts them in 64 bits.
Milliseconds = Annotated[int, Field(ge=1), BeforeValidator(_in_milliseconds)]
MillisecondsOrZero = Annotated[int, Field(ge=0), BeforeValidator(_in_milliseconds)]
#: Of a wait of our own.
Wait = Annotated[int, Field(ge=1, le=LONGEST_WAIT), BeforeValidator(_in_milliseconds)]
WaitOrZero = Annotated[int, Field(ge=0, le=LONGEST_WAIT), BeforeValidator(_in_milliseconds)]
RequestTimeout = Annotated[int, Field(ge=0, lt=REQUEST_TIMEOUT_LIMIT), BeforeValidator(_in_milliseconds)]
Count = Annotated[int, Field(ge=1)]


class JobConfig(Section):
    """How jobs are asked for and worked; the decorator's arguments win over it, per type."""

    section: ClassVar[str] = "api.job"

    polling_interval: WaitOrZero = Field(default=5000, alias="pollingInterval")
    worker: str = Field(default="camunda-8-client-worker", min_length=1)
    timeout: Milliseconds = 10_000
    max_jobs_to_activate: Count | None = Field(default=None, alias="maxJobsToActivate")
    request_timeout: RequestTimeout | None = Field(default=None, alias="requestTimeout")
    tenant_ids: Annotated[list[Annotated[str, Field(min_length=1)]] | None, BeforeValidator(_listed)] = Field(
        default=None, alias="tenantIds"
    )
    max_jobs_active: Count = Field(default=100, alias="maxJobsActive")
    auto_extend: bool = Field(default=True, alias="autoExtend")
    allow_async: bool = Field(default=False, alias="allowAsync")
    with_lease: Literal["auto", "never", "always"] = Field(default="auto", alias="withLease")
    handler_timeout: Wait | None = Field(default=None, alias="handlerTimeout")
    max_lease: Milliseconds | None = Field(default=None, alias="maxLease")
    retry_back_off: MillisecondsOrZero = Field(default=1000, alias="retryBackOff")
    retry_back_off_max: MillisecondsOrZero = Field(default=60_000, alias="retryBackOffMax")


class TlsConfig(Section):
    """Whom we trust, and our own certificate; for the API and the token endpoint alike."""

    section: ClassVar[str] = "api.tls"

    verify: bool = True
    ca_file: PemFile | None = Field(default=None, alias="caFile")
    cert_file: PemFile | None = Field(default=None, alias="certFile")
    key_file: PemFile | None = Field(default=None, alias="keyFile")

    @model_validator(mode="after")
    def _key_needs_certificate(self) -> TlsConfig:
        if self.key_file is not None and self.cert_file is None:
            what = "is set without api.tls.certFile" + remedy("api.tls.certFile")
            raise configuration_error([("api.tls.keyFile", what)])
        return self


class ApiConfig(Section):
    """Where the cluster is and how to talk to it. A base URL that isn't given is taken from the environment."""

    section: ClassVar[str] = "api"

    base_url: Annotated[str, AfterValidator(checked_base_url)] = Field(default=_REQUIRED, alias="baseUrl")
    job: JobConfig = Field(default_factory=JobConfig)
    #: Per job type, the options that differ from ``job``.
    jobs: dict[str, JobConfig] = Field(default_factory=dict)
    tls: TlsConfig = Field(default_factory=TlsConfig)
    proxy: Annotated[Secret, AfterValidator(utf8), AfterValidator(_proxy_url), BeforeValidator(unwrapped)] | None = None
    timeout: Wait = 30_000
    connect_timeout: Wait = Field(default=5000, alias="connectTimeout")
    max_response_bytes: Annotated[int, Field(ge=1024)] = Field(default=64 * 1024 * 1024, alias="maxResponseBytes")

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        if "baseUrl" in options or "base_url" in options:
            return options
        hit = _environment.find(BY_PATH["api.baseUrl"].env, _environment.read_sources())
        return options if hit is None else {**options, "baseUrl": hit[1]}

    @property
    def rest_url(self) -> str:
        """The address that every endpoint's path is appended to."""
        return self.base_url + "/v2"


class WorkerConfig(Section):
    """What all job types of one process share."""

    section: ClassVar[str] = "worker"

    pool: Count = 1000
    drain_timeout: WaitOrZero = Field(default=30_000, alias="drainTimeout")
    exit_timeout: WaitOrZero = Field(default=10_000, alias="exitTimeout")
    blocked_limit: WaitOrZero = Field(default=300_000, alias="blockedLimit")
    transport: Literal["auto", "requests"] = "auto"
    max_connections: Count = Field(default=32, alias="maxConnections")


class C8Config(Section):
    """Everything the library can be told. Leave ``auth`` out for a cluster that asks nobody who they are."""

    api: ApiConfig = Field(default_factory=ApiConfig)
    auth: AuthConfig | None = None
    worker: WorkerConfig = Field(default_factory=WorkerConfig)

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        return options if "api" in options else {**options, "api": {}}

    def job_for(self, job_type: str) -> JobConfig:
        """Return the job options of one type: ``api.jobs`` over ``api.job``."""
        own = self.api.jobs.get(job_type)
        if own is None:
            return self.api.job
        return self.api.job.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
