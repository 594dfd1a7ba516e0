"""The sections of C8Config. Times are milliseconds, as the wire and the README have them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from camunda_client._caps import Pause, Rate
from camunda_client.config import _environment
from camunda_client.config._auth import (
    AuthConfig,
    BasicAuthConfig,
    ClientAssertionConfig,
    SaasAuthConfig,
    SelfManagedAuthConfig,
)
from camunda_client.config._options import BY_PATH, Doc, Unit
from camunda_client.config._readable import PemFile
from camunda_client.config._secrets import Secret, unwrapped, utf8
from camunda_client.config._sections import REQUIRED, Section, configuration_error, remedy
from camunda_client.config._urls import checked_base_url

__all__ = [
    "REQUEST_TIMEOUT_LIMIT",
    "ApiConfig",
    "AuthConfig",
    "BasicAuthConfig",
    "C8Config",
    "ClientAssertionConfig",
    "JobConfig",
    "ResourceConfig",
    "SaasAuthConfig",
    "SelfManagedAuthConfig",
    "TlsConfig",
    "WorkerConfig",
]

#: Milliseconds that a poll must stay below: at 30 s the gateway's web server answers 503, and the jobs that the poll
#: brings later are lost until their lease ends (seen on 8.6.0).
REQUEST_TIMEOUT_LIMIT = 30_000
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


_MS = Unit("ms")
#: Of the engine, which counts them in 64 bits.
Milliseconds = Annotated[int, Field(ge=1), BeforeValidator(_in_milliseconds), _MS]
MillisecondsOrZero = Annotated[int, Field(ge=0), BeforeValidator(_in_milliseconds), _MS]
#: Of a wait of our own.
Wait = Annotated[int, Field(ge=1, le=LONGEST_WAIT), BeforeValidator(_in_milliseconds), _MS]
WaitOrZero = Annotated[int, Field(ge=0, le=LONGEST_WAIT), BeforeValidator(_in_milliseconds), _MS]
RequestTimeout = Annotated[int, Field(ge=0, lt=REQUEST_TIMEOUT_LIMIT), BeforeValidator(_in_milliseconds), _MS]
Count = Annotated[int, Field(ge=1)]


def _rate(text: str) -> str:
    Rate.parse(text)
    return text


def _pause(text: str) -> str:
    Pause.parse(text)
    return text


_RateText = Annotated[str, AfterValidator(_rate)]
_PauseText = Annotated[str, AfterValidator(_pause)]


class JobConfig(Section):
    """How jobs are asked for and worked; the decorator's arguments win over it, per type."""

    section: ClassVar[str] = "api.job"

    polling_interval: Annotated[
        WaitOrZero,
        Doc("Longest pause after a poll that came back empty early or failed", "CAMUNDA_WORKER_POLLING_INTERVAL"),
    ] = Field(default=5000, alias="pollingInterval")
    worker: Annotated[str, Doc("Name the engine knows us by", "CAMUNDA_WORKER_NAME")] = Field(
        default="camunda-8-client-worker", min_length=1
    )
    timeout: Annotated[Milliseconds, Doc("Lease of a job; extended while it runs", "CAMUNDA_WORKER_TIMEOUT")] = 10_000
    max_jobs_to_activate: Annotated[
        Count | None,
        Doc(
            "Most jobs asked for in one poll, up to 120",
            "CAMUNDA_WORKER_MAX_JOBS_TO_ACTIVATE",
            unit="jobs",
            default="as many as there is room for",
        ),
    ] = Field(default=None, alias="maxJobsToActivate")
    request_timeout: Annotated[
        RequestTimeout | None,
        Doc(
            "How long the gateway holds a poll open; below 30000, where it breaks off by itself",
            "CAMUNDA_WORKER_REQUEST_TIMEOUT",
            default="10000",
        ),
    ] = Field(default=None, alias="requestTimeout")
    tenant_ids: Annotated[
        list[Annotated[str, Field(min_length=1)]] | None,
        BeforeValidator(_listed),
        Doc("Tenants to work for", "CAMUNDA_TENANT_IDS", "ZEEBE_TENANT_IDS", unit="a,b,...", default="<default>"),
    ] = Field(default=None, alias="tenantIds")
    max_jobs_active: Annotated[
        Count,
        Doc(
            "Most jobs of one type in flight; 1 = one after another", "CAMUNDA_WORKER_MAX_CONCURRENT_JOBS", unit="jobs"
        ),
    ] = Field(default=100, alias="maxJobsActive")
    auto_extend: Annotated[bool, Doc("Extend the lease while a job runs", "CAMUNDA_WORKER_AUTO_EXTEND")] = Field(
        default=True, alias="autoExtend"
    )
    allow_async: Annotated[
        bool, Doc("Take async def handlers, and run them on one asyncio loop", "CAMUNDA_WORKER_ALLOW_ASYNC")
    ] = Field(default=False, alias="allowAsync")
    run_in: Annotated[
        Literal["greenlet", "process"],
        Doc(
            "Where handlers run: beside each other in the worker (greenlet), or in child processes",
            "CAMUNDA_WORKER_RUN_IN",
        ),
    ] = Field(default="greenlet", alias="runIn")
    with_lease: Annotated[
        Literal["auto", "never", "always"],
        Doc(
            "Ask for leases with a token (auto: where the whole cluster is Camunda 8.10 or later; never; always)",
            "CAMUNDA_WORKER_WITH_LEASE",
        ),
    ] = Field(default="auto", alias="withLease")
    handler_timeout: Annotated[
        Wait | None,
        Doc("Longest time a handler may run; then its job fails", "CAMUNDA_WORKER_HANDLER_TIMEOUT", default="no limit"),
    ] = Field(default=None, alias="handlerTimeout")
    max_lease: Annotated[
        Milliseconds | None,
        Doc("Longest time a lease is extended to in all", "CAMUNDA_WORKER_MAX_LEASE", default="no limit"),
    ] = Field(default=None, alias="maxLease")
    retry_back_off: Annotated[
        MillisecondsOrZero,
        Doc("Pause before a failed job's next try; doubles with each failure", "CAMUNDA_WORKER_RETRY_BACK_OFF"),
    ] = Field(default=1000, alias="retryBackOff")
    retry_back_off_max: Annotated[
        MillisecondsOrZero, Doc("Longest such pause", "CAMUNDA_WORKER_RETRY_BACK_OFF_MAX")
    ] = Field(default=60_000, alias="retryBackOffMax")
    resource: Annotated[
        list[Annotated[str, Field(min_length=1)]] | None,
        BeforeValidator(_listed),
        Doc("Resources that handlers use, by name; types that name one share its caps", unit="a,b,..."),
    ] = None
    limit: Annotated[
        Count | None,
        Doc("Most jobs in flight of the resource, over all processes of a command", unit="jobs", default="no limit"),
    ] = None
    rate: Annotated[
        list[_RateText] | None,
        BeforeValidator(_listed),
        Doc("Most starts of the resource's jobs: 20/s, 600/min, 5000/h", unit="a,b,..."),
    ] = None
    pause: Annotated[
        list[_PauseText] | None,
        BeforeValidator(_listed),
        Doc("When nothing is asked for: 22:00-06:00 Europe/Berlin", unit="a,b,..."),
    ] = None
    per: Annotated[
        str | None, Field(min_length=1), Doc("Variable of whose values no more than perLimit jobs run at once")
    ] = None
    per_limit: Annotated[Count | None, Doc("How many jobs of one value", unit="jobs", default="one")] = Field(
        default=None, alias="perLimit"
    )


