"""The one list of all options. Loading, config_help(), error messages, the CLI's help and the docs read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: where it is in C8Config, and how the environment calls it, in order of preference."""

    path: str
    env: tuple[str, ...]
    description: str
    unit: str = ""
    default: str = ""
    secret: bool = False


_ID = ("CAMUNDA_CLIENT_ID", "ZEEBE_CLIENT_ID")
_SECRET = ("CAMUNDA_CLIENT_SECRET", "ZEEBE_CLIENT_SECRET")
_SECRET_FILE = ("CAMUNDA_CLIENT_SECRET_FILE",)
_ASSERTION = "CAMUNDA_CLIENT_ASSERTION_"
_FROM_FILE = "File with the secret, instead of the secret itself; read again when it changes"
_TOKEN_URL = ("CAMUNDA_OAUTH_URL", "CAMUNDA_TOKEN_URL", "ZEEBE_AUTHORIZATION_SERVER_URL")
_AUDIENCE = ("CAMUNDA_TOKEN_AUDIENCE", "ZEEBE_TOKEN_AUDIENCE")
_SCOPE = ("CAMUNDA_TOKEN_SCOPE", "ZEEBE_TOKEN_SCOPE")

#: Not an option of its own: says which kind of `auth` the environment means, where that isn't plain.
AUTH_STRATEGY = "CAMUNDA_AUTH_STRATEGY"