class ResourceConfig(Section):
    """What a system behind handlers can bear; job types name it by ``resource``. See ``camunda_client.c8.worker``."""

    section: ClassVar[str] = "api.resources.NAME"

    limit: Count | None = None
    rate: Annotated[list[_RateText] | None, BeforeValidator(_listed)] = None
    pause: Annotated[list[_PauseText] | None, BeforeValidator(_listed)] = None
    opens_after: Count | None = Field(default=None, alias="opensAfter")
    #: Dotted names of exceptions.
    opens_on: Annotated[list[Annotated[str, Field(min_length=1)]] | None, BeforeValidator(_listed)] = Field(
        default=None, alias="opensOn"
    )
    opens_for: Wait = Field(default=30_000, alias="opensFor")


class TlsConfig(Section):
    """Trusted certificate authorities and the client's own certificate, for the API and the token endpoint."""

    section: ClassVar[str] = "api.tls"

    verify: Annotated[bool, Doc("Check the servers' certificates; false is for tests", "CAMUNDA_TLS_VERIFY")] = True
    ca_file: Annotated[
        PemFile | None,
        Doc(
            "PEM file with the certificate authorities to trust",
            "CAMUNDA_MTLS_CA_PATH",
            "CAMUNDA_CA_CERTIFICATE_PATH",
            "ZEEBE_CA_CERTIFICATE_PATH",
            default="certifi's",
        ),
    ] = Field(default=None, alias="caFile")
    cert_file: Annotated[PemFile | None, Doc("PEM file with our client certificate", "CAMUNDA_MTLS_CERT_PATH")] = Field(
        default=None, alias="certFile"
    )
    key_file: Annotated[
        PemFile | None,
        Doc("PEM file with its private key, not encrypted", "CAMUNDA_MTLS_KEY_PATH", default="in certFile"),
    ] = Field(default=None, alias="keyFile")

    @model_validator(mode="after")
    def _key_needs_certificate(self) -> TlsConfig:
        if self.key_file is not None and self.cert_file is None:
            what = "is set without api.tls.certFile" + remedy("api.tls.certFile")
            raise configuration_error([("api.tls.keyFile", what)])
        return self