OPTIONS: tuple[Option, ...] = (
    Option(
        "api.baseUrl",
        ("CAMUNDA_REST_ADDRESS", "CAMUNDA_API_BASE_URL", "ZEEBE_REST_ADDRESS"),
        "Address of the cluster's REST API; with or without a slash or /v2 at its end",
        default="required",
    ),
    Option(
        "api.timeout",
        ("CAMUNDA_API_TIMEOUT",),
        "Longest time one call of an API function may take in all; workers have limits of their own",
        "ms",
        "30000",
    ),
    Option("api.connectTimeout", ("CAMUNDA_API_CONNECT_TIMEOUT",), "Longest time to open a connection", "ms", "5000"),
    Option(
        "api.maxResponseBytes",
        ("CAMUNDA_API_MAX_RESPONSE_BYTES",),
        "Larger answers are refused before they fill the memory",
        "bytes",
        "67108864",
    ),
    Option(
        "api.proxy",
        ("CAMUNDA_PROXY",),
        "HTTP proxy for all calls, token requests too (jobs then cost ten times the CPU); HTTP_PROXY is ignored",
        default="none",
        secret=True,
    ),
    Option(
        "api.tls.verify", ("CAMUNDA_TLS_VERIFY",), "Check the servers' certificates; false is for tests", "", "true"
    ),
    Option(
        "api.tls.caFile",
        ("CAMUNDA_MTLS_CA_PATH", "CAMUNDA_CA_CERTIFICATE_PATH", "ZEEBE_CA_CERTIFICATE_PATH"),
        "PEM file with the certificate authorities to trust",
        default="certifi's",
    ),
    Option("api.tls.certFile", ("CAMUNDA_MTLS_CERT_PATH",), "PEM file with our client certificate", default="none"),
    Option(
        "api.tls.keyFile",
        ("CAMUNDA_MTLS_KEY_PATH",),
        "PEM file with its private key, not encrypted",
        default="in certFile",
    ),
    Option(
        "api.job.worker", ("CAMUNDA_WORKER_NAME",), "Name the engine knows us by", default="camunda-8-client-worker"
    ),
    Option("api.job.timeout", ("CAMUNDA_WORKER_TIMEOUT",), "Lease of a job; extended while it runs", "ms", "10000"),
    Option(
        "api.job.pollingInterval",
        ("CAMUNDA_WORKER_POLLING_INTERVAL",),
        "Longest pause after a poll that came back empty early or failed",
        "ms",
        "5000",
    ),
    Option(
        "api.job.requestTimeout",
        ("CAMUNDA_WORKER_REQUEST_TIMEOUT",),
        "How long the gateway holds a poll open; below 30000, where it breaks off by itself",
        "ms",
        "10000",
    ),
    Option(
        "api.job.maxJobsActive",
        ("CAMUNDA_WORKER_MAX_CONCURRENT_JOBS",),
        "Most jobs of one type in flight; 1 = one after another",
        "jobs",
        "100",
    ),
    Option(
        "api.job.maxJobsToActivate",
        ("CAMUNDA_WORKER_MAX_JOBS_TO_ACTIVATE",),
        "Most jobs asked for in one poll, up to 120",
        "jobs",
        "as many as there is room for",
    ),
    Option(
        "api.job.tenantIds", ("CAMUNDA_TENANT_IDS", "ZEEBE_TENANT_IDS"), "Tenants to work for", "a,b,...", "<default>"
    ),
    Option("api.job.autoExtend", ("CAMUNDA_WORKER_AUTO_EXTEND",), "Extend the lease while a job runs", "", "true"),
    Option(
        "api.job.allowAsync",
        ("CAMUNDA_WORKER_ALLOW_ASYNC",),
        "Take async def handlers, and run them on one asyncio loop",
        "",
        "false",
    ),
    Option(
        "api.job.withLease",
        ("CAMUNDA_WORKER_WITH_LEASE",),
        "Ask for leases with a token (auto: where the whole cluster is Camunda 8.10 or later; never; always)",
        "",
        "auto",
    ),
    Option(
        "api.job.handlerTimeout",
        ("CAMUNDA_WORKER_HANDLER_TIMEOUT",),
        "Longest time a handler may run; then its job fails",
        "ms",
        "no limit",
    ),
    Option(
        "api.job.maxLease",
        ("CAMUNDA_WORKER_MAX_LEASE",),
        "Longest time a lease is extended to in all",
        "ms",
        "no limit",
    ),
    Option(
        "api.job.retryBackOff",
        ("CAMUNDA_WORKER_RETRY_BACK_OFF",),
        "Pause before a failed job's next try; doubles with each failure",
        "ms",
        "1000",
    ),
    Option(
        "api.job.retryBackOffMax",
        ("CAMUNDA_WORKER_RETRY_BACK_OFF_MAX",),
        "Longest such pause",
        "ms",
        "60000",
    ),
    Option("api.jobs", (), "Any option of api.job for one job type: {type: {option: value}}", default="none"),
    Option("auth.none", (), "true = send no Authorization header", default="false"),
    Option("auth.selfManaged.clientId", (*_ID, "OIDC_CLIENT_ID"), "Client id", default="required"),
    Option(
        "auth.selfManaged.clientSecret",
        (*_SECRET, "OIDC_CLIENT_SECRET"),
        "Client secret; clientAssertion may stand in for it",
        default="required",
        secret=True,
    ),
    Option("auth.selfManaged.clientSecretFile", _SECRET_FILE, _FROM_FILE, default="none"),
    Option(
        "auth.selfManaged.tokenEndpointAuthMethod",
        ("CAMUNDA_TOKEN_ENDPOINT_AUTH_METHOD",),
        "How to prove who we are there: client_secret_post, client_secret_basic (a header) or private_key_jwt",
        default="private_key_jwt with clientAssertion, else client_secret_post",
    ),
    Option(
        "auth.selfManaged.clientAssertion.keystorePath",
        (_ASSERTION + "KEYSTORE_PATH", "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPATH"),
        "PKCS#12 keystore with one key, which signs an assertion for each token request, and its certificate",
        default="none",
    ),
    Option(
        "auth.selfManaged.clientAssertion.keystorePassword",
        (_ASSERTION + "KEYSTORE_PASSWORD", "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPASSWORD"),
        "Its password",
        default="none",
        secret=True,
    ),
    Option(
        "auth.selfManaged.clientAssertion.keyFile",
        (_ASSERTION + "KEY_PATH",),
        "The same as a PEM file with a private key (RSA, EC or Ed25519), not encrypted",
        default="none",
    ),
    Option(
        "auth.selfManaged.clientAssertion.certificateFile",
        (_ASSERTION + "CERT_PATH",),
        "PEM file with its certificate, whose thumbprint the assertion then has",
        default="none",
    ),
    Option(
        "auth.selfManaged.clientAssertion.keyId",
        (_ASSERTION + "KEY_ID",),
        "The key's id (kid) at the token server, if that wants one",
        default="none",
    ),
    Option(
        "auth.selfManaged.clientAssertion.audience",
        (_ASSERTION + "AUDIENCE",),
        "Whom the assertion is for; some servers want their issuer's address",
        default="oidcTokenUrl",
    ),
    Option("auth.selfManaged.oidcTokenUrl", (*_TOKEN_URL, "OIDC_TOKEN_URL"), "Token endpoint", default="required"),
    Option("auth.selfManaged.audience", _AUDIENCE, "Audience to ask the token for", default="none"),
    Option("auth.selfManaged.scope", _SCOPE, "Scopes to ask for, separated by blanks", default="none"),
    Option("auth.saas.clientId", _ID, "Client id", default="required"),
    Option("auth.saas.clientSecret", _SECRET, "Client secret", default="required", secret=True),
    Option("auth.saas.clientSecretFile", _SECRET_FILE, _FROM_FILE, default="none"),
    Option(
        "auth.saas.authorizationServerUrl",
        _TOKEN_URL,
        "Token endpoint",
        default="https://login.cloud.camunda.io/oauth/token",
    ),
    Option("auth.saas.audience", _AUDIENCE, "Audience to ask the token for", default="zeebe.camunda.io"),
    Option("auth.basic.username", ("CAMUNDA_BASIC_AUTH_USERNAME",), "User name", default="required"),
    Option("auth.basic.password", ("CAMUNDA_BASIC_AUTH_PASSWORD",), "Password", default="required", secret=True),
    Option("auth.basic.passwordFile", ("CAMUNDA_BASIC_AUTH_PASSWORD_FILE",), _FROM_FILE, default="none"),
    Option("worker.pool", ("CAMUNDA_WORKER_POOL",), "Most jobs in flight of all types together", "jobs", "1000"),
    Option(
        "worker.drainTimeout",
        ("CAMUNDA_WORKER_DRAIN_TIMEOUT",),
        "How long a stopping worker lets handlers finish before it hands their jobs back",
        "ms",
        "30000",
    ),
    Option(
        "worker.exitTimeout",
        ("CAMUNDA_WORKER_EXIT_TIMEOUT",),
        "How long camunda-client worker lets threads and exit hooks of libraries finish once it has drained",
        "ms",
        "10000",
    ),
    Option(
        "worker.blockedLimit",
        ("CAMUNDA_WORKER_BLOCKED_LIMIT",),
        "How long code may block the whole process before it ends itself, with that code's stack; 0 = for ever",
        "ms",
        "300000",
    ),
    Option(
        "worker.transport",
        ("CAMUNDA_WORKER_TRANSPORT",),
        "requests = send the worker's own traffic through requests too (needed for its adapters)",
        "auto, requests",
        "auto",
    ),
    Option(
        "worker.maxConnections",
        ("CAMUNDA_WORKER_MAX_CONNECTIONS",),
        "Most connections that report jobs' outcomes",
        "connections",
        "32",
    ),
)

BY_PATH = {option.path: option for option in OPTIONS}


def options_text() -> str:
    """Return the list as text for a terminal, one option per paragraph."""
    lines = ["Options of C8Config; code wins over the environment, the environment over .env in the working directory."]
    for option in OPTIONS:
        lines += ["", f"{option.path}  ({', '.join(filter(None, [option.unit, 'default: ' + option.default]))})"]
        lines += [f"    {option.description}."]
        lines += [f"    Environment: {', '.join(option.env)}"] if option.env else ["    In code only."]
    strategy = f"{AUTH_STRATEGY} = NONE, BASIC or OAUTH says which kind of auth the environment means; it is optional."
    return "\n".join([*lines, "", strategy])


def options_markdown() -> str:
    """Return the list as the table of docs/configuration.md."""
    rows = ["| option | environment | unit | default | what it does |", "| --- | --- | --- | --- | --- |"]
    for option in OPTIONS:
        names = "<br>".join(f"`{name}`" for name in option.env) or "in code only"
        default = option.default if " " in option.default or not option.default else f"`{option.default}`"
        rows.append(f"| `{option.path}` | {names} | {option.unit} | {default} | {option.description} |")
    return "\n".join(rows)