class ApiConfig(Section):
    """Where the cluster is and how to talk to it. A base URL that isn't given is taken from the environment."""

    section: ClassVar[str] = "api"

    base_url: Annotated[
        str,
        AfterValidator(checked_base_url),
        Doc(
            "Address of the cluster's REST API; with or without a slash or /v2 at its end",
            "CAMUNDA_REST_ADDRESS",
            "CAMUNDA_API_BASE_URL",
            "ZEEBE_REST_ADDRESS",
        ),
    ] = Field(default=REQUIRED, alias="baseUrl")
    job: JobConfig = Field(default_factory=JobConfig)
    #: Per job type, the options that differ from ``job``.
    jobs: Annotated[dict[str, JobConfig], Doc("Any option of api.job for one job type: {type: {option: value}}")] = (
        Field(default_factory=dict)
    )
    #: Per name, what a system behind handlers can bear.
    resources: Annotated[
        dict[str, ResourceConfig], Doc("What systems behind handlers can bear: {name: {option: value}}")
    ] = Field(default_factory=dict)
    tls: TlsConfig = Field(default_factory=TlsConfig)
    proxy: Annotated[
        Annotated[Secret, AfterValidator(utf8), AfterValidator(_proxy_url), BeforeValidator(unwrapped)] | None,
        Doc(
            "HTTP proxy for all calls, token requests too (jobs then cost ten times the CPU); HTTP_PROXY is ignored",
            "CAMUNDA_PROXY",
            secret=True,
        ),
    ] = None
    timeout: Annotated[
        Wait,
        Doc(
            "Longest time one call of an API function may take in all; workers have limits of their own",
            "CAMUNDA_API_TIMEOUT",
        ),
    ] = 30_000
    connect_timeout: Annotated[Wait, Doc("Longest time to open a connection", "CAMUNDA_API_CONNECT_TIMEOUT")] = Field(
        default=5000, alias="connectTimeout"
    )
    max_response_bytes: Annotated[
        int,
        Field(ge=1024),
        Doc("Larger answers are refused before they fill the memory", "CAMUNDA_API_MAX_RESPONSE_BYTES", unit="bytes"),
    ] = Field(default=64 * 1024 * 1024, alias="maxResponseBytes")

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

    pool: Annotated[Count, Doc("Most jobs in flight of all types together", "CAMUNDA_WORKER_POOL", unit="jobs")] = 1000
    drain_timeout: Annotated[
        WaitOrZero,
        Doc(
            "How long a stopping worker lets handlers finish before it hands their jobs back",
            "CAMUNDA_WORKER_DRAIN_TIMEOUT",
        ),
    ] = Field(default=30_000, alias="drainTimeout")
    exit_timeout: Annotated[
        WaitOrZero,
        Doc(
            "How long camunda-client worker lets threads and exit hooks of libraries finish once it has drained",
            "CAMUNDA_WORKER_EXIT_TIMEOUT",
        ),
    ] = Field(default=10_000, alias="exitTimeout")
    blocked_limit: Annotated[
        WaitOrZero,
        Doc(
            "How long code may block the whole process before it ends itself, with that code's stack; 0 = for ever",
            "CAMUNDA_WORKER_BLOCKED_LIMIT",
        ),
    ] = Field(default=300_000, alias="blockedLimit")
    failure_log_lines: Annotated[
        int,
        Field(ge=0, le=100),
        Doc(
            "Last lines of a job's log that its failure's message ends with, up to 100; without secrets, as in the log",
            "CAMUNDA_WORKER_FAILURE_LOG_LINES",
            unit="lines",
        ),
    ] = Field(default=0, alias="failureLogLines")
    transport: Annotated[
        Literal["auto", "requests"],
        Doc(
            "requests = send the worker's own traffic through requests too (needed for its adapters)",
            "CAMUNDA_WORKER_TRANSPORT",
            unit="auto, requests",
        ),
    ] = "auto"
    offload_processes: Annotated[
        Count | None,
        Doc(
            "Child processes for handlers with runIn=process, beside each worker process",
            "CAMUNDA_WORKER_OFFLOAD_PROCESSES",
            unit="processes",
            default="one for each core",
        ),
    ] = Field(default=None, alias="offloadProcesses")
    offload_threads: Annotated[
        Count,
        Doc("Jobs that each of these works at once, in threads", "CAMUNDA_WORKER_OFFLOAD_THREADS", unit="threads"),
    ] = Field(default=4, alias="offloadThreads")
    max_connections: Annotated[
        Count, Doc("Most connections that report jobs' outcomes", "CAMUNDA_WORKER_MAX_CONNECTIONS", unit="connections")
    ] = Field(default=32, alias="maxConnections")
    caps_url: Annotated[
        Annotated[Secret, AfterValidator(utf8), BeforeValidator(unwrapped)] | None,
        Doc(
            "Redis by which limits and rates of resources hold over many hosts",
            "CAMUNDA_WORKER_CAPS_URL",
            unit="redis://host:6379/0",
            secret=True,
        ),
    ] = Field(default=None, alias="capsUrl")


class C8Config(Section):
    """The whole configuration. Leave ``auth`` out for a cluster without authentication."""

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
